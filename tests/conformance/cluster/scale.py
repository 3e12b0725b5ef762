"""Many Flows on nodes that only pretend, measured: how long ours takes, and how long the cluster takes.

    tests/conformance/cluster/up.sh
    tests/conformance/cluster/in.sh .tools/jina/bin/python tests/conformance/cluster/scale.py JINAFLOW FLOWS [EXECUTORS]
    tests/conformance/cluster/in.sh .tools/jina/bin/python tests/conformance/cluster/scale.py JINAFLOW sizes

JINAFLOW is the binary. The first form renders FLOWS Flows with EXECUTORS (10) executors each, applies them, each into a
namespace of its own, promotes them to another tag of the executors' image, and deletes the namespaces. It prints a line of
JSON for each step: seconds of wall time, seconds of processor time of each program of the cluster, its memory in MB, and at
the end of the steps how many objects there are. The second form looks for the number of executors at which one Flow is refused.

This program applies with 8 connections and server-side, so that it does not wait for itself. `kubectl` is measured beside it
with 10 of the Flows. Set CLUSTER_QPS for up.sh to let the controllers send more requests per second than they do by default.
"""
import concurrent.futures
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import yaml

NODE = {
    'apiVersion': 'v1', 'kind': 'Node',
    'metadata': {'name': 'kwok', 'labels': {'type': 'kwok', 'kubernetes.io/hostname': 'kwok'}, 'annotations': {'kwok.x-k8s.io/node': 'fake'}},
    'spec': {'taints': [{'key': 'kwok.x-k8s.io/node', 'value': 'fake', 'effect': 'NoSchedule'}]},
}
FLOW = '''apiVersion: flow.jina.ai/v1alpha1
kind: JinaFlow
metadata: {{name: {name}, namespace: {name}}}
spec:
  flow: |
    jtype: Flow
    with: {{name: {name}}}
    executors:
{executors}  defaults:
    podTemplate:
      spec:
        nodeSelector: {{type: kwok}}
        tolerations: [{{key: kwok.x-k8s.io/node, operator: Exists}}]
'''
PATHS = {
    'ConfigMap': 'api/v1/namespaces/{}/configmaps', 'Service': 'api/v1/namespaces/{}/services',
    'Deployment': 'apis/apps/v1/namespaces/{}/deployments', 'PodDisruptionBudget': 'apis/policy/v1/namespaces/{}/poddisruptionbudgets',
}
PROGRAMS = ('etcd', 'kube-apiserver', 'kube-controller', 'kube-scheduler', 'kube-proxy', 'kube-router', 'kubelet', 'coredns', 'kwok')
COUNTED = ('apis/apps/v1/deployments', 'apis/apps/v1/replicasets', 'api/v1/pods', 'api/v1/configmaps', 'api/v1/services', 'api/v1/endpoints',
           'apis/discovery.k8s.io/v1/endpointslices', 'apis/policy/v1/poddisruptionbudgets', 'api/v1/events')
CONNECTIONS = 8
with open(os.environ['KUBECONFIG']) as file:
    CONFIG = yaml.safe_load(file)
CLUSTER, TOKEN = CONFIG['clusters'][0]['cluster'], CONFIG['users'][0]['user']['token']
local = threading.local()


def request(method, path, body=None, kind='application/json', accept='application/json'):
    if not hasattr(local, 'connection'):
        context = ssl.create_default_context(cafile=CLUSTER['certificate-authority'])
        local.connection = http.client.HTTPSConnection(CLUSTER['server'].removeprefix('https://'), context=context)
    headers = {'Authorization': f'Bearer {TOKEN}', 'Content-Type': kind, 'Accept': accept}
    try:
        local.connection.request(method, '/' + path, body, headers)
        response = local.connection.getresponse()
    except http.client.RemoteDisconnected:
        # The server closes idle connections. Every request here may be repeated.
        local.connection.request(method, '/' + path, body, headers)
        response = local.connection.getresponse()
    return response.status, response.read()


def ask(method, path, body=None, **more):
    status, data = request(method, path, body, **more)
    if status >= 300:
        raise SystemExit(f'{method} {path}: {status} {data[:500].decode()}')
    return data


def apply(item):
    path, body = item
    ask('PATCH', f'{path}?fieldManager=scale&force=true', body, kind='application/apply-patch+yaml')


def at_once(work, items):
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in pool.map(work, items):
            pass


def flow(name, executors, tag):
    lines = ''.join(f'    - {{name: executor{i}, uses: docker://example/encoder:{tag}}}\n' for i in range(executors))
    return FLOW.format(name=name, executors=lines)


def documents(manifests):
    return re.split(r'^---\n', manifests, flags=re.M)


def place(document, namespace):
    kind = re.search(r'^kind: (\w+)$', document, re.M)[1]
    name = re.search(r'^  name: (\S+)$', document, re.M)[1]
    return f'{PATHS[kind].format(namespace)}/{name}', document


def processes():
    found = {}
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/stat') as file:
                name, rest = re.match(r'\d+ \((.*)\) (.*)', file.read()).groups()
            with open(f'/proc/{pid}/status') as file:
                memory = re.search(r'VmRSS:\s+(\d+)', file.read())
        except FileNotFoundError:
            continue
        for program in PROGRAMS:
            if program.startswith(name) and memory:
                fields = rest.split()
                cpu = (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
                found[program] = (round(cpu + found.get(program, (0,))[0], 1), int(memory[1]) // 1024)
    return found


class Step:
    def __init__(self, name):
        self.line = {'step': name}

    def __enter__(self):
        self.begin, self.before, self.own = time.monotonic(), processes(), os.times()
        return self.line

    def __exit__(self, *error):
        after, own = processes(), os.times()
        self.line['seconds'] = round(time.monotonic() - self.begin, 1)
        self.line['cpu of clients'] = round(sum(own[:4]) - sum(self.own[:4]), 2)
        self.line['cpu'] = {name: round(cpu - self.before.get(name, (0,))[0], 1) for name, (cpu, _) in after.items()}
        self.line['MB'] = {name: memory for name, (_, memory) in after.items()}
        if error[0] is None:
            print(json.dumps(self.line), flush=True)


def ready(executors, tag):
    """Waits until all executors with `tag` are ready and no others are."""
    while True:
        table = json.loads(ask('GET', 'apis/apps/v1/replicasets?resourceVersion=0&labelSelector=flow.jina.ai/role%3Dworker',
                               accept='application/json;as=Table;g=meta.k8s.io;v=v1'))
        columns = {column['name']: at for at, column in enumerate(table['columnDefinitions'])}
        now, old = 0, 0
        for row in table['rows']:
            cells = row['cells']
            if cells[columns['Images']].endswith(':' + tag):
                now += int(cells[columns['Ready']])
            else:
                old += int(cells[columns['Current']])
        if (now, old) == (executors, 0):
            return
        print(f'  {now} of {executors} are ready, {old} old', file=sys.stderr, flush=True)
        time.sleep(2 + executors / 500)


def samples(pattern):
    found = {}
    for labels, value in re.findall(pattern + r'{(.*)} (\S+)$', ask('GET', 'metrics').decode(), re.M):
        found[tuple(re.findall(r'(\w+)="([^"]*)"', labels))] = float(value)
    return found


def number_of(path):
    found = json.loads(ask('GET', f'{path}?limit=1'))
    return len(found['items']) + found['metadata'].get('remainingItemCount', 0)


def counts():
    print(json.dumps({
        'objects': {path.rsplit('/', 1)[1]: number_of(path) for path in COUNTED},
        'watches': int(sum(value for labels, value in samples('^apiserver_longrunning_requests').items() if dict(labels)['verb'] == 'WATCH')),
        'etcd MB': [round(value / 1e6, 1) for value in samples('^apiserver_(?:resource|storage)_size_bytes').values()][:1],
    }), flush=True)


def sizes_of(namespace, rendered):
    for kind, name in (('Deployment', 'gateway'), ('Deployment', 'executor0'), ('Service', 'executor0'), ('ConfigMap', 'executor0-configmap')):
        path = f'{PATHS[kind].format(namespace)}/{name}'
        data = json.loads(ask('GET', path))
        managed = len(json.dumps(data['metadata'].pop('managedFields', None), separators=(',', ':')))
        print(json.dumps({'object': f'{kind}/{name}', 'rendered': len(next(d for p, d in rendered if p == path)),
                          'stored as JSON': len(json.dumps(data, separators=(',', ':'))), 'managedFields': managed}), flush=True)


def export(binary, folder, names, executors, tag):
    manifests = {}
    for name in names:
        with open(f'{folder}/{name}.yaml', 'w') as file:
            file.write(flow(name, executors, tag))
    with Step(f'render {tag}: one process for each Flow') as line:
        for name in names:
            manifests[name] = subprocess.run([binary, 'export', f'{folder}/{name}.yaml'], check=True, capture_output=True, text=True).stdout
        line['MB of manifests'] = round(sum(map(len, manifests.values())) / 1e6, 1)
    items = ''.join('- ' + flow(name, executors, tag).replace('\n', '\n  ').rstrip(' ') for name in names)
    with Step(f'render {tag}: one ResourceList') as line:
        subprocess.run([binary], input=f'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}', check=True, capture_output=True, text=True)
    return manifests, [place(document, name) for name in names for document in documents(manifests[name])]


def many(binary, flows, executors=10):
    names = [f'scale-{number}' for number in range(flows)]
    ask('PATCH', 'api/v1/nodes/kwok?fieldManager=scale&force=true', json.dumps(NODE), kind='application/apply-patch+yaml')
    with tempfile.TemporaryDirectory() as folder:
        counts()
        with Step('namespaces'):
            at_once(apply, [(f'api/v1/namespaces/{name}', json.dumps({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': name}})) for name in names])
        manifests, objects = export(binary, folder, names, executors, 'v1')
        some = names[:10]
        for name in some:
            with open(f'{folder}/out.yaml', 'a') as file:
                file.write(''.join(f'---\n{d}'.replace('metadata:\n', f'metadata:\n  namespace: {name}\n', 1) for d in documents(manifests[name])))
        for how in ([], ['--server-side', '--force-conflicts']):
            with Step(f'kubectl apply {" ".join(how)} of {len(some)} Flows'):
                subprocess.run(['kubectl', 'apply', *how, '-f', f'{folder}/out.yaml'], check=True, capture_output=True)
        with Step(f'apply {len(objects)} objects'):
            at_once(apply, objects)
        with Step(f'until {flows * executors} pods are ready'):
            ready(flows * executors, 'v1')
        counts()
        sizes_of(names[-1], objects)
        with Step('apply again, unchanged'):
            at_once(apply, objects)
        _, objects = export(binary, folder, names, executors, 'v2')
        with Step('apply the promotion'):
            at_once(apply, objects)
        with Step(f'until {flows * executors} pods are replaced'):
            ready(flows * executors, 'v2')
        counts()
        with Step('delete the namespaces'):
            at_once(lambda name: ask('DELETE', f'api/v1/namespaces/{name}'), names)
            while True:
                left = sum(item['metadata']['name'].startswith('scale-') for item in json.loads(ask('GET', 'api/v1/namespaces'))['items'])
                if not left:
                    break
                print(f'  {left} namespaces left', file=sys.stderr, flush=True)
                time.sleep(2)
        ask('DELETE', 'api/v1/nodes/kwok')
        counts()


def gateway(binary, executors):
    """The Deployment of the gateway of a Flow, without pods."""
    with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
        file.write(flow('sizes', executors, 'v1'))
        file.flush()
        manifests = subprocess.run([binary, 'export', file.name], check=True, capture_output=True, text=True).stdout
    path = PATHS['Deployment'].format('sizes') + '/gateway'
    document = next(d for d in documents(manifests) if re.search('^kind: Deployment\n(.*\n)*?  name: gateway\n', d, re.M))
    return path, document.replace('  replicas: 1\n', '  replicas: 0\n', 1)


def starts(path, document):
    """Whether Linux starts a program with these arguments."""
    container = yaml.load(document, yaml.CSafeLoader)['spec']['template']['spec']['containers'][0]
    environment = {variable['name']: variable.get('value', '') for variable in container['env']}
    args = [re.sub(r'\$\((\w+)\)', lambda name: environment[name[1]], arg) for arg in container['args']]
    try:
        subprocess.run(['true', *args], env={**os.environ, **environment}, check=True)
    except OSError as error:
        return str(error)[:60]


def client_side(path, document):
    remove(path)
    run = subprocess.run(['kubectl', '-n', 'sizes', 'apply', '-f', '-'], input=document, capture_output=True, text=True)
    return run.stderr[-200:] if run.returncode else None


def server_side(path, document):
    remove(path)
    status, data = request('PATCH', f'{path}?fieldManager=scale&force=true', document.encode(), kind='application/apply-patch+yaml')
    return data[:300].decode() if status >= 300 else None


def remove(path):
    request('DELETE', path)
    while request('GET', path)[0] != 404:
        time.sleep(0.2)


def sizes(binary):
    ask('PATCH', 'api/v1/namespaces/sizes?fieldManager=scale', json.dumps({
        'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'sizes'}}), kind='application/apply-patch+yaml')
    for accepted in (client_side, server_side, starts):
        fits, refused, why = 0, None, None
        while refused is None or refused - fits > fits // 20:
            middle = (fits + refused) // 2 if refused else max(500, 2 * fits)
            answer = accepted(*gateway(binary, middle))
            if answer is None:
                fits = middle
            else:
                refused, why = middle, answer
        print(json.dumps({'limit': accepted.__name__, 'executors that fit': fits, 'bytes of the Deployment': len(gateway(binary, fits)[1]),
                          'refused': refused, 'why': why}), flush=True)
    ask('DELETE', 'api/v1/namespaces/sizes')


def main(binary, flows, executors='10'):
    if flows == 'sizes':
        sizes(binary)
    else:
        many(binary, int(flows), int(executors))


main(*sys.argv[1:])
