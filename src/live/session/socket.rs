//! One WebSocket: what is sent is sent in time or not at all, and what is
//! heard is little.

use std::time::Duration;

use actix_ws::{
    AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, MessageStream,
    Session,
};

use crate::{
    app::App,
    error::{Code, Error},
    infra::clock::Clock,
    live::reader::Ending,
};

/// A token and a few words. Nothing longer is ever said to us.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// A client that takes nothing for so long is given up.
const SENT_WITHIN: Duration = Duration::from_secs(10);
const UNANSWERED_MAX: u32 = 2;

pub(super) struct Socket {
    speaking: Session,
    hearing: AggregatedMessageStream,
    clock: Clock,
    /// How many times we asked whether anybody is there, and heard nothing since.
    unanswered: u32,
}

/// What a client said.
pub(super) enum Heard {
    Text(String),
    /// A sign of life.
    Other,
    Gone,
}

/// Why a socket is closed: a code, and words of at most 123 bytes.
pub(super) struct Farewell(pub u16, pub &'static str);

impl Socket {
    pub fn new(speaking: Session, hearing: MessageStream, app: &App) -> Self {
        let hearing = hearing.max_frame_size(MESSAGE_BYTES_MAX);
        Self {
            speaking,
            hearing: hearing
                .aggregate_continuations()
                .max_continuation_size(MESSAGE_BYTES_MAX),
            clock: app.clock.clone(),
            unanswered: 0,
        }
    }

    /// What comes next from the client. To stop waiting loses nothing.
    pub async fn hear(&mut self) -> Heard {
        let heard = self.hearing.recv().await;
        self.unanswered = 0;
        match heard {
            Some(Ok(AggregatedMessage::Text(text))) => Heard::Text(text.to_string()),
            Some(Ok(AggregatedMessage::Ping(bytes))) => match self.answer(&bytes).await {
                true => Heard::Other,
                false => Heard::Gone,
            },
            Some(Ok(AggregatedMessage::Pong(_) | AggregatedMessage::Binary(_))) => Heard::Other,
            Some(Ok(AggregatedMessage::Close(_)) | Err(_)) | None => Heard::Gone,
        }
    }

    /// False where the client takes nothing more.
    pub async fn say(&mut self, frame: String) -> bool {
        let said = self.speaking.text(frame);
        in_time(&self.clock, said).await
    }

    /// Asks whether anybody is there. False where nobody is.
    pub async fn ask(&mut self) -> bool {
        self.unanswered += 1;
        let asked = self.speaking.ping(b"");
        self.unanswered <= UNANSWERED_MAX && in_time(&self.clock, asked).await
    }

    async fn answer(&mut self, bytes: &[u8]) -> bool {
        in_time(&self.clock, self.speaking.pong(bytes)).await
    }

    pub async fn close(self, Farewell(code, words): Farewell) {
        let reason = CloseReason {
            code: CloseCode::from(code),
            description: Some(words.to_owned()),
        };
        in_time(&self.clock, self.speaking.close(Some(reason))).await;
    }
}

async fn in_time(clock: &Clock, sent: impl Future<Output = Result<(), Closed>>) -> bool {
    tokio::select! {
        sent = sent => sent.is_ok(),
        () = clock.sleep(SENT_WITHIN) => false,
    }
}

impl Farewell {
    pub const DONE: Self = Self(1000, "The session is over.");

    /// Why somebody was not let in.
    pub fn of_error(error: &Error) -> Self {
        match error.code() {
            Code::Unauthorized | Code::Forbidden => Self(4401, "UNAUTHORIZED: no valid token"),
            Code::NotFound => Self(4404, "NOT_FOUND: no such session, or it is not yours"),
            Code::RateLimited => Self(4429, "RATE_LIMITED: you have as many streams as can be"),
            _ => Self(1013, "UNREADY: try again in a little while"),
        }
    }
}

impl From<Ending> for Farewell {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Stopping => Self(1001, "The server stops: come back with the last id"),
            Ending::TooSlow => Self(4408, "TOO_SLOW: come back with the last id"),
            Ending::StoreUnavailable => Self(1013, "STORE_UNAVAILABLE: come back with the last id"),
            Ending::NotLetIn => Self(4401, "UNAUTHORIZED: your token is good no more"),
        }
    }
}
