//! Where a page leads, there is something.

use std::path::{Component, Path, PathBuf};

use super::page::Page;

#[test]
fn every_link_leads_somewhere() {
    let mut dead = Vec::new();
    for page in Page::all() {
        for (line, text) in page.prose() {
            for target in targets(text).filter(|target| !target.contains("://")) {
                if let Some(why) = why_dead(&page, target) {
                    dead.push(format!("{}:{line}: {target}: {why}", page.path));
                }
            }
        }
    }
    assert!(dead.is_empty(), "\n{}\n", dead.join("\n"));
}

fn targets(line: &str) -> impl Iterator<Item = &str> {
    let after = line.split("](").skip(1);
    after.filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

fn why_dead(page: &Page, target: &str) -> Option<String> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match file {
        "" => PathBuf::from(&page.path),
        file => without_dots(&page.folder().join(file)),
    };
    if !path.exists() {
        return Some(format!("there is no {}", path.display()));
    }
    if anchor.is_empty() {
        return None;
    }
    let there = Page::read(path.to_str().unwrap());
    let mut headings = there
        .prose()
        .into_iter()
        .filter(|(_, line)| line.starts_with('#'));
    let is_there = headings.any(|(_, heading)| slug(heading) == anchor);
    (!is_there).then(|| format!("{} has no such heading", path.display()))
}

fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// As the places that show our pages make an anchor of a heading.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|sign| sign.is_alphanumeric() || [' ', '-', '_'].contains(sign));
    kept.map(|sign| if sign == ' ' { '-' } else { sign })
        .collect()
}

#[test]
fn a_heading_is_found_by_its_slug() {
    assert_eq!(slug("## At 3 a.m."), "at-3-am");
    assert_eq!(slug("### Is it `Vapi`?"), "is-it-vapi");
}
