//! A form as the JSON that the API takes of it, so that both are judged by the same rules.
//!
//! What was left empty in a form was not given. What is wrong is named by the
//! path that the API would name, and the page says it beside the field.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    error::{Error, Result},
    infra::body::understand,
};

#[derive(Default)]
pub struct Written(Map<String, Value>);

impl Written {
    /// A text; nothing where only spaces were typed.
    #[must_use]
    pub fn text(self, name: &str, typed: &str) -> Self {
        match typed.trim() {
            "" => self,
            text => self.value(name, text.into()),
        }
    }

    /// A text that has to be there, so that a missing one is refused for what it is.
    #[must_use]
    pub fn given(self, name: &str, text: &str) -> Self {
        self.value(name, text.into())
    }

    /// A whole number. What is none goes through as it is, and is refused as that.
    #[must_use]
    pub fn number(self, name: &str, typed: &str) -> Self {
        match typed.trim().parse::<u64>() {
            Ok(number) => self.value(name, number.into()),
            Err(_) => self.text(name, typed),
        }
    }

    /// A time as a browser's field has it, which knows no zone: it is taken as UTC.
    #[must_use]
    pub fn time(self, name: &str, typed: &str) -> Self {
        match typed.trim() {
            "" => self,
            time if time.ends_with('Z') => self.text(name, time),
            minutes if minutes.len() == "2026-11-21T09:30".len() => {
                self.text(name, &format!("{minutes}:00Z"))
            }
            seconds => self.text(name, &format!("{seconds}Z")),
        }
    }

    /// JSON that somebody wrote.
    pub fn json(self, name: &str, typed: &str) -> Result<Self> {
        if typed.trim().is_empty() {
            return Ok(self);
        }
        let read = serde_json::from_str(typed);
        let value =
            read.map_err(|error| Error::invalid(name, format!("this is no JSON: {error}")))?;
        Ok(self.value(name, value))
    }

    /// What is within: left out where nothing was given of it.
    #[must_use]
    pub fn within(self, name: &str, inner: Self) -> Self {
        match inner.is_empty() {
            true => self,
            false => self.value(name, Value::Object(inner.0)),
        }
    }

    #[must_use]
    fn value(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the API would make of it.
    pub fn read<T: DeserializeOwned>(self) -> Result<T> {
        understand(Value::Object(self.0), "form")
    }

    /// The same every time the same is written.
    pub fn bytes(&self) -> Vec<u8> {
        Value::Object(self.0.clone()).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(written: Written) -> Value {
        written.read().unwrap()
    }

    #[test]
    fn what_was_left_empty_was_not_given() {
        let nothing = Written::default()
            .text("a", " ")
            .number("b", "")
            .time("c", "");
        let nothing = nothing.within("d", Written::default().text("e", ""));
        assert_eq!(value(nothing.json("f", "\n").unwrap()), json!({}));
    }

    #[test]
    fn numbers_and_times_are_what_the_api_takes() {
        let written = Written::default()
            .number("max_runs", "12")
            .number("odd", "twelve")
            .time("starts_at", "2026-11-21T09:30")
            .time("ends_at", "2026-11-21T09:30:05")
            .time("latest_at", "2026-11-21T09:30:05Z");
        let expected = json!({
            "max_runs": 12,
            "odd": "twelve",
            "starts_at": "2026-11-21T09:30:00Z",
            "ends_at": "2026-11-21T09:30:05Z",
            "latest_at": "2026-11-21T09:30:05Z",
        });
        assert_eq!(value(written), expected);
    }

    #[test]
    fn json_that_is_none_is_named() {
        let refused = Written::default().json("parameters", "{").err().unwrap();
        assert!(refused.message().starts_with("parameters: this is no JSON"));
    }
}
