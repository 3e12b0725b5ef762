#!/usr/bin/env bash
# Records the real input of a function from kustomize and kpt: tests/krm/*/stdin.yaml, and VERSIONS.
#   tests/krm/record.sh [FOLDER]        writes into another folder, to compare
# Needs the tools of tests/conformance/setup.sh, and jinaflow in JINAFLOW (default: target/debug/jinaflow).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
to=${1:-$here}
export JINAFLOW=${JINAFLOW:-$root/target/debug/jinaflow}
export PATH=$root/.tools/bin:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A program between the caller and the function.
cat > "$work/tap" << 'E'
#!/bin/sh
tee "$RECORDING" | "$JINAFLOW"
E
chmod +x "$work/tap"

record() { # scenario, command...
  export RECORDING=$work/recording
  rm -f "$RECORDING"
  "${@:2}" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  mkdir -p "$to/$1"
  # kpt identifies packages by their absolute path.
  sed "s#$work/#/home/user/#g" "$RECORDING" > "$to/$1/stdin.yaml"
}

flow() { # indentation of the flow, more annotations
  cat << E
# A Flow with things that are easily lost on the way.
apiVersion: flow.jina.ai/v1alpha1
kind: JinaFlow
metadata:
  name: search
  annotations:
    config.kubernetes.io/local-config: "true"
${1:-}spec:
  flow: # inline
    jtype: Flow
    executors:
      - name: encoder # first
        uses: docker://acme/encoder:1
        uses_with: {size: 010, ratio: 1.0, on: "yes"}
      - {name: indexer, uses: "docker://acme/indexer:1", shards: 2}
E
}
settings() {
  cat << 'E'
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: '0644', "on": "yes"} # kept
E
}

kustomize=(kustomize build --enable-alpha-plugins --enable-exec)
mkdir -p "$work/generator" "$work/transformer"
annotation="    config.kubernetes.io/function: |
      exec: {path: ../tap}
"
flow "$annotation" > "$work/generator/jinaflow.yaml"
echo 'generators: [jinaflow.yaml]' > "$work/generator/kustomization.yaml"
record kustomize-generator "${kustomize[@]}" "$work/generator"

flow > "$work/transformer/jinaflow.yaml"
settings > "$work/transformer/settings.yaml"
cat > "$work/transformer/render.yaml" << 'E'
apiVersion: v1
kind: ConfigMap
metadata:
  name: render
  annotations:
    config.kubernetes.io/function: |
      exec: {path: ../tap}
E
cat > "$work/transformer/kustomization.yaml" << 'E'
resources: [jinaflow.yaml, settings.yaml]
namespace: prod
configMapGenerator:
- name: generated
  literals: [k=v]
transformers: [render.yaml]
E
record kustomize-transformer "${kustomize[@]}" "$work/transformer"

package() { # name, lines of the pipeline
  mkdir -p "$work/$1"
  flow > "$work/$1/jinaflow.yaml"
  settings > "$work/$1/settings.yaml"
  [[ -z ${2:-} ]] && return
  printf 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: %s\npipeline:\n  mutators:\n    - exec: %s/tap\n%s' "$1" "$work" "$2" > "$work/$1/Kptfile"
}
package eval
record kpt-eval kpt fn eval "$work/eval" --exec "$work/tap"
package eval-config
record kpt-eval-fn-config kpt fn eval "$work/eval-config" --exec "$work/tap" --fn-config "$work/eval-config/jinaflow.yaml"
package render $'      configPath: jinaflow.yaml\n'
record kpt-render kpt fn render --allow-exec "$work/render"
record kpt-render-again kpt fn render --allow-exec "$work/render"
package render-map $'      configMap: {namespace: given}\n'
record kpt-render-config-map kpt fn render --allow-exec "$work/render-map"
package render-bare $'\n'
record kpt-render-without-config kpt fn render --allow-exec "$work/render-bare"

{
  echo "kustomize $(kustomize version)"
  sed -n 's/^KPT=\([^ ]*\).*/kpt \1/p' "$root/tests/conformance/setup.sh"
} > "$to/VERSIONS"
