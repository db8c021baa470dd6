//! When a webhook was signed, in seconds or in milliseconds: Vapi does not
//! say which, but no time of our days can be read as both.

use super::Reason;
use crate::infra::clock::Millis;

/// So much too old or too young is still in time, as the libraries have it.
const TOLERANCE_MILLIS: u64 = 5 * 60 * 1_000;
/// The first number that cannot be seconds: the year 5138. As milliseconds it
/// is 1973, which no webhook has seen.
const MILLIS_MIN: Millis = 100_000_000_000;
const DIGITS_MAX: usize = 15;

/// A time with its spelling, which is what was signed.
#[derive(Clone, Copy)]
pub(super) struct Timestamp<'h> {
    pub text: &'h [u8],
    millis: Millis,
}

impl<'h> Timestamp<'h> {
    pub fn read(text: &'h [u8]) -> Result<Self, Reason> {
        let is_a_number =
            (1..=DIGITS_MAX).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
        if !is_a_number {
            return Err(Reason::Malformed);
        }
        let digit = |byte: &u8| Millis::from(byte - b'0');
        let number = text
            .iter()
            .fold(0, |number, byte| number * 10 + digit(byte));
        let millis = match number < MILLIS_MIN {
            true => number * 1_000,
            false => number,
        };
        Ok(Self { text, millis })
    }

    /// To be asked of a time that was signed; another one means nothing.
    pub fn in_time(&self, now: Millis) -> Result<(), Reason> {
        match self.millis.abs_diff(now) <= TOLERANCE_MILLIS {
            true => Ok(()),
            false => Err(Reason::StaleTimestamp),
        }
    }
}
