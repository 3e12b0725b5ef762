#!/usr/bin/env bash
# Starts a real cluster of one node, runs the tests of this folder on it, and ends it.
#   tests/conformance/cluster/run.sh [FILTER…]
# Needs root. up.sh, in.sh and down.sh do the steps one by one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../../.."
if [[ -z ${JINAFLOW_STATIC_BINARY:-} ]]; then
  "$here/../setup.sh"
  # shellcheck source=../binary.sh
  source "$here/../binary.sh"
fi
trap '"$here/down.sh"' EXIT
trap 'exit 1' INT TERM
"$here/up.sh"
# In the background, because a trap waits for the command in the foreground.
tests() {
  cargo test --locked --features conformance --test cluster -- --test-threads 4 "$@" &
  wait $!
}
if (($# > 0)); then
  tests "$@"
  exit
fi
# The comparisons keep the API server busy, so they begin when the tests with requests have ended.
failed=0
tests --skip diff_ || failed=1
tests diff_ || failed=1
exit "$failed"
