"""A user of the Flow in a separate pod: real Jina reads the expected behavior from the Flow, and real Jina clients call it.

Standard input has requests, one JSON object per line. Standard output has the values that Jina reads from flow.yml, then an
answer to each request, in the order in which the answers arrive.
"""
import asyncio
import json
import sys
import urllib.request
from typing import List

from docarray import BaseDoc, DocList
from jina import Client, Flow
from jina.jaml import JAMLCompatible


class Doc(BaseDoc):
    text: str = ''
    hops: List[str] = []
    matches: List[str] = []


def expected(path):
    """The Flow's graph, and the options of its executors that can be seen in the answers."""
    thing = JAMLCompatible.load_config(path)
    if isinstance(thing, Flow):
        thing.build(copy_flow=False)
        nodes = {name: node.args for name, node in thing._deployment_nodes.items() if name != 'gateway'}
        graph = thing._get_graph_representation()
        monitoring = bool(thing._deployment_nodes['gateway'].args.monitoring)
    else:
        nodes = {thing.args.name: thing.args}
        graph = {'start-gateway': [thing.args.name], thing.args.name: ['end-gateway']}
        monitoring = bool(thing.args.monitoring)
    return {'graph': graph, 'monitoring': monitoring, 'gateway': isinstance(thing, Flow), 'executors': {name: {
        'shards': args.shards, 'replicas': args.replicas, 'uses_before': bool(args.uses_before), 'uses_after': bool(args.uses_after),
        # The image of the indexers; each of several replicas would keep a part.
        'keeps': 'indexer' in str(args.uses) and args.replicas == 1,
        'polling': getattr(args.polling, 'name', args.polling), 'uses_with': args.uses_with or {}, 'workspace': args.workspace,
        'env': {key: str(value) for key, value in (args.env or {}).items()}, 'volumes': args.volumes or [],
    } for name, args in nodes.items()}}


async def call(request):
    host, port = request['to'].rpartition(':')[::2]
    client = Client(host=host, port=int(port), protocol=request['protocol'], asyncio=True)
    docs = DocList[Doc]([Doc(id=text, text=text) for text in request['contents']])
    back = []
    # One request for each document, so that different replicas can get them.
    async for part in client.post(on=request['endpoint'], inputs=docs, return_type=DocList[Doc], request_size=1, show_progress=False,
                                  parameters=request['parameters']):
        back += [{'id': doc.id, 'hops': list(doc.hops), 'matches': list(doc.matches)} for doc in part]
    return back


def metrics(request):
    """The number of lines about Jina at /metrics of an address."""
    with urllib.request.urlopen(f'http://{request["to"]}/metrics', timeout=10) as answer:
        return sum(line.startswith(b'jina_') for line in answer)


async def handle(request):
    answer = {'number': request['number']}
    try:
        if request['protocol'] == 'metrics':
            answer['lines'] = await asyncio.get_running_loop().run_in_executor(None, metrics, request)
        else:
            answer['docs'] = await asyncio.wait_for(call(request), request['limit'])
    except (Exception, SystemExit) as error:
        answer['error'] = f'{type(error).__name__}: {error}'[:900]
    say(answer)


def say(thing):
    print(json.dumps(thing), flush=True)


async def main():
    say(expected('flow.yml'))
    loop = asyncio.get_running_loop()
    running = set()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        task = asyncio.create_task(handle(json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)


if __name__ == '__main__':
    asyncio.run(main())
