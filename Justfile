# The commands of the house. `just` lists them.

_default:
    @just --list --unsorted

# Start the service from source
run *ARGUMENTS:
    cargo run -- {{ARGUMENTS}}

# Before every commit: format, lints, documentation, tests on SQLite
check: format-check lint doc (test "--sqlite")

# The tests on SQLite, then on a private PostgreSQL; words are filters
test *FILTERS:
    scripts/test {{FILTERS}}

# The same, and a failure where PostgreSQL is missing
test-pg *FILTERS:
    TEST_REQUIRE=postgres scripts/test {{FILTERS}}

# Write the OpenAPI document anew
openapi:
    cargo run --quiet -- openapi --out openapi/openapi.json --events openapi/events.json

# Format everything
fmt:
    cargo fmt --all

# Is everything formatted?
format-check:
    cargo fmt --all --check

# Clippy, with warnings as errors
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# The documentation of our own crates, with warnings as errors
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# What CI runs, from first to last
ci:
    .ci/run
