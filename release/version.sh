#!/usr/bin/env bash
# The version, which Cargo.toml says.
#   release/version.sh              prints it
#   release/version.sh check [TAG]  fails if a file names another version, and, with TAG, if it cannot be released as TAG
#   release/version.sh set X.Y.Z    writes a new version into every file that names it
#   release/version.sh tags         the tags of the image: the version, and vX.Y and vX unless a newer release has them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$(awk -F '"' '/^version = / { print $2; exit }' Cargo.toml)
number='[0-9]+\.[0-9]+\.[0-9]+'
fail() { echo "version.sh: $*" >&2; exit 1; }
[[ $version =~ ^$number$ ]] || fail "Cargo.toml: the version is not X.Y.Z (got \"$version\")"

# How documents, examples and packages name a version of jinaflow: image, requirement, archive, tag, metadata of packages.
named="((jinaflow(:v|==|@v|-v?)|rev: v|releases/download/v)|^(version = \"|__version__ = '))$number"
places=(README.md CONTRIBUTING.md Cargo.toml pyproject.toml .pre-commit-hooks.yaml .github actions examples functions python)
mentions() { git grep --untracked -InoE "$named" -- "${places[@]}" || true; }

case ${1:-print} in
  print) echo "$version" ;;
  check)
    others=$(mentions | grep -vE "[^0-9]${version//./\\.}\$" || true)
    [[ -z $others ]] ||
      fail "Cargo.toml has version $version, but these lines have another one; run release/version.sh set $version"$'\n'"$others"
    heading=$(grep -E "^## ${version//./\\.}( |\$)" CHANGELOG.md) || fail "CHANGELOG.md has no section \"## $version\""
    if (($# > 1)); then
      [[ $2 == "v$version" ]] || fail "the tag has to be v$version (got $2)"
      [[ $heading =~ \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$ ]] ||
        fail "CHANGELOG.md: \"$heading\" has no date; write \"## $version (YYYY-MM-DD)\""
    fi ;;
  set)
    [[ ${2:-} =~ ^$number$ ]] || fail "the version is X.Y.Z (got \"${2:-}\")"
    mentions | cut -d: -f1 | sort -u | xargs sed -i -E "s~($named)~\n\1\n~g; s~(\n[^\n]*[^0-9])$number\n~\1$2~g; s~\n~~g"
    sed -i -E "s/^## ${version//./\\.} \(unreleased\)\$/## $2 (unreleased)/" CHANGELOG.md
    sed -i "/^name = \"jinaflow\"\$/{n;s/.*/version = \"$2\"/}" Cargo.lock fuzz/Cargo.lock ;;
  tags)
    newest() { # whether no tag of a release that begins with $1 is newer
      [[ $(printf '%s\n' "v$version" "$(git tag --list "$1.*")" | grep -E "^v$number\$" | sort -V | tail -1) == "v$version" ]]
    }
    echo "v$version"
    minor=v${version%.*} major=v${version%%.*}
    if newest "$minor"; then echo "$minor"; fi
    if newest "$major"; then echo "$major"; fi ;;
  *) echo "usage: version.sh [check [TAG] | set X.Y.Z | tags]" >&2; exit 2 ;;
esac
