//! Commands to copy, which do here and now what a page speaks of: they name where the viewer has
//! found us, and a key where the door asks for one.

use actix_web::HttpRequest;

use crate::config::Config;

/// Reads an address of the API.
pub fn reading(req: &HttpRequest, config: &Config, path: &str) -> String {
    let connection = req.connection_info();
    let url = format!("{}://{}{path}", connection.scheme(), connection.host());
    match config.access.is_open {
        // No header is nobody, who is let in; an empty one is a key that is wrong.
        true => format!("curl {url}"),
        false => format!("curl {url} -H \"Authorization: Bearer $RINGBACK_KEY\""),
    }
}

/// Sends JSON to an address of the API.
pub fn sending(req: &HttpRequest, config: &Config, path: &str, json: &str) -> String {
    format!(
        "{} \\\n  -H 'Content-Type: application/json' -d '{json}'",
        reading(req, config, path)
    )
}

/// A call in such JSON. It says who speaks, where nobody does so usually.
pub fn some_call(config: &Config) -> &'static str {
    match config.vapi.assistant_id {
        Some(_) => r#"{"customer":{"number":"+14155550123"}}"#,
        None => r#"{"customer":{"number":"+14155550123"},"assistant_id":"your-assistant"}"#,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::config::Environment;

    fn config() -> Config {
        Config::read(&Environment::of_pairs([("RINGBACK_DATA_DIR", "d")])).unwrap()
    }

    fn told(config: &Config) -> String {
        let req = TestRequest::default().insert_header(("host", "calls.example.com"));
        reading(&req.to_http_request(), config, "/api")
    }

    #[test]
    fn a_key_is_named_where_the_door_asks_for_one_and_nowhere_else() {
        let url = "curl http://calls.example.com/api";
        assert_eq!(told(&config().opened().unwrap()), url);
        let header = "Authorization: Bearer $RINGBACK_KEY";
        assert_eq!(told(&config()), format!("{url} -H \"{header}\""));
    }
}
