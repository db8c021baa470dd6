//! Tools, which are what an assistant may ask for in the middle of a call, and what was asked.
//!
//! A tool's `name` is unique for its owner. Its `scope` says whose calls it serves: its owner's
//! `own`, or, for a tool that an admin has made, `all`.
//!
//! `tool_calls` is written before a tool is asked and again with its answer, so that a question
//! that comes twice is never put twice: `instance` is who is asking. A row without an answer whose
//! instance is dead was asked, and nobody knows how it ended.

use crate::change::Change;
use crate::sql::{Sql, both, postgres};

pub fn change() -> Change {
    let mut up = tools();
    up.extend(tool_calls());
    up.extend(row_level_security());
    Change {
        name: "m0007_tools",
        up,
        down: vec![both("DROP TABLE tool_calls"), both("DROP TABLE tools")],
    }
}

fn tools() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE tools (
                id {uuid} PRIMARY KEY,
                name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
                owner TEXT NOT NULL,
                scope TEXT NOT NULL CHECK (scope IN ('own', 'all')),
                url TEXT NOT NULL,
                timeout_ms INT NOT NULL CHECK (timeout_ms BETWEEN 100 AND 20000),
                -- A JSON Schema, as text.
                parameters TEXT NOT NULL,
                -- Sealed: what calls of it are signed with.
                secret {bytes} NOT NULL,
                created_at {bigint} NOT NULL,
                CONSTRAINT one_of_a_name_for_each_owner UNIQUE (owner, name)
            ) {table}",
        ),
        // A call is served by its owner's tools, found by what is unique of them, and by these.
        both("CREATE INDEX tools_by_scope ON tools (scope, name)"),
    ]
}

fn tool_calls() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE tool_calls (
                -- SHA-256 of what makes the tool call known again.
                digest {bytes} PRIMARY KEY CHECK (length(digest) = 32),
                instance {uuid} NOT NULL,
                -- Sealed.
                answer {bytes},
                created_at {bigint} NOT NULL,
                finished_at {bigint},
                CONSTRAINT an_answer_exactly_when_finished CHECK (
                    (answer IS NULL) = (finished_at IS NULL))
            ) {table by key}",
        ),
        // For retention: digests tell no time.
        both("CREATE INDEX tool_calls_by_age ON tool_calls (created_at)"),
    ]
}

fn row_level_security() -> [Sql; 3] {
    [
        postgres("ALTER TABLE tools ENABLE ROW LEVEL SECURITY"),
        postgres("ALTER TABLE tool_calls ENABLE ROW LEVEL SECURITY"),
        postgres(
            "CREATE POLICY of_the_owner ON tools FOR SELECT
             USING (owner = nullif(current_setting('ringback.owner', true), ''))",
        ),
    ]
}
