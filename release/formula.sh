#!/usr/bin/env bash
# Prints the Homebrew formula of a release, with the checksums of its archives.
#   release/formula.sh SHA256SUMS
set -euo pipefail
(($# == 1)) || { echo "usage: formula.sh SHA256SUMS" >&2; exit 2; }
sums=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$(release/version.sh)
repository=$(release/repository.sh)
script="s|@REPOSITORY@|$repository|; s|@VERSION@|$version|; s|@URL@|$repository/releases/download/v$version/jinaflow-$version|"
while read -r target; do
  case $target in *-windows-*) continue ;; esac
  sum=$(awk -v name="jinaflow-$version-$target.tar.gz" '$2 == name { print $1 }' "$sums")
  [[ $sum =~ ^[0-9a-f]{64}$ ]] || { echo "formula.sh: $1 has no checksum of jinaflow-$version-$target.tar.gz" >&2; exit 1; }
  script+="; s|@$target@|$sum|"
done < release/targets
sed "$script" release/formula.rb
