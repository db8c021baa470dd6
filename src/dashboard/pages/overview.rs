//! `/`: how things go, in figures and as they happen.

use std::time::Duration;

use actix_web::{HttpResponse, web::Data};
use askama::Template;
use serde::Deserialize;

use crate::{
    app::App,
    dashboard::{
        answer::page,
        frame::{Frame, Room},
        session::Visit,
        view::{Bar, Bars, grouped, lasting, percent},
    },
    delivery::{
        Deliveries,
        figures::{
            Arrivals, Flow, Span, States, Troubled, WAITING_MAX, Waiting, arrivals, flow, states,
            troubled, waiting,
        },
    },
    error::Result,
    events::{
        Kind,
        log::{self, Opened},
        rate::{self, EVENTS_COUNTED_MAX},
    },
    infra::{clock::Millis, walk::Walk},
};

const LATEST_SHOWN: u64 = 15;
const TROUBLED_SHOWN: u64 = 5;
/// What a rate a minute is taken from: one full minute, up to now.
const LATELY: Duration = Duration::from_secs(60);
const HOUR: Span = Span {
    count: 60,
    minutes: 1,
};

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    whose: &'static str,
    tiles: Vec<Tile>,
    hour: Bars,
    day: Bars,
    states: States,
    troubled: Vec<Troubled>,
    latest: Vec<Heard>,
    kinds: String,
    is_new: bool,
}

/// One figure, and what it means.
struct Tile {
    name: &'static str,
    value: String,
    note: String,
    tone: &'static str,
}

/// An event, as its receivers are told of it.
#[derive(Deserialize)]
struct Heard {
    id: String,
    event: String,
    #[serde(rename = "callId")]
    call_id: Option<String>,
    status: Option<String>,
    timestamp: String,
}

pub async fn show(
    visit: Visit,
    app: Data<App>,
    deliveries: Data<Deliveries>,
) -> Result<HttpResponse> {
    let (db, scope, now) = (app.db.read(), visit.scope(), visit.now);
    let walk = Walk::read(Some(LATEST_SHOWN), None)?;
    let wanted = log::Wanted::default();
    let ((latest, _), events, hour, arrived, day, waiting, states, troubled) = tokio::try_join!(
        log::list(db, &app.seal, &scope, &wanted, &walk),
        rate::within(db, &scope, now, LATELY),
        flow(db, &scope, now, HOUR),
        arrivals(db, &scope, now, HOUR),
        deliveries.last_day().flow(db, &scope, now),
        waiting(db, &scope),
        states(db, &scope),
        troubled(db, &scope, TROUBLED_SHOWN),
    )?;
    page(&OverviewPage {
        frame: visit.frame(Room::Overview),
        whose: match visit.caller.is_admin() {
            true => "Everybody's calls, events and deliveries.",
            false => "Your calls, events and deliveries.",
        },
        tiles: tiles(events, &hour, &arrived, &waiting, now),
        is_new: states == States::default() && latest.is_empty(),
        states,
        troubled,
        hour: bars("Last hour, by the minute", &hour, 10),
        day: bars("Last day, by half hours", &day, 8),
        latest: latest.iter().filter_map(heard).collect(),
        kinds: kinds(),
    })
}

fn tiles(
    events: u64,
    hour: &[Flow],
    arrived: &Arrivals,
    waiting: &Waiting,
    now: Millis,
) -> Vec<Tile> {
    // The minute under way is not over: the one before it is whole.
    let last = hour.iter().rev().nth(1).copied().unwrap_or_default();
    let (delivered, failed) = sum(hour);
    let within = |percent| {
        let bound = arrived.percentile(percent);
        bound.map_or_else(|| "–".to_owned(), |bound| bound.to_string())
    };
    let tile = |name, value, note: &str| Tile {
        name,
        value,
        note: note.to_owned(),
        tone: "",
    };
    vec![
        tile(
            "Events a minute",
            at_most(events, EVENTS_COUNTED_MAX),
            "in the last 60 seconds",
        ),
        tile(
            "Deliveries a minute",
            grouped(last.delivered),
            "in the last full minute",
        ),
        Tile {
            tone: if failed > 0 { "warn" } else { "" },
            ..tile(
                "Attempts that succeed",
                percent(delivered, delivered + failed).unwrap_or_else(|| "–".to_owned()),
                &format!("{} failed in the last hour", grouped(failed)),
            )
        },
        tile("Half arrive within", within(50), "p50 of the last hour"),
        tile("99 % arrive within", within(99), "p99 of the last hour"),
        tile(
            "Waiting",
            at_most(waiting.count, WAITING_MAX),
            &oldest(waiting, now),
        ),
    ]
}

fn oldest(waiting: &Waiting, now: Millis) -> String {
    waiting.oldest_at.map_or_else(
        || "nothing waits".to_owned(),
        |at| format!("the oldest for {}", lasting(now - at)),
    )
}

/// What was counted up to a limit.
fn at_most(count: u64, limit: u64) -> String {
    match count >= limit {
        true => format!("{}+", grouped(limit)),
        false => grouped(count),
    }
}

fn sum(flows: &[Flow]) -> (i64, i64) {
    let add = |(good, bad), flow: &Flow| (good + flow.delivered, bad + flow.failed);
    flows.iter().fold((0, 0), add)
}

fn bars(title: &'static str, flows: &[Flow], labelled: usize) -> Bars {
    let bars: Vec<Bar> = flows
        .iter()
        .map(|flow| Bar {
            at: flow.starts_at,
            good: flow.delivered,
            bad: flow.failed,
        })
        .collect();
    Bars::new(title, &bars, labelled)
}

fn heard(event: &Opened) -> Option<Heard> {
    serde_json::from_slice(&event.payload).ok()
}

/// What the script listens for.
fn kinds() -> String {
    let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    names.join(" ")
}
