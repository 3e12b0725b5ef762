#!/usr/bin/env bash
# Starts the cluster: one node, in namespaces and control groups of its own. When the first process in the namespaces ends,
# everything ends. No packet leaves, because its network has no link to that of the machine. Needs root, and what
# `setup.sh` installs.
#   up.sh            starts it, and returns when the node is ready and names are resolved
#   in.sh COMMAND…   runs a command on the node
#   down.sh          ends it and removes what it left
# CLUSTER_RUN is its folder, for more than one cluster at a time; the default is .tools/cluster/run. CLUSTER_DNS_CACHE=30 makes
# the name server cache negative answers, as that of several providers does; the default is what kubeadm installs. CLUSTER_QPS
# is how many requests per second each controller and the scheduler may send; the default is that of Kubernetes.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOOLS=$(cd "$HERE/../../../.tools" && pwd)
RUN=${CLUSTER_RUN:-$TOOLS/cluster/run}
export HERE TOOLS RUN CLUSTER_DNS_CACHE=${CLUSTER_DNS_CACHE:-} CLUSTER_QPS=${CLUSTER_QPS:-}
if [[ -e $RUN/pid ]]; then
  if [[ -d /proc/$(cat "$RUN/pid") ]]; then echo "up.sh: it already runs: $RUN" >&2; exit 1; fi
  "$HERE/down.sh"
fi
mkdir -p "$RUN/logs"
# Every process of the cluster is below these groups, so that clusters do not take the pods of each other for their own.
groups=() name=jinaflow-$$
for kind in cpu cpuacct cpuset memory devices freezer blkio pids systemd; do
  own=$(sed -n "s#^[0-9]*:\(.*,\)*${kind/systemd/name=systemd}\(,.*\)*:##p" /proc/self/cgroup)
  groups+=("/sys/fs/cgroup/$kind${own%/}/$name")
done
mkdir "${groups[@]}"
printf '%s\n' "${groups[@]}" > "$RUN/groups"
cpuset=/sys/fs/cgroup/cpuset
# All processes of the cluster together have the weight of eight others. With the weight of one, builds and tests beside the
# cluster starve it, and requests to its name server time out.
echo 8192 > "$(grep '^/sys/fs/cgroup/cpu/' "$RUN/groups")/cpu.shares"
for file in cpuset.cpus cpuset.mems; do cat "$cpuset/$file" > "$(grep "^$cpuset/" "$RUN/groups")/$file"; done
# The first process moves into its groups before it creates the namespace that makes them the root.
# shellcheck disable=SC2016
setsid bash -c '
  for group in "$@"; do echo $$ > "$group/cgroup.procs"; done
  exec unshare --pid --fork --kill-child --mount --mount-proc --net --uts --ipc --cgroup -- bash "$HERE/node.sh"
' bash "${groups[@]}" > "$RUN/logs/node.log" 2>&1 < /dev/null &
echo $! > "$RUN/pid"
pid=$!
for _ in $(seq 900); do
  [[ -e $RUN/ready ]] && exit 0
  [[ -d /proc/$pid ]] || break
  sleep 0.2
done
echo "up.sh: the cluster is not ready; the end of its log, $RUN/logs/node.log:" >&2
tail -5 "$RUN/logs/node.log" >&2
exit 1
