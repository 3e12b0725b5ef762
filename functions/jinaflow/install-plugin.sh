#!/bin/sh
# Installs jinaflow as a legacy plugin of kustomize, which `kubectl kustomize` runs without Docker.
#   install-plugin.sh [FOLDER]    the folder of plugins. The default is the folder that kustomize searches:
#                                 $KUSTOMIZE_PLUGIN_HOME, else kustomize/plugin in $XDG_CONFIG_HOME or ~/.config
# It copies the binary, so run it again after each upgrade. It prints the old and the new version.
# The binary is $JINAFLOW, or else the `jinaflow` on the PATH.
set -eu
binary=${JINAFLOW:-$(command -v jinaflow)} || { echo "install-plugin.sh: jinaflow is not on the PATH; write its path in the variable JINAFLOW" >&2; exit 1; }
folder=${1:-${KUSTOMIZE_PLUGIN_HOME:-${XDG_CONFIG_HOME:-$HOME/.config}/kustomize/plugin}}
# kustomize expects the plugin of a kind at GROUP/VERSION/KIND IN LOWER CASE/KIND.
for kind in JinaFlow JinaFlowCheck; do
  to=$folder/flow.jina.ai/v1alpha1/$(printf %s "$kind" | tr '[:upper:]' '[:lower:]')
  mkdir -p "$to"
  before=$("$to/$kind" --version 2> /dev/null || true)
  # A running binary cannot be overwritten, but it can be replaced.
  cp "$binary" "$to/$kind.new"
  chmod 755 "$to/$kind.new"
  mv -f "$to/$kind.new" "$to/$kind"
  echo "$to/$kind: $("$to/$kind" --version)${before:+, was $before}"
done
