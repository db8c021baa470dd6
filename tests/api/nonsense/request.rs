//! A request made by chance: as the document wants it, or wrong in one way.

use std::fmt;

use serde_json::Value;

use super::{
    chance::Chance,
    document::{Operation, Place},
    values::{TEXTS, Values, nonsense, spoil},
};

/// A result is waited for by the clock, which stands still here.
const NOT_WAITED_FOR: [&str; 6] = ["0", "0s", "61s", "-1", "1e9", "soon"];
const METHODS: [&str; 8] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
];
const TYPES: [&str; 6] = [
    "text/plain",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "nonsense",
];
const LARGE: usize = (1 << 20) + 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    Nothing,
    Field,
    Query,
    Path,
    Body,
    Header,
    Method,
    Token,
}

pub struct Request {
    pub wrong: Wrong,
    pub method: String,
    /// With its query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (wrong, method, path) = (self.wrong, &self.method, &self.path);
        writeln!(f, "wrong is {wrong:?}: {method} {path}")?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", shown(value.as_bytes()))?;
        }
        write!(f, "\n{}", shown(&self.body))
    }
}

fn shown(bytes: &[u8]) -> String {
    bytes[..bytes.len().min(2_000)].escape_ascii().to_string()
}

/// Makes a request of an operation. `webhooks` are bodies that Vapi could send.
pub fn make(
    chance: &mut Chance,
    operation: &Operation,
    values: &Values<'_>,
    webhooks: &[Vec<u8>],
) -> Request {
    let wrong = wrong(chance, operation);
    let mut request = Request {
        wrong,
        method: operation.method.clone(),
        path: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    request.ask(chance, operation, values);
    if let Some(schema) = &operation.body {
        let is_webhook = schema["properties"].is_null() && schema["$ref"].is_null();
        let body = match is_webhook {
            true => serde_json::from_slice(chance.pick::<Vec<u8>>(webhooks)).unwrap_or(Value::Null),
            false => values.valid(chance, "", schema),
        };
        request.fill(chance, body);
    }
    match wrong {
        Wrong::Header => request.header_of_nonsense(chance),
        Wrong::Method => request.method = (*chance.pick(&METHODS)).to_owned(),
        _ => {}
    }
    request
}

fn wrong(chance: &mut Chance, operation: &Operation) -> Wrong {
    let has_body = operation.body.is_some();
    match chance.below(100) {
        0..30 => Wrong::Nothing,
        30..60 if has_body => Wrong::Field,
        30..60 => Wrong::Query,
        60..70 if has_body => Wrong::Body,
        60..70 => Wrong::Nothing,
        70..78 => Wrong::Query,
        78..86 if operation.path.contains('{') => Wrong::Path,
        78..90 => Wrong::Header,
        90..95 => Wrong::Method,
        _ => Wrong::Token,
    }
}

impl Request {
    /// Path, query and headers.
    fn ask(&mut self, chance: &mut Chance, operation: &Operation, values: &Values<'_>) {
        let mut path = operation.path.clone();
        let mut query = Vec::new();
        let spoilt = chance.below(operation.parameters.len().max(1));
        for (number, parameter) in operation.parameters.iter().enumerate() {
            let name = parameter.name.as_str();
            let value = match name {
                "wait" => (*chance.pick(&NOT_WAITED_FOR)).into(),
                _ if !parameter.example.is_null() && chance.percent(60) => {
                    parameter.example.clone()
                }
                _ => values.valid(chance, name, &parameter.schema),
            };
            match parameter.place {
                Place::Path if self.wrong == Wrong::Path => {
                    path = path.replace(&format!("{{{name}}}"), &segment_of_nonsense(chance));
                }
                Place::Path => {
                    path = path.replace(&format!("{{{name}}}"), &segment(&plain(&value)));
                }
                Place::Query
                    if self.wrong == Wrong::Query && number == spoilt && name != "wait" =>
                {
                    query.push((name.to_owned(), plain(&nonsense(chance))));
                }
                Place::Query if parameter.required || chance.percent(40) => {
                    query.push((name.to_owned(), plain(&value)));
                }
                Place::Header if chance.percent(40) => {
                    let value: String = plain(&value)
                        .chars()
                        .filter(char::is_ascii_graphic)
                        .collect();
                    self.headers.push((name.to_owned(), value));
                }
                Place::Query | Place::Header => {}
            }
        }
        if self.wrong == Wrong::Query && chance.percent(40) {
            query.push((plain(&nonsense(chance)), plain(&nonsense(chance))));
        }
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        self.path = format!("{path}{mark}{}", query.join("&"));
    }

    fn fill(&mut self, chance: &mut Chance, mut body: Value) {
        let mut media = "application/json";
        match self.wrong {
            Wrong::Field => (0..=chance.below(3)).for_each(|_| spoil(chance, &mut body)),
            Wrong::Body if chance.percent(30) => media = *chance.pick::<&str>(&TYPES),
            _ => {}
        }
        self.body = body.to_string().into_bytes();
        if self.wrong == Wrong::Body && media == "application/json" {
            break_json(chance, &mut self.body);
        }
        self.headers
            .push(("content-type".to_owned(), media.to_owned()));
    }

    fn header_of_nonsense(&mut self, chance: &mut Chance) {
        let names = [
            "accept",
            "content-encoding",
            "cookie",
            "expect",
            "forwarded",
            "idempotency-key",
            "if-match",
            "if-none-match",
            "last-event-id",
            "origin",
            "range",
            "x-forwarded-for",
            "x-http-method-override",
            "x-request-id",
            "te",
        ];
        let values = [
            "",
            "*",
            "gzip",
            "100-continue",
            "\"",
            "x",
            "0",
            "-1",
            "bytes=0-",
            "websocket",
            "for=\"[::1\"",
            "999.999.999.999",
            "DELETE",
            "null",
            "a=b; a=c",
            "\t",
        ];
        let name = *chance.pick(&names);
        // Whoever expects to be told to go on waits for it before sending the body.
        let value = match chance.below(4) {
            0 if name != "expect" => "y".repeat(*chance.pick(&[255, 256, 4_000])),
            _ => (*chance.pick(&values)).to_owned(),
        };
        self.headers.push((name.to_owned(), value));
    }
}

fn break_json(chance: &mut Chance, body: &mut Vec<u8>) {
    match chance.below(9) {
        0 => body.clear(),
        1 => body.truncate(chance.below(body.len() + 1)),
        2 => *body = [b"\xef\xbb\xbf".to_vec(), body.clone()].concat(),
        3 => *body = b"[".repeat(20_000),
        4 => *body = b"{\"a\":".repeat(200),
        5 => body.insert(chance.below(body.len() + 1), 0xff),
        6 => *body = [body.clone(), body.clone()].concat(),
        7 => *body = b"{\"a\":\"\\ud800\",\"a\":1e999}".to_vec(),
        _ if chance.percent(10) => body.resize(LARGE, b' '),
        _ => body.push(b','),
    }
}

fn segment_of_nonsense(chance: &mut Chance) -> String {
    let value = plain(&nonsense(chance));
    segment(&value.chars().take(300).collect::<String>())
}

/// Without a segment, or with dots alone, it would be another path.
fn segment(text: &str) -> String {
    match text {
        "" | "." | ".." => "%20".to_owned(),
        text => encoded(text),
    }
}

/// A value as it stands in an address.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => (*TEXTS.first().unwrap_or(&"")).to_owned(),
        other => other.to_string(),
    }
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
