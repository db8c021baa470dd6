//! Statements for both databases: the values that they spell differently stand in braces.

use sea_orm::DbBackend;

/// `{uuid}` and `{n bytes}` become new random values, as the database at hand spells them.
pub fn filled_in(backend: DbBackend, statement: &str) -> String {
    let mut parts = statement.split('{');
    let start = parts.next().unwrap_or_default().to_owned();
    parts.fold(start, |filled, part| {
        let (wanted, rest) = part.split_once('}').unwrap();
        filled + &literal(backend, wanted) + rest
    })
}

fn literal(backend: DbBackend, wanted: &str) -> String {
    let count = match wanted {
        "uuid" => 16,
        _ => wanted.strip_suffix(" bytes").unwrap().parse().unwrap(),
    };
    let value = hex::encode(&rand::random::<[u8; 64]>()[..count]);
    match (backend, wanted) {
        (DbBackend::Sqlite, _) => format!("x'{value}'"),
        (_, "uuid") => format!("'{value}'"),
        (_, _) => format!("'\\x{value}'"),
    }
}
