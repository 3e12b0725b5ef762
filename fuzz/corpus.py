#!/usr/bin/env python3
"""Packs and unpacks the inputs in tests/corpus that fuzzing has chosen.

usage: corpus.py pack FOLDER FILE.jsonl      each input becomes a line: a JSON string
       corpus.py unpack FILE.jsonl FOLDER    each line becomes a file, named by its SHA-1 as libFuzzer names inputs

A JSON string cannot hold an input that is not UTF-8: `pack` leaves it out and names it.
"""
import hashlib
import json
import os
import sys


def pack(folder, file):
    lines = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), 'rb') as f:
            data = f.read()
        try:
            lines.append(json.dumps(data.decode()))
        except UnicodeDecodeError:
            print(f'{name} is not UTF-8')
    with open(file, 'w', encoding='utf-8', newline='') as f:
        f.writelines(line + '\n' for line in lines)


def unpack(file, folder):
    os.makedirs(folder, exist_ok=True)
    with open(file, encoding='utf-8', newline='\n') as f:
        for line in f:
            data = json.loads(line).encode()
            with open(os.path.join(folder, hashlib.sha1(data).hexdigest()), 'wb') as out:
                out.write(data)


if __name__ == '__main__':
    if len(sys.argv) != 4 or sys.argv[1] not in ('pack', 'unpack'):
        sys.exit(__doc__)
    {'pack': pack, 'unpack': unpack}[sys.argv[1]](sys.argv[2], sys.argv[3])
