//! `/api/v1/tools`: an owner's tools, and an admin's, which serve every call.

use actix_web::{
    HttpResponse, delete, get,
    http::StatusCode,
    post,
    web::{Data, Json, Path, Query},
};
use entity::ToolId;

use super::{
    Tools,
    register::no_such_tool,
    store,
    wire::{self, CreateTool, CreatedTool, DeletedTool, OneTool},
};
use crate::{
    app::App,
    auth::Caller,
    error::{Envelope, Result},
    idempotency::Create,
    infra::page::PageQuery,
};

/// Registers a tool. Its secret is in this answer and nowhere else, ever.
#[utoipa::path(
    tag = "tools",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours")),
    request_body = CreateTool,
    responses(
        (status = 201, description = "The tool, and its secret, shown this once", body = CreatedTool),
        (status = 409, description = "You have a tool of that name, or as many as can be; or the Idempotency-Key came with another body before", body = Envelope),
    ),
)]
#[post("")]
pub async fn create_tool(
    caller: Caller,
    app: Data<App>,
    tools: Data<Tools>,
    create: Create<CreateTool>,
) -> Result<HttpResponse> {
    let (principal, desk) = (caller.principal(), tools.as_ref().clone());
    let made = create
        .once(
            &app,
            &principal,
            StatusCode::CREATED,
            |tx, wanted: CreateTool| async move {
                let (row, secret) = desk.register(&tx, &caller, wanted).await?;
                CreatedTool::new(row, &secret)
            },
        )
        .await?;
    tools.reload().await;
    Ok(made)
}

/// Lists your tools, newest first; an admin sees everybody's.
#[utoipa::path(
    tag = "tools",
    params(PageQuery),
    responses((status = 200, description = "A page of tools", body = wire::Tools)),
)]
#[get("")]
pub async fn list_tools(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<wire::Tools>> {
    let tools = store::list(app.db.read(), &caller.scope(), &query.page()?).await?;
    Ok(Json(wire::Tools::new(tools)?))
}

/// Shows one tool, but for its secret.
#[utoipa::path(
    tag = "tools",
    params(("id" = String, Path, example = "tool_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The tool", body = OneTool),
        (status = 404, description = "No such tool, or not yours", body = Envelope),
    ),
)]
#[get("/{id}")]
pub async fn read_tool(caller: Caller, app: Data<App>, id: Path<String>) -> Result<Json<OneTool>> {
    let tool = store::find(app.db.read(), &caller.scope(), read_id(&id)?).await?;
    Ok(Json(OneTool::new(tool.ok_or_else(no_such_tool)?)?))
}

/// Deletes a tool: it is asked no more.
#[utoipa::path(
    tag = "tools",
    params(("id" = String, Path, example = "tool_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "It is deleted", body = DeletedTool),
        (status = 404, description = "No such tool, or not yours", body = Envelope),
    ),
)]
#[delete("/{id}")]
pub async fn delete_tool(
    caller: Caller,
    tools: Data<Tools>,
    id: Path<String>,
) -> Result<Json<DeletedTool>> {
    tools.delete(&caller.scope(), read_id(&id)?).await?;
    Ok(Json(DeletedTool::new()))
}

/// What is no id is the id of nothing.
fn read_id(text: &str) -> Result<ToolId> {
    text.parse().map_err(|_| no_such_tool())
}
