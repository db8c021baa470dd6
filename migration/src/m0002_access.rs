//! Who may come in, and what they already asked for.
//!
//! `api_keys` never holds a key, only its SHA-256 and the last four characters, by which people
//! tell their keys apart. `idempotency_keys` remembers the first answer to a request for a day;
//! `answer` is sealed, because it may show a secret that is shown once.

use crate::change::Change;
use crate::sql::both;

pub fn change() -> Change {
    Change {
        name: "m0002_access",
        up: vec![
            both(
                "CREATE TABLE api_keys (
                    id {uuid} PRIMARY KEY,
                    name TEXT NOT NULL,
                    owner TEXT NOT NULL,
                    role TEXT NOT NULL CHECK (role IN ('admin', 'user')),
                    digest {bytes} NOT NULL UNIQUE CHECK (length(digest) = 32),
                    -- At most the last four characters: never enough of a key to be one.
                    hint TEXT NOT NULL CHECK (length(hint) <= 4),
                    created_at {bigint} NOT NULL,
                    revoked_at {bigint}
                ) {table}",
            ),
            both("CREATE INDEX api_keys_by_owner ON api_keys (owner)"),
            both(
                "CREATE TABLE idempotency_keys (
                    -- SHA-256 of the caller, the path and the key.
                    id {bytes} PRIMARY KEY CHECK (length(id) = 32),
                    request_digest {bytes} NOT NULL CHECK (length(request_digest) = 32),
                    status {smallint} NOT NULL,
                    -- Sealed.
                    answer {bytes} NOT NULL,
                    created_at {bigint} NOT NULL
                ) {table}",
            ),
            // For retention: these ids are digests and tell no time.
            both("CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)"),
        ],
        down: vec![
            both("DROP TABLE idempotency_keys"),
            both("DROP TABLE api_keys"),
        ],
    }
}
