"""The options of an argument parser of Jina, for record.py and versions.py."""
import enum

# Random in every run.
RANDOM = {'workspace_id', 'port', 'port_monitoring'}


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, enum.Enum):
        return value.name
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def rows(parser):
    """-> the properties of each option, in the order of the parser"""
    return [
        {
            'dest': a.dest,
            'flags': a.option_strings,
            'action': type(a).__name__,
            'type': getattr(a.type, '__name__', None),
            'nargs': plain(a.nargs),
            'default': None if a.dest in RANDOM else plain(a.default),
            'choices': plain(list(a.choices)) if a.choices else None,
        }
        for a in parser._actions
        if a.dest not in ('help', 'version', 'version_full')
    ]
