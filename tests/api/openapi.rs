//! The document says what is so: it is fresh, it is valid, and what it calls
//! public is what the contract opens to everybody.

use std::process::Command;

use ringback::openapi;

use crate::support::TestApp;

/// What everybody may ask without a token. `/metrics` only while the server
/// listens on loopback.
const PUBLIC: [&str; 11] = [
    "GET /api",
    "POST /api/v1/sessions/vapi/webhook",
    "POST /api/v1/vapi/webhook",
    "POST /api/v1/vapi/webhooks/vapi",
    "GET /api/v6/call/webhook/events/types",
    "POST /api/webhooks/vapi",
    "GET /health",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "GET /openapi.json",
];

struct Operation {
    line: String,
    method: String,
    path: String,
    id: String,
    public: bool,
}

fn operations() -> Vec<Operation> {
    let document = openapi::document();
    let all = document.paths.paths.iter().flat_map(|(path, item)| {
        openapi::operations(item)
            .into_iter()
            .map(move |(method, operation)| Operation {
                line: format!("{method} {path}"),
                method: method.to_string(),
                path: path.clone(),
                id: operation.operation_id.clone().unwrap_or_default(),
                public: openapi::is_public(operation),
            })
    });
    all.collect()
}

#[test]
fn the_stored_document_is_fresh() {
    let stored = std::fs::read_to_string("openapi/openapi.json").unwrap_or_default();
    let made = openapi::json(&openapi::document()).unwrap();
    assert!(
        stored == made,
        "openapi/openapi.json is stale: run `cargo run -- openapi --out openapi/openapi.json`"
    );
}

#[test]
fn the_stored_schemas_of_events_are_fresh() {
    let stored = std::fs::read_to_string("openapi/events.json").unwrap_or_default();
    assert!(
        stored == openapi::events_json().unwrap(),
        "openapi/events.json is stale: run `cargo run -- openapi --events openapi/events.json`"
    );
}

#[test]
fn what_is_public_is_what_the_contract_opens() {
    let public: Vec<_> = operations()
        .into_iter()
        .filter(|op| op.public)
        .map(|op| op.line)
        .collect();
    assert_eq!(public, PUBLIC);
}

#[tokio::test]
async fn everything_else_refuses_a_caller_without_a_token() {
    let app = TestApp::spawn().await;
    for operation in operations() {
        let path = operation
            .path
            .replace("{id}", "key_0192f0c1-0000-7000-8000-000000000000");
        let answer = app.ask(&operation.method, &path).await;
        match operation.public {
            true if operation.method == "POST" => answer.assert_refused(401, "INVALID_SIGNATURE"),
            true => assert_eq!(answer.status, 200, "{}", operation.line),
            false => answer.assert_refused(401, "UNAUTHORIZED"),
        }
    }
    app.finish().await;
}

#[test]
fn operation_ids_are_unique_handler_names() {
    let mut ids: Vec<_> = operations().into_iter().map(|op| op.id).collect();
    assert!(ids.iter().all(|id| !id.is_empty()));
    ids.sort();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn every_operation_says_how_it_refuses() {
    let document = openapi::document();
    for (path, item) in &document.paths.paths {
        for (method, operation) in openapi::operations(item) {
            assert!(
                operation.summary.is_some(),
                "{method} {path} has no summary"
            );
            let has = |status: &str| operation.responses.responses.contains_key(status);
            let told = openapi::is_public(operation) || (has("401") && has("500"));
            assert!(told, "{method} {path} must document 401 and 500");
        }
    }
}

/// The router's comments are its table of contents; they repeat what each
/// handler says of itself, and here the two are compared.
#[test]
fn the_comments_in_the_router_are_true() {
    let router = std::fs::read_to_string("src/router.rs").unwrap();
    let mut said: Vec<_> = router
        .lines()
        .filter_map(|line| {
            let (code, comment) = line.split_once("// ")?;
            let handler = code
                .trim()
                .strip_prefix(".service(")?
                .split(')')
                .next()?
                .rsplit("::")
                .next()?;
            Some((handler.to_owned(), comment.trim().to_owned()))
        })
        .collect();
    let mut is: Vec<_> = operations()
        .into_iter()
        .map(|op| (op.id, op.line))
        .collect();
    said.sort();
    is.sort();
    assert_eq!(said, is);
}

/// Checked by the specification's own schema, by way of a Python package that
/// the test command installs where it can.
#[test]
#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn the_document_is_valid_openapi() {
    let Ok(python) = std::env::var("TEST_PYTHON") else {
        eprintln!("skipped: no Python with openapi-spec-validator (TEST_PYTHON is not set)");
        return;
    };
    let checked = Command::new(python)
        .args([
            "-m",
            "openapi_spec_validator",
            "--schema",
            "3.1.0",
            "openapi/openapi.json",
        ])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&checked.stdout).into_owned()
        + &String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{told}");
}
