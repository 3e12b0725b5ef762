#!/usr/bin/env bash
# The conformance tests: jinaflow against the real kustomize, kubectl, kpt, Jina, podman, API server and schemas of
# Kubernetes.
#   tests/conformance/run.sh [FILTER]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
"$here/setup.sh"

# The binary of the image: with musl if its target can be installed, else with a static glibc.
if rustup target add x86_64-unknown-linux-musl > /dev/null 2>&1; then
  cargo build --profile dist --locked --target x86_64-unknown-linux-musl
  binary=target/x86_64-unknown-linux-musl/dist/jinaflow
  limit=3000000
else
  RUSTFLAGS='-C target-feature=+crt-static' cargo build --profile dist --locked --target x86_64-unknown-linux-gnu
  binary=target/x86_64-unknown-linux-gnu/dist/jinaflow
  limit=3000000
fi
size=$(stat -c %s "$binary")
echo "== $binary: $size bytes"
if ((size > limit)); then echo "run.sh: more than $limit bytes" >&2; exit 1; fi
if ldd "$binary" 2>&1 | grep -q '=>'; then echo "run.sh: $binary is not static" >&2; exit 1; fi

# Most of the time is spent in containers, so two tests run in parallel.
JINAFLOW_STATIC_BINARY=$binary cargo test --locked --features conformance --test conformance -- --test-threads 2 "$@"
