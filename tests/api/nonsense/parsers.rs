//! The readers of what strangers send, fed with the fuzzer's corpus and thousands of changes of it.
//! A reader that panics, or breaks what its target promises, fails here without any fuzzer.

use std::{fs, panic::AssertUnwindSafe};

use super::{
    chance, many,
    mutate::mutated,
    targets::{self, Target},
};

const INPUTS: usize = 3_000;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = format!("fuzz/corpus/{name}");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Feeds one target; how much of the corpus it has understood.
fn feed((name, target): Target) -> (usize, usize) {
    let corpus = corpus(name);
    let mut chance = chance(name);
    let understood = corpus.iter().filter(|input| holds(target, input)).count();
    for _ in 0..many(INPUTS) {
        let input = chance.pick(&corpus).clone();
        holds(target, &mutated(&mut chance, &input, &corpus));
    }
    (understood, corpus.len())
}

fn holds(target: fn(&[u8]) -> bool, input: &[u8]) -> bool {
    let fed = std::panic::catch_unwind(AssertUnwindSafe(|| target(input)));
    fed.unwrap_or_else(|_| panic!("this input broke it: b\"{}\"", input.escape_ascii()))
}

fn survives(name: &str) {
    let target = targets::ALL.into_iter().find(|(known, _)| *known == name);
    let (understood, all) = feed(target.unwrap());
    assert!(
        understood >= 2 && understood < all,
        "the corpus of {name} should hold what is understood and what is not: {understood} of {all}"
    );
}

#[test]
fn no_message_of_vapis_breaks_its_reader() {
    survives("vapi");
}

#[test]
fn no_headers_break_the_door() {
    survives("signature");
}

#[test]
fn no_spelling_of_a_url_deceives_its_judge() {
    survives("url");
}

#[test]
fn no_cursor_breaks_a_list() {
    survives("cursor");
}

#[test]
fn no_file_breaks_the_reader_of_the_spool() {
    survives("spool");
}

#[test]
fn no_sealed_value_breaks_what_opens_it() {
    survives("unseal");
}

#[test]
fn no_cron_expression_breaks_the_calendar() {
    survives("cron");
}

/// So that a target which is added is fuzzed and tested as well.
#[test]
fn every_target_has_a_corpus_and_a_fuzzer() {
    let manifest = fs::read_to_string("fuzz/Cargo.toml").unwrap();
    for (name, _) in targets::ALL {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let fuzzer = fs::read_to_string(format!("fuzz/fuzz_targets/{name}.rs")).unwrap();
        assert!(
            fuzzer.contains(&format!("ringback_fuzz::{name}(")),
            "{name}"
        );
        assert!(!corpus(name).is_empty(), "{name}");
    }
}
