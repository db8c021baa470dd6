//! What a person reads when the server has started, and what to do next.

use std::fmt::Write;

use crate::{config::Secret, run::Running};

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
    let secret = match running.database_file() {
        Some(_) => format!("$(cat {})", running.shared_secret_file().display()),
        None => "$WEBHOOK_SHARED_SECRET".to_owned(),
    };
    let _ = write!(
        text,
        "\nTry it (with your key in the variable KEY):\n\n  \
         curl -H \"x-webhook-secret: {secret}\" {base}/api/webhooks/vapi \\\n    \
         -d '{{\"type\":\"call.ringing\",\"call\":{{\"id\":\"call-1\"}}}}'\n  \
         curl -H \"Authorization: Bearer $KEY\" {base}/api/v1/sessions/call-1\n  \
         curl -H \"Authorization: Bearer $KEY\" {base}/api/v1/keys\n"
    );
    text
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
