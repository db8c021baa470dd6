//! The secret itself, in a header of its own or as a bearer token.

use actix_web::http::header::AUTHORIZATION;

use super::{Reason, Request, Secrets, Verdict, best_of, header::the_one};

const SECRET_HEADERS: [&str; 2] = ["x-webhook-secret", "x-vapi-secret"];
const SCHEME: &[u8] = b"bearer ";

pub(super) fn verify_header(request: Request<'_>, secrets: &Secrets) -> Verdict {
    best_of(SECRET_HEADERS.map(|name| compare(the_one(request.headers, name)?, secrets)))
}

pub(super) fn verify_bearer(request: Request<'_>, secrets: &Secrets) -> Verdict {
    let header = the_one(request.headers, AUTHORIZATION)?;
    let (scheme, token) = header
        .split_at_checked(SCHEME.len())
        .ok_or(Reason::Malformed)?;
    match scheme.eq_ignore_ascii_case(SCHEME) {
        true => compare(token.trim_ascii(), secrets),
        false => Err(Reason::Malformed),
    }
}

fn compare(given: &[u8], secrets: &Secrets) -> Verdict {
    if !secrets.are_shared() {
        return Err(Reason::NotConfigured);
    }
    match secrets.hold(given) {
        true => Ok(()),
        false => Err(Reason::WrongSecret),
    }
}
