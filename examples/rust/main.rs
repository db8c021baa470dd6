//! A receiver in Rust with actix-web: it hashes the raw bytes, before anything parses them.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a receiver of its own, with settings of its own"
)]

use std::{collections::HashSet, env, sync::Mutex};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, post,
    web::{Bytes, Data, PayloadConfig},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const BODY_BYTES_MAX: usize = 10 << 20;

struct Receiver {
    secret: String,
    seen: Mutex<HashSet<String>>,
}

#[post("/api/webhook")]
async fn receive(req: HttpRequest, body: Bytes, receiver: Data<Receiver>) -> HttpResponse {
    let header = |name: &str| {
        req.headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if !is_signed(&receiver.secret, &body, header("x-webhook-signature")) {
        return HttpResponse::Unauthorized().json(json!({"error": "Invalid signature"}));
    }
    let id = header("x-webhook-id").unwrap_or_default().to_owned();
    let is_new = receiver.seen.lock().is_ok_and(|mut seen| seen.insert(id));
    if !is_new {
        return HttpResponse::Ok().json(json!({"success": true, "duplicate": true}));
    }
    let Ok(told) = serde_json::from_slice::<Value>(&body) else {
        return HttpResponse::BadRequest().json(json!({"error": "Not JSON"}));
    };
    println!(
        "{}: {} is {}",
        told["event"], told["callId"], told["status"]
    );
    HttpResponse::Ok().json(json!({"success": true}))
}

fn is_signed(secret: &str, body: &[u8], signature: Option<&str>) -> bool {
    let given = signature.and_then(|text| text.strip_prefix("sha256="));
    let given = given.and_then(|text| hex::decode(text).ok());
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes());
    match (mac, given) {
        (Ok(mac), Some(given)) => mac.chain_update(body).verify_slice(&given).is_ok(),
        _ => false,
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let receiver = Data::new(Receiver {
        secret: env::var("WEBHOOK_SECRET")?,
        seen: Mutex::default(),
    });
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(receiver.clone())
            .app_data(PayloadConfig::new(BODY_BYTES_MAX))
            .service(receive)
    })
    .bind(("127.0.0.1", port))?;
    for address in server.addrs() {
        println!("listening at http://{address}/api/webhook");
    }
    Ok(server.run().await?)
}
