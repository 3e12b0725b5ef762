# The function's image: one static binary on nothing.
#
#   docker build -t jinaflow .                               compiles inside (amd64 and arm64)
#   docker build -t jinaflow --target prebuilt \
#     --build-arg BINARY=target/x86_64-unknown-linux-musl/dist/jinaflow .
#                                                            wraps a binary that is already there; pulls nothing
ARG RUST_IMAGE=rust:1.95-alpine

# What both ways have in common. kustomize and kpt run the image with `--user nobody`, a name that a container without
# /etc/passwd does not know.
FROM scratch AS base
COPY functions/jinaflow/passwd /etc/passwd
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="jinaflow" \
      org.opencontainers.image.description="KRM function that turns a Jina Flow into Kubernetes manifests" \
      org.opencontainers.image.documentation="run with --help" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 65534:65534
ENTRYPOINT ["/jinaflow"]

FROM base AS prebuilt
ARG BINARY=target/x86_64-unknown-linux-musl/dist/jinaflow
COPY ${BINARY} /jinaflow

# Compiles on the builder's own platform for the target's; the linker that comes with Rust serves both.
FROM --platform=$BUILDPLATFORM ${RUST_IMAGE} AS build
ARG TARGETARCH
WORKDIR /src
COPY Cargo.toml Cargo.lock README.md LICENSE CHANGELOG.md ./
COPY src src
COPY functions functions
COPY benches benches
RUN case "${TARGETARCH}" in \
      amd64) target=x86_64-unknown-linux-musl ;; \
      arm64) target=aarch64-unknown-linux-musl ;; \
      *) echo "no build for ${TARGETARCH}" >&2; exit 1 ;; \
    esac \
 && rustup target add "${target}" \
 && RUSTFLAGS="-C linker=rust-lld -C link-self-contained=yes" cargo build --profile dist --locked --target "${target}" \
 && cp "target/${target}/dist/jinaflow" /jinaflow

FROM base
COPY --from=build /jinaflow /jinaflow
