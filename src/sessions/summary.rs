//! What a session came to.
//!
//! Vapi's analysis has the word where there is one. Else the summary is made from the lines
//! themselves: how many turns in how long, what was asked first, what was answered last. It quotes
//! and counts; it does not guess what anybody meant.

use entity::messages::Role;
use serde_json::Value;

use super::{Line, Session, analysis::Analysis};
use crate::infra::clock::Millis;

/// Of a turn that is quoted within the text.
const QUOTE_CHARS_MAX: usize = 200;

/// What a session came to, by its analysis and its lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub text: Option<String>,
    pub by_analysis: bool,
    pub turns: usize,
    pub duration_millis: Option<Millis>,
    pub first_request: Option<String>,
    pub last_answer: Option<String>,
    pub key_insights: Option<Value>,
}

impl Summary {
    pub fn of(session: &Session, analysis: Analysis, lines: &[Line]) -> Self {
        let turns = turns(lines);
        let said_by = |role| move |turn: &&Turn| turn.role == role;
        let mut summary = Self {
            text: analysis.summary,
            by_analysis: false,
            turns: turns.len(),
            duration_millis: duration(session, lines),
            first_request: turns.iter().find(said_by(Role::User)).map(Turn::text),
            last_answer: turns.iter().rfind(said_by(Role::Assistant)).map(Turn::text),
            key_insights: analysis.structured_data,
        };
        summary.by_analysis = summary.text.is_some();
        if summary.text.is_none() {
            summary.text = summary.in_words();
        }
        summary
    }

    /// Nothing, where nothing was said.
    fn in_words(&self) -> Option<String> {
        let turns = match self.turns {
            0 => return None,
            1 => "1 turn".to_owned(),
            turns => format!("{turns} turns"),
        };
        let length = self
            .duration_millis
            .map(|millis| format!(" in {}", length(millis)));
        let quote = |what, turn: &Option<String>| {
            let turn = turn.as_deref().map(excerpt);
            turn.map_or(String::new(), |turn| format!(" {what}: “{turn}”"))
        };
        let length = length.unwrap_or_default();
        let first = quote("First request", &self.first_request);
        let last = quote("Last answer", &self.last_answer);
        Some(format!("{turns}{length}.{first}{last}"))
    }
}

/// What one of the two said before the other took over.
struct Turn<'a> {
    role: Role,
    lines: Vec<&'a str>,
}

impl Turn<'_> {
    fn text(&self) -> String {
        self.lines.join(" ")
    }
}

/// Tools and instructions are written, not said: they take no turn, and end none.
fn turns(lines: &[Line]) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn> = Vec::new();
    let speaks = |line: &&Line| matches!(line.role, Role::User | Role::Assistant);
    for line in lines.iter().filter(speaks) {
        match turns.last_mut().filter(|turn| turn.role == line.role) {
            Some(turn) => turn.lines.push(&line.text),
            None => turns.push(Turn {
                role: line.role,
                lines: vec![&line.text],
            }),
        }
    }
    turns
}

/// The call's, as far as its begin and its end are known, else that of what was said.
fn duration(session: &Session, lines: &[Line]) -> Option<Millis> {
    let mut spoken = lines.iter().filter_map(|line| line.spoken_at);
    let first = spoken.next();
    let last = spoken.next_back().or(first);
    let begin = session.0.started_at.or(first)?;
    let end = session.0.ended_at.or(last)?;
    Some(end - begin).filter(|millis| *millis >= 0)
}

fn length(millis: Millis) -> String {
    let seconds = millis / 1_000;
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((end, _)) => format!("{} …", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(role: Role, text: &str) -> Line {
        Line {
            role,
            text: text.to_owned(),
            spoken_at: None,
        }
    }

    #[test]
    fn a_turn_lasts_until_the_other_speaks() {
        let lines = [
            line(Role::System, "Be kind."),
            line(Role::User, "Hello?"),
            line(Role::Tool, "{}"),
            line(Role::User, "Anybody there?"),
            line(Role::Assistant, "Yes."),
        ];
        let texts: Vec<_> = turns(&lines).iter().map(Turn::text).collect();
        assert_eq!(texts, ["Hello? Anybody there?", "Yes."]);
    }

    #[test]
    fn a_length_is_told_in_minutes_and_seconds() {
        for (millis, told) in [
            (0, "0 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (3_661_000, "61 min 1 s"),
        ] {
            assert_eq!(length(millis), told);
        }
    }

    #[test]
    fn a_long_turn_is_quoted_in_part() {
        let whole = "ä".repeat(QUOTE_CHARS_MAX);
        assert_eq!(excerpt(&whole), whole);
        assert_eq!(excerpt(&format!("{whole}ä")), format!("{whole} …"));
    }

    #[test]
    fn one_turn_is_not_turns() {
        let summary = |turns| Summary {
            text: None,
            by_analysis: false,
            turns,
            duration_millis: Some(2_000),
            first_request: None,
            last_answer: Some("Goodbye.".to_owned()),
            key_insights: None,
        };
        let told = summary(1).in_words();
        assert_eq!(
            told.as_deref(),
            Some("1 turn in 2 s. Last answer: “Goodbye.”")
        );
        assert_eq!(summary(0).in_words(), None);
    }
}
