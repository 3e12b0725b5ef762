"""Reads YAML as Jina does: with PyYAML, in Python (`jina/jaml/helper.py`, JinaLoader).

Each line of standard input is a YAML stream as a JSON string. For each line it prints a line of JSON: the documents as
trees, or {"error": MESSAGE} if the stream is refused. Trees have the form that main.go describes.
"""

import json
import sys

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import Resolver
from yaml.scanner import Scanner

MOST = 2_000_000
CORE = 'tag:yaml.org,2002:'


class Loader(Reader, Scanner, Parser, Composer, SafeConstructor, Resolver):
    """The parts of JinaLoader, without the parts that create Jina's objects."""

    def __init__(self, text):
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self.left = MOST

    def compose_scalar_node(self, anchor):
        tag = self.peek_event().tag
        node = super().compose_scalar_node(anchor)
        node.given = tag
        return node

    def tree(self, node, within=()):
        self.left -= 1
        if self.left < 0:
            raise ValueError('too many nodes')
        if id(node) in within:
            raise ValueError('contains itself')
        if isinstance(node, yaml.ScalarNode):
            is_string = node.style is not None
            if node.given == '!':
                is_string = False
            elif node.given:
                # A tag outside the core schema has its own constructor.
                name = node.given.removeprefix(CORE)
                is_string = name not in ('int', 'float', 'bool', 'null')
            return [("'" if is_string else '=') + node.value]
        within = (*within, id(node))
        if isinstance(node, yaml.SequenceNode):
            return ['[', *(text for entry in node.value for text in self.tree(entry, within)), ']']
        self.flatten_mapping(node)
        pairs = {}
        for number, (key, value) in enumerate(node.value):
            spelled = self.tree(key, within)
            name = ('text', key.value) if isinstance(key, yaml.ScalarNode) else number
            first = pairs[name][0] if name in pairs else spelled
            pairs[name] = (first, self.tree(value, within))
        return ['{', *(text for pair in pairs.values() for spelled in pair for text in spelled), '}']


def read(text):
    try:
        loader = Loader(text)
        documents = []
        while loader.check_node():
            documents.append(loader.tree(loader.get_node()))
        # Half of a surrogate pair cannot be written.
        json.dumps(documents, ensure_ascii=False).encode()
        return documents
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        return {'error': ' '.join(str(error).split())}


def main():
    sys.setrecursionlimit(5000)
    for line in sys.stdin.buffer:
        answer = json.dumps(read(json.loads(line)), ensure_ascii=False)
        sys.stdout.buffer.write(answer.encode() + b'\n')
        sys.stdout.buffer.flush()


if __name__ == '__main__':
    main()
