"""The cluster's name server: A records over UDP, the part of RFC 1035 that resolvers in a pod use."""
import socket
import struct
import threading

A, TTL = 1, 5
NXDOMAIN = 3


def answer(query, addresses):
    """The answer to a query; `addresses` returns the addresses of a name, or None for an unknown name."""
    number, = struct.unpack('>H', query[:2])
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind, = struct.unpack('>H', query[at + 1:at + 3])
    question = query[12:at + 5]
    found = addresses('.'.join(labels).lower())
    records = found if found and kind == A else []
    # An authoritative response; recursion was desired and is available.
    flags = 0x8580 | (NXDOMAIN if found is None else 0)
    out = struct.pack('>6H', number, flags, 1, len(records), 0, 0) + question
    for address in records:
        out += struct.pack('>HHHIH', 0xC00C, A, 1, TTL, 4) + socket.inet_aton(address)
    return out


def serve(host, addresses):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 53))

    def run():
        while True:
            query, sender = sock.recvfrom(4096)
            sock.sendto(answer(query, addresses), sender)

    threading.Thread(target=run, daemon=True).start()
