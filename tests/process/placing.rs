//! A server that is killed while it places a call. Started again it finds out what became of the
//! call, and whatever that was, the telephone rings no second time.

use std::net::SocketAddr;

use chrono::{Duration, Utc};
use ringback::{
    infra::clock::Clock,
    simulate::{Mischief, Part, Proof, Rule, StandIn},
};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{ADMIN, Home, Receiver, Reply, Server, client};

const CALLS: &str = "/api/v6/call";
const KEY: &str = "one-order";

/// A server that places calls with Vapi's stand-in.
struct Street {
    home: Home,
    server: Server,
    vapi: StandIn,
}

impl Street {
    /// News of calls goes to `target`.
    async fn open(mischief: Mischief, target: &str) -> Self {
        let vapi = stand_in(mischief, target);
        let home = home(&vapi.url()).await;
        Self {
            server: home.serve(),
            home,
            vapi,
        }
    }

    /// Killed, and started again with a Vapi that behaves and knows what it has.
    async fn killed(self) -> Self {
        self.server.signal("KILL");
        assert!(!self.server.wait().0);
        self.vapi.misbehave(Vec::<Rule>::new());
        Self {
            server: self.home.serve(),
            ..self
        }
    }

    /// Once it has looked for the call at Vapi and has written down what it found.
    async fn looked(self) -> Self {
        tokio::select! {
            biased;
            () = self.vapi.looked(1) => {}
            () = self.vapi.asked(2) => panic!("it asked for the call again before it looked for it"),
        }
        self.server.signal("TERM");
        assert!(self.server.wait().0);
        Self {
            server: self.home.serve(),
            ..self
        }
    }

    /// The only call that there is.
    async fn call(&self) -> Value {
        let asked = client().get(format!("{}{CALLS}", self.server.base()));
        let answer = asked.bearer_auth(ADMIN).send().await.unwrap();
        let calls: Value = answer.json().await.unwrap();
        assert_eq!(calls["calls"].as_array().map(Vec::len), Some(1), "{calls}");
        calls["calls"][0].clone()
    }

    async fn assert_it_rang_once(&self) {
        let call = self.call().await;
        assert!(call["vapi_call_id"].is_string(), "{call}");
        assert_eq!(call["placement"], json!(null));
        assert_eq!(self.vapi.dials(call["id"].as_str().unwrap()), 1);
        assert_eq!(self.vapi.dials_in_all(), 1);
    }

    /// Whoever ordered it orders it again, and gets the same call.
    async fn assert_an_order_repeated_is_the_same_call(&self) {
        let dials = self.vapi.dials_in_all();
        let again = self.server.post(CALLS, ADMIN, KEY, &order(None)).await;
        assert_eq!(again["call"]["id"], self.call().await["id"], "{again}");
        assert_eq!(self.vapi.dials_in_all(), dials);
    }

    async fn leave(self) {
        drop(self.server);
        self.home.leave().await;
        self.vapi.stop().await;
    }
}

fn stand_in(mischief: Mischief, target: &str) -> StandIn {
    let part = Part {
        seed: 7,
        clock: Clock::system(),
        client: client(),
        target: target.parse().unwrap(),
        proof: Proof::Nothing,
        speed: 0.0,
        plays: mischief == Mischief::AnswerLast,
        rules: Vec::new(),
    };
    let vapi = StandIn::start(SocketAddr::from(([127, 0, 0, 1], 0)), part).unwrap();
    vapi.misbehave([mischief.to_all()]);
    vapi
}

/// Where a process is believed dead as soon as can be set.
async fn home(vapi: &str) -> Home {
    let home = Home::configured().await;
    home.with("RINGBACK_DELIVERY_TIMEOUT", "5s")
        .with("RINGBACK_INSTANCE_TTL", "15s")
        .with("VAPI_API_KEY", "any")
        .with("VAPI_PHONE_NUMBER_ID", "any")
        .with("VAPI_BASE_URL", vapi)
}

fn order(due: Option<Duration>) -> Value {
    let mut order = json!({"customer": {"number": "+14155550123"}, "assistant_id": "an-assistant"});
    if let Some(due) = due {
        order["scheduled_at"] = json!(now() + due);
    }
    order
}

#[expect(clippy::disallowed_methods, reason = "the server's time is real here")]
fn now() -> chrono::DateTime<Utc> {
    Utc::now()
}

/// Orders a call without waiting for the answer, which may never come.
fn orders(server: &Server, order: &Value) {
    let request = client().post(format!("{}{CALLS}", server.base()));
    let request = request.bearer_auth(ADMIN).header("idempotency-key", KEY);
    tokio::spawn(request.json(order).send());
}

const NOWHERE: &str = "http://127.0.0.1:9";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_vapi_has_heard_of_the_call_it_dials_no_more() {
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", deaf.local_addr().unwrap());
    let (vapi, home) = (stand_in(Mischief::Hang, NOWHERE), home(&nobody).await);
    let server = home.serve();
    orders(&server, &order(None));
    let _never_read = deaf.accept().await.unwrap();
    let home = home.with("VAPI_BASE_URL", &vapi.url());
    let street = Street { home, server, vapi };
    let street = street.killed().await.looked().await;
    let call = street.call().await;
    assert_eq!(
        (&call["status"], &call["placement"]),
        (&json!("QUEUED"), &json!("unconfirmed"))
    );
    street.assert_an_order_repeated_is_the_same_call().await;
    assert_eq!(street.vapi.dials_in_all(), 0);
    street.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_vapi_took_the_call_it_finds_it() {
    let street = Street::open(Mischief::Hang, NOWHERE).await;
    orders(&street.server, &order(None));
    street.vapi.asked(1).await;
    let street = street.killed().await.looked().await;
    street.assert_it_rang_once().await;
    street.assert_an_order_repeated_is_the_same_call().await;
    street.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_places_a_call_that_was_due_it_finds_it() {
    let street = Street::open(Mischief::Hang, NOWHERE).await;
    orders(&street.server, &order(Some(Duration::seconds(2))));
    street.vapi.asked(1).await;
    let street = street.killed().await.looked().await;
    street.assert_it_rang_once().await;
    street.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_it_could_write_the_answer_down_it_finds_it() {
    let news = Receiver::start().await;
    let (let_go, held) = Reply::from(200).held();
    news.replies([held]);
    let street = Street::open(Mischief::AnswerLast, &news.url()).await;
    orders(&street.server, &order(None));
    news.heard(1).await;
    let lock = lock(street.home.database_url()).await;
    let_go.send(()).unwrap();
    street.vapi.quiet().await;
    street.server.signal("KILL");
    lock.close().await.unwrap();
    let street = street.killed().await.looked().await;
    street.assert_it_rang_once().await;
    street.assert_an_order_repeated_is_the_same_call().await;
    street.leave().await;
}

/// Nothing can be settled while this connection is open.
async fn lock(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await.unwrap();
    let hold = match url.starts_with("postgres") {
        true => "BEGIN; LOCK TABLE placements IN ACCESS EXCLUSIVE MODE",
        false => "BEGIN EXCLUSIVE",
    };
    connection.execute_unprepared(hold).await.unwrap();
    connection
}
