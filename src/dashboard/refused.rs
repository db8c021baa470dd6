//! Why a form was not taken, to be said where it is shown again.

use crate::error::{Code, Detail, Error};

/// What is wrong with a form, as far as whoever filled it in can mend it.
#[derive(Default)]
pub struct Refused {
    /// What is wrong as a whole.
    pub sentence: Option<String>,
    details: Vec<Detail>,
}

impl Refused {
    /// Nothing for an error that another try cannot mend: that gets a page of its own.
    pub fn of(error: &Error) -> Option<Self> {
        match error.code() {
            Code::InvalidRequest
            | Code::Conflict
            | Code::IdempotencyKeyReused
            | Code::PayloadTooLarge
            | Code::VapiRejected
            | Code::VapiBusy
            | Code::VapiNotConfigured => Some(Self {
                sentence: error
                    .details()
                    .is_empty()
                    .then(|| error.message().to_owned()),
                details: error.details().to_vec(),
            }),
            _ => None,
        }
    }

    /// The same of a form that had a secret in this field: it is not shown again, and one would be
    /// made where the field stays empty.
    #[must_use]
    pub fn without_secret(mut self, path: &str, given: Option<&str>) -> Self {
        if given.is_some() && self.at(path).is_none() {
            self.details.push(Detail {
                path: path.to_owned(),
                message: "type it again, for it was not kept".to_owned(),
            });
        }
        self
    }

    pub fn is_something(&self) -> bool {
        self.sentence.is_some() || !self.details.is_empty()
    }

    /// What is wrong with one field.
    pub fn at(&self, path: &str) -> Option<&str> {
        let wrong = self.details.iter().find(|detail| detail.path == path);
        wrong.map(|detail| detail.message.as_str())
    }

    /// All that is wrong, each with the name of its field.
    pub fn each(&self) -> impl Iterator<Item = (String, &str)> {
        let named = |detail: &Detail| name_of(&detail.path);
        self.details
            .iter()
            .map(move |detail| (named(detail), detail.message.as_str()))
    }
}

/// The last word of a path, as people write it: `request.userCriteria` is "User criteria".
fn name_of(path: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or(path);
    let mut name = String::new();
    for letter in last.chars() {
        match letter {
            '_' => name.push(' '),
            upper if upper.is_ascii_uppercase() => {
                name.push(' ');
                name.push(upper.to_ascii_lowercase());
            }
            other if name.is_empty() => name.extend(other.to_uppercase()),
            other => name.push(other),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_as_people_name_it() {
        for (path, name) in [
            ("customer.number", "Number"),
            ("assistant_id", "Assistant id"),
            ("request.userCriteria", "User criteria"),
            ("url", "Url"),
        ] {
            assert_eq!(name_of(path), name);
        }
    }

    #[test]
    fn what_can_be_mended_is_told_and_the_rest_stays_an_error() {
        let refused = Refused::of(&Error::invalid("customer.number", "give one")).unwrap();
        assert_eq!(refused.at("customer.number"), Some("give one"));
        assert_eq!(refused.sentence, None);
        let refused = Refused::of(&Error::new(Code::Conflict, "taken")).unwrap();
        assert_eq!(refused.sentence.as_deref(), Some("taken"));
        assert!(refused.is_something() && !Refused::default().is_something());
        assert!(Refused::of(&Error::not_found("call")).is_none());
    }

    #[test]
    fn a_secret_that_is_not_shown_again_is_asked_for_unless_it_was_what_was_wrong() {
        let told = |wrong: &str, given: Option<&str>| {
            let refused = Refused::of(&Error::invalid(wrong, "mend it")).unwrap();
            let refused = refused.without_secret("secret_key", given);
            refused.at("secret_key").map(str::to_owned)
        };
        let again = "type it again, for it was not kept";
        assert_eq!(told("filter", Some("whsec_x")).as_deref(), Some(again));
        assert_eq!(told("filter", None), None);
        assert_eq!(told("secret_key", Some("x")).as_deref(), Some("mend it"));
    }
}
