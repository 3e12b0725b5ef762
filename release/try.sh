#!/usr/bin/env bash
# Tries an installed program: the steps of README with a Flow, in an empty folder.
#   release/try.sh PROGRAM [VERSION]
set -euo pipefail
(($# == 1 || $# == 2)) || { echo "usage: try.sh PROGRAM [VERSION]" >&2; exit 2; }
program=$1 version=${2:-$("$(dirname "${BASH_SOURCE[0]}")/version.sh")}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
fail() { echo "try.sh: $*" >&2; exit 1; }

said=$("$program" --version | tr -d '\r')
[[ $said == "jinaflow $version" ]] || fail "--version says \"$said\", not \"jinaflow $version\""
cat > flow.yml << 'FLOW'
jtype: Flow
executors:
  - name: encoder
    uses: docker://acme/clip-encoder:1.0.0
    replicas: 2
  - name: indexer
    uses: docker://acme/annlite-indexer:1.0.0
    shards: 2
gateway:
  replicas: 3
FLOW
"$program" export flow.yml k8s
[[ -f k8s/gateway/gateway.yml && -f k8s/indexer/indexer-head.yml ]] || fail "export wrote no files"
"$program" check k8s | grep > /dev/null '^components: 5, addresses: 4, errors: 0' || fail "check does not find 5 components"
"$program" init flow.yml search --name search
[[ -f search/overlays/prod/kustomization.yaml ]] || fail "init wrote no overlay"
"$program" graph flow.yml | grep > /dev/null '^flowchart' || fail "graph drew nothing"
"$program" manual | grep > /dev/null '^# jinaflow' || fail "the manual is missing"
echo "$said works"
