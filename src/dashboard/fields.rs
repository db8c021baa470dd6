//! The fields of a form, as they were filled in.

use serde::Deserialize;

/// In their order. A name that was ticked several times is there several times.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// What stands in a field, without the blanks around it; nothing where it
    /// was left empty.
    pub fn given(&self, name: &str) -> Option<&str> {
        let text = self.raw(name)?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The same, to be shown again.
    pub fn text(&self, name: &str) -> String {
        self.given(name).unwrap_or_default().to_owned()
    }

    /// To the sign, but for the line breaks: browsers send every one of them
    /// as two signs, whatever was pasted.
    pub fn lines(&self, name: &str) -> String {
        self.raw(name).unwrap_or_default().replace("\r\n", "\n")
    }

    /// The same, where anything was filled in. Its blanks may be the mistake that is looked for.
    pub fn lines_given(&self, name: &str) -> Option<String> {
        self.given(name).map(|_| self.lines(name))
    }

    /// All that was ticked under a name.
    pub fn ticked(&self, name: &str) -> Vec<String> {
        let ticked = self.0.iter().filter(|(key, _)| key == name);
        ticked.map(|(_, value)| value.clone()).collect()
    }

    pub fn is_ticked(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    fn raw(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_as_it_was_filled_in() {
        let pairs = [
            ("a", " x "),
            ("b", " "),
            ("c", "1\r\n2\n"),
            ("d", "1"),
            ("d", "2"),
        ];
        let fields = Fields(
            pairs
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .into(),
        );
        assert_eq!(fields.given("a"), Some("x"));
        assert_eq!((fields.given("b"), fields.is_ticked("b")), (None, true));
        assert_eq!((fields.given("z"), fields.is_ticked("z")), (None, false));
        assert_eq!(fields.lines("c"), "1\n2\n");
        assert_eq!(fields.ticked("d"), ["1", "2"]);
    }
}
