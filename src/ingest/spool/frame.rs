//! How one record lies in a file of the spool. Pure.
//!
//! ```text
//!   "rbs1" | length 4 | sequence 8 | appended at 8 | checksum 8 | sealed record
//! ```
//!
//! Numbers are little-endian. The checksum is the beginning of the SHA-256 of
//! all the rest, so that a frame is known to be whole without a key, and a
//! good frame is found again behind bytes that are none. No frame can be
//! forged from inside a record, because what is inside is sealed.

use sha2::{Digest, Sha256};

use crate::infra::clock::Millis;

/// Says that a frame begins, and in which version of this format.
const MAGIC: [u8; 4] = *b"rbs1";
const CHECKSUM_BYTES: usize = 8;
const CHECKED_BYTES: usize = 24;
const HEADER_BYTES: usize = CHECKED_BYTES + CHECKSUM_BYTES;

#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub sequence: u64,
    pub appended_at: Millis,
    pub sealed: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame that `bytes` begin with, if it is whole and unchanged.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        let (checked, checksum) = header.split_first_chunk::<CHECKED_BYTES>()?;
        let (magic, numbers) = checked.split_first_chunk::<4>()?;
        if *magic != MAGIC {
            return None;
        }
        let (length, numbers) = numbers.split_first_chunk::<4>()?;
        let (sequence, appended_at) = numbers.split_first_chunk::<8>()?;
        let sealed = rest.get(..u32::from_le_bytes(*length) as usize)?;
        let frame = Self {
            sequence: u64::from_le_bytes(*sequence),
            appended_at: Millis::from_le_bytes(appended_at.try_into().ok()?),
            sealed,
        };
        (checksum == checksum_of(checked, sealed)).then_some(frame)
    }

    /// The frame as it is written; `None` if its length needs more than four
    /// bytes.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let length = u32::try_from(self.sealed.len()).ok()?;
        let mut checked = [0; CHECKED_BYTES];
        checked[..4].copy_from_slice(&MAGIC);
        checked[4..8].copy_from_slice(&length.to_le_bytes());
        checked[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        checked[16..].copy_from_slice(&self.appended_at.to_le_bytes());
        let checksum = checksum_of(&checked, self.sealed);
        Some([&checked, checksum.as_slice(), self.sealed].concat())
    }

    pub fn length(&self) -> usize {
        HEADER_BYTES + self.sealed.len()
    }
}

/// The first good frame in `bytes`, and where it begins.
pub fn find(bytes: &[u8]) -> Option<(usize, Frame<'_>)> {
    (0..bytes.len()).find_map(|at| Some((at, Frame::read(&bytes[at..])?)))
}

fn checksum_of(checked: &[u8; CHECKED_BYTES], sealed: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::new_with_prefix(checked)
        .chain_update(sealed)
        .finalize();
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(sequence: u64, sealed: &[u8]) -> Vec<u8> {
        let frame = Frame {
            sequence,
            appended_at: 1_763_567_291_000,
            sealed,
        };
        frame.bytes().unwrap()
    }

    /// Files of an earlier version must stay readable: a change of the format
    /// needs a new magic. Computed apart from this code, with Python.
    #[test]
    fn the_format_is_what_it_was() {
        assert_eq!(
            hex::encode(written(7, b"sealed")),
            "72627331060000000700000000000000784acd9c9a01000042845a3cfc4e56657365616c6564"
        );
    }

    proptest! {
        #[test]
        fn a_frame_reads_as_it_was_written(sequence: u64, sealed: Vec<u8>, behind: Vec<u8>) {
            let bytes = [written(sequence, &sealed), behind].concat();
            let read = Frame::read(&bytes).unwrap();
            prop_assert_eq!((read.sequence, read.sealed), (sequence, sealed.as_slice()));
        }

        #[test]
        fn a_frame_that_was_cut_or_changed_is_none(sealed: Vec<u8>, at: prop::sample::Index, flip in 1..=255u8) {
            let mut bytes = written(1, &sealed);
            let at = at.index(bytes.len());
            prop_assert_eq!(Frame::read(&bytes[..at]), None);
            bytes[at] ^= flip;
            prop_assert_eq!(Frame::read(&bytes), None);
        }

        #[test]
        fn a_frame_is_found_behind_any_bytes(garbage: Vec<u8>, sealed: Vec<u8>) {
            let bytes = [garbage.clone(), written(1, &sealed)].concat();
            prop_assert_eq!(find(&bytes).map(|(at, _)| at), Some(garbage.len()));
            prop_assert_eq!(find(&garbage), None);
        }
    }
}
