//! Opening a stream: a place among those who listen, a place in the log, and
//! an answer that does not end.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_ENCODING, ContentEncoding, HeaderMap},
};
use bytes::Bytes;
use entity::EventId;
use futures_util::{StreamExt, future::ready, stream};

use super::{
    Live, Standing, frame,
    reader::{Reader, Wanted},
};
use crate::{
    app::App,
    error::{Error, Result},
    events::tail,
};

impl Live {
    /// All that a caller may see, after the last event that it has: from now
    /// on where that is none of its own.
    pub async fn follow(
        &self,
        app: &App,
        standing: Standing,
        last: Option<EventId>,
    ) -> Result<HttpResponse> {
        let wanted = Wanted {
            scope: standing.caller().scope(),
            kinds: Vec::new(),
            call: None,
        };
        self.open(app, standing, wanted, last).await
    }

    pub(super) async fn open(
        &self,
        app: &App,
        standing: Standing,
        wanted: Wanted,
        last: Option<EventId>,
    ) -> Result<HttpResponse> {
        let place = self.places.take(standing.caller().owner())?;
        let last = match last {
            Some(id) => tail::last(&app.db, &wanted.scope, &tail::Only::default(), id).await?,
            None => None,
        };
        let from = last.map(|last| last.cursor);
        Ok(answer(Reader::new(
            app, self, standing, wanted, from, place,
        )))
    }
}

fn answer(reader: Reader) -> HttpResponse {
    let frames = reader.into_stream().map(|next| frame::of(&next));
    let frames = frames.filter(|frame| ready(!frame.is_empty()));
    let welcome = stream::once(async { frame::WELCOME });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-cache, no-transform"))
        // What is compressed waits until there is enough of it.
        .insert_header((CONTENT_ENCODING, ContentEncoding::Identity))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(welcome.chain(frames).map(Ok::<Bytes, Error>))
}

/// The last event that a client has, as it says when it comes back.
pub fn last_event_id(headers: &HeaderMap) -> Option<EventId> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}
