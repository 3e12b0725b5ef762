#!/usr/bin/env bash
# Installs the pinned real tools that the conformance tests run against into .tools, which git ignores.
# Tools that already have the right version stay. Needs Go and Python 3.11, and root if podman, runc, ip or iptables is missing.
set -euo pipefail

KUSTOMIZE=v5.8.2
KUBECTL=v0.37.2                 # module version of Kubernetes 1.37.2; pinned in kubectl/go.mod
KPT=v1.0.0-beta.61              # pinned in kpt/go.mod and, for its runner of examples, in e2e/go.mod
MUTATORS=v0.21.2                # kustomize's filters; pinned in mutators/go.mod
YAML=v1.6.0                     # sigs.k8s.io/yaml, and go-yaml as kustomize has it; pinned in readers/go.mod
APISERVER=v1.37.2               # of Kubernetes, with the etcd that it is released with; pinned in apiserver/go.mod
KUBERNETES_VALIDATE=1.37.0      # pinned in requirements-validate.txt
JINA=3.34.0                     # pinned in requirements-jina.txt

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
tools=$root/.tools
mkdir -p "$tools/bin" "$tools/shim"

say() { printf '== %s\n' "$*"; }
need() { command -v "$1" > /dev/null || { echo "setup.sh: $1 is missing; $2" >&2; exit 1; }; }

need go "install Go 1.26 or newer"
need python3 "install Python 3.11"
need git "kpt needs it"

export GOPATH=$tools/go GOBIN=$tools/bin GOFLAGS='-modcacherw -buildvcs=false' CGO_ENABLED=0

if [[ $("$tools/bin/kustomize" version 2> /dev/null || true) != "$KUSTOMIZE" ]]; then
  say "kustomize $KUSTOMIZE"
  go install "sigs.k8s.io/kustomize/kustomize/v5@$KUSTOMIZE"
fi

# kubectl and kpt are small programs that call the real commands, because `go install` cannot build either module: the main
# package of kubectl is elsewhere, and an unused part of kpt depends on a module without releases.
build() { # name, version, subcommand of go
  local stamp=$tools/bin/.$1-$2 how=(build)
  if (($# > 2)); then how=("${@:3}"); fi
  [[ -x $tools/bin/$1 && -e $stamp && -z $(find "$here/$1" -newer "$stamp") ]] && return
  say "$1 $2"
  grep -q " $2\$" "$here/$1/go.mod" || { echo "setup.sh: $1/go.mod is not at $2" >&2; exit 1; }
  (cd "$here/$1" && go "${how[@]}" -trimpath -ldflags='-s -w' -o "$tools/bin/$1" .)
  touch "$stamp"
}
build kubectl "$KUBECTL"
build kpt "$KPT"
build mutators "$MUTATORS"
build readers "$YAML"
# kpt's runner of examples must be called by a test.
build e2e "$KPT" test -c
# kube-apiserver and etcd in one program: 200 MB of modules and seven minutes of processor time, about four minutes on two
# cores. Go caches compiled packages, so a change of the program itself takes ten seconds.
build apiserver "$APISERVER"

# The released definitions of the custom resources that jinaflow renders. They are in Go modules whose checksums are pinned
# here, because no program imports them.
definitions() { # module, version, sum, folder in it, files
  local stamp=$tools/definitions/.${1//\//-}-$2 file answer
  [[ -e $stamp ]] && return
  say "$1 $2"
  answer=$(go mod download -json "$1@$2")
  field() { sed -n "s/^\t\"$1\": \"\(.*\)\",*$/\1/p" <<< "$answer"; }
  [[ $(field Sum) == "$3" ]] || { echo "setup.sh: $1@$2 has another checksum: $(field Sum)" >&2; exit 1; }
  mkdir -p "$tools/definitions"
  for file in "${@:5}"; do install -m 644 "$(field Dir)/$4/$file" "$tools/definitions/$file"; done
  touch "$stamp"
}
definitions github.com/prometheus-operator/prometheus-operator v0.85.0 h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s= \
  example/prometheus-operator-crd monitoring.coreos.com_{servicemonitors,podmonitors}.yaml
definitions sigs.k8s.io/gateway-api v1.6.3 h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc= \
  config/crd/standard gateway.networking.k8s.io_{httproutes,grpcroutes}.yaml
definitions github.com/kedacore/keda/v2 v2.21.0 h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps= \
  config/crd/bases keda.sh_scaledobjects.yaml

venv() { # name, requirements, module, version
  local python=$tools/$1/bin/python
  if [[ $("$python" -m pip show "$3" 2> /dev/null | sed -n 's/^Version: //p') == "$4" ]]; then return; fi
  say "$3 $4"
  rm -rf "${tools:?}/$1"
  python3 -m venv "$tools/$1"
  # Every dependency is pinned, so pip resolves nothing.
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$here/$2"
}
venv jina requirements-jina.txt jina "$JINA"
venv validate requirements-validate.txt kubernetes-validate "$KUBERNETES_VALIDATE"

if ! type -P podman runc ip iptables > /dev/null; then
  say "podman, runc, ip and iptables"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends podman runc iproute2 iptables > /dev/null
fi
# runc with cgroupfs works on hosts where crun refuses mixed cgroup hierarchies.
cat > "$tools/containers.conf" << 'END'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
cgroups = "enabled"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
END
# kustomize calls `docker`, and kpt asks for its version first. kpt v1.0.0-beta.61 passes `--stdin`, which is not a
# flag of Docker (kptdev/kpt#4577).
cat > "$tools/shim/docker" << 'END'
#!/bin/sh
[ "$1" = version ] && { echo 28.0.0; exit 0; }
for word; do
  shift
  [ "$word" = --stdin ] && word=--interactive
  set -- "$@" "$word"
done
exec podman "$@"
END
chmod +x "$tools/shim/docker"
say "tools are ready in $tools"
