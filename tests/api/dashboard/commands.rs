//! The commands that pages offer to copy.

use super::unescaped;
use crate::support::TestApp;

/// What a command on a page sends.
fn sent(page: &str) -> String {
    let page = unescaped(page);
    let (_, after) = page.split_once(" -d '").expect("a command that sends");
    after.split_once('\'').unwrap().0.to_owned()
}

#[tokio::test]
async fn what_they_send_is_taken_whether_somebody_usually_speaks_or_not() {
    for settings in [&[][..], &[("VAPI_ASSISTANT_ID", "an-assistant")]] {
        let app = TestApp::with(settings).await;
        let key = app.user("alice").await;
        let mut alice = app.visitor(&key).await;
        for (page, path) in [
            ("/subscriptions", "/api/v6/call/webhook/subscribe"),
            ("/campaigns", "/api/v6/campaigns"),
            ("/schedules", "/api/v6/call/schedules"),
        ] {
            let page = alice.page(page).await;
            assert!(page.contains(path), "{page}");
            let command = app.post(path).by(&key);
            let command = command.header("content-type", "application/json");
            let made = command.body(sent(&page)).await;
            assert!([200, 201].contains(&made.status), "{path}: {made:?}");
        }
        app.finish().await;
    }
}
