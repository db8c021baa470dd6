//! One line for one thing that happened, whatever words are in it.
//!
//! A log line may hold words of others: a call's id as Vapi has it, the text
//! of a library's error. A line break among them would begin a line that
//! looks like one of ours and tells what never happened, and an escape would
//! steer the terminal of whoever reads it. Whoever writes a line need not
//! think of that: control characters are spelled out here, on the way out.

use std::{
    borrow::Cow,
    io::{self, Write},
};

/// A log, to which each event is written whole, with its end.
pub(super) struct OneLine<W> {
    pub log: W,
    /// Whether lines have colours, which are control characters too.
    pub in_colour: bool,
}

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = on_one_line(&text, self.in_colour);
        self.log.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.log.flush()
    }
}

fn on_one_line(event: &str, in_colour: bool) -> Cow<'_, str> {
    let line = event.strip_suffix('\n').unwrap_or(event);
    let stays =
        |at: usize, c: char| !c.is_control() || c == '\t' || (in_colour && is_colour(&line[at..]));
    if line.char_indices().all(|(at, c)| stays(at, c)) {
        return Cow::Borrowed(event);
    }
    let mut spelled = String::with_capacity(event.len() + 16);
    for (at, c) in line.char_indices() {
        match stays(at, c) {
            true => spelled.push(c),
            false => spell(c, &mut spelled),
        }
    }
    spelled.push_str(&event[line.len()..]);
    Cow::Owned(spelled)
}

/// As JSON does, for a line may be JSON.
fn spell(c: char, spelled: &mut String) {
    match c {
        '\n' => spelled.push_str("\\n"),
        '\r' => spelled.push_str("\\r"),
        c => spelled.push_str(&format!("\\u{:04x}", u32::from(c))),
    }
}

/// It begins with what changes the colour of what follows, and nothing else of a terminal.
fn is_colour(text: &str) -> bool {
    let Some(code) = text.strip_prefix("\u{1b}[") else {
        return false;
    };
    let end = code.find(|c: char| !c.is_ascii_digit() && c != ';');
    end.is_some_and(|end| code[end..].starts_with('m'))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What two events become, the first of which is full of such words.
    fn written(words: &str, in_colour: bool) -> String {
        let kept = Kept::default();
        let log = kept.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || OneLine {
                log: log.clone(),
                in_colour,
            })
            .with_ansi(in_colour)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("request", by = %words, path = ?words);
            let _entered = span.enter();
            tracing::info!(shown = %words, debugged = ?words, plain = words, "{words}");
            tracing::warn!("and another");
        });
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn no_words_begin_a_line_of_their_own_or_steer_a_terminal() {
        let words = "a\nERROR b\r\n\u{1b}[2J\u{1b}]0;c\u{7}\u{9b}2J\0\u{7f}";
        for in_colour in [false, true] {
            let written = written(words, in_colour);
            let lines: Vec<_> = written.split_terminator('\n').collect();
            assert_eq!(lines.len(), 2, "{written}");
            assert!(lines[0].contains(r"a\nERROR b\r\n"), "{written}");
            assert!(lines[1].ends_with("and another"), "{written}");
            let forbidden = written.char_indices().find(|(at, c)| {
                c.is_control() && *c != '\n' && !(in_colour && is_colour(&written[*at..]))
            });
            assert_eq!(forbidden, None, "{written:?}");
            assert_eq!(written.contains('\u{1b}'), in_colour);
        }
    }

    #[test]
    fn a_line_without_such_words_stays_as_it_is() {
        for event in ["", "\n", "a\tb\n", "INFO ä\n"] {
            assert!(matches!(on_one_line(event, false), Cow::Borrowed(_)));
        }
        let coloured = "\u{1b}[32mINFO\u{1b}[0m ä\u{1b}[1;3m\n";
        assert!(matches!(on_one_line(coloured, true), Cow::Borrowed(_)));
        assert_eq!(on_one_line("a\nb\u{9b}\u{1b}", false), r"a\nb\u009b\u001b");
    }
}
