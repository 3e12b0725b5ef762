#!/usr/bin/env bash
# Fuzzes with libFuzzer on stable Rust.
#   fuzz/run.sh [SECONDS-PER-TARGET [TARGET…]]       60 seconds; envelope, flow and merge
#   fuzz/run.sh minimize [TARGET…]                   writes the useful inputs into tests/corpus/TARGET.jsonl
# New inputs of libFuzzer are in fuzz/target/found, and failing inputs are in fuzz/target/broken.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
shift || true
targets=("$@")
((${#targets[@]})) || targets=(envelope flow merge)

# The compiler flags of `cargo fuzz`, without the sanitizers, which need a nightly compiler. The profile enables overflow
# checks and debug assertions. With `--target`, the flags do not apply to build scripts.
coverage='-Cpasses=sancov-module -Ccodegen-units=1'
for part in level=4 inline-8bit-counters pc-table trace-compares; do
  coverage+=" -Cllvm-args=-sanitizer-coverage-$part"
done
host=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS=$coverage cargo build --manifest-path fuzz/Cargo.toml --release --locked --target "$host"
programs=fuzz/target/$host/release
found=fuzz/target/found
broken=fuzz/target/broken
seeds=fuzz/target/seeds
mkdir -p "$broken"
rm -rf "$seeds"
mkdir -p "$seeds"/{envelope,flow,merge}
for target in envelope flow merge; do mkdir -p "$found/$target" "tests/corpus/$target"; done

for folder in tests/krm/*/; do
  name=$(basename "$folder")
  cp "$folder/stdin.yaml" "$seeds/envelope/$name-in"
  cp "$folder/stdout.yaml" "$seeds/envelope/$name-out"
done
previous=$'jtype: Flow\n'
for file in tests/jina/flows/*/flow.yml; do
  name=$(basename "$(dirname "$file")")
  cp "$file" "$seeds/flow/$name"
  { printf '%s\n=====\n' "$previous"; cat "$file"; printf '\n=====\n40=edited\n90+added: line\n130-\n=====\nkeep'; } > "$seeds/merge/$name"
  previous=$(< "$file")
done

for target in envelope flow merge; do fuzz/corpus.py unpack "tests/corpus/$target.jsonl" "$seeds/$target"; done

words=fuzz/target/words.dict
{ cat fuzz/words.dict; sed -n 's/^ *"dest": "\([a-z_0-9]*\)",$/"\1: "/p' tests/jina/options.json | sort -u; } > "$words"

if [[ $seconds == minimize ]]; then
  for target in "${targets[@]}"; do
    new=fuzz/target/minimized/$target
    rm -rf "$new"
    mkdir -p "$new"
    # Only small inputs are kept; tests/it/corpus.rs builds the large ones. The number of times that an edge is taken is ignored.
    "$programs/$target" -set_cover_merge=1 -use_counters=0 -max_len=8192 -rss_limit_mb=512 "$new" "$found/$target" \
      "$seeds/$target" 2>&1 | tail -n 1
    # The files are in the order of their selection, so the first ones add the most coverage.
    find "$new" -type f -printf '%T@ %p\n' | sort -n | tail -n +121 | cut -d ' ' -f 2 | xargs -r rm
    fuzz/corpus.py pack "$new" "tests/corpus/$target.jsonl"
  done
  exit
fi

table=$(printf '%-10s %12s %8s %9s %8s %8s' target executions seconds 'peak MB' corpus crashes)
failed=0
for target in "${targets[@]}"; do
  log=fuzz/target/$target.log
  crashes=0
  "$programs/$target" -max_len=1048576 -timeout=10 -rss_limit_mb=512 -max_total_time="$seconds" -print_final_stats=1 \
    -dict="$words" -artifact_prefix="$broken/$target-" "$found/$target" "tests/corpus/$target" "$seeds/$target" \
    > "$log" 2>&1 || { crashes=1; failed=1; tail -n 40 "$log"; }
  of() { sed -n "s/$1/\1/p" "$log" | tail -n 1; }
  table+=$'\n'$(printf '%-10s %12s %8s %9s %8s %8s' "$target" "$(of '^stat::number_of_executed_units: *\(.*\)')" \
    "$(of '^Done .* runs in \(.*\) second.*')" "$(of '^stat::peak_rss_mb: *\(.*\)')" \
    "$(find "$found/$target" -type f | wc -l)" "$crashes")
done
printf '%s\n' "$table"
exit "$failed"
