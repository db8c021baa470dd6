//! A delivery as a command that a person can paste.
//!
//! The body goes in by a pipe, because an argument of a program may not be as
//! long as a payload. Everything that comes from outside stands between single
//! quotes, in which a shell reads nothing but their end.

use crate::delivery::reproduce::Reproduction;

/// The command. What only the receiver's owner knows is left as a variable.
pub fn command(sent: &Reproduction) -> String {
    let body = quoted(&String::from_utf8_lossy(&sent.body));
    let mut lines = vec![
        format!("printf '%s' {body} | curl -i -X POST {}", quoted(&sent.url)),
        "--data-binary @-".to_owned(),
    ];
    lines.extend(sent.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        format!("-H {}", quoted(&format!("{name}: {value}")))
    }));
    lines.extend(sent.own_headers.iter().map(|name| {
        let prefix = quoted(&format!("{name}: "));
        format!("-H {prefix}\"${}\"", variable(name))
    }));
    lines.join(" \\\n  ")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A header's name as a shell can hold it.
pub fn variable(header: &str) -> String {
    let sign = |sign: char| match sign.is_ascii_alphanumeric() {
        true => sign.to_ascii_uppercase(),
        false => '_',
    };
    let name: String = header.chars().map(sign).collect();
    match name.starts_with(|first: char| first.is_ascii_digit()) {
        true => format!("_{name}"),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    fn reproduction(body: &str, own: &[&str]) -> Reproduction {
        let signature = HeaderValue::from_static("sha256=ab");
        Reproduction {
            url: "https://example.com/a'b?c=$(id)".to_owned(),
            headers: HeaderMap::from_iter([("x-webhook-signature".parse().unwrap(), signature)]),
            own_headers: own.iter().map(ToString::to_string).collect(),
            body: body.as_bytes().to_vec(),
            stale_at: 0,
        }
    }

    #[test]
    fn nothing_that_comes_from_outside_is_read_by_the_shell() {
        let told = command(&reproduction(r#"{"a":"it's $HOME `id`"}"#, &["x-token"]));
        let expected = r#"printf '%s' '{"a":"it'\''s $HOME `id`"}' | curl -i -X POST 'https://example.com/a'\''b?c=$(id)' \
  --data-binary @- \
  -H 'x-webhook-signature: sha256=ab' \
  -H 'x-token: '"$X_TOKEN""#;
        assert_eq!(told, expected);
    }

    #[test]
    fn every_header_has_a_variable_that_a_shell_takes() {
        assert_eq!(variable("authorization"), "AUTHORIZATION");
        assert_eq!(variable("x-api-key"), "X_API_KEY");
        assert_eq!(variable("1`$(id)"), "_1___ID_");
    }
}
