"""A user of a Flow who does not stop: sends one document after the other, until standard input ends or `limit` are sent.

    python3 load.py '{"to": "gateway:8080", …}'

It prints a line when the first request is answered, and a report when it ends. Both are JSON. For a line `peek` on standard
input it prints the report so far, and for a line `mark` too, after which the next report begins. The settings:

    to, endpoint, protocol   where the requests go              parameters   for the executors
    apart                    seconds between requests           limit        the number of requests, 0 for no limit
    clients                  clients with connections of their own, used in turn
    slots                    requests at the same time; more wait
    stream                   documents that follow each other over one connection, in place of a single one
    timeout                  seconds until a request without an answer counts as lost

The executors tell this program of each document that they begin to handle, so that it can count those that came twice.
"""
import asyncio
import collections
import json
import os
import socket
import sys
import time
from typing import List

# Jina prints to standard output, which is for reports here.
reports = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)

from docarray import BaseDoc, DocList  # noqa: E402
from jina import Client  # noqa: E402

DEFAULTS = {'endpoint': '/', 'protocol': 'grpc', 'apart': 0.1, 'limit': 0, 'clients': 1, 'slots': 50, 'stream': 1, 'timeout': 60, 'parameters': {}}


class Doc(BaseDoc):
    text: str = ''
    hops: List[str] = []
    matches: List[str] = []


class Handled(asyncio.DatagramProtocol):
    def __init__(self):
        self.counts = collections.Counter()

    def datagram_received(self, data, address):
        self.counts[data.decode()] += 1


class Load:
    def __init__(self, options, handled):
        self.options, self.begin, self.handled, self.reported, self.sent = options, time.monotonic(), handled, set(), 0
        host, port = options['to'].rsplit(':', 1)
        self.clients = [Client(host=host, port=int(port), protocol=options['protocol'], asyncio=True) for _ in range(options['clients'])]
        self.slots = asyncio.Semaphore(options['slots'])
        self.answered = False
        self.mark()

    def mark(self):
        """Begins a report."""
        self.since, self.before = self.now(), self.sent
        self.errors, self.failed, self.times, self.slow = collections.Counter(), [], [], []
        self.pods, self.first, self.last, self.through = collections.Counter(), {}, {}, collections.Counter()

    def now(self):
        return round(time.monotonic() - self.begin, 2)

    async def answers(self, number):
        names = [f'{number}', *(f'{number}-{part}' for part in range(1, self.options['stream']))]
        docs = DocList[Doc]([Doc(id=f'd{name}', text=f't{name}') for name in names])
        client = self.clients[number % len(self.clients)]
        found = []
        async for back in client.post(on=self.options['endpoint'], inputs=docs, return_type=DocList[Doc], request_size=1,
                                      show_progress=False, parameters=self.options['parameters']):
            found += back
        return found

    async def one(self, number):
        sent = self.now()
        try:
            docs = await asyncio.wait_for(self.answers(number), self.options['timeout'])
            if len(docs) != self.options['stream']:
                raise ValueError(f'{len(docs)} documents returned')
        except (Exception, SystemExit) as error:
            self.errors[f'{type(error).__name__}: {error}'[:300]] += 1
            self.failed.append(sent)
        else:
            hops = [json.loads(hop) for doc in docs for hop in dict.fromkeys(doc.hops)]
            for hop in hops:
                key = f'{hop["name"]} {hop["pod"]}'
                self.pods[key] += 1
                self.first.setdefault(key, sent)
                self.last[key] = self.now()
            # The executors and shards that an answer comes from.
            self.through[' '.join(sorted({hop['name'] if hop['shard'] is None else f'{hop["name"]}/{hop["shard"]}' for hop in hops}))] += 1
            if not self.answered:
                self.answered = True
                print(json.dumps({'answered': self.now()}), file=reports, flush=True)
            self.times.append(self.now() - sent)
        finally:
            if self.now() - sent > 1:
                self.slow.append((sent, round(self.now() - sent, 2)))
            self.slots.release()

    async def run(self, stopped):
        tasks = set()
        while not stopped.is_set() and (not self.options['limit'] or self.sent < self.options['limit']):
            await self.slots.acquire()
            task = asyncio.create_task(self.one(self.sent))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            self.sent += 1
            await asyncio.sleep(self.options['apart'])
        await asyncio.gather(*tasks)

    def report(self, word='mark'):
        times = sorted(self.times)
        repeated = {key: count for key, count in self.handled.items() if count > 1 and key not in self.reported}
        quantile = lambda part: round(times[int(len(times) * part)] * 1000, 1) if times else None  # noqa: E731
        print(json.dumps({
            'sent': self.sent - self.before, 'answered': len(times), 'lost': len(self.failed), 'repeated': len(repeated),
            'since': self.since, 'seconds': self.now(), 'errors': self.errors, 'failed': [*self.failed[:1], *self.failed[-1:]],
            'twice': dict(list(repeated.items())[:5]), 'handled': len(self.handled), 'pods': self.pods, 'first': self.first,
            'last': self.last, 'through': self.through, 'median_ms': quantile(.5), 'p99_ms': quantile(.99),
            'max_ms': round(max(times, default=0) * 1000, 1), 'slow': self.slow[:5],
        }), file=reports, flush=True)
        if word == 'mark':
            self.reported |= set(repeated)
            self.mark()


async def main(options):
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    transport, handled = await loop.create_datagram_endpoint(Handled, local_addr=('0.0.0.0', 0))
    address = socket.gethostbyname(socket.gethostname())
    options['parameters'] = {**options['parameters'], 'tell': f'{address}:{transport.get_extra_info("sockname")[1]}'}
    load = Load(options, handled.counts)

    def commands():
        for line in sys.stdin:
            loop.call_soon_threadsafe(load.report, line.strip())
        loop.call_soon_threadsafe(stopped.set)

    loop.run_in_executor(None, commands)
    await load.run(stopped)
    load.report()


asyncio.run(main({**DEFAULTS, **json.loads(sys.argv[1])}))
