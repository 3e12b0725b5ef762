#!/usr/bin/env bash
# Prints the flags of Rust for the released program of a target, as a setting for `cargo --config`. They are added to those in
# .cargo/config.toml.
#   release/flags.sh TARGET
set -euo pipefail
(($# == 1)) || { echo "usage: flags.sh TARGET" >&2; exit 2; }
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# On Windows, bash and Rust write the same path in two ways.
native() { if command -v cygpath > /dev/null; then cygpath -w "$1"; else echo "$1"; fi; }
flags="'--remap-path-prefix=$(native "$PWD")=.', '--remap-path-prefix=$(native "${CARGO_HOME:-$HOME/.cargo}")=cargo'"
case $1 in
  *-linux-musl) flags+=", '-Clinker=rust-lld', '-Clink-self-contained=yes'" ;;
  # No runtime library of Visual C++ is needed, and no time is stored.
  *-windows-msvc) flags+=", '-Ctarget-feature=+crt-static', '-Clink-arg=/Brepro'" ;;
esac
echo "target.$1.rustflags = [$flags]"
