//! The addresses of the API, and what each answers.

use std::{collections::HashMap, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{self, Data, Json, Path, Query},
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use super::{
    House,
    checks::{complaints, refusal},
    mischief::{Mischief, fitting},
    play::Show,
};
use crate::{infra::clock::rfc3339, simulate::dice::Dice};

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1_000;
const BODY_BYTES_MAX: usize = 4 << 20;
/// The dice by which calls get their ids have numbers from here down.
const IDS: u64 = u64::MAX / 2;

pub(super) fn routes(routes: &mut web::ServiceConfig) {
    routes
        .app_data(web::JsonConfig::default().limit(BODY_BYTES_MAX))
        .route("/call", web::post().to(create))
        .route("/call", web::get().to(list))
        .route("/call/{id}", web::get().to(read))
        .route("/call/{id}", web::patch().to(rename))
        .route("/call/{id}", web::delete().to(delete))
        .route("/call/{id}/control", web::post().to(control))
        .route("/dials", web::get().to(dials));
}

async fn create(req: HttpRequest, house: Data<House>, body: Json<Value>) -> HttpResponse {
    if !has_key(&req) {
        return unauthorized();
    }
    let wanted = body.into_inner();
    let request_id = request_id(&wanted);
    let times = house.book.ask(&request_id);
    let wrong = complaints(&wanted);
    if !wrong.is_empty() {
        return refuse(400, "Bad Request", wrong);
    }
    let mischief = house.mischief(&wanted);
    if let Some(answer) = before(mischief, times) {
        return answer;
    }
    if house.book.all_lines_are_in_use() {
        return busy();
    }
    house.book.dial(&request_id);
    let show = house.place(&wanted, mischief);
    answer_to(house.into_inner(), show).await
}

/// What goes wrong before anything is placed.
fn before(mischief: Option<Mischief>, times: u64) -> Option<HttpResponse> {
    Some(match mischief? {
        Mischief::Reject => refuse(
            400,
            "Bad Request",
            "customer.number is on the do-not-call list of this account",
        ),
        Mischief::Unpaid => refuse(402, "Payment Required", "Wallet balance is too low"),
        Mischief::Busy => busy(),
        Mischief::BusyOnce if times == 1 => busy(),
        Mischief::OverLimit => refuse(400, "Bad Request", "Over Concurrency Limit"),
        Mischief::FailBefore => refuse(500, "Internal Server Error", "Internal server error"),
        _ => return None,
    })
}

/// Plays the call, and answers as the mischief wants it.
async fn answer_to(house: Arc<House>, show: Show) -> HttpResponse {
    let (mischief, call, runtime) = (show.mischief, show.call.clone(), house.runtime.clone());
    if mischief == Some(Mischief::Crowded) {
        return HttpResponse::Created().json(call);
    }
    let play = runtime.spawn(house.play(show));
    match mischief {
        Some(Mischief::FailAfter) => refuse(500, "Internal Server Error", "Internal server error"),
        Some(Mischief::Hang) => std::future::pending().await,
        Some(Mischief::Cut) => {
            let broken = Err::<Bytes, _>(std::io::Error::other("as it is wanted"));
            HttpResponse::Created().streaming(stream::iter([broken]))
        }
        Some(Mischief::AnswerLast) => {
            let _ = play.await;
            HttpResponse::Created().json(call)
        }
        _ => HttpResponse::Created().json(call),
    }
}

impl House {
    fn rules(&self) -> Vec<super::Rule> {
        let mut rules = self.book.rules();
        rules.extend(self.part.rules.iter().cloned());
        rules
    }

    /// What is done to a call of this number.
    fn mischief(&self, call: &Value) -> Option<Mischief> {
        let number = call["customer"]["number"].as_str().unwrap_or_default();
        fitting(&self.rules(), number)
    }

    /// Writes a new call into the book.
    fn place(&self, wanted: &Value, mischief: Option<Mischief>) -> Show {
        let (number, created_at) = (self.book.next(), self.part.clock.millis());
        let mut dice = Dice::of(self.part.seed, IDS - number);
        let id = dice.uuid_at(created_at).to_string();
        let at = rfc3339(created_at);
        let address = self
            .address
            .get()
            .map(ToString::to_string)
            .unwrap_or_default();
        let mut call = wanted.clone();
        let is_crowded = mischief == Some(Mischief::Crowded);
        let own = json!({
            "id": id,
            "orgId": Dice::of(self.part.seed, IDS + 1).uuid().to_string(),
            "type": "outboundPhoneCall",
            "status": if is_crowded { "ended" } else { "queued" },
            "createdAt": at,
            "updatedAt": at,
            "cost": 0,
            "phoneCallTransport": "pstn",
            "monitor": {"controlUrl": format!("http://{address}/call/{id}/control")},
        });
        if let (Value::Object(call), Value::Object(own)) = (&mut call, own) {
            call.extend(own);
        }
        if is_crowded {
            call["endedReason"] = "call.start.error-subscription-concurrency-limit-reached".into();
        }
        if !is_crowded {
            self.book.pick_up(&id);
        }
        let end = self.book.keep(&id, call.clone());
        Show {
            id,
            call,
            number,
            created_at,
            mischief,
            end,
        }
    }
}

async fn read(req: HttpRequest, house: Data<House>, id: Path<String>) -> HttpResponse {
    house.book.look();
    match (has_key(&req), house.book.call(&id)) {
        (false, _) => unauthorized(),
        (true, None) => not_found(),
        (true, Some(placed)) => match house.mischief(&placed.call) {
            Some(Mischief::Busy) => busy(),
            _ => HttpResponse::Ok().json(placed.call),
        },
    }
}

/// A bare list, newest first, by id and by time.
async fn list(
    req: HttpRequest,
    house: Data<House>,
    query: Query<HashMap<String, String>>,
) -> HttpResponse {
    house.book.look();
    if !has_key(&req) {
        return unauthorized();
    }
    let limit = query.get("limit").and_then(|limit| limit.parse().ok());
    let limit: usize = limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
    HttpResponse::Ok().json(house.book.calls(|call| is_wanted(call, &query), limit))
}

fn is_wanted(call: &Value, query: &HashMap<String, String>) -> bool {
    let created_at = call["createdAt"].as_str().unwrap_or_default();
    query.iter().all(|(name, value)| match name.as_str() {
        "id" | "assistantId" | "phoneNumberId" => call[name.as_str()] == value.as_str(),
        "createdAtGe" => created_at >= value.as_str(),
        "createdAtGt" => created_at > value.as_str(),
        "createdAtLe" => created_at <= value.as_str(),
        "createdAtLt" => created_at < value.as_str(),
        _ => true,
    })
}

/// Vapi lets nothing but the name be changed.
async fn rename(
    req: HttpRequest,
    house: Data<House>,
    id: Path<String>,
    body: Json<Value>,
) -> HttpResponse {
    if !has_key(&req) {
        return unauthorized();
    }
    let name = body["name"].clone();
    match house.book.change(&id, |call| call["name"] = name) {
        true => read(req, house, id).await,
        false => not_found(),
    }
}

async fn delete(req: HttpRequest, house: Data<House>, id: Path<String>) -> HttpResponse {
    match (has_key(&req), house.book.remove(&id)) {
        (false, _) => unauthorized(),
        (true, Some(placed)) => {
            placed.end.cancel();
            HttpResponse::Ok().json(placed.call)
        }
        (true, None) => not_found(),
    }
}

/// Who knows the address may use it: no key is asked for, as at Vapi.
async fn control(house: Data<House>, id: Path<String>, body: Json<Value>) -> HttpResponse {
    if body["type"] != "end-call" {
        return refuse(400, "Bad Request", "type must be end-call");
    }
    match house.end(&id).await {
        true => HttpResponse::Ok().json(json!({})),
        false => not_found(),
    }
}

async fn dials(house: Data<House>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"dials": house.book.all_dials()}))
}

fn request_id(call: &Value) -> String {
    let id = call.pointer("/assistantOverrides/metadata/requestId");
    id.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn has_key(req: &HttpRequest) -> bool {
    let value = req.headers().get(header::AUTHORIZATION);
    let key = value.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    key.is_some_and(|key| !key.is_empty())
}

fn busy() -> HttpResponse {
    HttpResponse::TooManyRequests()
        .insert_header((header::RETRY_AFTER, "1"))
        .json(refusal(429, "Too Many Requests", "Too many requests"))
}

fn unauthorized() -> HttpResponse {
    refuse(401, "Unauthorized", "Invalid Key")
}

fn not_found() -> HttpResponse {
    refuse(404, "Not Found", "Couldn't find that call")
}

fn refuse(status: u16, title: &str, message: impl Into<Value>) -> HttpResponse {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(code).json(refusal(status, title, message))
}
