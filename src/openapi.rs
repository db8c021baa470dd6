//! The document: every operation, as the handlers describe themselves.
//!
//! It is collected from the same `router::routes` that serves requests, so a
//! route cannot be missing from it. `openapi/openapi.json` is a copy that a
//! test keeps fresh, and so is `openapi/events.json`, the schemas of events.

mod refusals;

use actix_web::{App, http::Method};
use serde_json::Map;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document, PathItem,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt;

use crate::{
    edge::{Methods, Routes},
    error::{Code, Envelope},
    events::{Kind, schema::schema},
    router,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ringback",
        description = "The webhook platform for voice calls: what Vapi says about them, kept safely, \
                       and told to every subscriber, signed, in order, at least once.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/")),
    tags(
        (name = "service", description = "The service itself: what it is, how it is"),
        (name = "ingest", description = "Vapi to us: any body and any way to authenticate, at any of four addresses"),
        (name = "calls", description = "Placing calls through Vapi, seeing how they are, what was said of each, and telling it again"),
        (name = "campaigns", description = "Many calls, so many at a time"),
        (name = "sessions", description = "Calls as those see them who speak in them: claim, messages, summary"),
        (name = "subscriptions", description = "Who is told what, where, and how it is signed; and whether it works"),
        (name = "results", description = "What calls brought, for those who ask: kept, waited for, dismissed"),
        (name = "live", description = "What is told, live"),
        (name = "deliveries", description = "Us to subscribers: what became of each delivery, why, and sending it again"),
        (name = "events", description = "What subscribers are told: the log and the catalogue"),
        (name = "keys", description = "API keys (admin)"),
        (name = "tools", description = "What assistants may ask for in the middle of a call"),
    ),
    components(schemas(Envelope, Code)),
    security(("bearer" = [])),
    modifiers(&Bearer),
)]
struct Base;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "An API key `rbk_…`, a Firebase ID token, or a token of the configured OIDC issuer",
            ))
            .build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The whole document.
pub fn document() -> Document {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(router::routes)
        .split_for_parts();
    refusals::complete(&mut document);
    document
}

/// The document as text, as it is served and stored.
pub fn json(document: &Document) -> serde_json::Result<String> {
    Ok(document.to_pretty_json()? + "\n")
}

/// The schema of every event, by its name, as text: for those who generate code from it.
pub fn events_json() -> serde_json::Result<String> {
    let schemas: Map<_, _> = Kind::ALL
        .iter()
        .map(|kind| (kind.name().to_owned(), schema(*kind)))
        .collect();
    Ok(serde_json::to_string_pretty(&schemas)? + "\n")
}

/// Which methods each address takes, for the answers to wrong ones.
pub fn routes(document: &Document) -> Routes {
    let of = |(path, item): (&String, &PathItem)| {
        let operations = operations(item);
        let methods = Methods {
            public: operations.iter().all(|(_, operation)| is_public(operation)),
            names: operations
                .iter()
                .map(|(method, _)| method.as_str().to_owned())
                .collect(),
        };
        (path.clone(), methods)
    };
    Routes(document.paths.paths.iter().map(of).collect())
}

/// The operations of an address, in the order people list methods.
pub fn operations(item: &PathItem) -> Vec<(Method, &Operation)> {
    [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
    .collect()
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
}

/// An operation is open to everybody where one of its ways in is none at all.
pub fn is_public(operation: &Operation) -> bool {
    let none = utoipa::openapi::security::SecurityRequirement::default();
    operation
        .security
        .as_ref()
        .is_some_and(|ways| ways.is_empty() || ways.contains(&none))
}
