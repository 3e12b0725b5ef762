"""How a case, a Flow with Jina's answer, is stored: few files, and one place for all that reads or writes them.

  CASE/flow.yml                the Flow
  CASE/env.json                namespace, environment and Hub images, only where they differ from env.json beside this file
  CASE/expected.yaml           the files that Jina exports, each below a line `--- # file: PATH`; empty if there are none
  CASE/expected-partial.yaml   the files that Jina has written when it fails
  CASE/expected-error.txt      the error on which it fails
  CASE/expected-warnings.txt   its warnings

tests/support/mod.rs reads the same in Rust.
"""
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
HEADER = b'--- # file: '


def pack(files):
    """Returns the text of expected.yaml for files, a dict of contents by path."""
    packed = b''
    for path in sorted(files):
        data = files[path]
        if data.startswith(HEADER) or b'\n' + HEADER in data or not data.endswith(b'\n'):
            raise ValueError(f'{path} cannot be packed: it has no final line break, or a line of it begins with {HEADER.decode()!r}')
        packed += HEADER + path.encode() + b'\n' + data
    return packed


def unpack(packed):
    """Returns the dict of contents by path that pack() was called with."""
    files = {}
    for part in (b'\n' + packed.removesuffix(b'\n')).split(b'\n' + HEADER)[1:]:
        path, _, data = part.partition(b'\n')
        files[path.decode()] = data + b'\n'
    return files


def read_folder(folder):
    """Returns the contents of all files below a folder by their relative path."""
    found = {}
    for base, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(base, name)
            with open(path, 'rb') as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


def write_expected(case, exported):
    """Stores the files below the folder `exported` as the answer of a case."""
    with open(os.path.join(case, 'expected.yaml'), 'wb') as f:
        f.write(pack(read_folder(exported)))


def settings(folder):
    """Returns the namespace, environment and images of a case."""
    own = os.path.join(folder, 'env.json')
    with open(own if os.path.exists(own) else os.path.join(HERE, 'env.json'), encoding='utf-8') as f:
        return json.load(f)
