"""Reads the manifests: objects, selectors, and the environment and arguments of containers."""
import base64

import yaml

WORKLOADS = ('Deployment', 'StatefulSet')


class Refused(Exception):
    """An object that the API server would refuse, or a container that kubelet could not start."""


class Objects:
    def __init__(self, path, namespace):
        """`namespace` is used for objects without a namespace."""
        self.namespace = namespace
        self.table = {}
        with open(path) as file:
            for thing in filter(None, yaml.safe_load_all(file)):
                key = (thing['kind'], self.namespace_of(thing), thing['metadata']['name'])
                if key in self.table:
                    raise Refused(f'{key} is a duplicate')
                self.table[key] = thing

    def namespace_of(self, thing):
        return thing['metadata'].get('namespace') or self.namespace

    def kind(self, *kinds):
        return [thing for (kind, _, _), thing in self.table.items() if kind in kinds]

    def data(self, kind, namespace, name, optional=False):
        """The entries of a ConfigMap or Secret."""
        thing = self.table.get((kind, namespace, name))
        if thing is None:
            if optional:
                return {}
            raise Refused(f'there is no {kind} {name} in namespace {namespace}')
        data = thing.get('data') or {}
        if kind == 'Secret':
            data = {key: base64.b64decode(value).decode() for key, value in data.items()}
        return {**data, **(thing.get('stringData') or {})}


def matches(selector, labels):
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def target_port(service_port, pod_spec):
    """The number of a Service's port on a pod."""
    target = service_port.get('targetPort', service_port['port'])
    if isinstance(target, int):
        return target
    for container in pod_spec['containers'] + (pod_spec.get('initContainers') or []):
        for port in container.get('ports') or []:
            if port.get('name') == target:
                return port['containerPort']
    raise Refused(f'no container has a port named {target}')


def expand(text, env):
    """$(NAME) and $$ as Kubernetes expands them in variables, commands and arguments.

    https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go
    """
    if not isinstance(text, str):
        raise Refused(f'{text!r} is not a string')
    out, at = [], 0
    while at < len(text):
        two = text[at:at + 2]
        end = text.find(')', at)
        if two == '$$':
            out.append('$')
            at += 2
        elif two == '$(' and end > 0:
            name = text[at + 2:end]
            out.append(env.get(name, f'$({name})'))
            at = end + 1
        else:
            out.append(text[at])
            at += 1
    return ''.join(out)


def environment(container, pod, objects, links):
    """The variables of a container's manifest, as kubelet sets them: later ones override earlier ones."""
    own = {}
    for source in container.get('envFrom') or []:
        for key, kind in (('configMapRef', 'ConfigMap'), ('secretRef', 'Secret')):
            if ref := source.get(key):
                data = objects.data(kind, pod.namespace, ref['name'], ref.get('optional'))
                own.update({source.get('prefix', '') + name: value for name, value in data.items()})
    for variable in container.get('env') or []:
        value = variable_value(variable, pod, objects, {**links, **own})
        if value is not None:
            own[variable['name']] = value
    return {**links, **own}


def variable_value(variable, pod, objects, known):
    source = variable.get('valueFrom')
    if not source:
        return expand(variable.get('value', ''), known)
    if 'fieldRef' in source:
        return pod.field(source['fieldRef']['fieldPath'])
    key = 'secretKeyRef' if 'secretKeyRef' in source else 'configMapKeyRef'
    ref = source[key]
    data = objects.data('Secret' if key == 'secretKeyRef' else 'ConfigMap', pod.namespace, ref['name'], ref.get('optional'))
    if ref['key'] not in data and not ref.get('optional'):
        raise Refused(f'{ref["name"]} has no key {ref["key"]}')
    return data.get(ref['key'])
