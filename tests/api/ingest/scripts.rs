//! Whole calls as Vapi would tell them, with what each must come to: every
//! story, every mishap, recorded and read back.

use ringback::simulate::Script;

use super::*;
use crate::support::ADMIN_KEY;

const SEED: u64 = 7;
/// Each story three times, and every mishap several times.
const CALLS: u64 = 39;

#[tokio::test]
async fn every_story_ends_as_it_must_whatever_happens_to_its_events() {
    let app = TestApp::spawn().await;
    for number in 0..CALLS {
        let script = Script::of(SEED, number);
        for step in &script.steps {
            let answer = app.say(VAPI, &step.body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        let (expected, name) = (
            &script.expected,
            format!("{:?} {:?}", script.story, script.mishap),
        );
        let call = app.call(&script.call_id).await;
        assert_eq!(
            (call.status, call.outcome),
            (expected.status, Some(expected.outcome)),
            "{name}"
        );
        assert_eq!(call.retryable, Some(expected.is_retryable), "{name}");
        assert_eq!(
            call.ended_reason.as_deref(),
            Some(expected.ended_reason),
            "{name}"
        );
        assert_eq!(call.result.is_some(), expected.has_report, "{name}");
        assert_eq!(app.log_of(&call).await.len(), expected.events, "{name}");
        assert_eq!(
            lines_of(&app, &script.call_id).await,
            expected.lines.len(),
            "{name}"
        );
    }
    app.finish().await;
}

async fn lines_of(app: &TestApp, id: &str) -> usize {
    let listed = app
        .get(&format!("/api/v1/sessions/{id}/messages?limit=100"))
        .by(ADMIN_KEY)
        .await;
    listed.body["messages"].as_array().unwrap().len()
}
