#!/usr/bin/env bash
# Runs the tests of kustomize, kpt and kubectl with the newest releases of these tools, instead of the ones in setup.sh. A failure
# says what to do before the pinned versions can change. Needs Go and git.
#   tests/conformance/newer.sh             all of them
#   tests/conformance/newer.sh FILTER…     some of them
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
newer=$PWD/.tools/newer
bin=$newer/bin
mkdir -p "$bin"
export GOPATH=$PWD/.tools/go GOBIN=$bin GOFLAGS='-modcacherw -buildvcs=false' CGO_ENABLED=0

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
failed=0
# Both kpt and kubectl are libraries with a small program around them, as in setup.sh.
library() { # name, module
  local version
  cd "$place"
  version=$(go list -m -f '{{.Version}}' "$2@latest")
  go mod edit -require "$2@$version"
  go mod tidy
  go build -trimpath -ldflags='-s -w' -o "$bin/$1" .
  echo "$2 $version"
}
build() {
  set -e
  case $1 in
    kustomize)
      go install sigs.k8s.io/kustomize/kustomize/v5@latest
      "$bin/kustomize" version ;;
    kpt)
      cp "$here"/kpt/{*.go,go.mod,go.sum} "$place"
      library kpt github.com/kptdev/kpt ;;
    kubectl)
      cat > "$place/main.go" << 'GO'
// The released kubectl, without what only its release has.
package main

import (
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
GO
      (cd "$place" && go mod init jinaflow.dev/kubectl)
      library kubectl k8s.io/kubectl ;;
  esac
}
for tool in kustomize kpt kubectl; do
  rm -rf "${place:?}"/* "${bin:?}/$tool"
  # In a condition, `set -e` would not end the function.
  set +e
  version=$(build "$tool" 2> "$newer/$tool.log")
  status=$?
  set -e
  if ((status == 0)); then
    echo "== $tool: $version"
  else
    # The others are tried all the same.
    tail -5 "$newer/$tool.log" >&2
    echo "newer.sh: the newest $tool does not build here; the tests run with the pinned one" >&2
    failed=1
    ln -s "../../bin/$tool" "$bin/$tool"
  fi
done

# shellcheck source=binary.sh
source "$here/binary.sh"
filters=("$@")
if (($# == 0)); then filters=(kustomize:: plugin:: overlays:: kpt:: rerender:: pipelines:: init::); fi
if [[ -e .tools/containers.conf ]]; then
  for path in "$PWD"/.tools/* "$PWD"/.tools/bin/*; do
    link=$newer/${path#"$PWD/.tools/"}
    if [[ ! -e $link && $path != "$newer" ]]; then ln -s "$path" "$link"; fi
  done
else
  echo "newer.sh: without the tools of setup.sh, no test runs that needs a container, Jina, or other functions" >&2
  for word in image container docker doc_shows jinas_own validator mutator; do filters+=(--skip "$word"); done
fi
JINAFLOW_TOOLS=$newer cargo test --locked --features conformance --test conformance -- --test-threads 2 "${filters[@]}" || failed=1
exit "$failed"
