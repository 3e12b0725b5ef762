#!/usr/bin/env bash
# Posts the result of compare.sh as a comment of the merge request. A later run updates the same comment.
#   gitlab.sh OUT
# Environment: TOKEN (an access token of the project with the scope `api`), and what GitLab sets in pipelines of merge requests.
set -euo pipefail
(($# == 1)) || { echo "usage: gitlab.sh OUT" >&2; exit 2; }
out=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
answer=$temporary/answer.json

fail() { printf 'gitlab.sh: %s\n' "$*" >&2; exit 1; }

# Sets `status`. The token is in no argument, because other processes see arguments.
call() { # method, URL, file with the body
  rm -f "$answer"
  status=$(curl --silent --show-error --max-time 60 --config <(printf 'header = "PRIVATE-TOKEN: %s"\n' "$TOKEN") \
    --header 'Content-Type: application/json' \
    --request "$1" ${3:+--data-binary "@$3"} --output "$answer" --write-out '%{http_code}' "$2")
}
because() { printf '%s %s' "$status" "$(jq -r '.message // .error // empty' "$answer" 2> /dev/null || true)"; }

[[ -n ${CI_MERGE_REQUEST_IID:-} ]] || fail "this is not the pipeline of a merge request, so there is nothing to comment on"
if [[ -z ${TOKEN:-} ]]; then
  # A pipeline of a fork has no variables of this project.
  [[ ${CI_MERGE_REQUEST_SOURCE_PROJECT_ID:-} != "$CI_MERGE_REQUEST_PROJECT_ID" ]] || fail "there is no token"
  echo "This merge request is from a fork, so there is no token that can write a comment. The report is in the artifacts of the job."
  exit
fi
notes=$CI_API_V4_URL/projects/$CI_MERGE_REQUEST_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes

# Only the comment of this user is updated: others can write the mark too.
call GET "$CI_API_V4_URL/user"
me=$(jq -r '.id // empty' "$answer" 2> /dev/null || true)
[[ $status == 200 && -n $me ]] || fail "GitLab does not accept the token: $(because)"

note='' page=1
while [[ -z $note ]]; do
  call GET "$notes?per_page=100&page=$page&order_by=created_at&sort=asc"
  [[ $status == 200 ]] || fail "the comments cannot be read: $(because)"
  note=$(jq -r --argjson me "$me" --arg mark "$(cat "$out/mark")" \
    'map(select((.body // "" | startswith($mark)) and .author.id == $me))[0].id // empty' "$answer")
  (($(jq length "$answer") == 100)) || break
  page=$((page + 1))
done

if [[ -z $note ]] && grep -qx changed=false "$out/result" && grep -qx failed=false "$out/result"; then
  echo "Nothing changes, so there is no comment."
  exit
fi

# GitLab refuses a note with more than 1000000 characters.
"$here/report.sh" "$out" 1000000 "$CI_JOB_URL" | jq -Rs '{body: .}' > "$temporary/body.json"
if [[ -n $note ]]; then
  call PUT "$notes/$note" "$temporary/body.json"
else
  call POST "$notes" "$temporary/body.json"
fi
[[ $status == 200 || $status == 201 ]] || fail "the comment cannot be written: $(because); the token needs the scope \`api\` and the role Reporter"
