"""The executors of the images. Each adds a "hop" to every document that it handles, as JSON in `hops`:

    name   the executor's name in the Flow, with `:before` or `:after` for containers beside a head
    pod, shard                            where it ran
    seen   the names that were in the document already; they prove the topology
    with   the values of `uses_with`       env   the variables that begin with RUN_
    workspace, user                       file  the content of the file that RUN_FILE names
"""
import json
import os
import socket
import time
from typing import Dict, List, Optional

from docarray import BaseDoc, DocList
from jina import Executor, requests


class Doc(BaseDoc):
    text: str = ''
    hops: List[str] = []
    matches: List[str] = []


def read(path):
    if path:
        with open(path) as file:
            return file.read()


def tell(who, what):
    """Tells a client that counts how often a document is handled."""
    if who:
        host, port = who.split(':')
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(what.encode(), (host, int(port)))


class Hopper(Executor):
    beside = ''

    def __init__(self, dim: int = 0, tag: Optional[str] = None, **kwargs):
        super().__init__(**kwargs)
        self.given = {'dim': dim, 'tag': tag}
        self.called = os.environ['JINA_DEPLOYMENT_NAME'] + self.beside

    def hop(self, docs, parameters):
        """Adds the hops, and waits if the request requires it."""
        for doc in docs:
            tell(parameters.get('tell'), f'{self.called} {getattr(self.runtime_args, "shard_id", None)} {doc.id}')
        if self.called in parameters.get('slow', []):
            for doc in docs:
                print(f'slow: {doc.id}', flush=True)
            time.sleep(parameters['seconds'])
        if self.called in parameters.get('hungry', []):
            self.eaten = bytearray(b'x') * int(parameters['megabytes'] * 2**20)
        for doc in docs:
            doc.hops = list(doc.hops) + [json.dumps({
                'name': self.called, 'pod': os.environ['K8S_POD_NAME'], 'shard': getattr(self.runtime_args, 'shard_id', None),
                'seen': sorted({json.loads(hop)['name'] for hop in doc.hops}), 'with': self.given, 'workspace': self.workspace,
                'user': os.getuid(), 'file': read(os.environ.get('RUN_FILE')),
                'env': {key: value for key, value in os.environ.items() if key.startswith('RUN_')},
            })]
        return docs


class Echo(Hopper):
    @requests
    def echo(self, docs: DocList[Doc], parameters: Dict = {}, **kwargs) -> DocList[Doc]:
        return self.hop(docs, parameters)


class Encoder(Echo):
    pass


class Before(Echo):
    """For uses_before of a sharded executor."""

    beside = ':before'


class Indexer(Hopper):
    """Keeps the contents of /index, in a file if it has a workspace; /search finds all of them."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.contents: List[str] = []
        self.file = self.workspace and os.path.join(self.workspace, 'contents')
        if self.file and os.path.exists(self.file):
            with open(self.file) as file:
                self.contents = file.read().splitlines()

    @requests(on='/index')
    def index(self, docs: DocList[Doc], parameters: Dict = {}, **kwargs) -> DocList[Doc]:
        self.contents += [doc.text for doc in docs]
        if self.file:
            os.makedirs(self.workspace, exist_ok=True)
            with open(self.file, 'w') as file:
                file.writelines(text + '\n' for text in self.contents)
        return self.hop(docs, parameters)

    @requests(on='/search')
    def search(self, docs: DocList[Doc], parameters: Dict = {}, **kwargs) -> DocList[Doc]:
        for doc in docs:
            doc.matches = list(self.contents)
        return self.hop(docs, parameters)

    @requests
    def other(self, docs: DocList[Doc], parameters: Dict = {}, **kwargs) -> DocList[Doc]:
        return self.hop(docs, parameters)


class After(Hopper):
    """For uses_after of a sharded executor: merges the documents of the shards into one."""

    beside = ':after'

    @requests
    def after(self, docs: DocList[Doc], docs_matrix: Optional[List[DocList[Doc]]] = None, parameters: Dict = {}, **kwargs) -> DocList[Doc]:
        merged: Dict[str, Doc] = {}
        for doc in [doc for part in docs_matrix or [docs] for doc in part]:
            first = merged.setdefault(doc.id, doc)
            first.hops = list(dict.fromkeys([*first.hops, *doc.hops]))
            first.matches = list(dict.fromkeys([*first.matches, *doc.matches]))
        return self.hop(DocList[Doc](list(merged.values())), parameters)
