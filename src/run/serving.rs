//! The HTTP server, on a thread of its own.
//!
//! A thread begins with the priority of the one that starts it. The server's threads are to go before
//! those that record and send (`infra::priority`), and so none of these starts them.

use std::{io, thread};

use actix_web::dev::{Server, ServerHandle};
use tokio::{runtime, sync::oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

pub(super) struct Serving {
    server: ServerHandle,
    /// None once that was told.
    ended: Option<oneshot::Receiver<io::Result<()>>>,
    /// Who lets go of this ends it, as it is.
    _guard: DropGuard,
}

impl Serving {
    pub fn start(server: Server) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (handle, wanted) = (server.handle(), CancellationToken::new());
        let (told, ended) = oneshot::channel();
        let unwanted = wanted.clone();
        let serve = async move {
            if let Some(result) = unwanted.run_until_cancelled(server).await {
                // Who asked may be gone.
                let _ = told.send(result);
            }
        };
        thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || runtime.block_on(serve))?;
        Ok(Self {
            server: handle,
            ended: Some(ended),
            _guard: wanted.drop_guard(),
        })
    }

    /// Becomes ready when the server ends by itself, which it should not.
    pub async fn ended(&mut self) -> io::Result<()> {
        let Some(ended) = &mut self.ended else {
            return Ok(());
        };
        let result = ended.await;
        self.ended = None;
        result.unwrap_or_else(|_| Err(io::Error::other("the server's thread broke off")))
    }

    /// Lets requests end that have begun.
    pub async fn stop(mut self) {
        self.server.stop(true).await;
        // How it ended is of no interest any more; that it has, is.
        let _ = self.ended().await;
    }
}
