# The image of the function: one static binary and nothing else.
#
#   docker build -t jinaflow .                               compiles in the build (amd64 and arm64)
#   docker build -t jinaflow --target prebuilt \
#     --build-arg BINARY=target/x86_64-unknown-linux-musl/dist/jinaflow .
#                                                            copies a finished binary; pulls no image
ARG RUST_IMAGE=rust:1.95-alpine

# The common part. kustomize and kpt run the image with `--user nobody`, a name that needs an entry in /etc/passwd.
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

# Copies the binary of each platform, from the folder that release/image.sh lays out.
FROM base AS released
ARG TARGETARCH
COPY ${TARGETARCH}/jinaflow /jinaflow

# Compiles on the builder's platform for the target platform. The linker of Rust works for both.
FROM --platform=$BUILDPLATFORM ${RUST_IMAGE} AS build
ARG TARGETARCH
WORKDIR /src
COPY Cargo.toml Cargo.lock README.md LICENSE CHANGELOG.md ./
COPY .cargo .cargo
COPY src src
COPY functions functions
COPY benches benches
RUN case "${TARGETARCH}" in \
      amd64) target=x86_64-unknown-linux-musl ;; \
      arm64) target=aarch64-unknown-linux-musl ;; \
      *) echo "no build for ${TARGETARCH}" >&2; exit 1 ;; \
    esac \
 && rustup target add "${target}" \
 && cargo build --profile dist --locked --target "${target}" \
      --config "target.${target}.rustflags = ['-C', 'linker=rust-lld', '-C', 'link-self-contained=yes']" \
 && cp "target/${target}/dist/jinaflow" /jinaflow

FROM base
COPY --from=build /jinaflow /jinaflow
