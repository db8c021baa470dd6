//! What a person reads when the server has started, and what to do next.

use std::fmt::Write;

use crate::{config::Secret, run::Running};

pub(super) fn of(running: &Running, admin_key: Option<&Secret>) -> String {
    let base = format!("http://{}", running.address);
    let mut text = format!(
        "\nringback {} listens on {base}\n\n",
        env!("CARGO_PKG_VERSION")
    );
    let mut line = |what: &str, is: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {what:<12}{is}");
    };
    line("API", &format!("{base}/docs"));
    match running.database_file() {
        Some(file) => line("data", &format!("{} (SQLite)", file.display())),
        None => line("data", "PostgreSQL"),
    }
    if let Some(key) = admin_key {
        line("admin key", key.expose());
        line(
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
