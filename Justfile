# The commands of the house. `just` lists them.

# What a build without git's history is told of it
commit := '--build-arg RINGBACK_COMMIT="$(git rev-parse HEAD)" --build-arg RINGBACK_COMMITTED_AT="$(git log -1 --format=%ct)"'

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

# The process dies a hundred times (RINGBACK_CHAOS_ROUNDS, RINGBACK_CHAOS_SEED), on SQLite, or on TEST_DATABASE_URL
chaos:
    RINGBACK_CHAOS_ROUNDS=${RINGBACK_CHAOS_ROUNDS:-100} cargo test --test process -- \
        chaos::whenever_the_process_dies --nocapture

# Remove one protection at a time: does its test fail? (--together, --left, --list, --check, words of their names)
mutants *NAMES:
    scripts/mutants {{NAMES}}

# What may be linked: advisories where the database can be had, licences, bans, sources
deny:
    scripts/deny

# What is linked: a CycloneDX document of the binary's crates, made offline
sbom OUT="target/ringback.cdx.json":
    scripts/sbom {{OUT}}

# Look for inputs that make a parser panic, for so many seconds (needs nightly, and cargo install cargo-fuzz --locked)
fuzz TARGET SECONDS="60":
    cargo +nightly fuzz run --sanitizer none {{TARGET}} -- -max_total_time={{SECONDS}} -rss_limit_mb=2048

# A second opinion on the API: Schemathesis asks a running server (pip install schemathesis)
schemathesis URL KEY *OPTIONS:
    schemathesis run {{URL}}/openapi.json --header "Authorization: Bearer {{KEY}}" --continue-on-failure \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
        --exclude-operation-id stream_events --exclude-operation-id follow_session {{OPTIONS}}

# Write the OpenAPI document anew
openapi:
    cargo run --quiet -- openapi --out openapi/openapi.json --events openapi/events.json

# What the pure parts cost; `ringback bench` measures the whole
bench *ARGUMENTS:
    cargo bench --bench pure -- {{ARGUMENTS}}

# Draw docs/flame.svg: where the server's time goes
flame *ARGUMENTS:
    scripts/flame {{ARGUMENTS}}

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

# Build the image
image *ARGUMENTS:
    docker build {{commit}} --tag ringback {{ARGUMENTS}} .

# Take the image's steps without an engine, in a clean folder
image-without-engine *ARGUMENTS:
    deploy/image-without-engine {{commit}} {{ARGUMENTS}}

# The alerts, tried out (with promtool, which comes with Prometheus)
alerts:
    promtool check rules deploy/prometheus/alerts.yaml
    promtool test rules deploy/prometheus/alerts_test.yaml

# What CI runs, from first to last
ci:
    .ci/run
