//! A page of the documentation, as far as it is held to something.

use std::path::Path;

pub struct Page {
    /// From the root of the repository.
    pub path: String,
    pub text: String,
}

/// A block of code.
pub struct Fence {
    pub language: String,
    pub text: String,
    /// Of its first line of code.
    pub line: usize,
    /// The file that it is an excerpt of.
    pub from: Option<String>,
}

impl Page {
    pub fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self {
            path: path.to_owned(),
            text,
        }
    }

    /// The README and everything in `docs/`.
    pub fn all() -> Vec<Self> {
        let mut pages: Vec<_> = std::fs::read_dir("docs")
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
            .map(|path| Self::read(path.to_str().unwrap()))
            .collect();
        pages.push(Self::read("README.md"));
        pages.sort_by(|one, other| one.path.cmp(&other.path));
        assert!(pages.len() > 4, "the pages were not found");
        pages
    }

    pub fn folder(&self) -> &Path {
        Path::new(&self.path).parent().unwrap()
    }

    pub fn fences(&self) -> impl Iterator<Item = Fence> {
        let mut lines = self.text.lines().enumerate();
        let mut from = None;
        std::iter::from_fn(move || {
            for (number, line) in lines.by_ref() {
                if let Some(source) = line.strip_prefix("<!-- from: ") {
                    from = source.strip_suffix(" -->").map(str::to_owned);
                    continue;
                }
                let Some(language) = line.trim_start().strip_prefix("```") else {
                    continue;
                };
                let inside = lines.by_ref().take_while(|(_, line)| line.trim() != "```");
                let text: String = inside.map(|(_, line)| format!("{line}\n")).collect();
                return Some(Fence {
                    language: language.trim().to_owned(),
                    text,
                    line: number + 2,
                    from: from.take(),
                });
            }
            None
        })
    }

    /// Everything outside of blocks, each line with its number.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut is_code = false;
        let mut prose = Vec::new();
        for (number, line) in self.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                is_code = !is_code;
            } else if !is_code {
                prose.push((number + 1, line));
            }
        }
        prose
    }

    /// The prose in one line, so that a break in it does not matter.
    pub fn sentences(&self) -> String {
        let lines = self
            .prose()
            .into_iter()
            .flat_map(|(_, line)| line.split_whitespace());
        lines.collect::<Vec<_>>().join(" ")
    }

    /// What stands between backticks.
    pub fn names(&self) -> Vec<String> {
        let text = self.sentences();
        text.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    }

    /// The last cells of the table that stands under a heading, by line.
    pub fn last_column(&self, heading: &str) -> Vec<(usize, &str)> {
        let lines = self.prose().into_iter();
        let mut below = lines.skip_while(|(_, line)| *line != heading).skip(1);
        let rows = below
            .by_ref()
            .take_while(|(_, line)| !line.starts_with("## "))
            .filter(|(_, line)| line.starts_with("| "));
        rows.skip(2)
            .filter_map(|(number, line)| {
                let cells = line.trim_end_matches(" |");
                Some((number, cells.rsplit_once(" | ")?.1))
            })
            .collect()
    }
}

#[test]
fn a_page_is_read_by_its_blocks_and_around_them() {
    let page = Page {
        path: "docs/a.md".to_owned(),
        text:
            "A `b`\n<!-- from: x.js -->\n```js\nc\n```\n## D\n| e | f |\n| - | - |\n| g | `h` |\n"
                .to_owned(),
    };
    let [fence] = &page.fences().collect::<Vec<_>>()[..] else {
        panic!("one block")
    };
    assert_eq!(
        (&*fence.language, &*fence.text, fence.line),
        ("js", "c\n", 4)
    );
    assert_eq!(fence.from.as_deref(), Some("x.js"));
    assert_eq!(page.names(), ["b", "h"]);
    assert_eq!(page.last_column("## D"), [(9, "`h`")]);
}
