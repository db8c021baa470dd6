//! What was said in a call, line by line.
//!
//! Lines come singly while the call runs and once more in its report, which joins and corrects
//! them, so this is no append-only table: a report takes the place of what it repeats.

use crate::change::Change;
use crate::sql::{Sql, both, postgres};

pub fn change() -> Change {
    let mut up = messages();
    up.extend(row_level_security());
    Change {
        name: "m0008_messages",
        up,
        down: vec![both("DROP TABLE messages")],
    }
}

fn messages() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE messages (
                position {identity},
                id {uuid} NOT NULL UNIQUE,
                call_id {uuid} NOT NULL,
                role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system', 'tool')),
                -- Sealed.
                text {bytes} NOT NULL,
                -- A report has it. Another line that says the same is then no new one.
                reported {bool} NOT NULL,
                -- As Vapi has it, if it has it.
                spoken_at {bigint},
                -- Where the line stands in its call; among equals, `position` tells.
                ordered_at {bigint} NOT NULL,
                created_at {bigint} NOT NULL
            ) {table}",
        ),
        both("CREATE INDEX messages_by_call ON messages (call_id, ordered_at, position)"),
        // Each single line asks whether its call was reported before. Calls that still run were
        // not, so here the question finds nothing at once, however much they have talked.
        both("CREATE INDEX messages_reported ON messages (call_id) WHERE reported"),
    ]
}

fn row_level_security() -> [Sql; 2] {
    [
        postgres("ALTER TABLE messages ENABLE ROW LEVEL SECURITY"),
        postgres(
            "CREATE POLICY of_the_owner ON messages FOR SELECT
             USING (EXISTS (SELECT FROM calls WHERE calls.id = messages.call_id))",
        ),
    ]
}
