#!/usr/bin/env bash
# Posts the result of compare.sh as a comment of the pull request. A later run updates the same comment.
#   github.sh OUT
# Environment: TOKEN, and what GitHub sets for each step.
set -euo pipefail
(($# == 1)) || { echo "usage: github.sh OUT" >&2; exit 2; }
out=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
answer=$temporary/answer.json

fail() { printf '::error::%s\n' "$*"; exit 1; }
event() { jq -r "$1 // empty" "$GITHUB_EVENT_PATH"; }

# Sets `status`. The token is in no argument, because other processes see arguments.
call() { # method, URL, file with the body
  rm -f "$answer"
  status=$(curl --silent --show-error --max-time 60 --config <(printf 'header = "Authorization: Bearer %s"\n' "$TOKEN") \
    --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
    --request "$1" ${3:+--data-binary "@$3"} --output "$answer" --write-out '%{http_code}' "$2")
}
because() { printf '%s %s' "$status" "$(jq -r '.message // empty' "$answer" 2> /dev/null || true)"; }

[[ -n ${GITHUB_EVENT_PATH:-} ]] || fail "GITHUB_EVENT_PATH is not set, so this is not a step of GitHub Actions"
pull=$(event .pull_request.number)
[[ -n $pull ]] || fail "this is not a pull request, so there is nothing to comment on"
[[ -n ${TOKEN:-} ]] || fail "there is no token"
api=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY

# Only the comment of this user is updated: others can write the mark too.
printf '{"query": "query { viewer { login } }"}' > "$temporary/query.json"
call POST "$GITHUB_GRAPHQL_URL" "$temporary/query.json"
me=$(jq -r '.data.viewer.login // empty' "$answer" 2> /dev/null || true)
[[ $status == 200 && -n $me ]] || fail "GitHub does not accept the token: $(because)"

comment='' page=1
while [[ -z $comment ]]; do
  call GET "$api/issues/$pull/comments?per_page=100&page=$page"
  [[ $status == 200 ]] || fail "the comments cannot be read: $(because)"
  # GraphQL and REST name an app differently.
  comment=$(jq -r --arg me "${me%\[bot\]}" --arg mark "$(cat "$out/mark")" \
    'map(select((.body // "" | startswith($mark)) and (.user.login // "" | rtrimstr("[bot]")) == $me))[0].id // empty' "$answer")
  (($(jq length "$answer") == 100)) || break
  page=$((page + 1))
done

if [[ -z $comment ]] && grep -qx changed=false "$out/result" && grep -qx failed=false "$out/result"; then
  echo "Nothing changes, so there is no comment."
  exit
fi

# GitHub refuses a comment with more than 65536 characters.
"$here/report.sh" "$out" 65536 "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID" | jq -Rs '{body: .}' > "$temporary/body.json"
if [[ -n $comment ]]; then
  call PATCH "$api/issues/comments/$comment" "$temporary/body.json"
else
  call POST "$api/issues/$pull/comments" "$temporary/body.json"
fi
case $status in
  200 | 201) jq -r .html_url "$answer" ;;
  403)
    # The token of such a pull request can only read:
    # https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
    if [[ $(event .pull_request.head.repo.full_name) != "$GITHUB_REPOSITORY" || ${GITHUB_ACTOR:-} == 'dependabot[bot]' ]]; then
      echo "::notice::This pull request is from a fork or from Dependabot, so its token cannot write a comment. The summary of the job has the report."
      printf '\nThis pull request is from a fork or from Dependabot, so its token cannot write a comment.\n' >> "$GITHUB_STEP_SUMMARY"
    else
      fail "the comment cannot be written: $(because); the job needs \`permissions: {pull-requests: write}\`"
    fi
    ;;
  *) fail "the comment cannot be written: $(because)" ;;
esac
