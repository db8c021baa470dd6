//! What can go wrong at Vapi, on purpose.

use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// 400, with a reason.
    Reject,
    /// 402.
    Unpaid,
    /// 429, whether a call is placed or asked for.
    Busy,
    /// 429, the first time that an order comes.
    BusyOnce,
    /// 400, for all lines are in use.
    OverLimit,
    /// 201, for a call that has ended because all lines are in use.
    Crowded,
    /// 500, and nothing was placed.
    FailBefore,
    /// 500, and the call was placed.
    FailAfter,
    /// The call was placed, and the answer breaks off.
    Cut,
    /// The call was placed, and no answer comes.
    Hang,
    /// The call has told all its news when the answer comes.
    AnswerLast,
    /// The call's report is lost.
    LoseReport,
    /// None of the call's news comes. Who asks for the call hears how it stands.
    Silence,
}
use Mischief::*;

const NAMES: [(&str, Mischief); 13] = [
    ("reject", Reject),
    ("unpaid", Unpaid),
    ("busy", Busy),
    ("busy-once", BusyOnce),
    ("over-limit", OverLimit),
    ("crowded", Crowded),
    ("fail-before", FailBefore),
    ("fail-after", FailAfter),
    ("cut", Cut),
    ("hang", Hang),
    ("answer-last", AnswerLast),
    ("lose-report", LoseReport),
    ("silence", Silence),
];

/// What is done to the calls of numbers that end like this; without digits, to all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub mischief: Mischief,
    pub digits: String,
}

impl Mischief {
    pub fn to_all(self) -> Rule {
        self.to("")
    }

    pub fn to(self, digits: &str) -> Rule {
        Rule {
            mischief: self,
            digits: digits.to_owned(),
        }
    }
}

/// `busy`, or `busy=99` for numbers that end with 99.
impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, digits) = text.split_once('=').unwrap_or((text, ""));
        let known = NAMES.iter().find(|(known, _)| *known == name);
        let are_digits = digits.chars().all(|c| c.is_ascii_digit());
        match known {
            Some((_, mischief)) if are_digits => Ok(mischief.to(digits)),
            Some(_) => Err("must end with digits, such as busy=99".to_owned()),
            None => {
                let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
                Err(format!("must be one of {}", names.join(", ")))
            }
        }
    }
}

/// The first rule that fits wins.
pub(super) fn fitting(rules: &[Rule], number: &str) -> Option<Mischief> {
    let fits = |rule: &&Rule| number.ends_with(&rule.digits);
    rules.iter().find(fits).map(|rule| rule.mischief)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_and_fits_numbers_by_their_end() {
        let rules: Vec<Rule> = ["busy=99", "cut"].map(|text| text.parse().unwrap()).into();
        assert_eq!(fitting(&rules, "+14155550199"), Some(Busy));
        assert_eq!(fitting(&rules, "+14155550123"), Some(Cut));
        assert_eq!(fitting(&rules[..1], "+14155550123"), None);
        assert!("busy=nine".parse::<Rule>().is_err());
        assert!(
            "explode"
                .parse::<Rule>()
                .unwrap_err()
                .contains("fail-after")
        );
    }
}
