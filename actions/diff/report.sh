#!/usr/bin/env bash
# Prints the result of compare.sh as one Markdown document.
#   report.sh OUT LIMIT [LINK]     with at most LIMIT bytes. LINK leads to the whole report, and is named if parts are left out
# To be short enough, the report first has no folded details, and then fewer overlays. The first line is the mark by which the
# comment is found again.
set -euo pipefail
(($# == 2 || $# == 3)) || { echo "usage: report.sh OUT LIMIT [LINK]" >&2; exit 2; }
[[ $2 =~ ^[0-9]+$ ]] || { echo "report.sh: LIMIT is a number of bytes (got $2)" >&2; exit 2; }
limit=$2 link=${3:-}
cd "$1"

count=$(wc -l < overlays)
begin() {
  cat mark title
  printf '\nCompared with %s.\n\n' "$(cat base)"
}
# The names of overlays that do not change, or their number.
end() {
  local same
  same=$(wc -l < unchanged)
  if ((same == count)); then
    printf 'Nothing changes.\n'
  elif ((same > 20)); then
    printf 'No change in %d others.\n' "$same"
  elif ((same > 0)); then
    awk '{ printf "%s%s", NR == 1 ? "No change: " : ", ", $0 } END { print "" }' unchanged
  fi
}
without_details() {
  awk '
    { starts = gsub(/<details/, "&"); ends = gsub(/<\/details>/, "&"); before = depth; depth += starts - ends }
    !before && !starts
  '
}
sections() {
  local number
  for ((number = 1; number <= count; number++)); do
    if [[ -e $number/section.md ]]; then cat "$number/section.md"; fi
  done
}
complete() { begin; sections; end; }

if (($(complete | wc -c) <= limit)); then
  complete
  exit
fi
left_out() {
  printf '%s left out, because the report is too long.' "$1"
  if [[ -n $link ]]; then printf ' [The whole report](%s)' "$link"; fi
  printf '\n\n'
}
short=$(mktemp -d)
trap 'rm -rf "$short"' EXIT
room=$((limit - $({ begin; left_out 'The details and 99999 overlays are'; end; } | wc -c)))
dropped=0
for ((number = 1; number <= count; number++)); do
  [[ -e $number/section.md ]] || continue
  without_details < "$number/section.md" > "$short/section"
  bytes=$(wc -c < "$short/section")
  if ((bytes <= room)); then
    room=$((room - bytes))
    cat "$short/section" >> "$short/sections"
  else
    dropped=$((dropped + 1))
  fi
done
begin
case $dropped in
  0) left_out 'The details are' ;;
  1) left_out 'The details and 1 overlay are' ;;
  *) left_out "The details and $dropped overlays are" ;;
esac
if [[ -e $short/sections ]]; then cat "$short/sections"; fi
end
