#!/usr/bin/env bash
# Prints the notes of a release: the section of CHANGELOG.md of the version, or of VERSION.
#   release/notes.sh [VERSION]
# A forge shows each line break of notes, so the lines of a paragraph become one line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=${1:-$(release/version.sh)}
notes=$(awk -v wanted="$version" '
  /^## / { within = $2 == wanted; next }
  !within { next }
  function flush() { if (text != "") print text; text = "" }
  /^```/ { flush(); block = !block; print; next }
  block { print; next }
  /^$/ || /^#/ { flush(); print; next }
  /^ *([-*+]|[0-9]+\.) / { flush(); text = $0; next }
  { line = $0; sub(/^ +/, "", line); text = text == "" ? $0 : text " " line }
  END { flush() }
' CHANGELOG.md | sed '/./,$!d')
[[ -n $notes ]] || { echo "notes.sh: CHANGELOG.md has no section \"## $version\", or it is empty" >&2; exit 1; }
printf '%s\n' "$notes"
