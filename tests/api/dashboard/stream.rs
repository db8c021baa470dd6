//! The stream that a page's scripts follow.

use serde_json::json;

use crate::support::{ADMIN_KEY, TestApp, program};

#[tokio::test]
async fn a_stream_that_was_answered_with_an_error_is_opened_anew_behind_what_was_shown() {
    let app = TestApp::spawn().await;
    let page = app.visitor(ADMIN_KEY).await.page("/").await;
    let live = app.get(&asset(&page, "live")).await.text;
    let script = app.get(&asset(&live, "stream")).await.text;
    app.finish().await;
    let said = program::answer(
        &["TEST_NODE"],
        "api/dashboard/stream.mjs",
        script.into_bytes(),
    );
    let Some(said) = said else { return };
    let expected = json!({
        "asked": ["/live?after=evt_1", "/live?after=evt_3"],
        "heard": ["evt_2", "evt_3", "evt_4"],
        "said": [true, false, true, false, true],
        "waited": [5_000],
        "waitedForTheBrowser": 0,
    });
    assert_eq!(said, expected);
}

/// Where a text finds the script of this name.
fn asset(text: &str, name: &str) -> String {
    let (_, after) = text.split_once(&format!("/{name}.")).unwrap();
    let (rest, _) = after.split_once('"').unwrap();
    format!("/assets/{name}.{rest}")
}
