"""`python -m jinaflow`: runs the program with the same arguments."""

import os
import subprocess
import sys

from ._binary import find_jinaflow_bin


def main() -> int:
    """Runs the program and returns its exit code. On Unix, the program replaces this process."""
    program = [find_jinaflow_bin(), *sys.argv[1:]]
    if sys.platform == 'win32':
        # `exec` on Windows returns to the shell before the program ends.
        return subprocess.run(program).returncode
    os.execv(program[0], program)


if __name__ == '__main__':
    sys.exit(main())
