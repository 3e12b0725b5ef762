#!/usr/bin/env bash
# Builds the wheels and the source distribution of the Python package.
#   python/wheels.sh DIR             for Linux on x86-64 and arm64, and the source distribution
#   python/wheels.sh DIR TARGET…     for some targets: x86_64-unknown-linux-musl, aarch64-apple-darwin, …
# The wheels have the programs of release/build.sh. Those for Linux are static, so one wheel installs on glibc and on musl. Wheels for
# macOS and Windows have to be built where their linker is. Completions and manual pages are printed by the program for this machine:
# they are the same for each target. Needs maturin (tests/conformance/requirements-python.txt) on the PATH or in .tools/python.
set -euo pipefail
into=${1:?wheels.sh: name the folder of the wheels}
into=$(mkdir -p "$into" && cd "$into" && pwd)
shift
cd "$(dirname "${BASH_SOURCE[0]}")"
maturin=$(type -P maturin || echo "$PWD/../.tools/python/bin/maturin")
# Files in a wheel have the time of the commit, so that two wheels of one commit are the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
# Maturin finds this folder by its name. It is removed afterwards, so that a later build without this script, such as `pip install .`,
# has no completions, and never those of another commit.
data=$PWD/jinaflow.data extras=$(mktemp -d)
trap 'rm -rf "$data" "$extras"' EXIT
rm -rf "$data"
host=$(rustc -vV | tr -d '\r' | sed -n 's/^host: //p')
../release/extras.sh "$(../release/build.sh "${host/%-linux-gnu/-linux-musl}" "$extras/program")" "$extras"
# Below the prefix of an environment, where shells and `man` look.
share=$data/data/share
mkdir -p "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
cp "$extras/completions/jinaflow.bash" "$share/bash-completion/completions/jinaflow"
cp "$extras/completions/_jinaflow" "$share/zsh/site-functions/_jinaflow"
cp "$extras/completions/jinaflow.fish" "$share/fish/vendor_completions.d/jinaflow.fish"
cp -R "$extras/man" "$share/man"
targets=("$@")
if (($# == 0)); then targets=(x86_64-unknown-linux-musl aarch64-unknown-linux-musl); fi
for target in "${targets[@]}"; do
  rustup target list --installed | tr -d '\r' | grep -x "$target" > /dev/null || rustup target add "$target"
  options=(--profile dist --locked --target "$target" --config "$(../release/flags.sh "$target")" --out "$into")
  case $target in *-linux-musl) options+=(--compatibility manylinux2014 musllinux_1_1) ;; esac
  "$maturin" build "${options[@]}"
done
(($# > 0)) || "$maturin" sdist --out "$into"
ls -l "$into"
