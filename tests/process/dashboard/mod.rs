//! The dashboard, as people see it: the real server on SQLite, and a real
//! browser in front of it.
//!
//! One browser does all of it, one thing after another, because starting one
//! takes longer than most of what it is to do.

mod browser;
mod judge;
mod pages;
mod story;

use self::{browser::Browser, judge::Judge, story::Story};
use crate::support::{Home, Receiver};

pub const KEY: &str = "an-admin-key-that-only-the-tests-have";

/// The programs, where they are here.
#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn programs() -> Option<(String, String)> {
    let program = |name: &str| std::env::var(name).ok();
    program("TEST_CHROMIUM").zip(program("TEST_CHROMEDRIVER"))
}

/// Of what a page shows, nothing depends on the database, so it is looked at once.
#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn is_second_time() -> bool {
    std::env::var("TEST_DATABASE_URL").is_ok()
}

#[tokio::test]
async fn a_person_sees_what_happens_and_mends_what_does_not() {
    if is_second_time() {
        eprintln!("left out: the browser looks at the pages on SQLite");
        return;
    }
    let Some((chromium, chromedriver)) = programs() else {
        eprintln!("skipped: no browser (TEST_CHROMIUM and TEST_CHROMEDRIVER are not set)");
        return;
    };
    let home = Home::embedded()
        .with("RINGBACK_ADMIN_KEY", KEY)
        .with("WEBHOOK_SHARED_SECRET", "a-shared-secret")
        .with("VAPI_API_KEY", "key")
        .with("VAPI_PHONE_NUMBER_ID", "number")
        .with("VAPI_ASSISTANT_ID", "assistant")
        // Nobody is there, and nobody is to be.
        .with("VAPI_BASE_URL", "http://127.0.0.1:9")
        // What is tried again here is tried again by hand.
        .with("RINGBACK_RETRY_SCHEDULE", "1h,1h");
    let (server, receiver) = (home.serve(), Receiver::start().await);
    let browser = Browser::open(&chromium, &chromedriver).await;
    let story = Story {
        browser: &browser,
        server: &server,
        receiver: &receiver,
    };
    let mut judge = Judge::new(&browser, server.base());
    judge.look_at("login", "/login").await;
    story.log_in().await;
    judge.look_at("overview-empty", "/").await;
    story.subscribe().await;
    story.see_a_call_arrive().await;
    story.see_why_a_delivery_failed_and_send_it_again().await;
    story.see_a_receiver_given_up_and_reactivate_it().await;
    story.replay().await;

    for (name, path) in pages::of(&story).await {
        judge.look_at(name, &path).await;
    }
    judge.conclude();
}
