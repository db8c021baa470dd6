//! Lines and reports, by example and at random.

use proptest::prelude::*;

use super::*;

fn line(role: Role, text: &str, spoken_at: impl Into<Option<Millis>>) -> Line {
    Line {
        role,
        text: text.to_owned(),
        spoken_at: spoken_at.into(),
    }
}

fn user(text: &str) -> Line {
    line(Role::User, text, None)
}

fn assistant(text: &str) -> Line {
    line(Role::Assistant, text, None)
}

#[test]
fn a_line_is_repeated_by_its_words_and_its_speaker() {
    let stored = [
        user("Yes,  speaking."),
        assistant("Yes, speaking."),
        user("👋"),
    ];
    let revision = revise(&stored, &[user("yes speaking"), user("👋")]);
    assert_eq!(revision.repeats, [Some(0), Some(2)]);
    assert!(revision.outdone.is_empty());
}

#[test]
fn what_was_said_twice_is_repeated_twice_and_no_oftener() {
    let stored = [user("Yes."), user("Yes.")];
    let report = [user("Yes."), user("Yes."), user("Yes.")];
    assert_eq!(revise(&stored, &report).repeats, [Some(0), Some(1), None]);
}

#[test]
fn sentences_that_a_report_has_joined_are_outdone() {
    let stored = [
        assistant("Hello!"),
        user("I need help."),
        assistant("How can I help?"),
        assistant("I am all ears"),
    ];
    let report = [assistant("Hello! How can I help?"), user("I need help.")];
    let revision = revise(&stored, &report);
    assert_eq!(revision.repeats, [None, Some(1)]);
    assert_eq!(revision.outdone, [0, 2]);
}

#[test]
fn lines_that_a_later_report_has_cut_are_outdone_as_well() {
    let stored = [user("One two. Three four.")];
    let revision = revise(&stored, &[user("One two."), user("Three four.")]);
    assert_eq!(revision.outdone, [0]);
}

#[test]
fn a_part_of_a_word_is_not_the_word() {
    let mut report = Wording::of(&[user("I know nothing."), user(" "), user("At all.")]);
    assert!(!report.covers(&user("No")));
    assert!(!report.covers(&assistant("nothing")));
    assert!(report.covers(&user("nothing at ALL")));
    assert!(report.covers(&user("I know")));
    assert!(!Wording::of(&[]).covers(&user("I")));
}

#[test]
fn a_line_without_a_time_stands_beside_its_neighbour() {
    let at = |times: &[Option<Millis>]| {
        let report: Vec<_> = times
            .iter()
            .map(|time| line(Role::User, "", *time))
            .collect();
        places(&report, 1_000)
    };
    assert_eq!(at(&[None, Some(5), None, Some(9)]), [5, 5, 5, 9]);
    assert_eq!(at(&[Some(5), Some(3), Some(7)]), [5, 5, 7]);
    assert_eq!(at(&[None, None]), [1_000, 1_000]);
    assert!(at(&[]).is_empty());
}

/// What is stored of a call, kept as the database keeps it.
#[derive(Default)]
struct Conversation {
    rows: Vec<Row>,
    position: u64,
}

#[derive(Clone)]
struct Row {
    line: Line,
    reported: bool,
    place: (Millis, u64),
}

#[derive(Clone, Debug)]
enum Heard {
    Line(Line),
    Report(Vec<Line>),
}

impl Conversation {
    fn of(heard: &[Heard]) -> Self {
        let mut conversation = Self::default();
        for heard in heard {
            match heard {
                Heard::Line(line) => conversation.hear(line),
                Heard::Report(report) => conversation.read(report),
            }
        }
        conversation
    }

    fn hear(&mut self, line: &Line) {
        let reported = self.rows.iter().filter(|row| row.reported);
        if !Wording::of(reported.map(|row| &row.line)).covers(line) {
            self.insert(line, line.spoken_at.unwrap_or(0), false);
        }
    }

    fn read(&mut self, report: &[Line]) {
        let revision = revise(self.rows.iter().map(|row| &row.line), report);
        let gone: Vec<_> = revision
            .repeats
            .into_iter()
            .flatten()
            .chain(revision.outdone)
            .collect();
        let mut at = 0..;
        self.rows.retain(|_| !gone.contains(&at.next().unwrap()));
        for (line, place) in report.iter().zip(places(report, 0)) {
            self.insert(line, place, true);
        }
    }

    fn insert(&mut self, line: &Line, at: Millis, reported: bool) {
        self.position += 1;
        self.rows.push(Row {
            line: line.clone(),
            reported,
            place: (at, self.position),
        });
        self.rows.sort_by_key(|row| row.place);
    }

    fn lines(&self) -> Vec<Line> {
        self.rows.iter().map(|row| row.line.clone()).collect()
    }
}

/// Few words, so that much is said more than once.
fn sentence() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec!["yes", "no", "I", "know", "Zürich"]),
        1..4,
    )
    .prop_map(|words| words.join(" "))
}

/// A conversation, turn by turn: when each began, if that is known, and its sentences.
fn turns() -> impl Strategy<Value = Vec<(Option<Millis>, Vec<String>)>> {
    let turn = (
        prop::option::weighted(0.8, 0..100_i64),
        prop::collection::vec(sentence(), 1..4),
    );
    prop::collection::vec(turn, 0..6)
}

fn speaker(turn: usize) -> Role {
    [Role::Assistant, Role::User][turn % 2]
}

/// As a report has it: a line a turn.
fn report(turns: &[(Option<Millis>, Vec<String>)]) -> Vec<Line> {
    let joined = |(at, (time, sentences)): (usize, &(Option<Millis>, Vec<String>))| {
        line(speaker(at), &format!("{}.", sentences.join(". ")), *time)
    };
    turns.iter().enumerate().map(joined).collect()
}

/// As they were heard: a line a sentence, at times of their own.
fn sentences(turns: &[(Option<Millis>, Vec<String>)]) -> Vec<Heard> {
    let of_turn = |(at, (_, sentences)): (usize, &(Option<Millis>, Vec<String>))| {
        let said = sentences.iter().map(move |text| {
            let time = (at * 37 % 100) as Millis;
            Heard::Line(line(speaker(at), &text.to_uppercase(), time))
        });
        said.collect::<Vec<_>>()
    };
    turns.iter().enumerate().flat_map(of_turn).collect()
}

/// A conversation, and all that is heard of it, in any order: each sentence at most once, the
/// report once or twice.
fn heard() -> impl Strategy<Value = (Vec<Line>, Vec<Heard>)> {
    turns().prop_flat_map(|turns| {
        let report = report(&turns);
        let all = sentences(&turns);
        let some = prop::sample::subsequence(all.clone(), 0..=all.len());
        let reports = prop::collection::vec(Just(Heard::Report(report.clone())), 1..3);
        let heard = (some, reports).prop_map(|(lines, reports)| [lines, reports].concat());
        (Just(report), heard.prop_shuffle())
    })
}

proptest! {
    #[test]
    fn whatever_was_heard_and_when_the_report_is_what_is_kept((report, heard) in heard()) {
        prop_assert_eq!(Conversation::of(&heard).lines(), report);
    }

    #[test]
    fn what_no_report_has_is_kept_whenever_it_was_heard((report, mut heard) in heard(), at: prop::sample::Index) {
        let unheard = line(Role::User, "unheard of", 50);
        heard.insert(at.index(heard.len() + 1), Heard::Line(unheard.clone()));
        let mut lines = Conversation::of(&heard).lines();
        let kept = lines.iter().position(|line| *line == unheard);
        lines.remove(kept.unwrap());
        prop_assert_eq!(lines, report);
    }

    #[test]
    fn no_text_makes_it_panic(texts in prop::collection::vec(".{0,20}", 0..8)) {
        let lines: Vec<_> = texts.iter().map(|text| user(text)).collect();
        let (stored, report) = lines.split_at(lines.len() / 2);
        let revision = revise(stored, report);
        prop_assert!(revision.outdone.len() <= stored.len());
    }
}
