"""Jina's names, with a `Flow` and a `Deployment` whose `to_kubernetes_yaml` is jinaflow's.

Change one import, and a program that exports with Jina exports with jinaflow::

    from jinaflow.jina import Flow  # was: from jina import Flow

    f = Flow(port=8080).add(name='encoder', uses='docker://acme/encoder:1.2.0')
    f.to_kubernetes_yaml('./k8s_flow', k8s_namespace='search')

The classes are subclasses of Jina's, and everything else is Jina's own. Jina is imported when the first name is.
"""

from __future__ import annotations

import functools
import importlib
import os
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

from ._export import to_jinaflow, to_kubernetes_yaml

if TYPE_CHECKING:
    from jina import Deployment as Deployment
    from jina import Executor as Executor
    from jina import Flow as Flow

_OURS = ('Flow', 'Deployment', 'Executor')


class _Export:
    """The methods that replace Jina's."""

    def to_kubernetes_yaml(
        self,
        output_base_path: Union[str, os.PathLike[str]],
        k8s_namespace: Optional[str] = None,
        include_gateway: bool = True,
        **options: Any,
    ) -> None:
        """Writes the Kubernetes manifests to a folder, see :func:`jinaflow.to_kubernetes_yaml`."""
        to_kubernetes_yaml(self, output_base_path, k8s_namespace, include_gateway, _stacklevel=2, **options)

    to_k8s_yaml = to_kubernetes_yaml

    def to_jinaflow(self, **options: Any) -> str:
        """Returns the text of a JinaFlow, see :func:`jinaflow.to_jinaflow`."""
        return to_jinaflow(self, _stacklevel=2, **options)


_subclasses: Dict[type, type] = {}


def _subclass(of_jina: type) -> type:
    """Our subclass of a class of Jina."""
    if of_jina not in _subclasses:
        _subclasses[of_jina] = _make(of_jina)
    return _subclasses[of_jina]


def _make(of_jina: type) -> type:
    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        of_jina.__init__(self, *args, **kwargs)  # type: ignore[misc]
        # A Flow with `asyncio=True` changes its own class.
        _adopt(self)

    def load_config(cls: Any, *args: Any, **kwargs: Any) -> Any:
        return _adopt(of_jina.load_config(*args, **kwargs))  # type: ignore[attr-defined]

    members: Dict[str, Any] = {
        '__init__': functools.wraps(of_jina.__init__)(initialize),  # type: ignore[misc]
        '__module__': __name__,
        '__doc__': of_jina.__doc__,
        'load_config': classmethod(load_config),
    }
    # Jina registers a class under its name for the tags of YAML files. `!Flow` must stay Jina's.
    made = type(of_jina)(f'_Jinaflow{of_jina.__name__}', (_Export, of_jina), members)
    made.__name__ = made.__qualname__ = of_jina.__name__
    return made


def _executor(of_jina: type) -> type:
    """Jina's Executor with our export of a single executor, which Jina has deprecated."""

    def export(
        uses: str,
        output_base_path: Union[str, os.PathLike[str]],
        k8s_namespace: Optional[str] = None,
        executor_type: Any = None,
        uses_with: Optional[Dict[str, Any]] = None,
        uses_metas: Optional[Dict[str, Any]] = None,
        uses_requests: Optional[Dict[str, Any]] = None,
        uses_dynamic_batching: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        """Writes the manifests of a Flow with one executor. A shared executor has no gateway."""
        flow = importlib.import_module('jina').Flow(**kwargs).add(
            uses=uses,
            uses_with=uses_with,
            uses_metas=uses_metas,
            uses_requests=uses_requests,
            uses_dynamic_batching=uses_dynamic_batching,
        )
        is_shared = getattr(executor_type, 'name', executor_type) == 'SHARED'
        to_kubernetes_yaml(flow, output_base_path, k8s_namespace, not is_shared, _stacklevel=2)

    members = {
        '__module__': __name__,
        '__doc__': of_jina.__doc__,
        'to_kubernetes_yaml': staticmethod(export),
        'to_k8s_yaml': staticmethod(export),
    }
    made = type(of_jina)('_JinaflowExecutor', (of_jina,), members)
    made.__name__ = made.__qualname__ = of_jina.__name__
    return made


def _adopt(value: Any) -> Any:
    """Gives an object of Jina our class."""
    if not isinstance(value, _Export):
        value.__class__ = _subclass(type(value))
    return value


def __getattr__(name: str) -> Any:
    # Python asks for such names itself, and an answer must not import Jina.
    if name.startswith('__') and name != '__version__':
        raise AttributeError(name)
    value = getattr(importlib.import_module('jina'), name)
    if name in _OURS:
        value = _executor(value) if name == 'Executor' else _subclass(value)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted({*dir(importlib.import_module('jina')), *_OURS})
