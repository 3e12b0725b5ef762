#!/usr/bin/env bash
# Builds the wheels and the source distribution of the Python package.
#   python/wheels.sh DIR             for Linux on x86-64 and arm64
#   python/wheels.sh DIR x86_64      for one of them
# The binaries are static, so one wheel installs on glibc and on musl. On macOS and Windows, run `pip wheel ./python`: each wheel
# has to be built where its linker is. Needs maturin (tests/conformance/requirements-python.txt) on the PATH or in .tools/python.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
into=$(realpath -m "${1:?wheels.sh: name the folder of the wheels}")
shift
maturin=$(type -P maturin || echo "$here/../.tools/python/bin/maturin")
# The linker of Rust itself links static binaries of any architecture. No other compiler is needed.
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
cd "$here"
for machine in "${@:-x86_64 aarch64}"; do
  for name in $machine; do
    target=$name-unknown-linux-musl
    rustup target list --installed | grep -qx "$target" || rustup target add "$target"
    "$maturin" build --profile dist --locked --target "$target" \
      --compatibility manylinux2014 musllinux_1_1 --out "$into"
  done
done
(($# > 0)) || "$maturin" sdist --out "$into"
ls -l "$into"
