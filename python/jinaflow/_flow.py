"""Reads a Flow or a Deployment object as the Jina YAML that says the same."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ._errors import Finding, JinaflowError
from ._jina import Parsers, package_of, plain

_GATEWAY = 'gateway'

# `jina/orchestrate/flow/base.py`: what executors do not take from the arguments of the Flow.
_NOT_FOR_EXECUTORS = {'port', 'ports', 'port_monitoring', 'uses', 'uses_with', 'protocol', 'protocols'}

# `uses` that Jina's own image runs.
_BUILT_IN = {'BaseExecutor', 'GRPCGateway', 'HTTPGateway', 'WebSocketGateway', 'CompositeGateway'}

_FIRST = ('name', 'port', 'protocol', 'uses', 'uses_with', 'needs')


class Read(NamedTuple):
    """What an object says."""

    #: The Flow or the Deployment as Jina YAML.
    document: Dict[str, Any]
    #: The name of the Flow or of the Deployment.
    name: Optional[str]


def read(value: Any, images: Mapping[str, str], is_compatible: bool) -> Read:
    """Reads a Flow or a Deployment. The object does not change.

    :param value: the object
    :param images: images by the name of an executor, or by its `uses` or class
    :param is_compatible: whether the paths that `load_config` adds to a Flow stay
    :raises JinaflowError: if it is neither, or has executors that no container can run
    """
    kind, package = package_of(value)
    parsers = Parsers(package)
    result = _flow(value, parsers, is_compatible) if kind == 'Flow' else _deployment(value, parsers)
    problems = list(_problems(result.document, images))
    if problems:
        raise JinaflowError.of(problems)
    return result


def _deployment(deployment: Any, parsers: Parsers) -> Read:
    options = parsers.executor(deployment.args)
    return Read({'jtype': 'Deployment', 'with': _ordered(_readable(options))}, options.get('name'))


def _flow(flow: Any, parsers: Parsers, is_compatible: bool) -> Read:
    paths = dict if is_compatible else _without_own_paths
    common: Dict[str, Any] = paths(getattr(flow, '_common_kwargs', {}))
    of_gateway: Dict[str, Any] = paths(getattr(flow, '_gateway_kwargs', common))
    inherited = parsers.inherited({name: value for name, value in common.items() if name not in _NOT_FOR_EXECUTORS})
    # `with` cannot say these for executors. An argument with dashes in its name passes the checks of Jina.
    for name in [name for name in inherited if name in _NOT_FOR_EXECUTORS or hasattr(flow.args, name)]:
        del inherited[name]
    of_flow = _own(flow)
    executors = [paths(entry) for entry in _executors(flow, parsers, {**inherited, **_handed_on(flow)})]
    endpoints = plain(getattr(flow, '_endpoints_mapping', {}))
    gateway = parsers.gateway({'log_config': flow.args.log_config, **of_gateway}, endpoints)
    if 'env' in of_gateway:
        gateway.setdefault('env', None)
    shared = dict(inherited)
    for name in ('port', 'protocol'):
        if name in common and name in gateway:
            shared[name] = gateway[name]
    # Only differences from `with` are in `gateway`.
    handed_on = {**shared, **{name: of_flow[name] for name in ('log_config',) if name in of_flow}}
    for name, value in handed_on.items():
        if not parsers.is_gateway_option(name):
            continue
        if name not in gateway:
            gateway[name] = None
        elif gateway[name] == value:
            del gateway[name]
    document: Dict[str, Any] = {'jtype': 'Flow'}
    both = {**of_flow, **shared}
    if both:
        document['with'] = _ordered(_readable(both))
    if gateway:
        document['gateway'] = _ordered(_readable(gateway))
    document['executors'] = executors
    return Read(document, of_flow.get('name'))


def _without_own_paths(options: Mapping[str, Any]) -> Dict[str, Any]:
    """Options without the folder of the YAML file, which `Flow.load_config` adds: containers do not have it."""
    paths = options.get('extra_search_paths')
    if not isinstance(paths, list):
        return dict(options)
    kept = [path for path in paths if path and not os.path.isdir(path)]
    others = {name: value for name, value in options.items() if name != 'extra_search_paths'}
    return {**others, 'extra_search_paths': kept} if kept else others


def _own(flow: Any) -> Dict[str, Any]:
    """The options of the Flow itself."""
    own: Dict[str, Any] = {}
    for name, default in (('name', None), ('workspace', None), ('log_config', 'default'), ('env', None), ('inspect', 'COLLECT')):
        value = plain(getattr(flow.args, name, None))
        if value is not None and value != default:
            own[name] = value
    return own


def _handed_on(flow: Any) -> Dict[str, Any]:
    """The options of the Flow itself that executors take."""
    handed: Dict[str, Any] = {}
    if getattr(flow.args, 'log_config', 'default') != 'default':
        handed['log_config'] = flow.args.log_config
    if getattr(flow.args, 'workspace', None):
        handed['workspace'] = os.path.abspath(flow.args.workspace)
    return handed


def _executors(flow: Any, parsers: Parsers, inherited: Mapping[str, Any]) -> Iterator[Dict[str, Any]]:
    nodes: Dict[str, Any] = {name: node for name, node in flow._deployment_nodes.items() if name != _GATEWAY}
    is_built = _GATEWAY in flow._deployment_nodes
    inspected = {aux: name for name, aux in getattr(flow, '_inspect_deployments', {}).items()}
    names = _names(nodes)
    gathering = [name for name, node in nodes.items() if _role(node) == 'JOIN_INSPECT']
    if is_built and gathering and plain(getattr(flow.args, 'inspect', None)) == 'COLLECT':
        # `build` adds it, and jinaflow does too.
        del nodes[gathering[-1]]
    last = _GATEWAY
    for node, deployment in nodes.items():
        role = _role(deployment)
        if role == 'INSPECT_AUX_PASS':
            # The method `inspect` makes it.
            last = node
            continue
        options = parsers.executor(deployment.args)
        entry: Dict[str, Any] = {'name': names[node]}
        if role == 'INSPECT':
            entry['method'] = 'inspect'
        elif role == 'JOIN_INSPECT':
            entry['method'] = 'gather_inspect'
        else:
            entry.update(_needs(deployment.needs, role, last, inspected, names))
        for name, value in options.items():
            if name != 'name' and value != inherited.get(name, parsers.executor_default(name)):
                entry[name] = value
        for name in inherited:
            if name not in options:
                entry[name] = None
        if not options.get('floating'):
            last = node
        yield _ordered(_readable(entry))


def _role(deployment: Any) -> str:
    return str(plain(getattr(deployment.args, 'deployment_role', None)))


def _names(nodes: Mapping[str, Any]) -> Dict[str, str]:
    """The name of each node. A Deployment object that was added to a Flow has a name of its own, which its objects have."""
    own = {node: str(deployment.args.name) for node, deployment in nodes.items()}
    names: Dict[str, str] = {}
    for node, name in own.items():
        is_taken = list(own.values()).count(name) > 1 or (name != node and name in own)
        names[node] = node if is_taken else name
    return names


def _needs(
    needs: Set[str], role: str, last: str, inspected: Mapping[str, str], names: Mapping[str, str]
) -> Iterator[Tuple[str, Any]]:
    """The entry `needs`, if it is not the executor before this one."""
    if role == 'JOIN' and len(needs) > 1:
        yield 'method', 'needs'
    elif set(needs) == {last} or not needs:
        return
    # After an inspection, Jina replaces the inspected executor by an auxiliary one. Users write the executor.
    wanted = sorted((names.get(name, name) for name in (inspected.get(need, need) for need in needs)), key=str)
    yield 'needs', wanted[0] if len(wanted) == 1 else wanted


def _readable(options: Mapping[str, Any]) -> Dict[str, Any]:
    """Options that Jina keeps as JSON text, as mappings if Jina writes the same text again."""
    return {name: _from_json(value) if name in ('polling', 'expose_endpoints') else value for name, value in options.items()}


def _from_json(value: Any) -> Any:
    if isinstance(value, str) and value.startswith('{'):
        try:
            mapping = json.loads(value)
        except ValueError:
            return value
        if json.dumps(mapping) == value:
            return mapping
    return value


def _ordered(options: Mapping[str, Any]) -> Dict[str, Any]:
    """The options that readers look for first."""
    first = {name: options[name] for name in _FIRST if name in options}
    return {**first, **options}


def _problems(document: Mapping[str, Any], images: Mapping[str, str]) -> Iterator[Finding]:
    """Executors that no container can run: classes, functions and files of this process."""
    if document['jtype'] == 'Deployment':
        sections: Sequence[Tuple[str, Mapping[str, Any]]] = [('the Deployment', document['with'])]
    else:
        sections = [(f'executor `{entry["name"]}`', entry) for entry in document['executors']]
        gateway = document.get('gateway') or {}
        sections = [*sections, ('the gateway', gateway)]
    removes_inspections = document.get('with', {}).get('inspect') == 'REMOVE'
    for what, options in sections:
        is_removed = removes_inspections and options.get('method') in ('inspect', 'gather_inspect')
        if options.get('external') or is_removed:
            continue
        for key in ('uses', 'uses_before', 'uses_after'):
            uses = options.get(key)
            name = options.get('name') if key == 'uses' else None
            if isinstance(uses, str) and uses not in _BUILT_IN and not _has_image(uses, name, images):
                found = _described(uses)
                if found:
                    image = {str(name or class_of(uses)): 'REGISTRY/NAME:TAG'}
                    advice = f'make an image of it, as examples/containerize shows, and pass images={image!r}'
                    message = f'{what}: `{key}` is {found}, but Kubernetes runs images; {advice}'
                    yield Finding('error', 'image-not-set', message)


def _has_image(uses: str, name: Optional[str], images: Mapping[str, str]) -> bool:
    return any(key in images for key in (name, uses, class_of(uses)) if key)


def class_of(uses: str) -> str:
    """The class in the configuration of an executor, else its `uses`."""
    match = re.search(r'^\s*[{]?\s*"?jtype"?:\s*"?(\w+)', uses) or re.match(r'^!(\w+)', uses)
    return match[1] if match else uses


def _described(uses: str) -> Optional[str]:
    """What a `uses` is, if it is not an image or a name on the Jina Hub."""
    scheme = uses.split('://', 1)[0] if '://' in uses else ''
    if uses.startswith('docker') or scheme.startswith(('jinahub', 'jinaai')):
        return None
    if uses.startswith('<'):
        return f'the Python object {re.sub(r" at 0x[0-9a-fA-F]+", "", uses)}'
    if class_of(uses) != uses:
        return f'a configuration of the class {class_of(uses)}'
    if re.search(r'\.(ya?ml|jaml)$', uses):
        return f'the file {uses}'
    if uses.isidentifier():
        return f'the class {uses}'
    return f'{uses!r}, which is not the name of an image'
