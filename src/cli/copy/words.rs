//! What a copy came to, for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{
    config::Database,
    copy::{Compared, Order, Report, Sum},
    run::{SEALING_KEYS_FILE, SHARED_SECRET_FILE, SIGNING_SECRET_FILE},
};

const WITHOUT_KEYS: &str = "
Without the same sealing keys nothing that is sealed can be read there. They are not in the
database: carry them over by hand, with the secrets that Vapi knows.

";

pub(super) fn json(report: &Report) -> Value {
    let sum = |sum: &Sum| json!({"rows": sum.rows, "sha256": hex::encode(sum.digest)});
    let table = |table: &Compared| {
        json!({
            "table": table.table,
            "same": table.is_same(),
            "from": sum(&table.source),
            "to": sum(&table.target),
        })
    };
    json!({
        "from": report.from,
        "to": report.to,
        "same": report.tables.iter().all(Compared::is_same),
        "rows": report.rows(),
        "tables": report.tables.iter().map(table).collect::<Vec<_>>(),
        "unknown_sealing_keys": report.unknown_keys.iter().map(hex::encode).collect::<Vec<_>>(),
    })
}

pub(super) fn text(report: &Report, order: &Order, is_quiet: bool) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    if !is_quiet {
        for table in &report.tables {
            let _ = writeln!(text, "{}", line(table));
        }
        let _ = writeln!(text);
    }
    let _ = writeln!(text, "{}", verdict(report));
    if report.is_good() && !is_quiet && !order.compares_only {
        text += &what_is_left(order);
    }
    text
}

fn line(table: &Compared) -> String {
    let name = table.table;
    match table.is_same() {
        true => format!("{name:<20} {:>12} rows  the same", table.target.rows),
        false => format!(
            "{name:<20} {:>12} rows  DIFFERENT: {} in the source",
            table.target.rows, table.source.rows
        ),
    }
}

fn verdict(report: &Report) -> String {
    let (rows, tables) = (report.rows(), report.tables.len());
    let differing: Vec<_> = report.tables.iter().filter(|it| !it.is_same()).collect();
    if let Some(first) = differing.first() {
        return format!(
            "Both sides differ in {} of {tables} tables, such as {}. Somebody has written to one of \
             them: empty {} and copy again.",
            differing.len(),
            first.table,
            report.to
        );
    }
    if !report.unknown_keys.is_empty() {
        return format!(
            "Both sides are the same, but {} sealing keys are unknown here that values in it name: \
             give all of them in RINGBACK_KEYS, and run this again.",
            report.unknown_keys.len()
        );
    }
    format!("Both sides are the same: {rows} rows in {tables} tables, counted and digested.")
}

/// What no row holds, and the new place needs.
fn what_is_left(order: &Order) -> String {
    let folder = order.storage.data_dir.display();
    let mut text = WITHOUT_KEYS.to_owned();
    let kept = match order.to {
        Database::Postgres { .. } => [
            ("RINGBACK_KEYS", SEALING_KEYS_FILE),
            ("WEBHOOK_SHARED_SECRET", SHARED_SECRET_FILE),
            ("VAPI_WEBHOOK_SECRET", SIGNING_SECRET_FILE),
        ],
        Database::Sqlite { .. } => [
            ("sealing-keys", SEALING_KEYS_FILE),
            ("webhook-shared-secret", SHARED_SECRET_FILE),
            ("vapi-webhook-secret", SIGNING_SECRET_FILE),
        ],
    };
    for (name, file) in kept {
        if order.storage.data_dir.join(file).is_file() {
            let _ = writeln!(text, "  {name}  is what {folder}/{file} holds");
        }
    }
    if order.storage.sealing_keys.is_some() {
        let _ = writeln!(text, "  RINGBACK_KEYS  as it is set here");
    }
    text + "\nKeep the old database until the new server runs, and never start a server on it again.\n"
}
