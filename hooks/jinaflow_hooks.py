"""The hook `jinaflow-current` of pre-commit: the objects of a Flow in a folder are current, and git has all of them."""
import pathlib
import subprocess
import sys
from typing import Dict


def contents(folder: pathlib.Path) -> Dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def current() -> int:
    arguments = sys.argv[1:]
    if len(arguments) < 2 or any(argument.startswith('-') for argument in arguments[:2]):
        print('jinaflow-current: the first two arguments are FLOW and OUTDIR, for example `args: [flow.yml, manifests]`')
        return 1
    folder = pathlib.Path(arguments[1])
    before = contents(folder)
    code = subprocess.run(['jinaflow', 'export', *arguments]).returncode
    after = contents(folder)
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    listing = subprocess.run(
        ['git', '-c', 'core.quotePath=false', 'ls-files', '--others', '--', str(folder)], stdout=subprocess.PIPE, check=True
    )
    unknown = [path for path in listing.stdout.decode().splitlines() if path not in changed]
    for path in changed:
        print(f'{path}: was not current; add it to the commit')
    for path in unknown:
        print(f'{path}: is not in git; add it to the commit')
    return code or int(bool(changed or unknown))
