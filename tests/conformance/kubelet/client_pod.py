"""The pod of client.py, seen from the node."""
import json
import threading

HERE = __file__.rpartition('/')[0]


class ClientPod:
    def __init__(self, node, network, options):
        pause, _ = network.connect('client')
        files = {name: open(path).read() for name, path in (('client.py', f'{HERE}/client.py'), ('flow.yml', options.flow))}
        self.shim, _, _ = node.spawn(pause, options.namespace, ['python', 'client.py'], {'JINA_OPTOUT_TELEMETRY': '1'}, files, '/client')
        self.lines = threading.Condition()
        self.first, self.back, self.sent, self.ended = None, {}, {}, False
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.shim.stdout:
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
        self.wait(lambda: self.first is not None, 60)
        return self.first

    def send(self, requests):
        """Sends all requests at once; returns their numbers, for `answers`."""
        for request in requests:
            request['number'] = len(self.sent)
            self.sent[request['number']] = request
            self.shim.stdin.write(json.dumps(request).encode() + b'\n')
        self.shim.stdin.flush()
        return [request['number'] for request in requests]

    def count(self):
        return len(self.sent)

    def answers(self, numbers):
        """Waits for the answers: pairs of request and answer."""
        self.wait(lambda: all(number in self.back for number in numbers), 90)
        return [(self.sent[number], self.back[number]) for number in numbers]
