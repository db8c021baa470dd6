//! The documentation, held to what it says.
//!
//! Every command of the README and of the pages in `docs/` is typed into a shell, in an empty folder,
//! with a server where the page expects one. Excerpts are compared with the programs that they are
//! taken from, links are followed, and what a page lists is compared with what the sources have.
//!
//! ```text
//!   page     a page: its blocks of code, its prose, its links
//!   command  where in a block one command ends and the next begins
//!   shown    what is only shown, and why; what stands for something else
//!   stage    the shell, the folder and the server
//! ```
//!
//! A block is `sh` where it is run, `console` where it is only shown; a command in either that is not
//! to be run stands in `shown`, with its reason. A new command is run, or named there.

mod claims;
mod command;
mod links;
mod page;
mod shown;
mod stage;
mod svix;
mod words;

use page::Page;

/// Pages that are typed by a test of their own, because they take long.
const ALONE: [&str; 2] = ["README.md", "docs/OPERATIONS.md"];

#[tokio::test]
async fn every_command_of_the_readme_can_be_typed() {
    let received = stage::types(&Page::read("README.md"), stage::Begins::WithNothing).await;
    let is_told = received.is_empty() || received.contains("call.completed: ");
    assert!(
        is_told,
        "the receiver of the README was told of no call:\n{received}"
    );
}

#[tokio::test]
async fn every_command_of_operations_can_be_typed() {
    stage::types(
        &Page::read("docs/OPERATIONS.md"),
        stage::Begins::BesideAServer,
    )
    .await;
}

#[tokio::test]
async fn every_command_of_the_other_pages_can_be_typed() {
    let others = Page::all().into_iter();
    for page in others.filter(|page| !ALONE.contains(&page.path.as_str())) {
        stage::types(&page, stage::Begins::BesideAServer).await;
    }
}

#[test]
fn what_is_shown_and_not_run_has_a_reason() {
    for page in Page::all() {
        for fence in page.fences().filter(|fence| fence.language == "console") {
            for command in command::commands(&fence) {
                assert!(
                    shown::why_not_run(&command.text).is_some(),
                    "{}:{}: `{}` is run by no test: make the block `sh`, or give the reason in \
                     tests/process/docs/shown.rs",
                    page.path,
                    command.line,
                    command.text
                );
            }
        }
    }
}

#[test]
fn every_excerpt_is_of_an_example_as_it_stands() {
    for page in Page::all() {
        for fence in page.fences() {
            let Some(source) = &fence.from else {
                let is_program = ["js", "python", "go", "php", "rust"].contains(&&*fence.language);
                let is_shown_alone = page.path == "docs/ARCHITECTURE.md";
                assert!(
                    !is_program || is_shown_alone,
                    "{}:{}: name the file that this is out of, in the line before: \
                     `<!-- from: examples/… -->`",
                    page.path,
                    fence.line
                );
                continue;
            };
            let whole = std::fs::read_to_string(source).unwrap();
            assert!(
                whole.contains(&fence.text),
                "{}:{}: this is not in {source} any more:\n{}",
                page.path,
                fence.line,
                fence.text
            );
        }
    }
}
