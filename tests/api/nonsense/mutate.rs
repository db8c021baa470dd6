//! Changes of an input that somebody could have meant: a byte here, a piece gone there, two inputs
//! grown together, words that mean something to one of our readers.

use super::chance::Chance;

const WORDS: [&[u8]; 28] = [
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\"",
    b"\n\n",
    b"\r\n",
    b"{",
    b"]",
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\"type\":",
    b"\"call\":{\"id\":",
    b"sha256=",
    b"v1,",
    b"whsec_",
    b"rbs1",
    b"://",
    b"@",
    b"%00",
    b"[::ffff:127.0.0.1]",
    b"0x7f.1",
    b"\xe3\x80\x82",
    b"*/",
    b"L#",
    b"=",
];
const CHANGES_MAX: usize = 5;
const BYTES_MAX: usize = 8 << 10;

pub fn mutated(chance: &mut Chance, input: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=chance.below(CHANGES_MAX) {
        change(chance, &mut bytes, others);
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

fn change(chance: &mut Chance, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    let at = chance.below(bytes.len() + 1);
    let end = (at + 1 + chance.below(16)).min(bytes.len());
    match chance.below(8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
        1 if at < bytes.len() => bytes[at] = chance.byte(),
        2 => bytes.insert(at, chance.byte()),
        3 if at < end => drop(bytes.drain(at..end)),
        4 if at < end => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        5 => bytes.truncate(at),
        6 => {
            let other = chance.pick(others);
            let from = chance.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend(&other[from..]);
        }
        _ => {
            // Over what stands there, or between it.
            let over = if chance.percent(50) { end.max(at) } else { at };
            bytes.splice(at..over, chance.pick(&WORDS).iter().copied());
        }
    }
}
