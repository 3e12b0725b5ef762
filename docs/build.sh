#!/usr/bin/env bash
# Builds the site of the documentation from the documents of the repository.
#   docs/build.sh OUT
# Needs Rust and Python 3.11. MDBOOK is mdBook, and JINAFLOW the program whose help becomes pages; without them, the script builds
# both.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
if [[ -z ${MDBOOK:-} ]]; then
  docs/mdbook.sh "$target/docs"
  MDBOOK=$target/docs/bin/mdbook
fi
if [[ -z ${JINAFLOW:-} ]]; then
  cargo build --locked --quiet
  JINAFLOW=$target/debug/jinaflow
fi
book=$(mktemp -d)
trap 'rm -rf "$book"' EXIT
cp docs/book.toml docs/site.css "$book"
python3 docs/assemble.py "$JINAFLOW" "$book/src"
url() { sed -n "s/^$1 = \"\(.*\)\"$/\1/p" Cargo.toml; }
site=$(url homepage)
MDBOOK_OUTPUT__HTML__GIT_REPOSITORY_URL=$(url repository)
# The path of the site on its server.
export MDBOOK_OUTPUT__HTML__GIT_REPOSITORY_URL MDBOOK_OUTPUT__HTML__SITE_URL=/${site#*://*/}
rm -rf "$out"
"$MDBOOK" build "$book" --dest-dir "$out"
python3 docs/links.py "$out"
