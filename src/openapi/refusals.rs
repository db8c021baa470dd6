//! The refusals that follow from what an operation is: written here once, so
//! that a handler documents only those of its own.

use utoipa::openapi::{
    ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder,
    path::{Operation, ParameterIn},
};

use super::{is_public, operations_mut};

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Completes every operation's answers.
pub(super) fn complete(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        for operation in operations_mut(item) {
            for (status, description) in refusals_of(operation) {
                let answers = &mut operation.responses.responses;
                answers
                    .entry(status.to_owned())
                    .or_insert_with(|| failure(description).into());
            }
        }
    }
}

fn refusals_of(operation: &Operation) -> Vec<(&'static str, &'static str)> {
    let mut refusals = Vec::new();
    if !is_public(operation) {
        refusals.push(("401", "There is no valid token"));
        refusals.push((
            "500",
            "A fault of ours, or the database is away; nothing was changed",
        ));
        refusals.push((
            "503",
            "The keys of the token's issuer cannot be fetched just now",
        ));
    }
    if operation.tags.iter().flatten().any(|tag| tag == "ingest") {
        refusals.push(("401", "No way to authenticate passed"));
        refusals.push((
            "429",
            "Too many failed authentications, or too many events of one session",
        ));
        refusals.push(("500", "The event could not be kept, so send it again"));
    }
    if has_parameter(operation, |place, _| *place == ParameterIn::Query) {
        refusals.push((
            "400",
            "The query is not understood; the path of what is wrong is in details",
        ));
    }
    if operation.request_body.is_some() {
        refusals.push((
            "400",
            "The body is not understood; the path of what is wrong is in details",
        ));
        refusals.push(("408", "The body came too slowly"));
        refusals.push(("413", "The body is too large"));
        refusals.push(("415", "The body is not JSON"));
        refusals.push((
            "503",
            "More is being sent here at once than there is room for; Retry-After says when to send it again",
        ));
    }
    if has_parameter(operation, |_, name| name == IDEMPOTENCY_KEY) {
        refusals.push(("400", "The Idempotency-Key is not understood"));
        refusals.push(("409", "The Idempotency-Key came with another body before"));
    }
    refusals
}

fn has_parameter(operation: &Operation, is_it: impl Fn(&ParameterIn, &str) -> bool) -> bool {
    operation
        .parameters
        .iter()
        .flatten()
        .any(|parameter| match parameter {
            RefOr::T(parameter) => is_it(&parameter.parameter_in, &parameter.name),
            RefOr::Ref(_) => false,
        })
}

fn failure(description: &str) -> Response {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Failure")))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content("application/json", content)
        .build()
}
