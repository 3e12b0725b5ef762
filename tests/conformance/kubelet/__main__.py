"""Runs manifests of a Flow: kubelet, kube-proxy, name server, and as much of the controllers as that needs.

    unshare --pid --fork --kill-child --mount --mount-proc --net --uts --ipc -- \\
        sh -c '"$@"; exit $?' sh PYTHON tests/conformance/kubelet MANIFESTS FLOW OUT --entry grpc://gateway:8080

Every pod has its own network. Every container is a process with the environment, the command, the arguments, the
volumes and the user of its manifest, and is process 1 of its own process namespace. Real Jina (in PYTHON's environment) runs
in the containers; a real Jina client in another pod sends documents. Checked rules:

- startup, readiness and liveness probes succeed, and no container exits unexpectedly;
- every document is returned, and has passed every executor in the order that real Jina reads from the Flow;
- a deleted pod loses no request in flight, and no request is retried: the pod leaves the Services, its preStop runs, it gets
  SIGTERM, and it ends within its grace period;
- NetworkPolicies are enforced.

Everything runs in the namespaces that `unshare` creates; when their first process ends, all other processes end too. Standard
output is a report in JSON; logs of the containers are in OUT/logs. Exit code: 0 when nothing failed, 1 when a check failed,
another one when the sandbox itself failed.
"""
import argparse
import collections
import concurrent.futures
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback

import policies
import probes
from client_pod import ClientPod
from dns import serve
from manifests import WORKLOADS, Objects, Refused
from node import NODE, Network, Node, Pod
from questions import Questions
from services import Services


class Failed(Exception):
    """The run cannot continue."""


class Run:
    def __init__(self, options):
        self.options, self.begin, self.lock = options, time.monotonic(), threading.Lock()
        self.failures, self.served, self.order = [], {}, []
        self.folder = os.path.join(options.out, 'run')
        os.makedirs(self.folder, exist_ok=True)
        os.makedirs(os.path.join(options.out, 'logs'), exist_ok=True)
        subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', self.folder], check=True)
        self.objects = Objects(options.manifests, options.namespace)
        self.network = Network()
        self.pods, self.gone, self.judge = [], [], None
        self.services = Services(self.objects, self.pods, self.network)
        self.node = Node(self.objects, self.services, sys.prefix, self.folder)

    def say(self, text):
        print(f'[{time.monotonic() - self.begin:5.1f}s] {text}', file=sys.stderr, flush=True)

    def fail(self, code, where, what):
        with self.lock:
            self.failures.append({'code': code, 'where': where, 'what': what})
            self.say(f'FAIL {code} {where}: {what}')

    def each(self, work, things):
        """Calls `work` for all things in parallel."""
        if things:
            with concurrent.futures.ThreadPoolExecutor(len(things)) as pool:
                return list(pool.map(work, things))
        return []

    # Pods

    def new_pod(self, workload, index):
        pod = Pod(workload, self.objects.namespace_of(workload), index, self.network)
        with self.lock:
            self.pods.append(pod)
            policies.apply(self.objects, self.pods)
        return pod

    def start_pod(self, pod):
        # Each sidecar has started before the next one, and all before the other containers:
        # https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
        pod.ready = all(self.start_container(sidecar) for sidecar in pod.sidecars) and all(self.each(self.start_container, pod.main))
        if pod.ready:
            self.say(f'ready {pod.name}')

    def start_container(self, container):
        try:
            self.node.start(container)
        except Refused as error:
            self.fail('cannot-start', container.where, str(error))
            return False
        threading.Thread(target=self.watch, args=(container,), daemon=True).start()
        wrong = probes.started(self.node, container, self.options.startup_limit)
        self.order.append(['started', container.pod.name, container.name])
        if wrong and container.exit_code() is None:
            self.fail('startup-failed', container.where, wrong)
        return wrong is None

    def watch(self, container):
        code = container.shim.wait()
        if not container.stopping:
            self.fail('container-exited', container.where, f'it exits unexpectedly with {code}, and would be restarted: {container.output()[-1500:]}')

    def probe_liveness(self, when):
        def one(container):
            if wrong := probes.alive(self.node, container):
                self.fail('liveness-failed', container.where, f'{when}: {wrong}')
        self.each(one, [container for pod in self.pods for container in pod.containers])

    def delete_pod(self, pod):
        """`kubectl delete pod`: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination"""
        pod.terminating = True
        end = time.monotonic() + pod.grace
        # Sidecars get SIGTERM after the other containers have ended, in the reverse order of their start.
        before = {sidecar: pod.main + pod.sidecars[place + 1:] for place, sidecar in enumerate(pod.sidecars)}
        self.each(lambda container: self.stop_container(container, end, before.get(container, [])), pod.containers)
        self.pods.remove(pod)
        self.gone.append(pod)

    def stop_container(self, container, end, before):
        container.stopping = True
        hook = (container.spec.get('lifecycle') or {}).get('preStop') or {}
        if 'sleep' in hook:
            time.sleep(hook['sleep']['seconds'])
        elif 'exec' in hook:
            code, output = self.node.run(container, hook['exec']['command'], container.pod.grace)
            if code != 0:
                self.fail('prestop-failed', container.where, f'{hook["exec"]["command"]}: exit {code}: {output}')
        for other in before:
            other.ended.wait(max(end - time.monotonic(), 0))
        terminated = time.monotonic()
        os.kill(container.pid, signal.SIGTERM)
        try:
            code = container.shim.wait(max(end - time.monotonic(), 0))
            self.say(f'stopped {container.where}: exit {code}, {time.monotonic() - terminated:.1f} s after SIGTERM')
            if code not in (0, 143):
                self.fail('stopped-badly', container.where, f'exit {code} on SIGTERM: {container.output()[-800:]}')
        except subprocess.TimeoutExpired:
            self.fail('killed', container.where, f'it still runs {container.pod.grace} s after its deletion began; kubelet kills it')
        self.order.append(['ended', container.pod.name, container.name])
        container.ended.set()

    # Requests

    def requests(self, *what, **parameters):
        return self.questions.requests(*what, **parameters)

    def send(self, *what, **parameters):
        self.judge_all(self.client.send(self.requests(*what, **parameters)))

    def judge_all(self, sent):
        self.questions.judge_all(sent)
        self.say(f'{len(sent)} requests were answered')

    def scrape(self):
        """Reads the metrics of every Service with a monitoring port."""
        services = [spec for spec in self.services.table.values() if any(port['port'] == 9090 for port in spec['ports'])]
        workloads = {pod.workload['metadata']['name'] for spec in services for pod in self.services.endpoints(spec)}
        for pod in self.pods:
            if pod.workload['metadata']['name'] not in workloads:
                self.fail('no-metrics', pod.name, 'no Service leads to its metrics')
        self.questions.scrape([f'{spec["name"]}.{spec["namespace"]}:9090' for spec in services])

    # The whole run

    def start(self):
        workloads = self.objects.kind(*WORKLOADS)
        pods = [self.new_pod(workload, index) for workload in workloads for index in range(workload['spec'].get('replicas', 1))]
        serve(NODE, self.services.addresses)
        self.services.start()
        self.client = ClientPod(self.start_client())
        self.each(self.start_pod, pods)
        self.questions = Questions(self.client, self.options.entry, self.options.request_limit, self.fail)
        self.judge, self.expected = self.questions.judge, self.questions.expected
        if not all(pod.ready for pod in pods):
            raise Failed

    def start_client(self):
        pause, _ = self.network.connect('client')
        here = os.path.dirname(os.path.abspath(__file__))
        files = {name: open(path).read() for name, path in (('client.py', f'{here}/client.py'), ('flow.yml', self.options.flow))}
        return self.node.spawn(pause, self.options.namespace, ['python', 'client.py'], {'JINA_OPTOUT_TELEMETRY': '1'}, files, '/client')[0]

    def use(self):
        self.probe_liveness('before requests')
        for endpoint in ('/', '/index', '/search'):
            self.send(endpoint, self.options.documents, 'first')
        self.report_served('first')
        if self.expected['monitoring']:
            self.scrape()
        if self.options.refused:
            self.questions.refused(self.options.refused)
        if self.options.beside:
            self.beside()

    def beside(self):
        """Runs a program in the network of the node, with a file that lists the pods."""
        def ports(pod):
            return {port['name']: {'port': port['containerPort'], 'container': container.name}
                    for container in pod.containers for port in container.spec.get('ports') or [] if 'name' in port}
        pods = [{'name': pod.name, 'namespace': pod.namespace, 'address': pod.address, 'labels': pod.labels, 'ports': ports(pod)}
                for pod in self.pods]
        file = os.path.join(self.options.out, 'pods.json')
        with open(file, 'w') as out:
            json.dump(pods, out)
        done = subprocess.run([*self.options.beside.split(), file], stdin=subprocess.DEVNULL, stdout=sys.stderr)
        if done.returncode != 0:
            self.fail('beside', self.options.beside, f'exit {done.returncode}')

    def report_served(self, when):
        self.served[when] = self.questions.take_served()

    def roll_out(self, names):
        """Restarts workloads like `kubectl rollout restart`, while requests are in flight."""
        kinds = {pod.workload['kind'] for pod in self.pods if pod.workload['metadata']['name'] in names}
        if kinds == {'StatefulSet'}:  # its pod does not exist for a while
            sent = self.slow_requests()
            new = self.each(self.roll_out_one, names)
        else:
            sent, done = [], threading.Event()
            load = threading.Thread(target=self.load, args=(done, sent))
            load.start()
            new = self.each(self.roll_out_one, names)
            done.set()
            load.join()
        self.judge_all(sent)
        for pod in itertools.chain(*new):
            self.wait_until_used(pod)

    def roll_out_one(self, name):
        """A StatefulSet ends a pod before it starts the next one, a Deployment (with `maxUnavailable: 0`) afterwards."""
        new, ends = [], []
        for pod in [pod for pod in self.pods if pod.workload['metadata']['name'] == name]:
            if pod.workload['kind'] == 'StatefulSet':
                self.delete_pod(pod)
            new.append(self.new_pod(pod.workload, pod.index))
            self.start_pod(new[-1])
            if pod.workload['kind'] == 'Deployment':
                ends.append(threading.Thread(target=self.delete_pod, args=(pod,)))
                ends[-1].start()
        for end in ends:
            end.join()
        return new

    def load(self, done, sent):
        """Sends requests that keep every replica busy."""
        while not done.wait(0.2):
            sent += self.client.send(self.slow(self.replicas(), self.options.load))

    def wait_until_used(self, pod):
        """Waits until callers use a pod that did not exist when they first looked up the name."""
        began = time.monotonic()
        while not (self.services.turns[pod.name] or any(pod.name in pods for pods in self.judge.served.values())):
            if time.monotonic() - began > self.options.notice:
                self.fail('never-used', pod.name, f'it is not called within {self.options.notice} s')
                return
            self.send('/', 4, f'look{self.client.count()}')
        self.say(f'used {pod.name}, {time.monotonic() - began:.1f} s later')

    def slow_requests(self):
        """Sends requests that the last executor handles slowly; returns when they are in flight."""
        before = self.slow_ones()
        sent = self.client.send(self.slow(self.replicas(), self.options.slow / len(self.options.entry)))
        end = time.monotonic() + self.options.request_limit
        while self.slow_ones() == before:
            if time.monotonic() > end:
                self.fail('wrong-answer', '/', 'a request never reaches the last executor')
                raise Failed
            time.sleep(0.05)
        time.sleep(0.3)
        return sent

    def last(self):
        return next(name for name, after in self.expected['graph'].items() if 'end-gateway' in after)

    def replicas(self):
        return self.expected['executors'][self.last()]['replicas']

    def slow(self, number, seconds):
        return self.requests('/', number, f'slow{self.client.count()}', slow=[self.last()], seconds=seconds)

    def slow_ones(self):
        """The slow requests that have arrived, each with its workload."""
        return [(pod.workload['metadata']['name'], line) for pod in self.pods + self.gone for container in pod.containers
                for line in container.output().splitlines() if line.startswith('slow: ')]

    def find_cut_off(self):
        """A request that arrives twice was cut off the first time, and the gateway has retried it."""
        for (workload, line), times in collections.Counter(self.slow_ones()).items():
            if times > 1:
                self.fail('cut-off', workload, f'a request arrives {times} times: {line}')

    def stop(self):
        """Deletes everything at once, with requests in flight."""
        sent = self.slow_requests()
        self.say('deleting all pods')
        self.each(self.delete_pod, list(self.pods))
        self.judge_all(sent)
        self.find_cut_off()

    def everything(self):
        self.start()
        self.use()
        if self.options.roll_out:
            self.roll_out(self.options.roll_out)
            self.send('/search', self.options.documents, 'second')
            self.report_served('second')
        self.probe_liveness('after requests')
        for pod in self.pods:
            for container in pod.containers:
                if 'ignored unknown argument' in ' '.join(container.output().split()):
                    self.fail('unknown-argument', container.where, 'Jina ignores an argument')
        self.stop()


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument('manifests')
    words.add_argument('flow')
    words.add_argument('out', type=os.path.abspath)
    words.add_argument('--namespace', default='default', help='the namespace of the client, and of objects without one')
    words.add_argument('--entry', action='append', required=True, help='PROTOCOL://HOST:PORT, from the client')
    words.add_argument('--refused', action='append', help='the same for an address that must refuse the client')
    words.add_argument('--documents', type=int, default=6, help='number of documents in a request')
    words.add_argument('--roll-out', action='append', default=[], help='a workload whose pods are replaced while requests are in flight')
    words.add_argument('--load', type=float, default=0.12, help='duration of these requests in seconds; one starts every 0.2 seconds')
    words.add_argument('--slow', type=float, default=2, help='duration in seconds of the requests in flight when pods are deleted')
    words.add_argument('--notice', type=float, default=60, help='seconds until a new pod must be used')
    words.add_argument('--beside', help='a program that runs after the first requests; its last argument is a file with the pods')
    words.add_argument('--startup-limit', type=float, default=120)
    words.add_argument('--request-limit', type=float, default=30)
    words.add_argument('--time-limit', type=int, default=300)
    options = words.parse_args()
    signal.alarm(options.time_limit)
    code = 2
    try:
        run = Run(options)
        try:
            run.everything()
        except Failed:
            run.fail('given-up', 'run', 'the remaining checks cannot run')
        print(json.dumps({'failures': run.failures, 'served': run.served, 'order': run.order, 'hops': run.judge.hops if run.judge else {}}), flush=True)
        code = 1 if run.failures else 0
    except Exception:
        traceback.print_exc()
    os._exit(code)  # even if threads still run


main()
