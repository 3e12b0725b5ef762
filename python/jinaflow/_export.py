"""The functions of the package: manifests in a folder, and the text of a JinaFlow."""

from __future__ import annotations

import os
import re
import warnings
from typing import Any, Dict, Mapping, Optional, Sequence, Union

from . import _yaml
from ._binary import run
from ._errors import Finding, JinaflowError, JinaflowWarning
from ._flow import read

# As `jinaflow init` does it: namespaces of environments have a suffix, and a newer jinaflow does not change the version.
_LONGEST_NAME = 52
_JINA_VERSION = '3.34.0'


def to_kubernetes_yaml(
    flow: Any,
    output_base_path: Union[str, 'os.PathLike[str]'],
    k8s_namespace: Optional[str] = None,
    include_gateway: bool = True,
    *,
    compat: Optional[str] = None,
    images: Optional[Mapping[str, str]] = None,
    gateway_image: Optional[str] = None,
    image_pattern: Optional[str] = None,
    name: Optional[str] = None,
    jina_version: Optional[str] = None,
    on_conflict: Optional[str] = None,
    context: Optional[Mapping[str, str]] = None,
    strict: bool = False,
    _stacklevel: int = 1,
) -> None:
    """Writes the Kubernetes manifests of a Flow or a Deployment to a folder.

    The arguments up to `include_gateway` are those of Jina's method with this name, and so is the layout of the folder: a
    folder for each executor, and a file for each Kubernetes workload. A Deployment has its files in the folder itself. A
    second call with the same folder keeps your edits there, and removes the objects that the Flow no longer has.

    :param flow: a `Flow` or `Deployment` object of Jina 3.8 to 3.34. It does not change.
    :param output_base_path: the folder. It need not exist.
    :param k8s_namespace: the namespace of all objects. By default, objects have no namespace. With `compat`, the default is
        the name of the Flow, else `default`, as in Jina.
    :param include_gateway: whether the gateway of a Flow is written
    :param compat: `'jina-3.34'` for the objects that Jina 3.34 exports, with its faults. By default, jinaflow corrects them:
        `jinaflow explain` lists all differences.
    :param images: images of executors. A key is the name of an executor, its `uses` or its class.
    :param gateway_image: the image of the gateway, of heads, and of executors without `uses`. The default is the environment
        variable `JINA_GATEWAY_IMAGE`, else Jina's own image of the version.
    :param image_pattern: images for names on the Jina Hub, such as `REGISTRY/{owner}/{name}:{tag}`
    :param name: the name of the Flow, for labels. The default is the name in the object.
    :param jina_version: the version of Jina in the containers, such as `'3.27.2'`. The default is 3.34.0.
    :param on_conflict: what happens to a field of a file that you and the Flow have changed: `'keep'` (the default),
        `'overwrite'` or `'error'`
    :param context: variables for the containers that Jina takes from the environment of the exporting process, such as
        `JINA_LOG_LEVEL`
    :param strict: whether an image that is not set is an error. Otherwise it is a warning, and the manifests have a
        placeholder.
    :raises JinaflowError: if the Flow cannot be exported, with all problems in `findings`. Nothing is written.
    :raises FileNotFoundError: if the program `jinaflow` is not installed
    """
    own = _images(images, gateway_image)
    if not os.fspath(output_base_path):
        raise _wrong('output_base_path', 'is empty', "write '.' for the working directory")
    for variable, text in (context or {}).items():
        if text is None:
            raise _wrong('context', f'has no value for `{variable}`', 'write a string, or leave it out')
    document = read(flow, own, compat is not None).document
    if gateway_image is not None:
        own['gateway'] = gateway_image
    arguments = ['export', '--variables=keep']
    for flag, value in (
        ('--k8s-namespace', k8s_namespace),
        ('--compat', compat),
        ('--image-pattern', image_pattern),
        ('--name', name),
        ('--jina-version', jina_version),
        ('--on-conflict', on_conflict),
    ):
        if value is not None:
            arguments.append(f'{flag}={value}')
    arguments += [f'--image={key}={image}' for key, image in own.items()]
    arguments += [f'--context={key}={value}' for key, value in (context or {}).items()]
    if strict:
        arguments.append('--strict')
    if not include_gateway:
        arguments.append('--no-gateway')
    # After `--`, a folder whose name begins with a dash is not a flag.
    arguments += ['--', '-', os.fspath(output_base_path)]
    _warn(run(arguments, _text(document))[1], _stacklevel)


def to_jinaflow(
    flow: Any,
    *,
    name: Optional[str] = None,
    namespace: Optional[str] = None,
    compat: Optional[str] = None,
    images: Optional[Mapping[str, str]] = None,
    gateway_image: Optional[str] = None,
    image_pattern: Optional[str] = None,
    jina_version: Optional[str] = None,
    _stacklevel: int = 1,
) -> str:
    """Returns a JinaFlow, which kustomize and kpt render, for a Flow or a Deployment.

    kustomize takes the text as a file below `generators`, and kpt as a file of a package whose pipeline runs jinaflow. Both
    can change its fields for each environment. `jinaflow fields` lists the fields.

    :param flow: a `Flow` or `Deployment` object of Jina 3.8 to 3.34. It does not change.
    :param name: the name of the JinaFlow. The default is the name in the object, else `flow`.
    :param namespace: the namespace of all objects. By default, objects have no namespace.
    :param compat: as in :func:`to_kubernetes_yaml`
    :param images: as in :func:`to_kubernetes_yaml`
    :param gateway_image: as in :func:`to_kubernetes_yaml`. The value of `JINA_GATEWAY_IMAGE` becomes a field.
    :param image_pattern: as in :func:`to_kubernetes_yaml`
    :param jina_version: as in :func:`to_kubernetes_yaml`. The version always becomes a field.
    :return: the YAML text of one object
    :raises JinaflowError: if the object cannot be rendered, with all problems in `findings`
    :raises FileNotFoundError: if the program `jinaflow` is not installed
    """
    own = _images(images, gateway_image)
    document, name_in_flow = read(flow, own, compat is not None)
    image = gateway_image if gateway_image is not None else os.environ.get('JINA_GATEWAY_IMAGE')
    if image:
        own['gateway'] = image
    metadata: Dict[str, Any] = {'name': _dns_label(name or name_in_flow or 'flow') or 'flow'}
    if namespace is not None:
        metadata['namespace'] = namespace
    # kustomize runs the program on the PATH. `local-config` tells kpt not to apply the JinaFlow itself.
    metadata['annotations'] = {
        'config.kubernetes.io/local-config': 'true',
        'config.kubernetes.io/function': 'exec: {path: jinaflow}',
    }
    spec: Dict[str, Any] = {'variables': 'keep'}
    for field, value in (('compat', compat), ('jinaVersion', jina_version or _JINA_VERSION), ('imagePattern', image_pattern)):
        if value is not None:
            spec[field] = value
    if own:
        spec['images'] = own
    head = {'apiVersion': 'flow.jina.ai/v1alpha1', 'kind': 'JinaFlow', 'metadata': metadata, 'spec': spec}
    text = _yaml.write(head) + '  flow: |\n' + _text(document, '    ')
    _warn(run(['export', '-'], text)[1], _stacklevel)
    return text


def _images(images: Any, gateway_image: Any) -> Dict[str, str]:
    """The images of the argument `images`."""
    if images is not None and not isinstance(images, Mapping):
        raise _wrong('images', f'must be a dictionary (got {images!r})', "write images={'encoder': 'REGISTRY/NAME:TAG'}")
    found = dict(images or {})
    for key, image in found.items():
        if not isinstance(image, str) or not image:
            raise _wrong('images', f'must have an image for `{key}` (got {image!r})', "write 'REGISTRY/NAME:TAG', or leave it out")
    if gateway_image is not None and not (isinstance(gateway_image, str) and gateway_image):
        raise _wrong('gateway_image', f'must be an image (got {gateway_image!r})', "write 'REGISTRY/NAME:TAG', or leave it out")
    return found


def _wrong(argument: str, problem: str, fix: str) -> JinaflowError:
    return JinaflowError.of([Finding('error', 'wrong-type', f'the argument `{argument}`: {problem}; {fix}')])


def _text(document: Mapping[str, Any], indent: str = '') -> str:
    try:
        text = _yaml.write(dict(document), indent)
        text.encode('utf-8')
    except UnicodeEncodeError as error:
        found = error.object[error.start : error.end].encode('unicode_escape').decode('ascii')
        message = f'the Flow has half of a surrogate pair, {found}, which is not a character; remove it'
        raise JinaflowError.of([Finding('error', 'wrong-type', message)]) from None
    return text


def _dns_label(name: str) -> str:
    return re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')[:_LONGEST_NAME].rstrip('-')


def _warn(findings: Sequence[Finding], stacklevel: int) -> None:
    for finding in findings:
        if finding.severity == 'warning':
            # The place of the warning is the call in the program of the user.
            warnings.warn(JinaflowWarning(finding), stacklevel=stacklevel + 2)
