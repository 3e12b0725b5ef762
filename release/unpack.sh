#!/usr/bin/env bash
# Unpacks the archive of a target into an empty folder, after a check of its checksum, and copies its bill of materials to
# FOLDER.cdx.json.
#   release/unpack.sh FILES TARGET FOLDER       FILES has what release/package.sh wrote
set -euo pipefail
(($# == 3)) || { echo "usage: unpack.sh FILES TARGET FOLDER" >&2; exit 2; }
files=$1 target=$2 folder=$3
sum() { if command -v sha256sum > /dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }
name=$(cd "$files" && ls jinaflow-*-"$target".cdx.json)
name=${name%.cdx.json}
mkdir -p "$folder"
if [[ -n $(ls "$folder") ]]; then echo "unpack.sh: $folder is not empty" >&2; exit 1; fi
(cd "$files" && grep -E "  $name\.(tar\.gz|zip|cdx\.json)\$" SHA256SUMS | sum --check)
if [[ -f $files/$name.zip ]]; then
  unzip -q "$files/$name.zip" -d "$folder"
else
  tar -xzf "$files/$name.tar.gz" -C "$folder"
fi
mv "$folder/$name"/* "$folder"
rmdir "$folder/$name"
cp "$files/$name.cdx.json" "$folder.cdx.json"
