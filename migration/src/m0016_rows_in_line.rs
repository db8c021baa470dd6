//! Reports stay in their rows on PostgreSQL.
//!
//! What is larger than two kilobytes it tries to compress, which nothing sealed can be, and moves it
//! in pieces to a second table with an index of its own. A report of a call has six: each of the
//! three rows that it makes was then five, and four entries of an index. Now a row may fill a page.

use crate::change::Change;
use crate::sql::{Sql, postgres};

const TABLES: [&str; 3] = ["calls", "call_events", "events"];

pub fn change() -> Change {
    let of_each = |change: &str| -> Vec<Sql> {
        let alter = |table| postgres(format!("ALTER TABLE {table} {change}"));
        TABLES.into_iter().map(alter).collect()
    };
    Change {
        name: "m0016_rows_in_line",
        up: of_each("SET (toast_tuple_target = 8160)"),
        down: of_each("RESET (toast_tuple_target)"),
    }
}
