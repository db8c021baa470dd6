//! Tools in the database.

use entity::{
    Sealed, ToolId,
    tools::{ActiveModel, Column, Entity, Model, ToolScope},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DerivePartialModel, EntityTrait, ExprTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
};
use uuid::Uuid;

use super::new_tool::NewTool;
use crate::{
    app::App,
    auth::{Caller, Scope},
    error::{Code, Error, Result},
    infra::{page::Page, seal::Place},
};

const TOOLS_PER_OWNER_MAX: u64 = 100;

/// What asking a tool needs of its row: not its parameters, which can be long.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub(super) struct Row {
    pub id: ToolId,
    pub name: String,
    pub owner: String,
    pub scope: ToolScope,
    pub url: String,
    pub timeout_ms: i32,
    pub secret: Sealed,
}

/// Registers a tool for its creator; an admin's serves every call.
pub(super) async fn create(
    conn: &impl ConnectionTrait,
    app: &App,
    creator: &Caller,
    new: &NewTool,
) -> Result<Model> {
    let own = creator.own();
    let have = Entity::find().filter(own.owns(Column::Owner));
    if have.count(conn).await? >= TOOLS_PER_OWNER_MAX {
        let message = format!("You have {TOOLS_PER_OWNER_MAX} tools, which is the most.");
        return Err(Error::new(Code::Conflict, message));
    }
    let row = row(app, creator, new);
    let on_conflict = OnConflict::columns([Column::Owner, Column::Name])
        .do_nothing()
        .to_owned();
    let insert = Entity::insert(ActiveModel::from(row.clone())).on_conflict(on_conflict);
    match insert.exec_without_returning(conn).await? {
        0 => Err(taken(&new.name)),
        _ => Ok(row),
    }
}

fn row(app: &App, creator: &Caller, new: &NewTool) -> Model {
    let id = ToolId::from_uuid(Uuid::now_v7());
    let secret = new.secret.text().expose();
    Model {
        id,
        name: new.name.clone(),
        owner: creator.owner().to_owned(),
        scope: match creator.is_admin() {
            true => ToolScope::All,
            false => ToolScope::Own,
        },
        url: new.url.to_string(),
        timeout_ms: new.timeout_ms,
        parameters: new.parameters.clone(),
        secret: Sealed(app.seal.seal(secret_place(&id), secret.as_bytes())),
        created_at: app.clock.millis(),
    }
}

fn taken(name: &str) -> Error {
    let message = format!(
        "You have a tool named {name} already: delete it first, or give this one another name."
    );
    Error::new(Code::Conflict, message)
}

/// A page of the tools within the scope, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    page: &Page,
) -> Result<(Vec<Model>, Option<String>)> {
    let mut query = Entity::find()
        .filter(scope.owns(Column::Owner))
        .order_by_desc(Column::Id)
        .limit(page.rows_to_read());
    if let Some(before) = page.before {
        query = query.filter(Column::Id.lt(ToolId::from_uuid(before)));
    }
    let mut tools = query.all(conn).await?;
    let next_cursor = page.cut(&mut tools, |tool| tool.id.uuid());
    Ok((tools, next_cursor))
}

pub(super) async fn find(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    id: ToolId,
) -> Result<Option<Model>> {
    let tool = Entity::find_by_id(id).filter(scope.owns(Column::Owner));
    Ok(tool.one(conn).await?)
}

/// False where there is none within the scope.
pub(super) async fn delete(conn: &impl ConnectionTrait, scope: &Scope, id: ToolId) -> Result<bool> {
    let tool = Entity::delete_by_id(id).filter(scope.owns(Column::Owner));
    Ok(tool.exec(conn).await?.rows_affected == 1)
}

/// All tools within the scope, to be asked.
pub(super) async fn all(conn: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<Row>> {
    let tools = Entity::find().filter(scope.owns(Column::Owner));
    Ok(tools.into_partial_model().all(conn).await?)
}

/// Those of these names that serve the calls of this owner, or of nobody.
pub(super) async fn serving(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    owner: Option<&str>,
    names: &[&str],
) -> Result<Vec<Row>> {
    let named = || Column::Name.is_in(names.iter().copied());
    // Each half has an index of its own.
    let of_all = named().and(Column::Scope.eq(ToolScope::All));
    let of_owner = owner.map(|owner| named().and(Column::Owner.eq(owner)));
    let tools = Entity::find()
        .filter(scope.owns(Column::Owner))
        .filter(Condition::any().add(of_all).add_option(of_owner));
    Ok(tools.into_partial_model().all(conn).await?)
}

pub(super) fn secret_place(id: &ToolId) -> Place<'_> {
    Place {
        table: "tools",
        column: "secret",
        row: id.as_bytes(),
    }
}
