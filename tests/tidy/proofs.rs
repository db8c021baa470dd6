//! What `docs/SECURITY.md` says is proved: each test that it names is there, and each patch takes the
//! protection away that the test is to miss.

use std::fs;

use super::source::File;

const DOCUMENT: &str = "docs/SECURITY.md";
const HEAD: &str = "| protection | test | without it |";

/// A row of the table: `protection`, the test's binary and name, the patch.
struct Proof {
    binary: String,
    test: String,
    patch: Option<String>,
}

fn proofs(document: &str) -> Vec<Proof> {
    let table = document.split(HEAD).nth(1).unwrap_or_default();
    let rows = table.lines().skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.filter_map(proof).collect()
}

fn proof(row: &str) -> Option<Proof> {
    let mut cells = row.split('|').skip(2);
    let (test, patch) = (cells.next()?, cells.next()?);
    let mut words = test.trim().trim_matches('`').split(' ');
    let patch = patch.trim().trim_matches('`');
    Some(Proof {
        binary: words.next()?.to_owned(),
        test: words.next()?.to_owned(),
        patch: (!patch.is_empty()).then(|| patch.to_owned()),
    })
}

pub fn complaints(
    files: &[File],
    document: &str,
    patch: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let proofs = proofs(document);
    let mut complaints = Vec::new();
    if proofs.is_empty() {
        complaints.push(format!("{DOCUMENT} has no table `{HEAD}`"));
    }
    for Proof {
        binary,
        test,
        patch: name,
    } in proofs
    {
        if !is_there(files, &binary, &test) {
            complaints.push(format!("{DOCUMENT}: there is no test `{binary} {test}`"));
        }
        let Some(name) = name else { continue };
        let path = format!("tests/mutants/{name}.patch");
        match patch(&path) {
            None => complaints.push(format!("{DOCUMENT}: there is no {path}")),
            Some(text) if !text.contains(&format!("\ntest: {binary} {test}\n")) => {
                complaints.push(format!("{path} is not about `{binary} {test}`"));
            }
            Some(_) => {}
        }
    }
    complaints
}

/// Some file of the binary, in the folder or of the name that the path says, has the function.
fn is_there(files: &[File], binary: &str, test: &str) -> bool {
    let (module, name) = test.rsplit_once("::").unwrap_or(("", test));
    let of_binary = |path: &str| match binary {
        "api" => path.starts_with("tests/api/"),
        "process" => path.starts_with("tests/process/") || path.starts_with("tests/tidy/"),
        "lib" => path.starts_with("src/"),
        _ => false,
    };
    let function = format!("fn {name}(");
    let place = module
        .split("::")
        .find(|part| *part != "tests")
        .unwrap_or(name);
    let mut homes = files
        .iter()
        .filter(|file| of_binary(&file.path) && file.path.contains(place));
    homes.any(|file| file.code.contains(&function))
}

pub fn of_the_house(files: &[File]) -> Vec<String> {
    let document =
        fs::read_to_string(DOCUMENT).unwrap_or_else(|error| panic!("{DOCUMENT}: {error}"));
    complaints(files, &document, |path| fs::read_to_string(path).ok())
}

#[test]
fn what_is_only_said_to_be_proved_is_found() {
    let files = [File::new("tests/api/door.rs", "fn it_holds() {}")];
    let said = |row: &str| format!("{HEAD}\n| --- | --- | --- |\n{row}\n");
    let patch = |path: &str| {
        let test = "protects: it\ntest: api door::it_holds\n\n";
        (path == "tests/mutants/door.patch").then(|| test.to_owned())
    };
    let found = |row: &str| complaints(&files, &said(row), patch).len();
    assert_eq!(found("| a | `api door::it_holds` | `door` |"), 0);
    assert_eq!(found("| a | `api door::it_holds` | |"), 0);
    assert_eq!(found("| a | `api door::it_is_gone` | `door` |"), 2);
    assert_eq!(found("| a | `process door::it_holds` | |"), 1);
    assert_eq!(found("| a | `api door::it_holds` | `window` |"), 1);
    assert_eq!(complaints(&files, "nothing", patch).len(), 1);
}
