//! Hints as sentences: what stands after a colon elsewhere begins a line here.

/// With a capital at its begin and a point at its end.
pub fn sentence(text: &str) -> String {
    let mut signs = text.chars();
    let first = signs.next().map(char::to_uppercase);
    let whole: String = first.into_iter().flatten().chain(signs).collect();
    match whole.ends_with(['.', '!', '?', '…']) {
        true => whole,
        false => format!("{whole}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_becomes_a_sentence_once() {
        assert_eq!(
            sentence("its certificate has expired"),
            "Its certificate has expired."
        );
        assert_eq!(sentence("It was not sent."), "It was not sent.");
        assert_eq!(sentence("ärger"), "Ärger.");
    }
}
