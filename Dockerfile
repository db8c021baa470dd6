# The image: the binary, where there is nothing else: no shell, no package manager, no root.
#
#   docker build --build-arg RINGBACK_COMMIT="$(git rev-parse HEAD)" \
#     --build-arg RINGBACK_COMMITTED_AT="$(git log -1 --format=%ct)" -t ringback .
#   docker run --read-only -p 127.0.0.1:8000:8000 -v ringback:/data ringback
#
# Building fetches two images and the crates. Every RUN stays in its folder, so that deploy/image-without-engine can
# take the same steps on a machine without an engine.

# As in rust-toolchain.toml, which is left out: the image has this toolchain and needs no rustup.
ARG RUST=1.95.0

FROM rust:${RUST}-slim-bookworm AS build
ARG PROFILE=release
WORKDIR /build

# Dependencies alone, with empty crates of ours: a layer that lasts until Cargo.lock changes.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
COPY entity/Cargo.toml entity/
COPY migration/Cargo.toml migration/
RUN mkdir src entity/src migration/src \
 && echo 'fn main() {}' > src/main.rs \
 && touch src/lib.rs entity/src/lib.rs migration/src/lib.rs \
 && cargo build --locked --profile "$PROFILE" \
 && rm -r src entity/src migration/src

# Cargo tells a changed file by its time, and ours may be older than the empty ones.
COPY . .
ARG RINGBACK_COMMIT
ARG RINGBACK_COMMITTED_AT
RUN find src entity migration -type f -exec touch {} + \
 && cargo install --locked --profile "$PROFILE" --path . --root out \
 && install -d -m 0700 volumes/data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/out/bin/ringback /usr/local/bin/ringback
# A volume that is empty takes over the owner and the mode of the folder that it covers.
COPY --from=build --chown=65532:65532 /build/volumes/ /
ENV RINGBACK_LISTEN=0.0.0.0:8000 RINGBACK_DATA_DIR=/data
WORKDIR /data
USER 65532:65532
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5m --start-interval=2s CMD ["/usr/local/bin/ringback", "health"]
ENTRYPOINT ["/usr/local/bin/ringback"]
