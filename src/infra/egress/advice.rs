//! What goes wrong in a receiver's life, and what to do about it: said once.
//!
//! Whoever writes a receiver makes the same five mistakes, and meets them in
//! four places: the answer to a trial, the signature debugger, the page of a
//! delivery, the documentation. All of them say it in these sentences, so that
//! what was read in one place is recognised, and found, in the others.

/// Another secret, half of one, or the one from before a rotation.
pub const WRONG_SECRET: &str = "The secret is not the one that signed: compare it with that of the subscription, and \
     take body and headers from one request.";

/// A framework that parses before the receiver hashes.
pub const BODY_REWRITTEN: &str = "The body was parsed and written again before it was hashed: hash the raw bytes of the request.";

/// Receivers that look at the time refuse what is old, or not yet.
pub const CLOCK_OFF: &str = "The timestamp is more than 5 minutes from the time of the receiver: set its clock, and \
     verify when the request comes.";

/// Somebody else is there, or nobody.
pub const WRONG_URL: &str =
    "The URL is not where the receiver listens: look at its scheme, host, port and path.";

/// It is there, and cannot prove that it is who was asked for.
pub const WRONG_NAME: &str = "The certificate is for another name than the host in the URL: get one for this host, or correct the URL.";

/// In the order in which a receiver is looked for, reached and believed.
pub const ALL: [&str; 5] = [
    WRONG_URL,
    WRONG_NAME,
    WRONG_SECRET,
    BODY_REWRITTEN,
    CLOCK_OFF,
];

/// What it may be where a receiver does not believe the signature; which, it does not say.
pub(super) fn of_signature() -> String {
    format!("{WRONG_SECRET} {BODY_REWRITTEN} {CLOCK_OFF} `ringback verify` says which.")
}
