//! Registering a tool, and deleting one: what is asked from then on is what is in memory.

use entity::{ToolId, tools::Model};

use super::{Tools, new_tool::NewTool, store, wire::CreateTool};
use crate::{
    auth::{Caller, Scope},
    config::Secret,
    error::{Error, Result},
    infra::db::Tx,
};

impl Tools {
    /// Registers a tool for its creator, in the caller's transaction; it is asked once they were
    /// read again. Its secret is known here for the last time.
    pub async fn register(
        &self,
        tx: &Tx,
        creator: &Caller,
        wanted: CreateTool,
    ) -> Result<(Model, Secret)> {
        let app = &self.0.app;
        let new = NewTool::read(wanted, &app.config.egress)?;
        let made = store::create(&**tx, app, creator, &new).await?;
        Ok((made, new.secret.text().clone()))
    }

    /// Deletes a tool within the scope: it is asked no more.
    pub async fn delete(&self, scope: &Scope, id: ToolId) -> Result<()> {
        let scope = scope.clone();
        let deleted = self
            .0
            .app
            .db
            .write(move |tx| async move { store::delete(&*tx, &scope, id).await });
        if !deleted.await? {
            return Err(no_such_tool());
        }
        self.reload().await;
        Ok(())
    }
}

pub(super) fn no_such_tool() -> Error {
    Error::not_found("tool")
}
