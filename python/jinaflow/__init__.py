"""jinaflow: Kubernetes manifests for Jina Flows, from Python.

* :func:`to_kubernetes_yaml` writes the manifests of a ``Flow`` or ``Deployment`` object to a folder.
* :func:`to_jinaflow` returns a JinaFlow, the configuration that kustomize and kpt render.
* ``from jinaflow.jina import Flow, Deployment`` gives Jina's classes with our ``to_kubernetes_yaml``.
* ``python -m jinaflow`` and the command ``jinaflow`` run the program; :func:`find_jinaflow_bin` finds it.

The package does not depend on Jina. It reads objects of the Jina that your program has imported.
"""

from ._binary import find_jinaflow_bin
from ._errors import Finding, JinaflowError, JinaflowWarning
from ._export import to_jinaflow, to_kubernetes_yaml
from ._version import __version__

__all__ = [
    'Finding',
    'JinaflowError',
    'JinaflowWarning',
    '__version__',
    'find_jinaflow_bin',
    'to_jinaflow',
    'to_kubernetes_yaml',
]
