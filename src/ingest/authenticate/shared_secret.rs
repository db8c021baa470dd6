//! The secret itself, in a header of its own or as a bearer token.
//!
//! Vapi's credential names the header, and says apart from that whether `Bearer` stands before the
//! secret: so it may in each of them, and need not in any.

use actix_web::http::header::AUTHORIZATION;

use super::{Reason, Request, Secrets, Verdict, best_of, header::the_one};

const SECRET_HEADERS: [&str; 2] = ["x-webhook-secret", "x-vapi-secret"];
const SCHEME: &[u8] = b"bearer ";

pub(super) fn verify_header(request: Request<'_>, secrets: &Secrets) -> Verdict {
    best_of(SECRET_HEADERS.map(|name| compare(the_one(request.headers, name)?, secrets)))
}

pub(super) fn verify_bearer(request: Request<'_>, secrets: &Secrets) -> Verdict {
    compare(the_one(request.headers, AUTHORIZATION)?, secrets)
}

fn compare(given: &[u8], secrets: &Secrets) -> Verdict {
    if !secrets.are_shared() {
        return Err(Reason::NotConfigured);
    }
    match secrets.hold(without_scheme(given)) {
        true => Ok(()),
        false => Err(Reason::WrongSecret),
    }
}

fn without_scheme(given: &[u8]) -> &[u8] {
    match given.split_at_checked(SCHEME.len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(SCHEME) => token.trim_ascii(),
        _ => given,
    }
}
