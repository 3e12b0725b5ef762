"""Which addresses a pod can reach: `python3 reach.py HOST:PORT…` prints a JSON object with a word for each.

    open        a connection is possible            closed    it is refused or times out
    nameless    the host has no address
"""
import concurrent.futures
import json
import socket
import sys


def reach(target):
    host, port = target.split(':')
    try:
        address = socket.getaddrinfo(host, int(port), family=socket.AF_INET, type=socket.SOCK_STREAM)[0][4]
    except OSError:
        return 'nameless'
    with socket.socket() as end:
        end.settimeout(3)
        try:
            end.connect(address)
        except OSError:
            return 'closed'
    return 'open'


with concurrent.futures.ThreadPoolExecutor(max(len(sys.argv) - 1, 1)) as pool:
    print(json.dumps(dict(zip(sys.argv[1:], pool.map(reach, sys.argv[1:])))))
