"""What objects of Jina are read with: the argument parsers of the Jina that made them."""

from __future__ import annotations

import contextlib
import enum
import importlib
import io
import json
import os
import warnings
from typing import Any, Dict, Iterable, List, Mapping, Tuple

from ._errors import Finding, JinaflowError

# Options that Jina sets itself, or replaces in every export.
_INTERNAL = {
    'deployment_role',
    'k8s_namespace',
    'noblock_on_start',
    'port_monitoring',
    'upload_files',
    'workspace_id',
}

# Options of the gateway that the Flow sets.
_OF_FLOW = {
    'deployments_addresses',
    'deployments_metadata',
    'deployments_no_reduce',
    'graph_conditions',
    'graph_description',
}

_PORTS = ('port', 'ports', 'port_expose', 'port_in')


def plain(value: Any) -> Any:
    """Returns a value as text, a number, a boolean, a list or a mapping."""
    if isinstance(value, enum.Enum):
        return value.name
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else str(plain(key)): plain(below) for key, below in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(entry) for entry in value)
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return str(value)


class Parsers:
    """The parsers of executors and of gateways."""

    def __init__(self, jina: str) -> None:
        """
        :param jina: the name of the package that has the class of the object, which is `jina`
        """
        parsers = importlib.import_module(f'{jina}.parsers')
        helper = importlib.import_module(f'{jina}.helper')
        self._namespace = helper.ArgNamespace.kwargs2namespace
        self._drawn = getattr(helper, 'assigned_ports', ())
        with warnings.catch_warnings():
            # Jina nests groups of arguments, which argparse has deprecated.
            warnings.simplefilter('ignore', DeprecationWarning)
            self._executor = parsers.set_deployment_parser()
            self._gateway = parsers.set_gateway_parser()
        self._of_executor = vars(self._executor.parse_args([]))
        self._of_gateway = vars(self._gateway.parse_args([]))

    def executor_default(self, name: str) -> Any:
        """The default of an option of executors."""
        return self._of_executor.get(name)

    def is_gateway_option(self, name: str) -> bool:
        """Whether a gateway has an option."""
        return name in self._of_gateway

    def executor(self, arguments: Any) -> Dict[str, Any]:
        """The options in the arguments of a Deployment that are not the defaults, in the order of Jina's parser."""
        given = vars(arguments)
        options = {
            name: given[name]
            for name, default in self._of_executor.items()
            if name in given and name not in _INTERNAL and name != 'port' and plain(given[name]) != plain(default)
        }
        is_external = bool(given.get('external'))
        if is_external:
            # Jina draws a port for an external executor without one. Nothing listens there.
            ports = [_number(port) for port in _list(given.get('port')) if port is not None and port not in self._drawn]
            if ports:
                options['port'] = ports
            # It counts the addresses.
            if len(_list(given.get('host'))) > 1:
                options.pop('replicas', None)
        for side in ('uses_before', 'uses_after'):
            if options.get(side):
                options.pop(f'{side}_address', None)
        return {name: _tidy(name, value) for name, value in options.items()}

    def inherited(self, keywords: Mapping[str, Any]) -> Dict[str, Any]:
        """The options that executors take from the arguments of their Flow."""
        return self.executor(self._parse(self._executor, keywords, 'the Flow'))

    def gateway(self, keywords: Mapping[str, Any], endpoints: Mapping[str, Any]) -> Dict[str, Any]:
        """The options of a gateway that are not the defaults.

        :param keywords: the arguments of the gateway
        :param endpoints: the endpoints that the Flow exposes
        """
        # `Flow._add_gateway` passes these first. The last one of several names of an option wins.
        first = {name: None for name in ('name', 'host', 'protocol', 'port')}
        exposed = json.dumps(endpoints)
        given = vars(self._parse(self._gateway, {**first, 'expose_endpoints': exposed, **keywords}, 'the gateway'))
        hidden = _INTERNAL | _OF_FLOW | ({'port'} if not any(name in keywords for name in _PORTS) else set())
        options = {
            name: _tidy(name, given[name])
            for name, default in self._of_gateway.items()
            if name not in hidden and name in given and plain(given[name]) != plain(default)
        }
        if options.get('name') == 'gateway':
            del options['name']
        if given.get('expose_endpoints') == '{}':
            del options['expose_endpoints']
        elif given.get('expose_endpoints') is None:
            options['expose_endpoints'] = None
        return options

    def _parse(self, parser: Any, keywords: Mapping[str, Any], what: str) -> Any:
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                return self._namespace(dict(keywords), parser)
        except SystemExit:
            lines = [line for line in said.getvalue().splitlines() if 'error: ' in line]
            reason = lines[-1].split('error: ', 1)[1] if lines else 'cannot be read'
            raise JinaflowError.of([Finding('error', 'wrong-type', f'an argument of {what}: {reason}')]) from None


def _list(value: Any) -> List[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _number(text: Any) -> Any:
    return int(text) if isinstance(text, str) and text.isdigit() else text


def _tidy(name: str, value: Any) -> Any:
    """An option as a user writes it: one entry of a list without the list."""
    value = plain(value)
    if name in ('host', 'port', 'protocol', 'provider') and isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def package_of(value: Any) -> Tuple[str, str]:
    """The kind of an object, `Flow` or `Deployment`, and the package of its class.

    :raises JinaflowError: if it is neither
    """
    # The last one is Jina's: a subclass may have the same name.
    for base in reversed(type(value).__mro__):
        if base.__name__ in ('Flow', 'Deployment') and _has(value, base.__name__):
            return base.__name__, base.__module__.split('.')[0]
    message = f'expected a Flow or a Deployment of Jina, but got {_described(value)}'
    if isinstance(value, (str, os.PathLike)):
        message += '; for a YAML file, run `jinaflow export FILE OUTDIR`'
    elif isinstance(value, type):
        message += f'; pass an object, such as {value.__name__}()'
    raise JinaflowError.of([Finding('error', 'wrong-type', message)])


def _has(value: Any, kind: str) -> bool:
    names: Iterable[str] = ('_deployment_nodes', 'args') if kind == 'Flow' else ('args', 'needs')
    return not isinstance(value, type) and all(hasattr(value, name) for name in names)


def _described(value: Any) -> str:
    if isinstance(value, type):
        return f'the class {value.__name__}'
    if isinstance(value, (str, os.PathLike)):
        return f'the text {os.fspath(value)!r}'
    return f'an object of the class {type(value).__name__}'
