"""The pod of client.py, seen from outside."""
import json
import threading


class ClientPod:
    """`process` is a running client.py. Its standard input and output are pipes."""

    def __init__(self, process):
        self.process = process
        self.lines = threading.Condition()
        self.first, self.back, self.sent, self.ended = None, {}, {}, False
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            if not line.startswith(b'{'):
                continue
            thing = json.loads(line)
            with self.lines:
                if self.first is None:
                    self.first = thing
                else:
                    self.back[thing['number']] = thing
                self.lines.notify_all()
        with self.lines:
            self.ended = True
            self.lines.notify_all()

    def wait(self, condition, seconds):
        with self.lines:
            self.lines.wait_for(lambda: condition() or self.ended, seconds)
            if not condition():
                raise RuntimeError('the client does not answer')

    def expected(self):
        self.wait(lambda: self.first is not None, 300)
        return self.first

    def send(self, requests):
        """Sends all requests at once; returns their numbers, for `answers`."""
        for request in requests:
            request['number'] = len(self.sent)
            self.sent[request['number']] = request
            self.process.stdin.write(json.dumps(request).encode() + b'\n')
        self.process.stdin.flush()
        return [request['number'] for request in requests]

    def count(self):
        return len(self.sent)

    def answers(self, numbers):
        """Waits for the answers: pairs of request and answer."""
        self.wait(lambda: all(number in self.back for number in numbers), 180)
        return [(self.sent[number], self.back[number]) for number in numbers]
