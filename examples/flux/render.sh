#!/usr/bin/env bash
# Renders overlays into folders of plain manifests, an object a file, for whoever runs no plugins.
#   render.sh OVERLAY...       overlays/prod becomes rendered/prod
# Nothing is replaced unless every Flow is wired. A Secret that an overlay generates is refused: it would be in the
# repository for everybody to read.
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
    echo "render.sh: $overlay generates a Secret; have it brought by somebody else, and name it under spec.external.secrets" >&2
    exit 1
  fi
done
mkdir -p rendered
for overlay in "$@"; do
  name=$(basename "$overlay")
  rm -rf "rendered/$name"
  mv "$fresh/$name" "rendered/$name"
done
