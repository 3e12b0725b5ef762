#!/usr/bin/env bash
# Renders overlays to folders of plain manifests, with one object in each file, for tools that run no plugins.
#   render.sh OVERLAY...       overlays/prod is rendered to rendered/prod
# Replaces nothing unless `jinaflow check` succeeds for every overlay. Refuses an overlay that generates a Secret, which would be
# readable in the repository.
set -euo pipefail
(($#)) || { echo "usage: render.sh OVERLAY..." >&2; exit 2; }
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
for overlay in "$@"; do
  to=$fresh/$(basename "$overlay")
  mkdir "$to"
  kustomize build --enable-alpha-plugins --enable-exec "$overlay" --output "$to"
  jinaflow check "$to"
  if grep -qrx 'kind: Secret' "$to"; then
    echo "render.sh: $overlay generates a Secret; provide it in another way, and name it under spec.external.secrets" >&2
    exit 1
  fi
done
mkdir -p rendered
for overlay in "$@"; do
  name=$(basename "$overlay")
  rm -rf "rendered/$name"
  mv "$fresh/$name" "rendered/$name"
done
