#!/usr/bin/env bash
# Runs a command on the node of the cluster, as its administrator: in.sh kubectl get pods
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOOLS=$(cd "$here/../../../.tools" && pwd)
RUN=${CLUSTER_RUN:-$TOOLS/cluster/run}
[[ -e $RUN/ready ]] || { echo "in.sh: no cluster runs; start it with tests/conformance/cluster/up.sh" >&2; exit 1; }
pid=$(cat "$RUN/pid")
export KUBECONFIG=$RUN/admin.conf PATH=$TOOLS/cluster/bin:$TOOLS/bin:$PATH
export CONTAINERD_ADDRESS=$RUN/containerd.sock CONTAINERD_NAMESPACE=k8s.io
read -r first < "/proc/$pid/task/$pid/children"
exec nsenter -t "${first%% *}" --mount --pid --net --uts --ipc --cgroup --wd="$PWD" -- "$@"
