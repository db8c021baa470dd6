//! Tools as they look in JSON.

use entity::{
    ToolId,
    tools::{Model, ToolScope},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use utoipa::ToSchema;

use crate::{
    config::Secret,
    error::{Error, Result},
    infra::clock::rfc3339,
};

/// Whose calls a tool serves.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Serves {
    /// Its owner's.
    Own,
    /// Every call: an admin made it.
    All,
}

/// A tool to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTool {
    /// The function's name, as the assistant calls it.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "lookup_order")]
    pub(super) name: String,
    /// Where `{id, name, parameters, callId}` is sent.
    #[schema(example = "https://example.com/tools/lookup-order")]
    pub(super) url: String,
    /// How long it may take, 5000 unless given.
    #[schema(minimum = 100, maximum = 20000, example = 5000)]
    pub(super) timeout_ms: Option<u32>,
    /// A JSON Schema of what it is called with, for people and for assistants.
    #[serde(default)]
    #[schema(required = false, value_type = Object)]
    pub(super) parameters: Map<String, Value>,
    /// `whsec_` and the base64 of 24 to 64 bytes; made where it is not given.
    pub(super) secret_key: Option<String>,
}

/// A tool, but for its secret.
#[derive(Serialize, ToSchema)]
pub struct Tool {
    #[schema(value_type = String, example = "tool_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: ToolId,
    #[schema(example = "lookup_order")]
    name: String,
    #[schema(example = "acme")]
    owner: String,
    scope: Serves,
    #[schema(example = "https://example.com/tools/lookup-order")]
    url: String,
    #[schema(example = 5000)]
    timeout_ms: i32,
    #[schema(value_type = Object)]
    parameters: Box<RawValue>,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    created_at: String,
}

/// A tool that was registered: its secret is shown this once.
#[derive(Serialize, ToSchema)]
pub struct CreatedTool {
    #[schema(example = true)]
    success: bool,
    tool: Tool,
    /// What its calls are signed with, as deliveries are.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret_key: String,
}

/// One tool.
#[derive(Serialize, ToSchema)]
pub struct OneTool {
    #[schema(example = true)]
    success: bool,
    tool: Tool,
}

/// A page of tools, newest first.
#[derive(Serialize, ToSchema)]
pub struct Tools {
    #[schema(example = true)]
    success: bool,
    tools: Vec<Tool>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// A tool that is no more.
#[derive(Serialize, ToSchema)]
pub struct DeletedTool {
    #[schema(example = true)]
    success: bool,
    #[schema(example = "The tool is deleted.")]
    message: &'static str,
}

impl Tool {
    fn new(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            name: row.name,
            owner: row.owner,
            scope: match row.scope {
                ToolScope::Own => Serves::Own,
                ToolScope::All => Serves::All,
            },
            url: row.url,
            timeout_ms: row.timeout_ms,
            parameters: RawValue::from_string(row.parameters).map_err(Error::internal)?,
            created_at: rfc3339(row.created_at),
        })
    }
}

impl CreatedTool {
    pub fn new(row: Model, secret: &Secret) -> Result<Self> {
        Ok(Self {
            success: true,
            tool: Tool::new(row)?,
            secret_key: secret.expose().to_owned(),
        })
    }
}

impl OneTool {
    pub fn new(row: Model) -> Result<Self> {
        Ok(Self {
            success: true,
            tool: Tool::new(row)?,
        })
    }
}

impl Tools {
    pub fn new((rows, next_cursor): (Vec<Model>, Option<String>)) -> Result<Self> {
        Ok(Self {
            success: true,
            tools: rows.into_iter().map(Tool::new).collect::<Result<_>>()?,
            next_cursor,
        })
    }
}

impl DeletedTool {
    pub fn new() -> Self {
        Self {
            success: true,
            message: "The tool is deleted.",
        }
    }
}
