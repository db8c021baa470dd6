//! Our cookies: who it is, a sentence for the next page, light or dark.

use actix_web::{
    HttpRequest,
    http::header::{COOKIE, HeaderValue},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};

use super::token::Token;

const SESSION: &str = "ringback_session";
const FLASH: &str = "ringback_said";
const THEME: &str = "ringback_theme";
/// A sentence is for the page that comes next, and not for one next week.
const FLASH_SECS: i64 = 60;
const FLASH_BYTES_MAX: usize = 500;

/// The session that a request brings.
pub(super) fn session(req: &HttpRequest) -> Option<Token> {
    read(req, SESSION).and_then(Token::read)
}

pub(super) fn session_cookie(token: &Token, secs: i64, is_encrypted: bool) -> HeaderValue {
    write(SESSION, &token.as_text(), secs, is_encrypted)
}

pub(super) fn clear_session(is_encrypted: bool) -> HeaderValue {
    write(SESSION, "", 0, is_encrypted)
}

/// What is to be said on this page.
pub fn flash(req: &HttpRequest) -> Option<String> {
    let bytes = BASE64.decode(read(req, FLASH)?).ok()?;
    String::from_utf8(bytes).ok()
}

pub fn flash_cookie(sentence: &str, is_encrypted: bool) -> HeaderValue {
    let end = sentence.floor_char_boundary(FLASH_BYTES_MAX);
    let text = BASE64.encode(&sentence[..end]);
    write(FLASH, &text, FLASH_SECS, is_encrypted)
}

pub fn clear_flash(is_encrypted: bool) -> HeaderValue {
    write(FLASH, "", 0, is_encrypted)
}

/// Light or dark, where the viewer has chosen; else the system's choice holds.
pub fn theme(req: &HttpRequest) -> Option<&'static str> {
    match read(req, THEME) {
        Some("light") => Some("light"),
        Some("dark") => Some("dark"),
        _ => None,
    }
}

fn read<'r>(req: &'r HttpRequest, name: &str) -> Option<&'r str> {
    let lines = req.headers().get_all(COOKIE);
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

/// Out of reach for scripts. Of what another site sends here it goes with a link that somebody
/// follows, and with nothing else: a page opens from wherever somebody speaks of it.
fn write(name: &str, value: &str, secs: i64, is_encrypted: bool) -> HeaderValue {
    let secure = match is_encrypted {
        true => "; Secure",
        false => "",
    };
    let line = format!("{name}={value}; Path=/; Max-Age={secs}; HttpOnly; SameSite=Lax{secure}");
    // Names are ours and values base64, so a header can hold them.
    HeaderValue::try_from(line).unwrap_or(HeaderValue::from_static(""))
}
