"""Services: names and virtual addresses, with a proxy for each address, like kube-proxy and the name server."""
import asyncio
import collections
import socket
import struct
import threading

from manifests import matches, target_port

DOMAIN = '.svc.cluster.local'


class Services:
    def __init__(self, objects, pods, network):
        """`pods` is a list that the caller changes later."""
        self.pods = pods
        self.table = {}  # (namespace, name) -> the Service's spec, with its virtual address
        self.turns = collections.Counter()  # number of connections of a Service, and of a pod through a Service
        self.connections = set()
        for number, service in enumerate(objects.kind('Service')):
            spec = dict(service['spec'])
            spec['namespace'] = objects.namespace_of(service)
            spec['name'] = service['metadata']['name']
            spec['address'] = None if spec.get('clusterIP') == 'None' else network.virtual_address(number)
            self.table[spec['namespace'], spec['name']] = spec

    def links(self, namespace):
        """The variables that every container gets for the Services in its namespace."""
        out = {}
        for spec in self.table.values():
            if spec['namespace'] != namespace or not spec['address']:
                continue
            up = spec['name'].upper().replace('-', '_')
            first = spec['ports'][0]['port']
            out.update({f'{up}_SERVICE_HOST': spec['address'], f'{up}_SERVICE_PORT': str(first)})
            out[f'{up}_PORT'] = f'tcp://{spec["address"]}:{first}'
            for port in spec['ports']:
                if port.get('name'):
                    out[f'{up}_SERVICE_PORT_{port["name"].upper().replace("-", "_")}'] = str(port['port'])
                out[f'{up}_PORT_{port["port"]}_TCP'] = f'tcp://{spec["address"]}:{port["port"]}'
        return out

    def endpoints(self, spec):
        """The pods that a Service leads to: those that are ready and not terminating."""
        everyone = spec.get('publishNotReadyAddresses', False)
        return [pod for pod in list(self.pods)
                if pod.namespace == spec['namespace'] and matches(spec.get('selector'), pod.labels)
                and not pod.terminating and (pod.ready or everyone)]

    def addresses(self, name):
        """The addresses of a name; None for an unknown name."""
        parts = name.removesuffix(DOMAIN).split('.')
        if not name.endswith(DOMAIN) or len(parts) < 2:
            return None
        *pod, service, namespace = parts
        spec = self.table.get((namespace, service))
        if spec is None:
            return None
        if not pod and spec['address']:
            return [spec['address']]
        found = [endpoint.address for endpoint in self.endpoints(spec) if pod in ([], [endpoint.name])]
        return found or None

    def start(self):
        loop = asyncio.new_event_loop()

        def accept(spec, port):
            def connection(reader, writer):
                task = loop.create_task(self.forward(spec, port, reader, writer))
                self.connections.add(task)  # the loop keeps only weak references to tasks
                task.add_done_callback(self.connections.discard)
            return connection

        async def listen():
            for spec in self.table.values():
                for port in spec['ports'] if spec['address'] else []:
                    await asyncio.start_server(accept(spec, port), spec['address'], port['port'])

        loop.run_until_complete(listen())
        threading.Thread(target=loop.run_forever, daemon=True).start()

    async def forward(self, spec, port, reader, writer):
        """Forwards one connection to the next pod of the Service, or refuses it if there is none."""
        pods = self.endpoints(spec)
        key = (spec['namespace'], spec['name'], port['port'])
        self.turns[key] += 1
        try:
            pod = pods[self.turns[key] % len(pods)]
            there = await asyncio.open_connection(pod.address, target_port(port, pod.spec))
            self.turns[pod.name] += 1
        except (ZeroDivisionError, OSError):
            writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            writer.close()
            return
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
        writer.close()
        there[1].close()


async def pump(source, sink):
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
    except (OSError, RuntimeError):
        sink.close()
