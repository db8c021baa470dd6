//! Where one command of a block ends and the next begins. It knows as much of a shell's grammar as
//! our pages use: quotes, lines that go on, loops, comments.

use super::page::Fence;

pub struct Command {
    pub text: String,
    pub line: usize,
}

/// The commands of a block, without comments that stand alone. Where a block shows prompts, what has
/// none is what is answered or typed into a command; and a `#` is root's prompt, or a comment, and
/// either way nothing to be run.
pub fn commands(fence: &Fence) -> Vec<Command> {
    let is_prompted = fence.text.starts_with("$ ") || fence.text.starts_with("# ");
    if fence.language == "console" && is_prompted {
        let lines = fence.text.lines().enumerate();
        let typed = lines.filter_map(|(offset, line)| Some((offset, line.strip_prefix("$ ")?)));
        let command = |(offset, text): (usize, &str)| Command {
            text: text.to_owned(),
            line: fence.line + offset,
        };
        return typed.map(command).collect();
    }
    let mut commands = Vec::new();
    let mut text = String::new();
    let mut began = fence.line;
    for (offset, line) in fence.text.lines().enumerate() {
        if text.is_empty() {
            began = fence.line + offset;
            let bare = line.trim();
            if bare.is_empty() || bare.starts_with('#') {
                continue;
            }
        }
        text.push_str(line);
        if is_whole(&text) {
            commands.push(Command {
                text: std::mem::take(&mut text).trim().to_owned(),
                line: began,
            });
        } else {
            text.push('\n');
        }
    }
    assert!(
        text.is_empty(),
        "line {began}: this command has no end: {text}"
    );
    commands
}

fn is_whole(text: &str) -> bool {
    let (code, is_quoted) = without_comments(text);
    let last = code.trim_end();
    let goes_on = ["\\", "|", "&&", "do"]
        .iter()
        .any(|sign| last.ends_with(sign));
    let word = |wanted: &str| {
        code.split([' ', '\n', ';'])
            .filter(|word| *word == wanted)
            .count()
    };
    !is_quoted && !goes_on && word("do") == word("done")
}

/// The text without its comments, and whether a quote is open at its end.
fn without_comments(text: &str) -> (String, bool) {
    let (mut code, mut quote, mut before) = (String::new(), None, ' ');
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match (quote, sign) {
            (None, '#') if before.is_whitespace() => {
                signs.by_ref().find(|sign| *sign == '\n');
                code.push('\n');
            }
            (None, '\'' | '"') => quote = Some(sign),
            (Some('"') | None, '\\') => {
                code.push(sign);
                // What is escaped opens and closes nothing.
                code.extend(signs.next().filter(|next| *next != '"'));
            }
            (Some(open), sign) if sign == open => quote = None,
            _ => code.push(sign),
        }
        before = sign;
    }
    (code, quote.is_some())
}

#[test]
fn commands_end_where_a_shell_would_end_them() {
    let text = "# it's a comment\na 'x\ny' \\\n  b   # don't mind\nc |\n  d\n\nfor e in f; do\n  g\ndone\nh \"$(i)\"\n";
    let fence = Fence {
        language: "sh".to_owned(),
        text: text.to_owned(),
        line: 10,
        from: None,
    };
    let found: Vec<_> = commands(&fence)
        .into_iter()
        .map(|one| (one.line, one.text))
        .collect();
    let expected = [
        (11, "a 'x\ny' \\\n  b   # don't mind"),
        (14, "c |\n  d"),
        (17, "for e in f; do\n  g\ndone"),
        (20, "h \"$(i)\""),
    ];
    assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
}
