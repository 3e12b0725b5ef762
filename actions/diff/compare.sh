#!/usr/bin/env bash
# Checks each overlay that build.sh has built, and compares its two sides.
#   compare.sh OUT
# Writes OUT/N/section.md for each overlay that changes or has an error, and the lines `changed=` and `failed=` to OUT/result.
# Environment:
#   EXTERNAL   one KIND/NAME in each line: objects that others provide, as for `jinaflow check --external`
set -euo pipefail
(($# == 1)) || { echo "usage: compare.sh OUT" >&2; exit 2; }
[[ -e $1/overlays ]] || { echo "compare.sh: $1 has no output of build.sh" >&2; exit 2; }
cd "$1"

external=()
while IFS= read -r object; do
  object=${object//[[:space:]]/}
  [[ -z $object ]] || external+=(--external "$object")
done <<< "${EXTERNAL:-}"

# Output of a program. In Markdown, it must not end its block, and must not mention people.
quoted() {
  printf '<pre>\n'
  sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' "$1" | awk 'NR <= 80 { print } END { if (NR > 80) print "… and " NR - 80 " more lines" }'
  printf '</pre>\n\n'
}

difference() { ../bin/jinaflow diff old new --output "$1" "${external[@]}"; } # format

changed=false failed=false number=0
: > unchanged
while IFS= read -r overlay; do
  number=$((number + 1))
  cd "$number"
  name="\`$(tr '\`' \' <<< "$overlay")\`"
  state='' has_section=false
  : > body
  if [[ -e new.failed ]]; then
    failed=true has_section=true state=' cannot be built'
    quoted new.failed >> body
  elif [[ -e new.exists ]] && ! ../bin/jinaflow check new "${external[@]}" > check.out 2> check.err; then
    failed=true has_section=true
    { printf 'The check finds errors:\n\n'; quoted check.err; } >> body
    cat check.err >&2
  fi
  if [[ -e new.failed ]]; then
    changed=true
  elif [[ -e old.failed ]]; then
    changed=true has_section=true
    { printf 'Not compared: commit %s cannot be built.\n\n' "$(cat ../base)"; quoted old.failed; } >> body
  else
    code=0
    difference markdown > diff.md 2> diff.err || code=$?
    case $code in
      0) ;;
      1)
        changed=true has_section=true
        if [[ ! -e old.exists ]]; then state=' is new'; fi
        if [[ ! -e new.exists ]]; then state=' is removed'; fi
        { cat diff.md; printf '\n'; } >> body
        difference mermaid > picture 2> /dev/null || true
        # A larger picture is not readable; GitHub draws none with more than 500 edges.
        if [[ -s picture ]] && (($(wc -c < picture) <= 20000)); then
          { printf '<details><summary>as a picture</summary>\n\n```mermaid\n'; cat picture; printf '```\n\n</details>\n\n'; } >> body
        fi
        ;;
      *)
        changed=true failed=true has_section=true
        { printf 'Not compared:\n\n'; quoted diff.err; } >> body
        cat diff.err >&2
        ;;
    esac
  fi
  if [[ $has_section == true ]]; then
    { printf '### %s%s\n\n' "$name" "$state"; cat body; } > section.md
  else
    printf '%s\n' "$name" >> ../unchanged
  fi
  cd ..
done < overlays
printf 'changed=%s\nfailed=%s\n' "$changed" "$failed" > result
cat result >&2
