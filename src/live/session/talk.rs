//! One client's whole stay: it is let in, told what there is, and seen off.

use std::pin::pin;

use futures_util::StreamExt;
use serde_json::Value;

use super::{
    entry::{Admitted, Entry},
    frames::{self, KINDS},
    socket::{Farewell, Heard, Socket},
};
use crate::{
    app::App,
    auth::Scope,
    error::{Code, Error, Result},
    events::{Cursor, tail},
    infra::clock::Millis,
    live::{
        Live,
        reader::{Ending, Next, Reader, Told, Wanted, WantedCall},
    },
    sessions::{self, Session, store},
};

/// A session, as somebody follows it.
struct Followed<'a> {
    app: &'a App,
    scope: Scope,
    session: Session,
    /// What it has is the end.
    is_done: bool,
}

pub(super) async fn talk(app: &App, live: &Live, entry: Entry, mut socket: Socket, id: &str) {
    let farewell = match enter(app, live, entry, &mut socket, id).await {
        Ok(Some((followed, reader))) => follow(followed, reader, &mut socket).await,
        Ok(None) => None,
        Err(error) => {
            if let Some(cause) = error.source_chain() {
                tracing::warn!(cause, "nobody could be let in to follow a session");
            }
            Some(Farewell::of_error(&error))
        }
    };
    if let Some(farewell) = farewell {
        socket.close(farewell).await;
    }
}

/// Nothing where the client has gone before it was let in.
async fn enter<'a>(
    app: &'a App,
    live: &Live,
    mut entry: Entry,
    socket: &mut Socket,
    id: &str,
) -> Result<Option<(Followed<'a>, Reader)>> {
    if !entry.has_header() {
        match greeting(app, entry.greeted_by, socket).await? {
            Some(text) => entry.greeted(&text)?,
            None => return Ok(None),
        }
    }
    let Admitted {
        standing,
        last_event,
    } = entry.admit(&app.clock).await?;
    let scope = standing.caller().scope();
    let session = find(app, &scope, id).await?;
    let wanted = Wanted {
        scope: scope.clone(),
        kinds: KINDS.to_vec(),
        call: Some(WantedCall::Whole(session.call_id())),
    };
    let last = match last_event {
        Some(event) => tail::last(&app.db, &scope, &wanted.only(), event).await?,
        None => None,
    };
    let from = last.as_ref().map_or(Cursor::START, |last| last.cursor);
    let place = live.places.take(standing.caller().owner())?;
    let reader = Reader::new(app, live, standing, wanted, Some(from), place);
    let followed = Followed {
        app,
        scope,
        session,
        is_done: last.is_some_and(|last| frames::is_end(&last.kind, last.status)),
    };
    Ok(Some((followed, reader)))
}

async fn greeting(app: &App, by: Millis, socket: &mut Socket) -> Result<Option<String>> {
    let heard = async {
        loop {
            match socket.hear().await {
                Heard::Text(text) => return Some(text),
                Heard::Other => {}
                Heard::Gone => return None,
            }
        }
    };
    tokio::select! {
        heard = heard => Ok(heard),
        () = app.stopping.cancelled() => Err(Error::new(Code::Unready, "The server stops.")),
        () = app.clock.sleep_until(by) => {
            Err(Error::new(Code::Unauthorized, "You did not say who you are."))
        }
    }
}

async fn find(app: &App, scope: &Scope, id: &str) -> Result<Session> {
    let session = store::find(app.db.read(), scope, id).await?;
    session.ok_or_else(|| Error::not_found("session"))
}

/// Tells the session up to its end; nothing where the client went before.
async fn follow(followed: Followed<'_>, reader: Reader, socket: &mut Socket) -> Option<Farewell> {
    if followed.is_done {
        return Some(followed.end(None, socket).await);
    }
    let mut all = pin!(reader.into_stream());
    loop {
        let next = tokio::select! {
            next = all.next() => next?,
            heard = socket.hear() => match heard {
                Heard::Gone => return None,
                // What else a client says is of no interest.
                Heard::Text(_) | Heard::Other => continue,
            },
        };
        if let Some(farewell) = followed.tell(&next, socket).await {
            return Some(farewell);
        }
    }
}

impl Followed<'_> {
    /// Tells what comes next; how to part, where that was the last.
    async fn tell(&self, next: &Next, socket: &mut Socket) -> Option<Farewell> {
        let takes = match next {
            Next::Events(events) => return self.tell_events(events, socket).await,
            Next::Heartbeat => socket.ask().await,
            Next::Over(ending) => return Some((*ending).into()),
        };
        (!takes).then(|| Ending::TooSlow.into())
    }

    async fn tell_events(&self, events: &[Told], socket: &mut Socket) -> Option<Farewell> {
        for told in events {
            let id = told.event.id.to_string();
            let Some(meaning) = frames::meaning(&told.event.kind, &told.payload) else {
                continue;
            };
            for (kind, data) in &meaning.frames {
                if !socket.say(frames::frame(kind, Some(&id), data)).await {
                    return Some(Ending::TooSlow.into());
                }
            }
            if meaning.is_end {
                return Some(self.end(Some(&id), socket).await);
            }
        }
        None
    }

    /// Tells the end; who comes back with it is told it once more.
    async fn end(&self, id: Option<&str>, socket: &mut Socket) -> Farewell {
        let data = match self.sum_up().await {
            Ok(data) => data,
            Err(error) => {
                tracing::warn!(cause = ?error.source_chain(), "a session is cut off");
                return Ending::StoreUnavailable.into();
            }
        };
        match socket.say(frames::frame("session_end", id, &data)).await {
            true => Farewell::DONE,
            false => Ending::TooSlow.into(),
        }
    }

    async fn sum_up(&self) -> Result<Value> {
        // By our own id: Vapi's may have become known meanwhile.
        let ours = self.session.call_id().to_string();
        let session = find(self.app, &self.scope, &ours).await?;
        let summary = sessions::summed_up(self.app.db.read(), &self.app.seal, &session).await?;
        Ok(frames::end(&session.id(), summary))
    }
}
