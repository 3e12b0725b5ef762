#!/usr/bin/env bash
# Compiles the jinaflow of this action with cargo.
#   install.sh ROOT       the program is ROOT/bin/jinaflow
set -euo pipefail
(($# == 1)) || { echo "usage: install.sh ROOT" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v cargo > /dev/null || { echo "install.sh: cargo is missing; install Rust, or name a program in \`jinaflow\`" >&2; exit 1; }
cargo install --quiet --locked --path "$here/../.." --root "$1"
