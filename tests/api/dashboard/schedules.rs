//! The schedules there are, and one of them with its runs.

use entity::schedules::Entity;

use super::{assert_hides, assert_shows};
use crate::support::{TestApp, csrf_of, hidden_in};

const EVERY_MORNING: [(&str, &str); 5] = [
    ("cron", "30 9 * * 1-5"),
    ("timezone", "Europe/Berlin"),
    ("number", "+14155550123"),
    ("name", "Ace Plumbing"),
    ("assistant_id", "an-assistant"),
];

#[tokio::test]
async fn a_schedule_is_made_paused_resumed_and_deleted() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    assert_shows(
        &alice.page("/schedules").await,
        &["No schedules yet", "curl http://127.0.0.1"],
    );

    let made = alice
        .submit("/schedules/new", "/schedules/new", &EVERY_MORNING)
        .await;
    let path = made.header("location").to_owned();
    let page = alice.follow(&made).await;
    assert_shows(
        &page,
        &[
            "The schedule is made.",
            "Ace Plumbing",
            r#"data-state="active""#,
        ],
    );
    // It is nine in UTC, and half past nine was before that in Berlin.
    assert_shows(
        &page,
        &[
            "6 Jan 2026, 08:30:00 UTC",
            "Tue 6 Jan 2026, 09:30:00 CET",
            "None was due yet.",
        ],
    );

    let paused = alice.submit(&path, &format!("{path}/pause"), &[]).await;
    let page = alice.follow(&paused).await;
    assert_shows(
        &page,
        &[
            "The schedule is paused.",
            r#"data-state="paused""#,
            "if it were not paused",
        ],
    );
    let resumed = alice.submit(&path, &format!("{path}/resume"), &[]).await;
    assert_shows(&alice.follow(&resumed).await, &[r#"data-state="active""#]);
    assert_shows(
        &alice.page("/schedules").await,
        &["30 9 * * 1-5", "Tue 6 Jan 2026, 09:30:00 CET"],
    );

    let deleted = alice.submit(&path, &format!("{path}/delete"), &[]).await;
    assert_shows(
        &alice.follow(&deleted).await,
        &["The schedule is deleted.", "No schedules yet"],
    );
    assert_eq!(alice.open(&path).await.status, 404);
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_schedule_and_a_changed_one_another() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = "/schedules/new";
    let page = alice.page(path).await;
    let mut filled = [&EVERY_MORNING[..], &hidden_in(&page, path)].concat();

    let first = alice.send(path, &filled).await;
    let again = alice.send(path, &filled).await;
    let to = first.header("location").to_owned();
    assert_eq!((first.status, again.header("location")), (303, to.as_str()));
    assert_eq!(app.rows::<Entity>().await, 1);

    filled[3].1 = "Best Plumbing";
    let other = alice.send(path, &filled).await;
    assert_ne!(other.header("location"), to);
    assert_eq!(app.rows::<Entity>().await, 2);
    app.finish().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_schedule_is_said_beside_its_field() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let mut wrong = EVERY_MORNING;
    (wrong[0].1, wrong[1].1) = ("every \"day\"", "Mars/Base");
    let refused = alice
        .submit("/schedules/new", "/schedules/new", &wrong)
        .await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_shows(
        &refused.text,
        &["give the IANA name", "every &#34;day&#34;", "Ace Plumbing"],
    );
    let mut wrong = EVERY_MORNING;
    wrong[2].1 = "12";
    let refused = alice
        .submit("/schedules/new", "/schedules/new", &wrong)
        .await;
    assert_shows(&refused.text, &["give a telephone number in E.164"]);
    app.finish().await;
}

#[tokio::test]
async fn nobody_sees_or_touches_the_schedules_of_another_owner() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let made = alice
        .submit("/schedules/new", "/schedules/new", &EVERY_MORNING)
        .await;
    let path = made.header("location").to_owned();
    let mut bob = app.visitor(&app.user("bob").await).await;
    let page = bob.page("/schedules").await;
    assert_shows(&page, &["No schedules yet"]);
    assert_hides(&page, &["Ace Plumbing"]);
    assert_eq!(bob.open(&path).await.status, 404);
    let csrf = csrf_of(&page).to_owned();
    for act in ["pause", "resume", "delete"] {
        let refused = bob.send(&format!("{path}/{act}"), &[("csrf", &csrf)]).await;
        assert_eq!(refused.status, 404, "{refused:?}");
    }
    assert_shows(&alice.page(&path).await, &[r#"data-state="active""#]);
    app.finish().await;
}
