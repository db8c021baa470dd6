//! No dead file: whatever is in the source folders is reached by `mod` from a crate's root, or it
//! is never compiled.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use super::source::{Child, File};

const ROOTS: [&str; 7] = [
    "src/lib.rs",
    "src/main.rs",
    "entity/src/lib.rs",
    "migration/src/lib.rs",
    "benches/pure/main.rs",
    "tests/api/main.rs",
    "tests/process/main.rs",
];

pub fn complaints(files: &[File]) -> Vec<String> {
    let mut unreached: BTreeMap<PathBuf, &File> = files
        .iter()
        .map(|file| (PathBuf::from(&file.path), file))
        .collect();
    let mut next: Vec<&File> = ROOTS
        .iter()
        .filter_map(|root| unreached.remove(Path::new(root)))
        .collect();
    while let Some(file) = next.pop() {
        let places = file
            .children()
            .into_iter()
            .flat_map(|child| places(file, &child));
        next.extend(places.filter_map(|place| unreached.remove(&place)));
    }
    let dead = unreached.values();
    dead.map(|file| {
        format!(
            "{} is dead: no `mod` leads to it from a crate's root",
            file.path
        )
    })
    .collect()
}

fn places(file: &File, child: &Child) -> Vec<PathBuf> {
    if let Some(path) = &child.path {
        return vec![without_dots(&file.folder().join(path))];
    }
    let own = Path::new(&file.path).with_extension("");
    let stands_for_its_folder =
        own.ends_with("mod") || own.ends_with("lib") || own.ends_with("main");
    let below = if stands_for_its_folder {
        file.folder()
    } else {
        &own
    };
    vec![
        below.join(format!("{}.rs", child.name)),
        below.join(&child.name).join("mod.rs"),
    ]
}

fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

#[test]
fn a_dead_file_is_found_and_the_living_are_not() {
    let files = [
        File::new(
            "src/lib.rs",
            "pub mod calls;\n// mod ghost;\nmod inline { }",
        ),
        File::new("src/calls/mod.rs", "pub(crate) mod store;"),
        File::new("src/calls/store.rs", "#[cfg(test)]\nmod tests;"),
        File::new("src/calls/store/tests.rs", ""),
        File::new("src/ghost.rs", ""),
        File::new(
            "tests/process/main.rs",
            "#[path = \"../tidy/mod.rs\"]\nmod tidy;",
        ),
        File::new("tests/tidy/mod.rs", ""),
    ];
    assert_eq!(
        complaints(&files),
        ["src/ghost.rs is dead: no `mod` leads to it from a crate's root"]
    );
}
