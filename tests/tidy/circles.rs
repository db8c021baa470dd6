//! No two modules need each other: not those of the crate, and not the files of one folder, where a
//! file may name its `mod.rs` (which is the folder itself) and be named by it, but never goes round
//! through its neighbours.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    imports::{Import, imports},
    source::File,
};

/// Who names whom, and in which file.
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

pub fn complaints(files: &[File]) -> Vec<String> {
    let ours = files.iter().filter(|file| file.path.starts_with("src/"));
    let ours: Vec<_> = ours.map(|file| (file, imports(file))).collect();
    let modules = ours.iter().map(|(file, _)| file.module());
    let folders: BTreeSet<_> = modules
        .filter_map(|mut module| module.pop().map(|_| module))
        .collect();
    folders
        .iter()
        .filter_map(|folder| circle(&arrows(&ours, folder)))
        .collect()
}

/// The part of `path` that stands right below `folder`. A module's door, its `http.rs`, is apart
/// from the module.
fn neighbour<T: AsRef<str>>(folder: &[&str], path: &[T]) -> Option<String> {
    let (above, below) = path.split_at_checked(folder.len())?;
    let inside = above.iter().map(AsRef::as_ref).eq(folder.iter().copied());
    match below {
        [module, door, ..] if inside && folder.is_empty() && door.as_ref() == "http" => {
            Some(format!("{}/http", module.as_ref()))
        }
        [module, ..] if inside => Some(module.as_ref().to_owned()),
        _ => None,
    }
}

fn arrows(files: &[(&File, Vec<Import>)], folder: &[&str]) -> Arrows {
    let mut arrows = Arrows::new();
    let stand = |(file, _): &(&File, _)| neighbour(folder, &file.module());
    let known: BTreeSet<String> = files.iter().filter_map(stand).collect();
    for (file, imports) in files {
        let Some(from) = neighbour(folder, &file.module()) else {
            continue;
        };
        for import in imports {
            let to = neighbour(folder, &import.path).filter(|to| known.contains(to) && *to != from);
            if let Some(to) = to {
                arrows
                    .entry(from.clone())
                    .or_default()
                    .entry(to)
                    .or_insert_with(|| file.path.clone());
            }
        }
    }
    arrows
}

fn circle(arrows: &Arrows) -> Option<String> {
    let round = arrows
        .keys()
        .find_map(|start| way(arrows, start, start, &mut BTreeSet::new()))?;
    let files: Vec<&str> = round
        .windows(2)
        .map(|step| arrows[step[0]][step[1]].as_str())
        .collect();
    Some(format!(
        "{} is a circle, through {}",
        round.join(" → "),
        files.join(", ")
    ))
}

fn way<'a>(
    arrows: &'a Arrows,
    from: &'a str,
    goal: &str,
    seen: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    for to in arrows.get(from)?.keys() {
        if to == goal {
            return Some(vec![from, to]);
        }
        if seen.insert(to)
            && let Some(mut rest) = way(arrows, to, goal, seen)
        {
            rest.insert(0, from);
            return Some(rest);
        }
    }
    None
}

#[test]
fn a_circle_of_modules_is_found() {
    let files = [
        File::new("src/calls/mod.rs", "use crate::vapi::client;"),
        File::new("src/vapi/client.rs", "fn f() { crate::events::log() }"),
        File::new("src/events/mod.rs", "use crate::calls;"),
    ];
    let said = complaints(&files);
    assert_eq!(
        said,
        ["calls → vapi → events → calls is a circle, \
             through src/calls/mod.rs, src/vapi/client.rs, src/events/mod.rs"]
    );
    assert!(complaints(&files[..2]).is_empty());
}

#[test]
fn a_circle_of_files_is_found() {
    let files = [
        File::new("src/delivery/lanes.rs", "use super::{Job, queue::read};"),
        File::new("src/delivery/queue.rs", "use crate::delivery::lanes;"),
        File::new(
            "src/delivery/mod.rs",
            "mod lanes; mod queue; use lanes::open;",
        ),
    ];
    assert_eq!(complaints(&files).len(), 1);
    assert!(complaints(&files[1..]).is_empty());
}

#[test]
fn two_doors_may_use_each_others_house() {
    let files = [
        File::new("src/calls/http.rs", "use crate::results::wait;"),
        File::new("src/results/http.rs", "use crate::calls::store;"),
        File::new("src/calls/store.rs", ""),
        File::new("src/results/wait.rs", ""),
    ];
    assert!(complaints(&files).is_empty());
}
