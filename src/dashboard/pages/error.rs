//! What went wrong, in words, where the page would have been.

use askama::Template;

use crate::{
    dashboard::{
        assets,
        frame::{Frame, Room},
        session::Visit,
    },
    error::{Code, Detail, Error},
};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    error: Words<'a>,
}

/// For somebody who is not logged in.
#[derive(Template)]
#[template(path = "error_outside.html")]
struct OutsidePage<'a> {
    theme: Option<&'static str>,
    error: Words<'a>,
}

struct Words<'a> {
    title: &'static str,
    message: &'a str,
    details: &'a [Detail],
}

pub fn in_words(error: &Error, visit: Option<&Visit>, theme: Option<&'static str>) -> String {
    let words = Words {
        title: title(error.code()),
        message: error.message(),
        // What is wrong at one place alone is in the message already.
        details: match error.details() {
            [_] => &[],
            details => details,
        },
    };
    let page = match visit {
        Some(visit) => ErrorPage {
            frame: visit.frame(Room::Elsewhere),
            error: words,
        }
        .render(),
        None => OutsidePage {
            theme,
            error: words,
        }
        .render(),
    };
    page.unwrap_or_else(|_| error.message().to_owned())
}

fn title(code: Code) -> &'static str {
    match code {
        Code::NotFound => "There is nothing here",
        Code::Forbidden => "That is not allowed",
        Code::Conflict | Code::IdempotencyKeyReused => "That does not go together",
        Code::InvalidRequest | Code::PayloadTooLarge | Code::UnsupportedMediaType => {
            "That was not understood"
        }
        Code::MethodNotAllowed => "That cannot be done here",
        Code::RateLimited => "That was too often",
        Code::StoreUnavailable | Code::Unready => "Not just now",
        Code::VapiRejected | Code::VapiBusy | Code::VapiNotConfigured => "Vapi did not take it",
        _ => "Something went wrong",
    }
}
