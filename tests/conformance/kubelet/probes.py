"""Runs probes like kubelet: in the container, or from the node to the pod's address."""
import http.client
import socket
import time

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


def once(node, container, kind):
    """Runs a probe once. Returns None on success, or the error."""
    probe = container.spec[kind]
    timeout = probe.get('timeoutSeconds', 1)
    if 'exec' in probe:
        command = probe['exec']['command']
        code, output = node.run(container, command, timeout)
        return None if code == 0 else f'{" ".join(command)}: exit {code}: {output[-600:]}'
    how = next(key for key in ('httpGet', 'tcpSocket', 'grpc') if key in probe)
    handler, host = probe[how], container.pod.address
    port = container.pod.named_ports().get(handler['port'], handler['port'])
    try:
        if how == 'tcpSocket':
            socket.create_connection((host, port), timeout).close()
            return None
        if how == 'httpGet':
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
            headers = {header['name']: header['value'] for header in handler.get('httpHeaders') or []}
            connection.request('GET', handler.get('path', '/'), headers=headers)
            status = connection.getresponse().status
            return None if 200 <= status < 400 else f'GET {port}{handler.get("path", "/")}: {status}'
        with grpc.insecure_channel(f'{host}:{port}') as channel:
            request = health_pb2.HealthCheckRequest(service=handler.get('service', ''))
            status = health_pb2_grpc.HealthStub(channel).Check(request, timeout=timeout).status
            return None if status == health_pb2.HealthCheckResponse.SERVING else f'grpc {port}: status {status}'
    except (OSError, http.client.HTTPException, grpc.RpcError) as error:
        return f'{how} {host}:{port}: {error!r}'


def pause(probe):
    """The seconds between two runs. Network probes are cheap, so they do not wait for the whole period."""
    return min(probe.get('periodSeconds', 10), 2 if 'exec' in probe else 0.2)


def started(node, container, limit):
    """Waits until the startup and readiness probes have succeeded. Returns None on success, or the error."""
    for kind in ('startupProbe', 'readinessProbe'):
        if not (probe := container.spec.get(kind)):
            continue
        allowed = probe.get('initialDelaySeconds', 0) + probe.get('periodSeconds', 10) * probe.get('failureThreshold', 3)
        end = time.monotonic() + (min(limit, allowed) if kind == 'startupProbe' else limit)
        if 'exec' in probe:
            time.sleep(min(probe.get('initialDelaySeconds', 0), 2))
        while wrong := once(node, container, kind):
            if container.exit_code() is not None:
                return f'it exits unexpectedly with {container.exit_code()}'
            if time.monotonic() > end:
                return f'{kind} never succeeds: {wrong}'
            time.sleep(pause(probe))
    return None


def alive(node, container):
    """Runs the liveness probe until it succeeds, or until kubelet would restart the container."""
    probe = container.spec.get('livenessProbe')
    if not probe:
        return 'it has no livenessProbe'
    for _ in range(probe.get('failureThreshold', 3)):
        if (wrong := once(node, container, 'livenessProbe')) is None:
            return None
        time.sleep(pause(probe))
    return f'livenessProbe fails: {wrong}'
