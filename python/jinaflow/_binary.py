"""The program `jinaflow`: where it is, and how it is called."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from typing import Iterator, List, Mapping, Optional, Sequence, Tuple

from ._errors import Finding, JinaflowError

_NAME = 'jinaflow.exe' if os.name == 'nt' else 'jinaflow'

# The first line of a problem on standard error, such as `error[unknown-field]: stdin: with.port: is not …`.
_HEAD = re.compile(r'^(error|warning|info)\[([a-z0-9-]+)\]: (?:stdin: )?(.*)$', re.S)

# Lines that show the input: its place, the text, and the mark below the text. The user has not written the input.
_EXCERPT = re.compile(r'^\s*(-->|\d+ \||\||…)')


# A flag that has the place of a problem.
_ARGUMENT = re.compile(r'^(?:command line: )?--([a-z0-9-]+)')


def _argument(flag: str) -> str:
    return 'images' if flag == 'image' else flag.replace('-', '_')


def _candidates() -> Iterator[str]:
    """The paths at which pip and other installers put programs of a package."""
    yield os.path.join(sysconfig.get_path('scripts'), _NAME)
    user_scheme = f'{os.name}_user'
    if sys.version_info >= (3, 10):
        user_scheme = sysconfig.get_preferred_scheme('user')
    elif sys.platform == 'darwin' and getattr(sys, '_framework', None):
        user_scheme = 'osx_framework_user'
    yield os.path.join(sysconfig.get_path('scripts', scheme=user_scheme), _NAME)
    # `pip install --target FOLDER` and `--prefix FOLDER`
    package = os.path.dirname(os.path.abspath(__file__))
    yield os.path.join(os.path.dirname(package), 'bin', _NAME)
    folder = os.path.dirname(package)
    for _ in range(3):
        folder = os.path.dirname(folder)
        yield os.path.join(folder, 'Scripts' if os.name == 'nt' else 'bin', _NAME)


def find_jinaflow_bin() -> str:
    """Returns the path of the program that was installed with this package, else of the one on the ``PATH``.

    :raises FileNotFoundError: if there is no program
    """
    for path in _candidates():
        if os.path.isfile(path):
            return path
    on_path = shutil.which('jinaflow')
    if on_path:
        return on_path
    raise FileNotFoundError(f'the program {_NAME} is not installed; run `pip install --force-reinstall jinaflow`')


def run(arguments: Sequence[str], text: str) -> Tuple[str, List[Finding]]:
    """Runs the program with text as its standard input.

    :return: its standard output, and its warnings
    :raises JinaflowError: if it fails
    """
    done = subprocess.run(
        [find_jinaflow_bin(), *arguments], input=text.encode('utf-8'), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said = done.stderr.decode('utf-8', 'replace')
    found = list(_findings(said))
    if done.returncode != 0:
        if not any(finding.severity == 'error' for finding in found):
            raise JinaflowError(f'jinaflow failed with exit code {done.returncode}: {said.strip()}')
        raise JinaflowError.of(found)
    return done.stdout.decode('utf-8'), found


def _findings(said: str) -> Iterator[Finding]:
    """The problems in the standard error of the program."""
    head: Optional[Tuple[str, str, str]] = None
    more: List[str] = []
    for line in said.splitlines():
        match = _HEAD.match(line)
        if match:
            if head:
                yield _finding(head, more)
            head, more = (match[1], match[2], match[3]), []
        elif head and line.startswith(' ') and not _EXCERPT.match(line):
            more.append(line)
    if head:
        yield _finding(head, more)


def _finding(head: Tuple[str, str, str], more: Sequence[str]) -> Finding:
    """A problem, with advice for Python instead of flags."""
    severity, code, message = head
    message = _ARGUMENT.sub(lambda match: f'the argument `{_argument(match[1])}`', message)
    keys = [match[1] for match in (re.match(r'^\s+--image (.*)=IMAGE( \\)?$', line) for line in more) if match]
    if keys:
        images: Mapping[str, str] = {shlex.split(key)[0]: 'REGISTRY/NAME:TAG' for key in keys}
        message = message.replace('set it as shown below', 'set it').replace('set them as shown below', 'set them')
        return Finding(severity, code, f'{message} with the argument images={dict(images)!r}')
    return Finding(severity, code, '\n'.join([message, *more]))
