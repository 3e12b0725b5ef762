"""Requests to a running Flow, and what is wrong in the answers. The stand-in and the tests on a real cluster share it."""
from judge import Judge


class Questions:
    def __init__(self, client, entries, limit, fail):
        """`entries` are PROTOCOL://HOST:PORT; `fail` is called with a code, a place and a message for each error."""
        self.client, self.entries, self.limit, self.fail = client, entries, limit, fail
        self.expected = client.expected()
        self.judge = Judge(self.expected)

    def requests(self, endpoint, number, tag, entries=None, **parameters):
        """One request for each entry, with `number` documents."""
        out = []
        for entry in entries or self.entries:
            protocol, to = entry.split('://')
            contents = [f'{tag}-{protocol}{endpoint}-{n}' for n in range(number)]
            out.append({'protocol': protocol, 'to': to, 'endpoint': endpoint, 'contents': contents, 'parameters': parameters,
                        'limit': self.limit})
        return out

    def judge_all(self, sent):
        for request, answer in self.client.answers(sent):
            for wrong in dict.fromkeys(self.judge.wrong(request, answer)):
                self.fail('wrong-answer', f'{request["protocol"]} {request["endpoint"]} {request["contents"][0]}', wrong)

    def scrape(self, addresses):
        """Reads the metrics of containers."""
        gets = [{'protocol': 'metrics', 'to': address} for address in addresses]
        for request, answer in self.client.answers(self.client.send(gets)):
            if not answer.get('lines'):
                self.fail('no-metrics', request['to'], f'/metrics has no line about Jina: {answer}')

    def refused(self, entries):
        """Calls addresses that must refuse the client."""
        for request, answer in self.client.answers(self.client.send(self.requests('/', 1, 'forbidden', entries))):
            if 'Connection refused' not in answer.get('error', ''):
                self.fail('not-refused', request['to'], f'the client can call it: {answer}')

    def take_served(self):
        """The pods that handled documents since the last call, for each executor."""
        served = {name: dict(pods) for name, pods in self.judge.served.items()}
        self.judge.served.clear()
        return served
