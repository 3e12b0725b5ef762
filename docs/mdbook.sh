#!/usr/bin/env bash
# Installs mdBook into FOLDER/bin. It runs for a second, so the compiler spends no time on its speed.
#   docs/mdbook.sh FOLDER
set -euo pipefail
version=0.5.4
mkdir -p "$1"
if [[ $("$1/bin/mdbook" --version 2> /dev/null || true) != "mdbook v$version" ]]; then
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install mdbook --quiet --locked --version "$version" --no-default-features --features search --root "$1" --force
fi
