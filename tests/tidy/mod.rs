//! The law of the house, kept by a machine.
//!
//! A check reads sources and answers with complaints: sentences that say which file, what is wrong,
//! and what to do. It takes the sources as an argument, so that beside each check stands the proof,
//! on a made-up tree, that it can fail. Reading Rust here is crude on purpose (words and braces, no
//! grammar): it understands what this house writes.

mod circles;
mod imports;
mod law;
mod mutants;
mod proofs;
mod reach;
mod secrets;
mod size;
pub mod source;
mod supply;
mod words;

use source::File;

const FOLDERS: [&str; 5] = ["src", "entity/src", "migration/src", "benches", "tests"];

/// Tests run in the package's own folder.
fn house() -> Vec<File> {
    let files: Vec<File> = FOLDERS.into_iter().flat_map(File::all_below).collect();
    assert!(files.len() > FOLDERS.len(), "the sources were not found");
    files
}

#[track_caller]
fn nobody_complains(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn everybody_imports_by_the_law() {
    nobody_complains(&law::complaints(&house()));
}

#[test]
fn nothing_goes_in_circles() {
    nobody_complains(&circles::complaints(&house()));
}

#[test]
fn no_file_is_dead() {
    nobody_complains(&reach::complaints(&house()));
}

#[test]
fn files_and_functions_are_short_and_introduced() {
    nobody_complains(&size::complaints(&house()));
}

#[test]
fn nothing_is_left_for_later() {
    nobody_complains(&words::complaints(&house()));
}

#[test]
fn secrets_are_compared_in_one_way() {
    nobody_complains(&secrets::complaints(&house()));
}

#[test]
fn what_is_said_to_be_proved_is() {
    nobody_complains(&proofs::of_the_house(&house()));
}
