"""The hooks `jinaflow-current` and `jinaflow-current-kpt` of pre-commit: objects are those of their Flow, and git has all of them."""
import pathlib
import subprocess
import sys
from typing import Dict, List


def contents(folder: pathlib.Path) -> Dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def not_in_git(folder: str) -> List[str]:
    command = ['git', '-c', 'core.quotePath=false', 'ls-files', '--others', '--', folder]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()


def report(unknown: List[str]) -> int:
    for path in unknown:
        print(f'{path}: is not in git; add it to the commit')
    return int(bool(unknown))


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
    unknown = [path for path in not_in_git(str(folder)) if path not in changed]
    for path in changed:
        print(f'{path}: was not current; add it to the commit')
    return report(unknown) or int(bool(changed)) or code


def current_kpt() -> int:
    """The files of kpt packages are what a render gives. Nothing is rendered, because that needs kpt."""
    arguments = sys.argv[1:]
    packages = [argument for argument in arguments if pathlib.Path(argument, 'Kptfile').is_file()]
    if not packages:
        print('jinaflow-current-kpt: the arguments are folders with a Kptfile, for example `args: [packages/search]`')
        return 1
    code = subprocess.run(['jinaflow', 'check', *arguments], stdout=subprocess.DEVNULL).returncode
    # Other files of a package are those of its user.
    unknown = [path for package in packages for path in not_in_git(package) if b'flow.jina.ai/' in pathlib.Path(path).read_bytes()]
    return report(unknown) or code
