"""Problems: findings, the exception and the warning."""

from __future__ import annotations

from typing import NamedTuple, Sequence, Tuple


class Finding(NamedTuple):
    """A problem that jinaflow has found."""

    #: `error` or `warning`
    severity: str
    #: The name of the problem. `jinaflow explain CODE` says more.
    code: str
    #: The place, the problem, and what to do.
    message: str

    def __str__(self) -> str:
        return f'{self.message} [{self.code}]'


class JinaflowError(Exception):
    """The Flow cannot be exported. Nothing was written.

    :ivar findings: all problems, of which at least one is an error
    """

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings: Tuple[Finding, ...] = tuple(findings)

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> JinaflowError:
        """The error about findings. Its message has a line for each error."""
        return cls('\n'.join(str(finding) for finding in findings if finding.severity == 'error'), findings)


class JinaflowWarning(UserWarning):
    """The Flow was exported, but something may not be as intended.

    :ivar finding: the problem
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding
