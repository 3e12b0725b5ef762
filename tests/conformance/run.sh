#!/usr/bin/env bash
# The conformance tests: jinaflow against the real kustomize, kubectl, kpt, Jina, podman, API server and schemas of
# Kubernetes, and on a real cluster.
#   tests/conformance/run.sh             all of them
#   tests/conformance/run.sh FILTER…     some of those that need no cluster; for the others, see cluster/run.sh
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
"$here/setup.sh"

# shellcheck source=binary.sh
source "$here/binary.sh"
binary=$JINAFLOW_STATIC_BINARY
limit=4700000
size=$(stat -c %s "$binary")
echo "== $binary: $size bytes"
if ((size > limit)); then echo "run.sh: more than $limit bytes" >&2; exit 1; fi
if ldd "$binary" 2>&1 | grep -q '=>'; then echo "run.sh: $binary is not static" >&2; exit 1; fi

# Most of the time is spent in containers, so two tests run in parallel.
conformance() { cargo test --locked --features conformance --test conformance -- --test-threads 2 "$@"; }
if (($# > 0)); then
  conformance "$@"
  exit
fi

# The tests on the cluster mostly wait for it, so they run at the same time.
cargo test --locked --features conformance --test conformance --test cluster --no-run
log=$(mktemp)
"$here/cluster/run.sh" > "$log" 2>&1 &
cluster=$!
# In a trap, `set -e` would turn the failure of `kill` on a process that has ended into the result of this script.
trap 'kill "$cluster" 2> /dev/null || true; wait "$cluster" || true; rm -f "$log"' EXIT
failed=0
conformance || failed=1
wait "$cluster" || failed=1
cat "$log"
exit "$failed"
