"""Checks whether an answer is as the Flow expects."""
import collections
import json


def ancestors(graph):
    """The executors before each executor."""
    before = collections.defaultdict(set)
    changed = True
    while changed:
        changed = False
        for one, others in graph.items():
            for other in others:
                new = before[one] | ({one} - {'start-gateway'})
                if not new <= before[other]:
                    before[other] |= new
                    changed = True
    return before


def polling(executor, endpoint):
    """ANY or ALL, as a head chooses: https://jina.readthedocs.io/en/v3.18.0/concepts/orchestration/scale-out/"""
    table, given = {'/index': 'ANY', '/search': 'ALL'}, executor['polling']
    if given.startswith('{'):
        given = json.loads(given)
        table.update({key: str(value).upper() for key, value in given.items()})
        given = table.get('*', 'ANY')
    return table.get(endpoint, given.upper())


class Judge:
    def __init__(self, expected):
        self.executors, self.graph, self.has_gateway = expected['executors'], expected['graph'], expected['gateway']
        self.before = ancestors(self.graph)
        self.served = collections.defaultdict(collections.Counter)
        self.indexed = set()
        self.hops = {}  # the last hop of each

    def marks(self, name):
        """The hops that an executor adds, in their order."""
        executor = self.executors[name]
        if executor['shards'] == 1:  # no head
            return [name]
        return [name + ':before'] * executor['uses_before'] + [name] + [name + ':after'] * executor['uses_after']

    def wrong(self, request, answer):
        """The errors in the answer to a request."""
        if 'error' in answer:
            yield answer['error']
            return
        ids = sorted(doc['id'] for doc in answer['docs'])
        if ids != sorted(request['contents']):
            yield f'sent: {request["contents"]}, received: {ids}'
        if request['endpoint'] == '/index':
            self.indexed.update(request['contents'])
        for doc in answer['docs']:
            yield from self.wrong_document(request['endpoint'], doc)

    def wrong_document(self, endpoint, doc):
        of = {mark: name for name in self.executors for mark in self.marks(name)}
        # Where branches join, both bring the hops before the branches.
        hops = [json.loads(hop) for hop in dict.fromkeys(doc['hops'])]
        for stranger in {hop['name'] for hop in hops} - set(of):
            yield f'it went through {stranger}, which the Flow does not have'
            return
        for missed in set(of) - {hop['name'] for hop in hops}:
            yield f'it never went through {missed}'
        for hop in hops:
            name = of[hop['name']]
            self.served[hop['name']][hop['pod']] += 1
            self.hops[hop['name']] = hop
            own = self.marks(name)
            due = {mark for other in self.before[name] for mark in self.marks(other)} | set(own[:own.index(hop['name'])])
            if due != set(hop['seen']):
                yield f'it came to {hop["name"]} after {hop["seen"]}, but the Flow expects it after {sorted(due)}'
            if hop['name'] == name:
                yield from self.wrong_options(hop, self.executors[name])
        for name, executor in self.executors.items():
            shards = sorted(hop['shard'] for hop in hops if hop['name'] == name)
            # A head that is called without a gateway does not get the endpoint.
            how = polling(executor, endpoint if self.has_gateway else None)
            due = list(range(executor['shards'])) if how == 'ALL' and executor['shards'] > 1 else shards[:1]
            if shards != due:
                yield f'{name} is polled {how}: it went to shards {shards}'
            if endpoint == '/search' and executor['keeps'] and set(doc['matches']) != self.indexed:
                yield f'indexed: {sorted(self.indexed)}, found: {sorted(doc["matches"])}'

    def wrong_options(self, hop, executor):
        for key, value in executor['uses_with'].items():
            if hop['with'].get(key) != value:
                yield f'{hop["name"]}: uses_with {key}={value!r} came as {hop["with"].get(key)!r}'
        for key, value in executor['env'].items():
            if hop['env'].get(key) != value:
                yield f'{hop["name"]}: env {key}={value!r} came as {hop["env"].get(key)!r}'
        if executor['workspace'] and not (hop['workspace'] or '').startswith(executor['workspace']):
            yield f'{hop["name"]}: its workspace is {hop["workspace"]}, not in {executor["workspace"]}'
