//! Nothing is left for later, nothing is switched off, and no test waits for time to pass.

use super::source::File;

/// Spelled apart, so that this file does not complain of itself where it is read as text.
const NOTES: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

pub fn complaints(files: &[File]) -> Vec<String> {
    files
        .iter()
        .flat_map(|file| notes(file).into_iter().chain(leftovers(file)))
        .collect()
}

fn notes(file: &File) -> Vec<String> {
    let is_note = |line: &&str| {
        line.split(|c: char| !c.is_alphanumeric())
            .any(|word| NOTES.contains(&word))
    };
    let lines = file.comments.lines().filter(is_note).map(str::trim);
    lines
        .map(|line| format!("{}: `{line}`: do it now, or leave it", file.path))
        .collect()
}

fn leftovers(file: &File) -> Vec<String> {
    let is_test = file.path.starts_with("tests/");
    let advice = [
        ("dbg!", true, "print nothing"),
        ("#[ignore", true, "a test that is not run proves nothing"),
        ("sleep(", is_test, "step the clock and the workers by hand"),
    ];
    let found = advice
        .into_iter()
        .filter(|(word, applies, _)| *applies && file.code.contains(word));
    found
        .map(|(word, _, instead)| format!("{} has `{word}`: {instead}", file.path))
        .collect()
}

#[test]
fn each_leftover_is_found() {
    let complaints_of = |path: &str, code: &str| complaints(&[File::new(path, code)]);
    for note in NOTES {
        assert_eq!(
            complaints_of("src/a.rs", &format!("fn a() {{}} // {note}: more")).len(),
            1
        );
        assert!(
            complaints_of(
                "src/a.rs",
                &format!("const A: &str = \"{note}\"; // {note}S")
            )
            .is_empty()
        );
    }
    assert_eq!(complaints_of("src/a.rs", "fn a() { dbg!(1); }").len(), 1);
    assert_eq!(
        complaints_of("tests/api/a.rs", "#[ignore = \"slow\"] fn a() { sleep(1) }").len(),
        2
    );
    assert!(complaints_of("src/a.rs", "fn a() { clock.sleep(1) }").is_empty());
}
