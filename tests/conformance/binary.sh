# shellcheck shell=bash
# Builds the released binary, with musl if its target can be installed, else with a static glibc, and sets
# JINAFLOW_STATIC_BINARY. The scripts that run tests source this file.
if rustup target add x86_64-unknown-linux-musl > /dev/null 2>&1; then
  JINAFLOW_STATIC_BINARY=$(release/build.sh x86_64-unknown-linux-musl)
else
  RUSTFLAGS='-C target-feature=+crt-static' cargo build --profile dist --locked --target x86_64-unknown-linux-gnu
  JINAFLOW_STATIC_BINARY=target/x86_64-unknown-linux-gnu/dist/jinaflow
fi
export JINAFLOW_STATIC_BINARY
