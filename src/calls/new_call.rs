//! What call may be placed.

use chrono::{DateTime, Utc};
use entity::CampaignId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    phone,
    wire::{CreateCall, CreateCustomer},
};
use crate::{
    app::App,
    auth::Scope,
    config::VapiConfig,
    error::{Detail, Error, Result},
    infra::clock::Millis,
    vapi::assistant::{CallRequest, leads_elsewhere},
};

/// Vapi's own limit.
const NAME_CHARS_MAX: usize = 40;
const METADATA_BYTES_MAX: usize = 16 << 10;
const AHEAD_DAYS_MAX: i64 = 366;
/// Vapi may tell whoever else it tells of the call what our server is given.
const SECRET_IS_OURS: &str = "this assistant leads to other addresses too, and these could be told \
                              the secret that our server is given: give a server of your own, or \
                              leave the others out (tools can be registered at /api/v1/tools), or \
                              ask an admin";
/// What we say of a call in its metadata, and by which it is known again.
const OURS: [&str; 3] = ["requestId", "ownerId", "userId"];

/// A call that may be placed: whom to call, and who speaks. It is kept, sealed, until the call is
/// placed, and the assistant is made of it no sooner than then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub customer_number: String,
    pub customer_name: Option<String>,
    pub who: Speaker,
    pub metadata: Map<String, Value>,
}

/// Who speaks for us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// An assistant that Vapi keeps.
    Saved(String),
    /// One that comes with the call.
    Whole(Map<String, Value>),
    /// Ours, for this request.
    Ours(Box<CallRequest>),
}

impl Speaker {
    /// It brings no server of its own, so ours goes along.
    pub(super) fn takes_our_server(&self) -> bool {
        match self {
            Self::Saved(_) => false,
            Self::Whole(assistant) => !assistant.contains_key("server"),
            Self::Ours(_) => true,
        }
    }
}

/// An order, and when it is due.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCall {
    pub order: Order,
    /// Nothing where it is placed at once.
    pub scheduled_at: Option<Millis>,
    pub latest_at: Option<Millis>,
    /// Where it waits for its turn.
    pub campaign_id: Option<CampaignId>,
}

/// Who wants a call, what there is at Vapi, and when it is.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    pub scope: &'a Scope,
    pub vapi: &'a VapiConfig,
    pub now: Millis,
}

impl<'a> Terms<'a> {
    pub fn now(app: &'a App, scope: &'a Scope) -> Self {
        Self {
            scope,
            vapi: &app.config.vapi,
            now: app.clock.millis(),
        }
    }
}

impl NewCall {
    /// Checks all that is wanted, and tells all that is wrong at once.
    pub fn read(wanted: CreateCall, terms: Terms<'_>) -> Result<Self> {
        let (mut wrong, now) = (Vec::new(), terms.now);
        let number = check_customer(&wanted.customer, &mut wrong);
        check_metadata(&wanted.metadata, &mut wrong);
        check_times(wanted.scheduled_at, wanted.latest_at, now, &mut wrong);
        let campaign_id = wanted.campaign_id.as_deref();
        let campaign_id = campaign_id.and_then(|id| read_campaign(id, &mut wrong));
        let who = speaker(
            (wanted.assistant_id, wanted.assistant, wanted.request),
            terms,
            &mut wrong,
        );
        let (Some(customer_number), Some(who), true) = (number, who, wrong.is_empty()) else {
            return Err(Error::invalid_many(wrong));
        };
        Ok(Self {
            order: Order {
                customer_number,
                customer_name: wanted.customer.name,
                metadata: known_by(&who, wanted.metadata),
                who,
            },
            // What was due a moment ago is due now.
            scheduled_at: wanted.scheduled_at.map(millis).filter(|due| *due > now),
            latest_at: wanted.latest_at.map(millis),
            campaign_id,
        })
    }
}

fn millis(time: DateTime<Utc>) -> Millis {
    time.timestamp_millis()
}

/// What the request says, and over it what the caller says.
fn known_by(who: &Speaker, own: Map<String, Value>) -> Map<String, Value> {
    let mut metadata = match who {
        Speaker::Ours(request) => request.metadata(),
        _ => Map::new(),
    };
    metadata.extend(own);
    metadata
}

fn check_customer(customer: &CreateCustomer, wrong: &mut Vec<Detail>) -> Option<String> {
    let name = customer.name.as_deref().unwrap_or("a name");
    if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains('\0') {
        let wanted = format!("give 1 to {NAME_CHARS_MAX} characters, not all spaces");
        wrong.push(detail("customer.name", wanted));
    }
    let number = phone::e164(&customer.number);
    if number.is_none() {
        let wanted = "give a telephone number in E.164, such as +14155550123";
        wrong.push(detail("customer.number", wanted));
    }
    number
}

fn check_metadata(metadata: &Map<String, Value>, wrong: &mut Vec<Detail>) {
    for name in OURS.iter().filter(|name| metadata.contains_key(**name)) {
        let why = "this name is ours: the call gets it from us";
        wrong.push(detail(&format!("metadata.{name}"), why));
    }
    let bytes = serde_json::to_vec(metadata).map_or(0, |text| text.len());
    if bytes > METADATA_BYTES_MAX {
        let wanted = format!("give at most {METADATA_BYTES_MAX} bytes");
        wrong.push(detail("metadata", wanted));
    }
}

fn check_times(
    scheduled_at: Option<DateTime<Utc>>,
    latest_at: Option<DateTime<Utc>>,
    now: Millis,
    wrong: &mut Vec<Detail>,
) {
    let too_far = now + AHEAD_DAYS_MAX * 86_400_000;
    if scheduled_at.is_some_and(|at| millis(at) > too_far) {
        let wanted = format!("give a time within {AHEAD_DAYS_MAX} days");
        wrong.push(detail("scheduled_at", wanted));
    }
    let Some(latest_at) = latest_at else { return };
    match scheduled_at {
        None => wrong.push(detail("latest_at", "give scheduled_at with it")),
        Some(at) if latest_at < at || millis(latest_at) <= now => {
            wrong.push(detail(
                "latest_at",
                "give a time to come, not before scheduled_at",
            ));
        }
        Some(_) => {}
    }
}

fn read_campaign(id: &str, wrong: &mut Vec<Detail>) -> Option<CampaignId> {
    let read = id.parse();
    read.map_err(|error| wrong.push(detail("campaign_id", format!("{error}"))))
        .ok()
}

type Given = (
    Option<String>,
    Option<Map<String, Value>>,
    Option<CallRequest>,
);

fn speaker(given: Given, terms: Terms<'_>, wrong: &mut Vec<Detail>) -> Option<Speaker> {
    match given {
        (Some(id), None, None) if is_word(&id) => Some(Speaker::Saved(id)),
        (Some(_), None, None) => {
            wrong.push(detail(
                "assistant_id",
                "give the id of an assistant at Vapi",
            ));
            None
        }
        (None, Some(assistant), None) => {
            let leads_elsewhere = leads_elsewhere(&assistant);
            let who = Speaker::Whole(assistant);
            if leads_elsewhere && who.takes_our_server() && !terms.scope.is_everything() {
                wrong.push(detail("assistant.server", SECRET_IS_OURS));
            }
            Some(who)
        }
        (None, None, Some(request)) => {
            let complaints = request.complaints().into_iter();
            wrong.extend(complaints.map(|it| detail(&format!("request.{}", it.path), it.message)));
            Some(Speaker::Ours(Box::new(request)))
        }
        (None, None, None) => {
            let usual = terms.vapi.assistant_id.clone().map(Speaker::Saved);
            if usual.is_none() {
                let wanted = "give one of assistant_id, assistant and request; without \
                              VAPI_ASSISTANT_ID there is no usual one";
                wrong.push(detail("assistant_id", wanted));
            }
            usual
        }
        _ => {
            let wanted = "give only one of assistant_id, assistant and request";
            wrong.push(detail("assistant_id", wanted));
            None
        }
    }
}

fn is_word(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn detail(path: &str, message: impl Into<String>) -> Detail {
    Detail {
        path: path.to_owned(),
        message: message.into(),
    }
}
