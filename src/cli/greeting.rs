//! What a person reads when the server has started, and what to do next.

use std::{fmt::Write, path::Path};

use crate::{
    config::{IngestConfig, Secret},
    run::Running,
};

const RINGING: &str = r#"{"type":"call.ringing","call":{"id":"call-1"}}"#;

pub(super) fn of(running: &Running, admin_key: Option<&Secret>) -> String {
    let base = base(running);
    let mut text = first_lines(running);
    if let Some(key) = admin_key {
        text += &line("admin key", key.expose());
        text += &line(
            "",
            "shown this once; `ringback key create --help` tells how to make others",
        );
    }
    let kept = running.shared_secret_file.as_deref();
    let ringing = ringing(&base, kept, &running.app.config.ingest);
    let _ = write!(
        text,
        "\nTry it (with your key in the variable KEY):\n\n\
         {ringing}  \
         curl -H \"Authorization: Bearer $KEY\" {base}/api/v1/sessions/call-1\n  \
         curl -H \"Authorization: Bearer $KEY\" {base}/api/v1/keys\n"
    );
    text
}

/// A webhook, proved with what is kept here, or else with what is set.
fn ringing(base: &str, kept: Option<&Path>, set: &IngestConfig) -> String {
    let address = format!("{base}/api/webhooks/vapi");
    let shared = |secret: String| {
        format!("  curl -H \"x-webhook-secret: {secret}\" {address} \\\n    -d '{RINGING}'\n")
    };
    match (kept, &set.shared_secrets[..], &set.signing_secrets[..]) {
        (Some(file), ..) => shared(format!("$(cat {})", file.display())),
        (None, [], secrets) => {
            let secret = variable("VAPI_WEBHOOK_SECRET", secrets);
            format!(
                "  SIGNATURE=$(printf %s '{RINGING}' |\n    \
                 openssl dgst -sha256 -hmac \"{secret}\" -r | cut -d ' ' -f 1)\n  \
                 curl -H \"x-vapi-signature: $SIGNATURE\" {address} \\\n    -d '{RINGING}'\n"
            )
        }
        (None, secrets, _) => shared(variable("WEBHOOK_SHARED_SECRET", secrets)),
    }
}

/// As a shell reads it; of several secrets the first.
fn variable(name: &str, secrets: &[Secret]) -> String {
    match secrets {
        [_] => format!("${name}"),
        _ => format!("${{{name}%%,*}}"),
    }
}

/// For whoever has seen nothing yet. Nothing is needed, so all of it works as it stands.
pub(super) fn at_the_open_door(running: &Running) -> String {
    let (base, mut text) = (base(running), first_lines(running));
    let vapi = running.app.config.vapi.base_url.as_ref();
    if let Some(vapi) = vapi {
        let played = format!("{vapi} stands in for it: nobody is called");
        text += &line("Vapi", &played);
    }
    text += "\n  WARNING: the door is open. Every program on this machine is the admin `dev`, and Vapi's\n  \
             webhooks need no secret. Never lead anybody else to this port; `ringback serve` shuts the door.\n";
    let _ = write!(
        text,
        "\nTry it:\n\n  \
         curl {base}/api/v1/vapi/webhook -d '{{\"message\":{{\"type\":\"end-of-call-report\",\n    \
         \"endedReason\":\"customer-ended-call\",\"call\":{{\"id\":\"call-1\"}},\"transcript\":\"AI: Hello.\"}}}}'\n  \
         curl {base}/api/v1/vapi/calls/call-1\n  \
         curl {base}/api/v6/call -H 'content-type: application/json' \\\n    \
         -d '{{\"customer\":{{\"number\":\"+14155550100\"}},\"assistant_id\":\"any\"}}'\n  \
         ringback simulate --target {base}\n  \
         ringback listen --server {base} --forward http://localhost:3000/api/webhook\n\n\
         Ctrl-C stops it.\n"
    );
    text
}

fn base(running: &Running) -> String {
    format!("http://{}", running.address)
}

fn first_lines(running: &Running) -> String {
    let base = base(running);
    let data = match running.database_file() {
        Some(file) => format!("{} (SQLite)", file.display()),
        None => "PostgreSQL".to_owned(),
    };
    format!(
        "\nringback {} listens on {base}\n\n{}{}{}",
        env!("CARGO_PKG_VERSION"),
        line("dashboard", &base),
        line("API", &format!("{base}/docs")),
        line("data", &data),
    )
}

fn line(what: &str, is: &str) -> String {
    format!("  {what:<12}{is}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment};

    fn typed(kept: Option<&str>, set: &[(&str, &str)]) -> String {
        let config = Config::read(&Environment::of_pairs(set.iter().copied())).unwrap();
        ringing("http://here", kept.map(Path::new), &config.ingest)
    }

    #[test]
    fn a_webhook_is_proved_with_what_is_kept_or_with_what_is_set() {
        let signing = ("VAPI_WEBHOOK_SECRET", "s1gning");
        let kept = typed(Some("/data/webhook-shared-secret"), &[signing]);
        assert!(
            kept.contains("x-webhook-secret: $(cat /data/webhook-shared-secret)"),
            "{kept}"
        );
        let set = typed(None, &[("WEBHOOK_SHARED_SECRET", "s3cret"), signing]);
        assert!(
            set.contains("x-webhook-secret: $WEBHOOK_SHARED_SECRET\""),
            "{set}"
        );
        let rotated = typed(None, &[("WEBHOOK_SHARED_SECRET", "s3cret,older")]);
        assert!(
            rotated.contains("x-webhook-secret: ${WEBHOOK_SHARED_SECRET%%,*}\""),
            "{rotated}"
        );
        let signed = typed(None, &[signing]);
        assert!(
            signed.contains("-hmac \"$VAPI_WEBHOOK_SECRET\"")
                && signed.contains("x-vapi-signature: $SIGNATURE"),
            "{signed}"
        );
        for text in [kept, set, rotated, signed] {
            assert!(
                !text.contains("s3cret") && !text.contains("s1gning"),
                "{text}"
            );
        }
    }
}
