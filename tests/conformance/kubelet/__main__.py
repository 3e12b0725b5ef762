"""Runs manifests of a Flow: kubelet, kube-proxy, name server, and as much of the controllers as that needs.

    unshare --pid --fork --kill-child --mount --mount-proc --net --uts --ipc -- \\
        sh -c '"$@"; exit $?' sh PYTHON tests/conformance/kubelet MANIFESTS FLOW OUT --entry grpc://gateway:8080

Every pod has a network of its own, every container is a process with the environment, the command, the arguments, the
volumes and the user of its manifest, and is the first of its process namespace. Real Jina (in PYTHON's environment) runs
in the containers; a real Jina client in another pod sends documents. What is held:

- startup, readiness and liveness probes succeed, and no container ends by itself;
- every document comes back, and has gone through every executor in the order of the Flow, as real Jina reads it;
- a pod that is deleted loses no request in flight, and none is tried again: the pod leaves the Services, its preStop runs,
  SIGTERM comes, and it ends within its grace;
- NetworkPolicies are enforced.

Everything lives in the namespaces that `unshare` makes; when the first process in them ends, nothing is left. On standard
output is what was found, as JSON; logs of the containers are in OUT/logs. Exit code: 0 when nothing failed, 1 when something
did, another when the sandbox itself broke.
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
from judge import Judge
from manifests import WORKLOADS, Objects, Refused
from node import NODE, Network, Node, Pod
from services import Services


class Failed(Exception):
    """Nothing more can be learned."""


class Run:
    def __init__(self, options):
        self.options, self.begin, self.lock = options, time.monotonic(), threading.Lock()
        self.failures, self.served = [], {}
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
        """Does something with all of them at once."""
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
        pod.ready = all(self.each(self.start_container, pod.containers))
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
        if wrong and container.exit_code() is None:
            self.fail('startup-failed', container.where, wrong)
        return wrong is None

    def watch(self, container):
        code = container.shim.wait()
        if not container.stopping:
            self.fail('container-exited', container.where, f'it ends by itself with {code}, to be restarted: {container.said()[-1500:]}')

    def probe_liveness(self, when):
        def one(container):
            if wrong := probes.alive(self.node, container):
                self.fail('liveness-failed', container.where, f'{when}: {wrong}')
        self.each(one, [container for pod in self.pods for container in pod.containers])

    def delete_pod(self, pod):
        """`kubectl delete pod`: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination"""
        pod.terminating = True
        end = time.monotonic() + pod.grace
        self.each(lambda container: self.stop_container(container, end), pod.containers)
        self.pods.remove(pod)
        self.gone.append(pod)

    def stop_container(self, container, end):
        container.stopping = True
        hook = (container.spec.get('lifecycle') or {}).get('preStop') or {}
        if 'sleep' in hook:
            time.sleep(hook['sleep']['seconds'])
        elif 'exec' in hook:
            code, output = self.node.run(container, hook['exec']['command'], container.pod.grace)
            if code != 0:
                self.fail('prestop-failed', container.where, f'{hook["exec"]["command"]}: exit {code}: {output}')
        terminated = time.monotonic()
        os.kill(container.pid, signal.SIGTERM)
        try:
            code = container.shim.wait(max(end - time.monotonic(), 0))
            self.say(f'stopped {container.where}: exit {code}, {time.monotonic() - terminated:.1f} s after SIGTERM')
            if code not in (0, 143):
                self.fail('stopped-badly', container.where, f'exit {code} on SIGTERM: {container.said()[-800:]}')
        except subprocess.TimeoutExpired:
            self.fail('killed', container.where, f'it still runs {container.pod.grace} s after its end began; kubelet kills it')

    # Requests

    def requests(self, endpoint, number, tag, entries=None, **parameters):
        """One for each entry, with a number of documents."""
        out = []
        for entry in entries or self.options.entry:
            protocol, to = entry.split('://')
            texts = [f'{tag}-{protocol}{endpoint}-{n}' for n in range(number)]
            out.append({'protocol': protocol, 'to': to, 'endpoint': endpoint, 'texts': texts, 'parameters': parameters,
                        'limit': self.options.request_limit})
        return out

    def send(self, *what, **parameters):
        self.judge_all(self.client.send(self.requests(*what, **parameters)))

    def judge_all(self, sent):
        for request, answer in self.client.answers(sent):
            for wrong in dict.fromkeys(self.judge.wrong(request, answer)):
                self.fail('wrong-answer', f'{request["protocol"]} {request["endpoint"]} {request["texts"][0]}', wrong)
        self.say(f'{len(sent)} requests are answered')

    def scrape(self):
        """Asks every Service with a port for monitoring."""
        services = [spec for spec in self.services.table.values() if any(port['port'] == 9090 for port in spec['ports'])]
        workloads = {pod.workload['metadata']['name'] for spec in services for pod in self.services.endpoints(spec)}
        for pod in self.pods:
            if pod.workload['metadata']['name'] not in workloads:
                self.fail('no-metrics', pod.name, 'no Service leads to its metrics')
        gets = [{'protocol': 'metrics', 'to': f'{spec["name"]}.{spec["namespace"]}:9090'} for spec in services]
        for request, answer in self.client.answers(self.client.send(gets)):
            if not answer.get('lines'):
                self.fail('no-metrics', request['to'], f'/metrics says nothing of Jina: {answer}')

    # The whole

    def start(self):
        workloads = self.objects.kind(*WORKLOADS)
        pods = [self.new_pod(workload, index) for workload in workloads for index in range(workload['spec'].get('replicas', 1))]
        serve(NODE, self.services.addresses)
        self.services.start()
        self.client = ClientPod(self.node, self.network, self.options)
        self.each(self.start_pod, pods)
        self.expected = self.client.expected()
        self.judge = Judge(self.expected)
        if not all(pod.ready for pod in pods):
            raise Failed

    def use(self):
        self.probe_liveness('before requests')
        for endpoint in ('/', '/index', '/search'):
            self.send(endpoint, self.options.documents, 'first')
        for pod in self.pods if self.options.balanced else []:
            if pod.workload['spec'].get('replicas', 1) > 1:
                self.wait_until_used(pod)
        self.report_served('first')
        if self.expected['monitoring']:
            self.scrape()
        if self.options.refused:
            self.try_forbidden()

    def try_forbidden(self):
        for request, answer in self.client.answers(self.client.send(self.requests('/', 1, 'forbidden', self.options.refused))):
            if 'Connection refused' not in answer.get('error', ''):
                self.fail('not-refused', request['to'], f'the client may call it: {answer}')

    def report_served(self, when):
        self.served[when] = {name: dict(pods) for name, pods in self.judge.served.items()}
        self.judge.served.clear()

    def roll_out(self, names):
        """What `kubectl rollout restart` does to workloads, while requests are in flight."""
        kinds = {pod.workload['kind'] for pod in self.pods if pod.workload['metadata']['name'] in names}
        if kinds == {'StatefulSet'}:  # whose pod is gone for a while
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
        """A StatefulSet ends a pod before the next one comes, a Deployment (with `maxUnavailable: 0`) afterwards."""
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
        """Requests that keep every replica at work."""
        while not done.wait(0.2):
            sent += self.client.send(self.slow(self.replicas(), self.options.load))

    def wait_until_used(self, pod):
        """Callers have to hear of a pod that was not there when they asked first."""
        began = time.monotonic()
        while not (self.services.turns[pod.name] or any(pod.name in pods for pods in self.judge.served.values())):
            if time.monotonic() - began > self.options.notice:
                self.fail('never-used', pod.name, f'nobody calls it in {self.options.notice} s')
                return
            self.send('/', 4, f'look{self.client.count()}')
        self.say(f'used {pod.name}, {time.monotonic() - began:.1f} s later')

    def slow_requests(self):
        """Requests that the last executor takes its time for; returns when they are in flight."""
        before = self.slow_ones()
        sent = self.client.send(self.slow(self.replicas(), self.options.slow / len(self.options.entry)))
        end = time.monotonic() + self.options.request_limit
        while self.slow_ones() == before:
            if time.monotonic() > end:
                self.fail('wrong-answer', '/', 'a request never comes to the last executor')
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
        """The slow requests that have come, each with the workload that it came to."""
        return [(pod.workload['metadata']['name'], line) for pod in self.pods + self.gone for container in pod.containers
                for line in container.said().splitlines() if line.startswith('slow: ')]

    def find_cut_off(self):
        """A request that comes twice was cut off the first time, and the gateway has tried again."""
        for (workload, line), times in collections.Counter(self.slow_ones()).items():
            if times > 1:
                self.fail('cut-off', workload, f'a request comes {times} times: {line}')

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
                if 'ignored unknown argument' in ' '.join(container.said().split()):
                    self.fail('unknown-argument', container.where, 'Jina ignores an argument')
        self.stop()


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument('manifests')
    words.add_argument('flow')
    words.add_argument('out', type=os.path.abspath)
    words.add_argument('--namespace', default='default', help='the namespace of objects that name none, and of the client')
    words.add_argument('--entry', action='append', required=True, help='PROTOCOL://HOST:PORT, from the client')
    words.add_argument('--refused', action='append', help='the same, where the client has to be turned away')
    words.add_argument('--documents', type=int, default=6, help='how many in a request')
    words.add_argument('--balanced', action='store_true', help='every replica has to be used')
    words.add_argument('--roll-out', action='append', default=[], help='a workload whose pods are replaced while requests are in flight')
    words.add_argument('--load', type=float, default=0.12, help='seconds that these take; they come every 0.2 seconds')
    words.add_argument('--slow', type=float, default=2, help='seconds that requests in flight take when pods are deleted')
    words.add_argument('--notice', type=float, default=60, help='seconds after which a pod has to be used')
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
            run.fail('given-up', 'run', 'the rest cannot be tried')
        print(json.dumps({'failures': run.failures, 'served': run.served, 'hops': run.judge.hops if run.judge else {}}), flush=True)
        code = 1 if run.failures else 0
    except Exception:
        traceback.print_exc()
    os._exit(code)  # whatever still runs


main()
