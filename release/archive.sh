#!/usr/bin/env bash
# Packs the program of one target: a tar.gz, or a zip for Windows. Prints the path of the archive.
#   release/archive.sh TARGET PROGRAM INTO [FOLDER]     with everything in FOLDER, such as completions and manual pages
# Two archives of one commit and one program are the same bytes. Needs GNU tar, and zip for Windows.
set -euo pipefail
(($# == 3 || $# == 4)) || { echo "usage: archive.sh TARGET PROGRAM INTO [FOLDER]" >&2; exit 2; }
target=$1 program=$(realpath "$2") into=$(mkdir -p "$3" && realpath "$3") folder=${4:+$(realpath "$4")}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=jinaflow-$(release/version.sh)-$target
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir "$stage/$name"
if [[ -n $folder ]]; then cp -R "$folder/." "$stage/$name"; fi
cp LICENSE README.md CHANGELOG.md "$stage/$name"
find "$stage/$name" -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
install -m 755 "$program" "$stage/$name/"
find "$stage" -exec touch --no-dereference --date="@$epoch" {} +

case $target in
  *-windows-*)
    archive=$into/$name.zip
    rm -f "$archive"
    (cd "$stage" && find "$name" | LC_ALL=C sort | TZ=UTC zip --quiet -X -9 "$archive" -@) ;;
  *)
    archive=$into/$name.tar.gz
    tar --create --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --directory "$stage" "$name" |
      gzip -n -9 > "$archive" ;;
esac
echo "$archive"
