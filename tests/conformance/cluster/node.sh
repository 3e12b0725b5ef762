#!/usr/bin/env bash
# The first process in the namespaces of the cluster; up.sh starts it.
set -euo pipefail
NODE=10.77.0.1 PODS=10.78.0.0/24 SERVICES=10.96.0.0/16
export PATH=$RUN/bin:$TOOLS/cluster/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=$RUN/home
logs=$RUN/logs pki=$RUN/pki
say() { printf '%s %s\n' "$(date +%T.%3N)" "$*"; }
until_true() { # seconds, command
  local end=$((SECONDS + $1))
  until "${@:2}" > /dev/null 2>&1; do
    ((SECONDS < end)) || { say "not within $1 seconds: ${*:2}"; exit 1; }
    sleep 0.2
  done
}
mkdir -p "$HOME" "$RUN"/logs/pods "$RUN"/{bin,pki,etcd,containerd,state,kubelet,cni,tmp,storage}
for name in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
  ln -s "$TOOLS/bin/kubernetes" "$RUN/bin/$name"
done
hostname node
mount --make-rshared /

# kubelet sets parameters of the whole kernel. Here it writes into files, and the machine keeps its own.
for setting in vm/overcommit_memory:1 vm/panic_on_oom:0 kernel/panic:10 kernel/panic_on_oops:1; do
  name=${setting%:*} file=$RUN/tmp/${setting//[\/:]/_}
  echo "${setting#*:}" > "$file"
  mount --bind "$file" "/proc/sys/$name"
done
# Mounted again, so that their roots are the groups of this cluster.
umount -R /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
for kind in cpu cpuacct cpuset memory devices freezer blkio pids; do
  mkdir "/sys/fs/cgroup/$kind"
  mount -t cgroup -o "$kind" cgroup "/sys/fs/cgroup/$kind"
done
mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd

# Both ends of the link are here, and the default route leads into it.
ip link set lo up
ip link add node0 type veth peer name node1
ip addr add "$NODE/24" dev node0
ip link set node0 up
ip link set node1 up
ip route add default dev node0
sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1

certificate() { # name, subject alternative names
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$pki/$1.key" -out "$pki/$1.csr"
  openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 30 -out "$pki/$1.crt" \
    -extfile <(echo "subjectAltName=$2")
} 2> /dev/null
openssl ecparam -name prime256v1 -genkey -noout -out "$pki/sa.key"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=ca -keyout "$pki/ca.key" -out "$pki/ca.crt" 2> /dev/null
certificate apiserver "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:node,IP:$NODE,IP:10.96.0.1,IP:127.0.0.1"
certificate front DNS:front
user() { # file, user, group
  local token
  token=$(openssl rand -hex 16)
  echo "$token,$2,$2${3:+,\"$3\"}" >> "$pki/tokens.csv"
  cat > "$RUN/$1.conf" << END
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://$NODE:6443", certificate-authority: $pki/ca.crt}}]
users: [{name: u, user: {token: $token}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
END
}
user admin admin system:masters
user controllers system:kube-controller-manager
user scheduler system:kube-scheduler
user proxy system:kube-proxy
user kubelet system:node:node system:nodes
user router kube-router system:masters
export KUBECONFIG=$RUN/admin.conf
# Requests per second of each controller and of the scheduler. The default of controllers is 20.
rate=(${CLUSTER_QPS:+--kube-api-qps "$CLUSTER_QPS" --kube-api-burst "$CLUSTER_QPS"})

etcd --data-dir "$RUN/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380 \
  --log-level error > "$logs/etcd.log" 2>&1 &
kube-apiserver --etcd-servers http://127.0.0.1:2379 --bind-address "$NODE" --advertise-address "$NODE" --secure-port 6443 \
  --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" --token-auth-file "$pki/tokens.csv" \
  --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --service-cluster-ip-range "$SERVICES" \
  --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$pki/sa.key" --service-account-signing-key-file "$pki/sa.key" \
  --kubelet-preferred-address-types InternalIP --allow-privileged --profiling=false \
  --client-ca-file "$pki/ca.crt" --requestheader-client-ca-file "$pki/ca.crt" --requestheader-allowed-names front \
  --requestheader-extra-headers-prefix X-Remote-Extra- --requestheader-group-headers X-Remote-Group --requestheader-username-headers X-Remote-User \
  --proxy-client-cert-file "$pki/front.crt" --proxy-client-key-file "$pki/front.key" --enable-aggregator-routing > "$logs/apiserver.log" 2>&1 &

# Where root has no CAP_SYS_RESOURCE, the score of a process for the out-of-memory killer cannot be lowered.
cat > "$RUN/containerd.toml" << END
version = 2
root = "$RUN/containerd"
state = "$RUN/state"
[grpc]
  address = "$RUN/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$RUN/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
END
cat > "$RUN/cni/10-bridge.conflist" << END
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "hairpinMode": true, "ipMasq": false,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$PODS"}]], "dataDir": "$RUN/tmp/ipam"}},
  {"type": "loopback"}, {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
containerd --config "$RUN/containerd.toml" > "$logs/containerd.log" 2>&1 &
images() { ctr --address "$RUN/containerd.sock" --namespace k8s.io "$@"; }
until_true 30 images version
images images import "$TOOLS/cluster/images.tar" > /dev/null
say "images are imported"

: > "$RUN/tmp/resolv.conf"
cat > "$RUN/kubelet.yaml" << END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
containerRuntimeEndpoint: unix://$RUN/containerd.sock
address: $NODE
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
resolvConf: $RUN/tmp/resolv.conf
failSwapOn: false
enableServer: true
maxPods: 200
imageGCHighThresholdPercent: 100
# The disk is that of the machine, and its free space says nothing about the cluster.
evictionHard: {memory.available: 100Mi}
syncFrequency: 10s
volumePluginDir: $RUN/tmp/plugins
# kubelet removes the logs of pods that it does not know, so clusters beside each other need folders of their own.
podLogsDir: $RUN/logs/pods
END
cat > "$RUN/proxy.yaml" << END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $RUN/proxy.conf}
mode: nftables
clusterCIDR: $PODS
bindAddress: $NODE
nodePortAddresses: [$NODE/32]
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
END
until_true 60 kubectl get --raw /readyz
say "the API server is ready"
kube-controller-manager --kubeconfig "$RUN/controllers.conf" --root-ca-file "$pki/ca.crt" --service-account-private-key-file "$pki/sa.key" \
  --use-service-account-credentials --leader-elect=false --bind-address 127.0.0.1 --allocate-node-cidrs --cluster-cidr "$PODS" --node-cidr-mask-size 24 \
  --horizontal-pod-autoscaler-sync-period 5s "${rate[@]}" --authentication-kubeconfig "$RUN/controllers.conf" --authorization-kubeconfig "$RUN/controllers.conf" \
  > "$logs/controllers.log" 2>&1 &
kube-scheduler --kubeconfig "$RUN/scheduler.conf" --leader-elect=false "${rate[@]}" --bind-address 127.0.0.1 --authentication-kubeconfig "$RUN/scheduler.conf" \
  --authorization-kubeconfig "$RUN/scheduler.conf" > "$logs/scheduler.log" 2>&1 &
kubelet --kubeconfig "$RUN/kubelet.conf" --config "$RUN/kubelet.yaml" --root-dir "$RUN/kubelet" --cert-dir "$RUN/kubelet/pki" \
  --node-ip "$NODE" --hostname-override node > "$logs/kubelet.log" 2>&1 &
kube-proxy --config "$RUN/proxy.yaml" --hostname-override node > "$logs/proxy.log" 2>&1 &
# For autoscalers.
metrics-server --kubeconfig "$RUN/admin.conf" --authentication-kubeconfig "$RUN/admin.conf" --authorization-kubeconfig "$RUN/admin.conf" \
  --kubelet-insecure-tls --kubelet-preferred-address-types InternalIP --metric-resolution 10s --kubelet-request-timeout 5s \
  --bind-address "$NODE" --secure-port 4443 --cert-dir "$RUN/tmp/metrics-server" > "$logs/metrics-server.log" 2>&1 &
# Pretends to run the pods of the nodes that have the annotation. A test creates such a node when it needs one.
kwok --kubeconfig "$RUN/admin.conf" --config "$HERE/kwok/stages.yaml" --manage-nodes-with-annotation-selector kwok.x-k8s.io/node=fake \
  --cidr 10.80.0.0/16 --node-ip "$NODE" --node-lease-duration-seconds 40 > "$logs/kwok.log" 2>&1 &
addons() {
  local file
  for file in "$HERE"/addons/*.yaml; do
    echo ---
    sed "s#/STORAGE#$RUN/storage#" "$file"
  done
}
addons | if [[ -n $CLUSTER_DNS_CACHE ]]; then sed '/disable denial/d'; else cat; fi | kubectl apply -f - > /dev/null
# The custom resources that jinaflow renders.
kubectl create -f "$TOOLS/definitions" > /dev/null
until_true 60 kubectl wait --for=condition=Ready node/node --timeout 1s
say "the node is ready"
# Enforces NetworkPolicies, with iptables and ipset. It ends if there is no node yet.
kube-router --run-firewall=true --run-router=false --run-service-proxy=false --kubeconfig "$RUN/router.conf" --hostname-override=node \
  --service-cluster-ip-range "$SERVICES" > "$logs/kube-router.log" 2>&1 &
until_true 90 kubectl -n kube-system rollout status deployment/coredns --timeout 1s
say "names are resolved"
bash "$HERE/loadbalancer.sh" > "$logs/loadbalancer.log" 2>&1 &
touch "$RUN/ready"
wait
