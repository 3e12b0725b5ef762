#!/usr/bin/env bash
# Ends the cluster and everything that ran in it, and removes what it left: its control groups and its folder, except for logs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOOLS=$(cd "$here/../../../.tools" && pwd)
RUN=${CLUSTER_RUN:-$TOOLS/cluster/run}
[[ -e $RUN/pid ]] || exit 0
pid=$(cat "$RUN/pid")
# --kill-child ends the first process in the namespaces, and the kernel all others.
kill -9 "$pid" 2> /dev/null || true
while read -r group; do
  [[ -d $group ]] || continue
  for _ in $(seq 100); do
    [[ -z $(find "$group" -name cgroup.procs -exec cat {} +) ]] && break
    sleep 0.1
  done
  find "$group" -depth -type d -exec rmdir {} +
done < "$RUN/groups"
find "$RUN" -mindepth 1 -maxdepth 1 ! -name logs -exec rm -rf {} +
