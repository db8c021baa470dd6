//! What was said, and what a report makes of it. Pure.
//!
//! Lines are heard one by one while a call runs, and all together in its report. The two differ:
//! a report joins the sentences of a turn into one line, corrects their times, and writes a word
//! here and there in another way. The report knows better. What it has takes the place of what
//! was heard, and what it lacks stays. So the conversation that is kept does not depend on which
//! came first, nor on whether a report comes twice.
//!
//! Whether the report has a line is a question of words alone: case, punctuation and the ends of
//! lines do not count, and neither do times, which are taken at different moments.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};

use entity::messages::Role;

use crate::infra::clock::Millis;

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub role: Role,
    pub text: String,
    /// As Vapi has it, if it has it.
    pub spoken_at: Option<Millis>,
}

/// What a report makes of the lines that are stored.
#[derive(Debug, PartialEq, Eq)]
pub struct Revision {
    /// For each line of the report, the stored one that it repeats, by its index.
    pub repeats: Vec<Option<usize>>,
    /// Stored lines that the report has in other pieces.
    pub outdone: Vec<usize>,
}

/// Compares a report with the lines that are stored, in their order. Each stored line is repeated
/// once at most, so what was said twice is kept twice.
pub fn revise<'a>(stored: impl IntoIterator<Item = &'a Line>, report: &[Line]) -> Revision {
    let stored: Vec<_> = stored.into_iter().map(said).collect();
    let mut unmatched = HashMap::<_, VecDeque<_>>::new();
    for (at, said) in stored.iter().enumerate() {
        unmatched.entry(said).or_default().push_back(at);
    }
    let repeats: Vec<_> = report
        .iter()
        .map(|line| unmatched.get_mut(&said(line))?.pop_front())
        .collect();
    let mut outdone: Vec<_> = unmatched.into_values().flatten().collect();
    outdone.sort_unstable();
    let mut wording = Wording::of(report);
    outdone.retain(|at| wording.has(&stored[*at]));
    Revision { repeats, outdone }
}

/// Where each line of a report stands: at its time, and never before the line ahead of it. A line
/// without a time stands where its neighbour does.
pub fn places(report: &[Line], now: Millis) -> Vec<Millis> {
    let first = report.iter().find_map(|line| line.spoken_at);
    let in_order = report.iter().scan(first.unwrap_or(now), |latest, line| {
        *latest = line.spoken_at.unwrap_or(*latest).max(*latest);
        Some(*latest)
    });
    in_order.collect()
}

/// All that a report has, as one run of words for each role: where a line ends is the report's own
/// choice.
pub struct Wording(HashMap<Role, Run>);

struct Run {
    words: String,
    /// The end of what was found last. Lines are asked for in the order in which they were
    /// spoken, so the next one is mostly right behind it, and a long call is read once.
    read_to: usize,
}

impl Wording {
    pub fn of<'a>(report: impl IntoIterator<Item = &'a Line>) -> Self {
        let mut runs = HashMap::new();
        for (role, words) in report.into_iter().map(said) {
            let run = runs.entry(role).or_insert_with(Run::new);
            if !words.is_empty() {
                run.words.push_str(&words);
                run.words.push(' ');
            }
        }
        Self(runs)
    }

    /// The report has this line, be it within a longer one or across several.
    pub fn covers(&mut self, line: &Line) -> bool {
        self.has(&said(line))
    }

    fn has(&mut self, (role, words): &(Role, String)) -> bool {
        let run = self.0.get_mut(role);
        run.is_some_and(|run| run.find(&format!(" {words} ")))
    }
}

impl Run {
    fn new() -> Self {
        Self {
            words: " ".to_owned(),
            read_to: 0,
        }
    }

    fn find(&mut self, words: &str) -> bool {
        let ahead = self.words[self.read_to..].find(words);
        let found = match ahead {
            Some(at) => Some(self.read_to + at),
            None => self.words.find(words),
        };
        if let Some(at) = found {
            // The space behind it may be the one before the next.
            self.read_to = at + words.len() - 1;
        }
        found.is_some()
    }
}

/// Who said which words: lower case, a space between two. What has no words, such as a lone
/// emoji, is one itself.
fn said(line: &Line) -> (Role, String) {
    let words: Vec<_> = line
        .text
        .split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let words = match words.is_empty() {
        true => line.text.trim().to_owned(),
        false => words.join(" "),
    };
    (line.role, words)
}
