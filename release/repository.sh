#!/usr/bin/env bash
# Prints the address of the repository in which releases are published, as Cargo.toml says.
#   release/repository.sh [ADDRESS]     fails if it is not ADDRESS
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
repository=$(sed -n 's/^repository = "\(.*\)"$/\1/p' Cargo.toml)
if [[ ${1:-$repository} != "$repository" ]]; then
  echo "repository.sh: Cargo.toml has repository = \"$repository\", but a release is published in $1;" \
    "replace the first by the second in all files" >&2
  exit 1
fi
echo "$repository"
