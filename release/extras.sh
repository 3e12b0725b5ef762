#!/usr/bin/env bash
# Writes what a program prints for shells and for `man` into a folder, as archives have it.
#   release/extras.sh PROGRAM FOLDER
set -euo pipefail
(($# == 2)) || { echo "usage: extras.sh PROGRAM FOLDER" >&2; exit 2; }
program=$1 folder=$2
mkdir -p "$folder/completions"
"$program" completion bash > "$folder/completions/jinaflow.bash"
"$program" completion zsh > "$folder/completions/_jinaflow"
"$program" completion fish > "$folder/completions/jinaflow.fish"
"$program" completion powershell > "$folder/completions/jinaflow.ps1"
"$program" man --output "$folder/man" > /dev/null
