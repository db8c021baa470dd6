//! Words of the API, as people read them.

/// `in_progress` is two words.
pub fn spaced(word: &str) -> String {
    word.replace('_', " ")
}
