//! Secrets are compared in one way: by `ct_eq`, which takes as long whatever it finds.
//!
//! A clock could prove nothing here, for the difference is less than a machine's moods. So it is held
//! by construction: each place that compares is listed, and `==` stands beside no secret.

use super::source::File;

/// Each place that compares a secret, and how often.
const COMPARED: [(&str, usize); 5] = [
    ("src/auth/key_ring.rs", 1),
    ("src/dashboard/session/csrf.rs", 1),
    ("src/ingest/authenticate/secrets.rs", 2),
    ("src/subscriptions/secret.rs", 1),
    ("src/trial/verify/key.rs", 1),
];

/// What a secret, or what follows from one, is called where it is in somebody's hands.
const NAMES: [&str; 9] = [
    "admin_key",
    "csrf",
    "derive",
    "digest",
    "digest_of",
    "expose",
    "finalize",
    "mac",
    "tag_of",
];

pub fn complaints(files: &[File]) -> Vec<String> {
    let ours: Vec<_> = files
        .iter()
        .filter(|file| file.path.starts_with("src/") && !file.path.contains("tests"))
        .collect();
    let mut complaints: Vec<_> = COMPARED
        .into_iter()
        .filter(|(path, _)| !ours.iter().any(|file| file.path == *path))
        .map(|(path, _)| format!("{path} is gone: say in tests/tidy/secrets.rs where it went"))
        .collect();
    for file in ours {
        let code = file.code.split("#[cfg(test)]").next().unwrap_or_default();
        let listed = COMPARED.iter().find(|(path, _)| *path == file.path);
        let (there, wanted) = (
            code.matches(".ct_eq(").count(),
            listed.map_or(0, |(_, n)| *n),
        );
        if there != wanted {
            complaints.push(format!(
                "{} has {there} times `ct_eq`, and tests/tidy/secrets.rs says {wanted}",
                file.path
            ));
        }
        let careless = code.lines().filter(|line| is_careless(line));
        complaints.extend(careless.map(|line| {
            let line = line.trim();
            format!("{}: `{line}`: compare secrets with `ct_eq`", file.path)
        }));
    }
    complaints
}

fn is_careless(line: &str) -> bool {
    let compares = ["==", "!="].iter().any(|sign| line.contains(sign));
    let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    compares && words.into_iter().any(|word| NAMES.contains(&word))
}

#[test]
fn each_careless_comparison_is_found() {
    let listed = || COMPARED.map(|(path, times)| File::new(path, &"a.ct_eq(b);".repeat(times)));
    assert!(complaints(&listed()).is_empty());
    for code in [
        "fn a() { secret.expose() == given }",
        "fn a() { if key.mac(&[body]) != *mac {} }",
        "fn a() { one.ct_eq(other) }",
    ] {
        let mut files = Vec::from(listed());
        files.push(File::new("src/a.rs", code));
        assert_eq!(complaints(&files).len(), 1, "{code}");
    }
    assert_eq!(complaints(&listed()[1..]).len(), 1);
    let mut files = listed();
    files[0] = File::new(COMPARED[0].0, "fn a() {}");
    assert_eq!(complaints(&files).len(), 1);
}
