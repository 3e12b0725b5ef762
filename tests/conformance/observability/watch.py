"""Beside a Flow in the stand-in of a cluster: a real Prometheus that reads the metrics of its pods as Prometheus Operator would set it
up, a real collector of OpenTelemetry, and requests of which some fail.

    watch.py PLACE PODS

PLACE has plan.json: the programs, the PodMonitors, the file with rules, the configuration of the collector, and the queries. PODS
lists the pods. PLACE/answers.json gets what Prometheus answers, and what the collector has passed on.
"""
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from docarray import BaseDoc, DocList
from jina import Client

PROMETHEUS = 'http://127.0.0.1:9090'


class Doc(BaseDoc):
    text: str = ''


def get(path, **words):
    url = f'{PROMETHEUS}/api/v1/{path}?{urllib.parse.urlencode(words, doseq=True)}'
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)['data']
    except urllib.error.HTTPError as error:
        return {'error': error.read().decode(), 'result': [], 'activeTargets': []}
    except OSError:  # it has not started yet
        return {'result': [], 'activeTargets': []}


def until(what, seconds, condition):
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise SystemExit(f'watch.py: not within {seconds} s: {what}')
        time.sleep(0.3)
    return value


def scrape_jobs(monitors, pods):
    """The targets and labels of PodMonitors. https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor"""
    for monitor in monitors:
        name, spec = monitor['metadata']['name'], monitor['spec']
        for endpoint in spec['podMetricsEndpoints']:
            chosen = [pod for pod in pods if spec['selector']['matchLabels'].items() <= pod['labels'].items()]
            yield {'job_name': f'podMonitor/{name}/{endpoint["port"]}', 'static_configs': [{
                'targets': [f'{pod["address"]}:{port["port"]}'],
                'labels': {'namespace': pod['namespace'], 'pod': pod['name'], 'container': port['container'], 'endpoint': endpoint['port'],
                           'job': f'{pod["namespace"]}/{name}'},
            } for pod in chosen for port in [pod['ports'][endpoint['port']]]]}


def start(argv, log, **more):
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=open(log, 'w'), stderr=subprocess.STDOUT, **more)


def send(address, endpoint, parameters):
    """Sends a document, and says whether it fails."""
    client = Client(host=address, port=8080, protocol='grpc')
    try:
        client.post(on=endpoint, inputs=DocList[Doc]([Doc(text='x')]), return_type=DocList[Doc], parameters=parameters, show_progress=False)
    except Exception as error:
        print(f'{endpoint} {parameters}: {type(error).__name__}: {str(error)[:200]}', file=sys.stderr)
        return True
    return False


async def abandon(address, parameters):
    """Sends a document, and does not wait for the answer."""
    client = Client(host=address, port=8080, protocol='grpc', asyncio=True)

    async def ask():
        docs = DocList[Doc]([Doc(text='x')])
        async for _ in client.post(on='/search', inputs=docs, return_type=DocList[Doc], parameters=parameters, show_progress=False):
            pass
    try:
        await asyncio.wait_for(ask(), 1)
    except asyncio.TimeoutError:
        return
    raise SystemExit('watch.py: the request is answered')


def main():
    place, file = sys.argv[1:]
    with open(f'{place}/plan.json') as plan, open(file) as pods:
        plan, pods = json.load(plan), json.load(pods)
    gateway = next(pod for pod in pods if pod['name'].startswith('gateway-'))['address']
    # JSON is YAML.
    with open(f'{place}/prometheus.yml', 'w') as out:
        json.dump({'global': {'scrape_interval': '1s', 'evaluation_interval': '1s'}, 'rule_files': [plan['rules']],
                   'scrape_configs': list(scrape_jobs(plan['monitors'], pods))}, out)
    storage = ['--storage.tsdb.path', f'{place}/data', '--web.enable-otlp-receiver', '--web.listen-address', '127.0.0.1:9090']
    # The receiver of traces prints them.
    traces = 'yaml:' + json.dumps({
        'receivers': {'otlp': {'protocols': {'grpc': {'endpoint': '127.0.0.1:4417'}}}}, 'exporters': {'debug': {'verbosity': 'detailed'}},
        'service': {'pipelines': {'traces': {'receivers': ['otlp'], 'exporters': ['debug']}}, 'telemetry': {'metrics': {'level': 'none'}}}})
    environment = {**os.environ, 'TRACES': '127.0.0.1:4417', 'METRICS': f'{PROMETHEUS}/api/v1/otlp'}
    start([plan['otelcol'], '--config', traces], f'{place}/traces.log')
    # It is still there when the pods end. Without a collector, Jina tries again to send the last metrics, longer than a pod may take.
    start([plan['otelcol'], '--config', plan['collector']], f'{place}/collector.log', env=environment)
    prometheus = start([plan['prometheus'], '--config.file', f'{place}/prometheus.yml', *storage], f'{place}/prometheus.log')
    try:
        until('all pods are targets', 60, lambda: len([1 for target in get('targets')['activeTargets'] if target['health'] == 'up']) == len(pods))
        failed = []
        for _ in range(plan['rounds']):
            failed += [send(gateway, endpoint, parameters) for endpoint, parameters in plan['requests']]
            time.sleep(1)
        queries = {query: until(query, 60, lambda: get('query', query=query)['result']) for query in plan['queries']}
        alerts = until('the expected alerts', 60, lambda: expected(plan['firing']))
        asyncio.run(abandon(gateway, {'slow': ['encoder'], 'seconds': 3}))
        time.sleep(6)
        # What the collector has passed on.
        spans = until('spans', 60, lambda: names(f'{place}/traces.log', 'Name           : '))
        services = names(f'{place}/traces.log', '-> service.name: Str(')
        passed_on = until('metrics of OpenTelemetry', 90, lambda: [n for n in get('label/__name__/values') if n in plan['passed_on']])
        answers = {
            'failed': failed, 'queries': queries, 'alerts': alerts, 'spans': spans, 'services': services, 'passed_on': passed_on,
            'rules': get('rules')['groups'], 'names': get('label/__name__/values'),
            'trees': [get('parse_query', query=query) for query in plan['parse']],
            'others': {query: get('query', query=query) for query in plan['others']},
        }
        with open(f'{place}/answers.json', 'w') as out:
            json.dump(answers, out)
    finally:
        prometheus.send_signal(signal.SIGTERM)
        prometheus.wait()


def expected(firing):
    found = {alert['labels']['alertname']: alert['state'] for alert in get('alerts')['alerts']}
    return found if all(found.get(name) == 'firing' for name in firing) else None


def names(log, prefix):
    with open(log, errors='replace') as file:
        return sorted({line.split(prefix)[1].strip().rstrip(')') for line in file if prefix in line})


main()
