#!/usr/bin/env bash
# Builds overlays twice: at the commit from which a change begins, and in the working tree.
#   build.sh OUT      a new folder outside the repository; compare.sh and report.sh read it
# Environment:
#   BASE       the branch or commit that the change goes to, such as origin/main
#   OVERLAYS   one folder or glob in each line, below the root of the repository: kustomizations, which are built, and folders of
#              manifests, which are read. A line `!GLOB` leaves out what it matches; what a glob matches without being an
#              overlay, such as a component, is left out as well
#   REPORT_NAME    distinguishes the comments of several runs in one pull request; may be empty
#   JINAFLOW, KUSTOMIZE    the programs; by default, those on the PATH
set -euo pipefail
export LC_ALL=C    # one order of folders everywhere
shopt -s nullglob globstar
fail() { printf 'build.sh: %s\n' "$*" >&2; exit 2; }

(($# == 1)) || fail "usage: build.sh OUT"
out=$1
[[ ! -e $out ]] || fail "$out exists; name a folder that does not exist"
mkdir -p "$out/bin"
out=$(cd "$out" && pwd)

# A build runs the programs that the overlays name. In this event, they have secrets and a token that can write, and may come from
# a fork: https://docs.github.com/en/actions/reference/security/secure-use
[[ ${GITHUB_EVENT_NAME:-} != pull_request_target ]] || fail "use the event pull_request, not pull_request_target"

[[ ${REPORT_NAME:-} =~ ^[A-Za-z0-9._-]*$ ]] || fail "REPORT_NAME: only letters, digits, '.', '_' and '-' are allowed (got \"$REPORT_NAME\")"
printf '<!-- jinaflow-diff%s -->\n' "${REPORT_NAME:+ $REPORT_NAME}" > "$out/mark"
printf '## What changes in Kubernetes%s\n' "${REPORT_NAME:+: $REPORT_NAME}" > "$out/title"

# An exec function of the JinaFlow finds `jinaflow` on the PATH.
jinaflow=$(type -P -- "${JINAFLOW:-jinaflow}") || fail "${JINAFLOW:-jinaflow} is missing; install jinaflow, or set JINAFLOW to its path"
kustomize=$(type -P -- "${KUSTOMIZE:-kustomize}") || fail "${KUSTOMIZE:-kustomize} is missing; install kustomize, or set KUSTOMIZE to its path"
ln -s "$(realpath -- "$jinaflow")" "$out/bin/jinaflow"
kustomize=$(realpath -- "$kustomize")
export PATH=$out/bin:$PATH

cd "$(git rev-parse --show-toplevel)"
[[ $(git rev-parse --is-shallow-repository) == false ]] || fail "the clone has no history; fetch all of it (fetch-depth: 0, or GIT_DEPTH: 0)"
[[ -n ${BASE:-} ]] || fail "BASE is not set; this is not a pull request, so name the branch or commit to compare with"
base=$(git rev-parse --verify --quiet --end-of-options "$BASE^{commit}") || fail "BASE: there is no commit $BASE in this clone"
# Not the newest commit of the branch: its changes since then are not part of this change. The commit that GitHub tests merges the
# change into the branch, so there it is the commit that was merged into.
old=$(git merge-base "$base" HEAD) || fail "BASE: $BASE and HEAD have no common commit"
git rev-parse --short "$old" > "$out/base"

trap 'git worktree remove --force "$out/tree" 2> /dev/null || true' EXIT
git worktree add --quiet --detach "$out/tree" "$old"

# Prints the folders that a pattern matches in the current folder.
folders() {
  local IFS='' match
  # Without IFS, the pattern is not split at blanks.
  # shellcheck disable=SC2086
  for match in $1; do
    match=${match%/}
    [[ $match != *$'\n'* ]] || fail "the name of a folder has a line break: $match"
    [[ ! -d $match ]] || printf '%s\n' "$match"
  done
}

# Prints the file of the kustomization in a folder, if there is one.
kustomization_in() {
  local file
  for file in "$1"/{kustomization.yaml,kustomization.yml,Kustomization}; do
    if [[ -f $file ]]; then
      printf '%s\n' "$file"
      return 0
    fi
  done
}

# Whether a folder has an overlay or manifests, in the working tree or before. A component of kustomize is a part of overlays.
is_overlay() {
  local tree file
  for tree in "$PWD" "$out/tree"; do
    file=$(kustomization_in "$tree/$1")
    if [[ -n $file ]]; then
      if grep -qE '^kind:[[:space:]]+Component' "$file"; then return 1; fi
      return 0
    fi
    # A folder of kustomizations is none itself.
    if [[ -n $(find "$tree/$1" \( -name 'kustomization.y*ml' -o -name Kustomization \) -print -quit 2> /dev/null) ]]; then return 1; fi
    if [[ -n $(find "$tree/$1" -name '*.y*ml' -print -quit 2> /dev/null) ]]; then return 0; fi
  done
  return 1
}

OVERLAYS=${OVERLAYS:-}
[[ -n ${OVERLAYS//[[:space:]]/} ]] || fail "OVERLAYS is empty; name at least one folder"
: > "$out/found"
: > "$out/excluded"
while IFS= read -r pattern; do
  pattern=${pattern#"${pattern%%[![:space:]]*}"}
  pattern=${pattern%"${pattern##*[![:space:]]}"}
  list=found
  if [[ $pattern == '!'* ]]; then
    list=excluded pattern=${pattern#!}
    pattern=${pattern#"${pattern%%[![:space:]]*}"}
  fi
  [[ -n $pattern ]] || continue
  pattern=${pattern#./}
  pattern=${pattern%/}
  case /$pattern/ in //* | */../*) fail "OVERLAYS: $pattern is not a path below the root of the repository" ;; esac
  found=$(folders "$pattern" && cd "$out/tree" && folders "$pattern")
  [[ -n $found ]] || fail "OVERLAYS: there is no folder $pattern, neither now nor in $(cat "$out/base")"
  if [[ $list == found && $pattern == *[*?[]* ]]; then
    found=$(while IFS= read -r match; do
      if is_overlay "$match"; then printf '%s\n' "$match"; else printf '%s is not an overlay, and is left out\n' "$match" >&2; fi
    done <<< "$found")
  fi
  printf '%s\n' "$found" >> "$out/$list"
done <<< "$OVERLAYS"
# Each once, in the order of the patterns.
awk 'FILENAME == ARGV[1] { seen[$0] = 1; next } $0 != "" && !seen[$0]++' "$out/excluded" "$out/found" > "$out/overlays"
[[ -s $out/overlays ]] || fail "OVERLAYS matches no overlay: name the folders of kustomizations or manifests"

# Builds or copies a folder of a tree. A side that does not exist stays an empty folder. After a failure, SIDE.failed has its reason.
side() { # tree, folder, side
  mkdir -p "$3"
  [[ -d $1/$2 ]] || return 0
  touch "$3.exists"
  if [[ -z $(kustomization_in "$1/$2") ]]; then
    cp -R -P "$1/$2/." "$3"
  elif (cd "$1" && "$kustomize" build --enable-alpha-plugins --enable-exec "./$2") > "$3/manifests.yaml" 2> "$3.log"; then
    cat "$3.log" >&2
  else
    # Messages name files as in the repository.
    awk -v tree="$1/" '{ while (at = index($0, tree)) $0 = substr($0, 1, at - 1) substr($0, at + length(tree)); print }' \
      "$3.log" | tee "$3.failed" >&2
    : > "$3/manifests.yaml"
  fi
}

number=0
while IFS= read -r overlay; do
  number=$((number + 1))
  printf '== %s\n' "$overlay" >&2
  side "$out/tree" "$overlay" "$out/$number/old"
  side "$PWD" "$overlay" "$out/$number/new"
done < "$out/overlays"
