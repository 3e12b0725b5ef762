#!/bin/sh
# Installs jinaflow as a legacy plugin of kustomize, which `kubectl kustomize` runs without Docker.
#   install-plugin.sh [FOLDER]    the folder of plugins; where nothing is said, the one that kustomize looks into:
#                                 $KUSTOMIZE_PLUGIN_HOME, else kustomize/plugin in $XDG_CONFIG_HOME or ~/.config
# It copies the binary: run it again after each upgrade. It says which version was there and which is there now.
# The binary is the one that JINAFLOW names, else the `jinaflow` on the PATH.
set -eu
binary=${JINAFLOW:-$(command -v jinaflow)} || { echo "install-plugin.sh: there is no jinaflow on the PATH; name it in JINAFLOW" >&2; exit 1; }
folder=${1:-${KUSTOMIZE_PLUGIN_HOME:-${XDG_CONFIG_HOME:-$HOME/.config}/kustomize/plugin}}
# GROUP/VERSION/KIND IN LOWER CASE/KIND is where kustomize looks for each kind.
for kind in JinaFlow JinaFlowCheck; do
  to=$folder/flow.jina.ai/v1alpha1/$(printf %s "$kind" | tr '[:upper:]' '[:lower:]')
  mkdir -p "$to"
  before=$("$to/$kind" --version 2> /dev/null || true)
  # Not over a binary that may be running.
  cp "$binary" "$to/$kind.new"
  chmod 755 "$to/$kind.new"
  mv -f "$to/$kind.new" "$to/$kind"
  echo "$to/$kind: $("$to/$kind" --version)${before:+, was $before}"
done
