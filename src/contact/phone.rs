//! Telephone numbers in one spelling, so that the same one is found again.

/// The domain of the blind index that calls are looked up by.
pub const INDEX_DOMAIN: &str = "phone";
const DIGITS_MIN: usize = 7;
const DIGITS_MAX: usize = 15;

/// A number in E.164, or nothing where it cannot be one. Ten digits without a
/// `+` are taken for a North American number.
pub fn e164(written: &str) -> Option<String> {
    let international = written.trim_start().starts_with('+');
    let strange = |c: char| !(c.is_ascii_digit() || " +-.()/\u{a0}".contains(c));
    if written.contains(strange) {
        return None;
    }
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        10 if !international => Some(format!("+1{digits}")),
        DIGITS_MIN..=DIGITS_MAX => Some(format!("+{digits}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_number_is_the_same_number() {
        for spelling in [
            "+14155550123",
            "+1 (415) 555-0123",
            "415.555.0123",
            "4155550123",
            "14155550123",
        ] {
            assert_eq!(
                e164(spelling).as_deref(),
                Some("+14155550123"),
                "{spelling}"
            );
        }
        assert_eq!(e164("+49 30 901820").as_deref(), Some("+4930901820"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for nonsense in [
            "",
            "123",
            "sip:someone@example.com",
            "+1234567890123456",
            "call me",
        ] {
            assert_eq!(e164(nonsense), None, "{nonsense}");
        }
    }
}
