#!/usr/bin/env bash
# Makes the files of a release from its programs: archives, bills of materials, formula, notes, checksums.
#   release/package.sh PROGRAMS INTO    PROGRAMS/TARGET/jinaflow is the program of a target, from release/build.sh
# The program for Linux on x86-64 has to run here: it prints the completions and the manual pages. SHA256SUMS has each file but the
# notes.
set -euo pipefail
(($# == 2)) || { echo "usage: package.sh PROGRAMS INTO" >&2; exit 2; }
programs=$(realpath "$1") into=$(mkdir -p "$2" && realpath "$2")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=jinaflow-$("$here/version.sh")
if [[ -n $(ls "$into") ]]; then echo "package.sh: $2 is not empty" >&2; exit 1; fi

extras=$(mktemp -d)
trap 'rm -rf "$extras"' EXIT
cp "$programs/x86_64-unknown-linux-musl/jinaflow" "$extras/jinaflow"
# An artifact of a workflow has no permissions.
chmod 755 "$extras/jinaflow"
"$here/extras.sh" "$extras/jinaflow" "$extras/all"

while read -r target; do
  program=$programs/$target/jinaflow
  case $target in *-windows-*) program+=.exe ;; esac
  [[ -f $program ]] || { echo "package.sh: $program is missing; build it with release/build.sh $target ${program%/*}" >&2; exit 1; }
  "$here/archive.sh" "$target" "$program" "$into" "$extras/all"
  "$here/sbom.py" "$target" > "$into/$name-$target.cdx.json"
done < "$here/targets"
(cd "$into" && sha256sum -- jinaflow-*) > "$into/SHA256SUMS"
"$here/formula.sh" "$into/SHA256SUMS" > "$into/jinaflow.rb"
(cd "$into" && sha256sum -- jinaflow.rb) >> "$into/SHA256SUMS"
"$here/notes.sh" > "$into/notes.md"
