//! Placing a call by the form, against Vapi's stand-in, which counts how often a telephone rings.

use std::net::SocketAddr;

use ringback::simulate::{Part, Proof, StandIn};

use super::{assert_hides, assert_shows, hidden};
use crate::support::{TestApp, client, clock, csrf_of};

pub struct House {
    pub app: TestApp,
    pub vapi: StandIn,
    pub alice: String,
}

impl House {
    pub async fn open() -> Self {
        let clock = clock();
        let part = Part {
            seed: 7,
            clock: clock.clone(),
            client: client(),
            target: "http://127.0.0.1:9".parse().unwrap(),
            proof: Proof::Nothing,
            speed: 0.0,
            plays: false,
            rules: Vec::new(),
        };
        let vapi = StandIn::start(SocketAddr::from(([127, 0, 0, 1], 0)), part).unwrap();
        let url = vapi.url();
        let settings = [
            ("VAPI_API_KEY", "a-vapi-key"),
            ("VAPI_PHONE_NUMBER_ID", "a-number"),
            ("VAPI_BASE_URL", url.as_str()),
        ];
        let app = TestApp::at(clock, &settings).await;
        let alice = app.user("alice").await;
        Self { app, vapi, alice }
    }

    /// How often a telephone has rung for the call that this page is about.
    fn dials(&self, path: &str) -> u64 {
        self.vapi.dials(path.strip_prefix("/calls/").unwrap())
    }

    pub async fn finish(self) {
        self.vapi.quiet().await;
        self.app.finish().await;
        self.vapi.stop().await;
    }
}

const CALL: [(&str, &str); 3] = [
    ("number", "+14155550123"),
    ("name", "Ace Plumbing"),
    ("assistant_id", "an-assistant"),
];

#[tokio::test]
async fn a_form_that_is_sent_twice_places_one_call_and_a_changed_one_another() {
    let house = House::open().await;
    let mut alice = house.app.visitor(&house.alice).await;
    let page = alice.page("/calls/new").await;
    let key = hidden(&page, "key");
    let proof = [("csrf", csrf_of(&page)), ("key", key.as_str())];
    let filled = [&CALL[..], &proof].concat();

    let first = alice.send("/calls/new", &filled).await;
    let again = alice.send("/calls/new", &filled).await;
    let to = first.header("location").to_owned();
    assert_eq!((first.status, again.header("location")), (303, to.as_str()));
    assert_eq!(house.dials(&to), 1);
    assert_shows(
        &alice.page(&to).await,
        &["Ace Plumbing", "+14155550123", "placed through us"],
    );

    let mut changed = filled;
    changed[1].1 = "Best Plumbing";
    let other = alice.send("/calls/new", &changed).await;
    assert_ne!(other.header("location"), to);
    assert_eq!(house.dials(other.header("location")), 1);
    house.finish().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays() {
    let house = House::open().await;
    let mut alice = house.app.visitor(&house.alice).await;
    let wrong = [
        ("number", "call <me>"),
        ("name", "Ace"),
        ("service_needed", "plumbing"),
        ("urgency", "flexible"),
        ("scheduled_at", "2028-01-01T09:00"),
    ];
    let refused = alice.submit("/calls/new", "/calls/new", &wrong).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_shows(
        &refused.text,
        &["User criteria", "call &#60;me&#62;", r#"value="Ace""#],
    );
    let wrong = [("number", "12"), ("assistant_id", "an-assistant")];
    let refused = alice.submit("/calls/new", "/calls/new", &wrong).await;
    assert_shows(
        &refused.text,
        &["give a telephone number in E.164", r#"aria-invalid="true""#],
    );
    assert_shows(&alice.page("/calls").await, &["No calls yet"]);
    house.finish().await;
}

#[tokio::test]
async fn a_call_for_later_waits_and_is_canceled_with_a_confirmation() {
    let house = House::open().await;
    let mut alice = house.app.visitor(&house.alice).await;
    let later = [
        &CALL[..],
        &[("scheduled_at", "2026-01-05T12:00"), ("key", "k")],
    ]
    .concat();
    let placed = alice.submit("/calls/new", "/calls/new", &later).await;
    let path = placed.header("location").to_owned();
    let page = alice.follow(&placed).await;
    assert_shows(
        &page,
        &["The call is scheduled.", r#"data-state="scheduled""#],
    );
    assert_shows(
        &page,
        &["5 Jan 2026, 12:00:00 UTC", "The call will not be placed."],
    );

    let canceled = alice.submit(&path, &format!("{path}/cancel"), &[]).await;
    let page = alice.follow(&canceled).await;
    assert_shows(
        &page,
        &["The call is canceled.", r#"data-state="canceled""#],
    );
    assert_hides(&page, &["/cancel\""]);
    assert_eq!(house.dials(&path), 0);
    house.finish().await;
}

#[tokio::test]
async fn an_assistant_is_made_for_what_the_call_is_about() {
    let house = House::open().await;
    let mut alice = house.app.visitor(&house.alice).await;
    let work = [
        ("number", "+14155550123"),
        ("service_needed", "plumbing"),
        ("user_criteria", "Same-day service"),
        ("location", "Greenville, SC"),
        ("urgency", "immediate"),
        ("key", "k"),
    ];
    let placed = alice.submit("/calls/new", "/calls/new", &work).await;
    let path = placed.header("location").to_owned();
    assert_shows(
        &alice.follow(&placed).await,
        &["Same-day service", "Greenville, SC"],
    );
    assert_eq!(house.dials(&path), 1);
    house.finish().await;
}

#[tokio::test]
async fn where_calls_cannot_be_placed_the_page_says_what_it_takes() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let page = alice.page("/calls/new").await;
    assert_shows(&page, &["VAPI_API_KEY", "ringback simulate --serve"]);
    let csrf = csrf_of(&page).to_owned();
    let refused = alice
        .send(
            "/calls/new",
            &[
                ("csrf", &csrf),
                ("number", "+14155550123"),
                ("assistant_id", "a"),
            ],
        )
        .await;
    assert_eq!(refused.status, 503, "{refused:?}");
    app.finish().await;
}
