#!/usr/bin/env bash
# Builds the program for one target, with the settings of a release.
#   release/build.sh TARGET [INTO]      prints the path of the program, or copies it to INTO
# Static programs for Linux need no other linker than that of Rust. Programs for macOS and Windows need the linker of their
# system, so build them there. The program has no path of this machine in it: builds of one commit in two folders, with the same
# version of Rust, are the same bytes.
set -euo pipefail
(($# == 1 || $# == 2)) || { echo "usage: build.sh TARGET [INTO]" >&2; exit 2; }
target=$1 into=${2:+$(mkdir -p "$2" && cd "$2" && pwd)}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Inside of `cargo test`, rustup sets the variable. It would update a toolchain that is there, such as `stable`.
if [[ -n ${RUSTUP_TOOLCHAIN:-} ]] && ! rustup toolchain list | grep "^$RUSTUP_TOOLCHAIN" > /dev/null; then
  rustup toolchain install "$RUSTUP_TOOLCHAIN" --profile minimal --no-self-update >&2
fi
if ! rustup target list --installed | tr -d '\r' | grep -x "$target" > /dev/null; then rustup target add "$target" >&2; fi
cargo build --quiet --profile dist --locked --target "$target" --config "$(release/flags.sh "$target")" >&2

program=${CARGO_TARGET_DIR:-target}/$target/dist/jinaflow
case $target in *-windows-*) program+=.exe ;; esac
if [[ -n $into ]]; then
  cp "$program" "$into/"
  program=$into/${program##*/}
fi
echo "$program"
