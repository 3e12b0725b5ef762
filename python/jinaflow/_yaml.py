"""Writes YAML whose values jinaflow reads with the types that they have here."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Dict, Iterator, List, Union

Value = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]

# Text that every reader of YAML 1.1 and 1.2 reads as text, if it is not one of the words below.
_PLAIN = re.compile(r'^[A-Za-z_/][A-Za-z0-9_./+@-]*(:[A-Za-z0-9_./+@-]+)*$')
_WORDS = {'y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null', 'nan', 'inf', 'infinity', 'none'}
# Characters that JSON leaves in a string, but that end a line in YAML or are not printable there.
_ESCAPED = re.compile('[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]')


def _text(value: str) -> str:
    if _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    return _ESCAPED.sub(lambda match: f'\\u{ord(match[0]):04x}', json.dumps(value, ensure_ascii=False))


def _scalar(value: Value) -> str:
    if value is None:
        return 'null'
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        if math.isnan(value):
            return '.nan'
        if math.isinf(value):
            return '.inf' if value > 0 else '-.inf'
        # YAML 1.1 reads `1e-07` as text: a number has a dot, and its exponent a sign.
        return re.sub(r'^(-?\d+)e', r'\1.0e', float.__repr__(value))
    return _text(str(value))


def _lines(value: Value, indent: str) -> Iterator[str]:
    """The lines of a block, each without its line break."""
    if isinstance(value, dict):
        for key, below in value.items():
            name = f'{indent}{_text(key)}:'
            if _is_block(below):
                yield name
                yield from _lines(below, indent + ('  ' if isinstance(below, dict) else ''))
            else:
                yield f'{name} {_flow(below)}'
    elif isinstance(value, list):
        for entry in value:
            if _is_block(entry):
                first, *rest = _lines(entry, indent + '  ')
                yield f'{indent}- {first[len(indent) + 2:]}'
                yield from rest
            else:
                yield f'{indent}- {_flow(entry)}'


def _flow(value: Value) -> str:
    """A value in one line: a scalar, a list of scalars, or an empty mapping."""
    if isinstance(value, dict):
        return '{}'
    if isinstance(value, list):
        return f'[{", ".join(_scalar(entry) for entry in value)}]'
    return _scalar(value)


def _is_block(value: Value) -> bool:
    """Whether a value has lines of its own. A short list of scalars is in the line of its key."""
    if isinstance(value, list):
        return any(isinstance(entry, (dict, list)) for entry in value) or len(_flow(value)) > 90
    return isinstance(value, dict) and bool(value)


def write(value: Dict[str, Any], indent: str = '') -> str:
    """Returns a mapping as YAML in block style, each line behind an indent."""
    return ''.join(f'{line}\n' for line in _lines(value, indent))
