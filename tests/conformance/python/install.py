#!/usr/bin/env python3
"""Installs a wheel in a new environment of each Python on this machine, without a network, and removes it again.

usage: install.py WHEELS VERSION [--jina PYTHON]

  WHEELS    a folder with the wheel
  VERSION   the version that everything must have
  --jina    a Python that has Jina: the wheel is installed beside it, and a Flow is exported with the program in the wheel

Pythons are those of pyenv and those on the PATH, from 3.8 to 3.13. At least three must be here.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

CHECK = """
import subprocess, sys, jinaflow
from jinaflow import Finding, JinaflowError, JinaflowWarning, find_jinaflow_bin, to_jinaflow, to_kubernetes_yaml
assert jinaflow.__version__ == sys.argv[1], jinaflow.__version__
assert find_jinaflow_bin().startswith(sys.argv[2]), find_jinaflow_bin()
assert subprocess.check_output([find_jinaflow_bin(), '--version'], text=True) == 'jinaflow ' + sys.argv[1] + '\\n'
try:
    to_jinaflow(1)
    raise SystemExit('accepts a number')
except JinaflowError as error:
    assert len(error.findings) == 1 and 'int' in str(error), error
"""
# Jina is installed for one Python only. For the others, this has the few parts of Jina that the package uses.
STAND_IN = """
import argparse, os, sys, types, warnings
parsers, helper = types.ModuleType('jina.parsers'), types.ModuleType('jina.helper')
sys.modules.update({'jina': types.ModuleType('jina'), 'jina.parsers': parsers, 'jina.helper': helper})
DEFAULTS = {'name': None, 'uses': 'BaseExecutor', 'env': None, 'port': [1], 'replicas': 1, 'log_config': 'default', 'expose_endpoints': None}

def parser():
    made = argparse.ArgumentParser()
    for name, default in DEFAULTS.items():
        made.add_argument('--' + name.replace('_', '-'), default=default)
    return made

def parse(keywords, parser):
    given = {name: str(value) for name, value in keywords.items() if value is not None}
    return parser.parse_known_args([part for name in given for part in ('--' + name.replace('_', '-'), given[name])])[0]

parsers.set_deployment_parser = parsers.set_gateway_parser = parser
helper.ArgNamespace = types.SimpleNamespace(kwargs2namespace=parse)
node = types.SimpleNamespace(args=argparse.Namespace(**{**DEFAULTS, 'name': 'a', 'uses': 'docker://acme/a:1', 'env': {'A': '0123', 'B': 1e-7}}), needs={'gateway'})

class Flow:
    args = argparse.Namespace(name=None, workspace=None, log_config='default', env=None, inspect='COLLECT')
    _deployment_nodes = {'a': node}
    _common_kwargs = _gateway_kwargs = {'port': 8080}

Flow.__module__ = 'jina.orchestrate.flow.base'
import jinaflow
with warnings.catch_warnings():
    warnings.simplefilter('error', jinaflow.JinaflowWarning)
    jinaflow.to_kubernetes_yaml(Flow(), sys.argv[1], k8s_namespace='search', gateway_image='acme/jina:1')
with open(os.path.join(sys.argv[1], 'a', 'a.yml')) as f:
    text = f.read()
assert 'A: "0123"' in text and 'image: acme/a:1' in text and 'namespace: search' in text, text
assert 'B: 1.0e-07' in jinaflow.to_jinaflow(Flow())
"""
EXPORT = """
import os, sys
from jinaflow.jina import Flow
Flow().add(name='a', uses='docker://acme/a:1').to_kubernetes_yaml(sys.argv[1], k8s_namespace='search', gateway_image='acme/jina:1')
assert os.path.isfile(sys.argv[1] + '/a/a.yml') and os.path.isfile(sys.argv[1] + '/gateway/gateway.yml'), os.listdir(sys.argv[1])
"""


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        sys.exit(f'{" ".join(command)}\n{done.stdout}')
    return done.stdout


def pythons():
    """the Pythons of this machine by their versions"""
    found = {}
    names = [f'python3.{minor}' for minor in range(8, 14)]
    paths = [*glob.glob('/root/.pyenv/versions/*/bin/python3'), *glob.glob(os.path.expanduser('~/.pyenv/versions/*/bin/python3'))]
    paths += [os.path.join(folder, name) for folder in os.environ['PATH'].split(os.pathsep) for name in names]
    for path in filter(os.path.exists, paths):
        done = subprocess.run([path, '--version'], capture_output=True, text=True)
        match = re.match(r'Python 3\.(\d+)\.', done.stdout)
        if done.returncode == 0 and match and 8 <= int(match[1]) <= 13:
            found.setdefault(int(match[1]), path)
    return dict(sorted(found.items()))


def files(folder):
    return {os.path.join(base, name) for base, _, names in os.walk(folder) for name in names if 'jinaflow' in os.path.join(base, name)[len(folder):].lower()}


def extras(venv, clean):
    """completions and manual pages are below the prefix, and shells and `man` use them"""
    share = os.path.join(venv, 'share')
    jinaflow = os.path.join(venv, 'bin', 'jinaflow')
    expected = {
        'bash-completion/completions/jinaflow': ['completion', 'bash'],
        'zsh/site-functions/_jinaflow': ['completion', 'zsh'],
        'fish/vendor_completions.d/jinaflow.fish': ['completion', 'fish'],
        'man/man5/jinaflow.5': ['man', 'fields'],
    }
    with tempfile.TemporaryDirectory() as pages:
        run(jinaflow, 'man', '--output', pages, env=clean)
        written = {os.path.relpath(os.path.join(base, name), pages) for base, _, names in os.walk(pages) for name in names}
    assert len(written) > 15, written
    assert {os.path.relpath(path, share) for path in files(share)} == {*expected, *(f'man/{page}' for page in written)}, files(share)
    for page in written - {'man5/jinaflow.5', 'man1/jinaflow.1', 'man1/jinaflow-fields.1'}:
        expected[f'man/{page}'] = ['man', page[len('man1/jinaflow-') : -len('.1')]]
    for path, args in expected.items():
        with open(os.path.join(share, path), encoding='utf-8') as file:
            assert file.read() == run(jinaflow, *args, env=clean), path
    complete = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'completion', 'complete.bash')
    offered = run('bash', complete, os.path.join(share, 'bash-completion/completions/jinaflow'), 'jinaflow', 'ex')
    assert offered.split() == ['export', 'explain'], offered
    inside = {**clean, 'PATH': f'{clean["PATH"]}:/usr/bin:/bin', 'XDG_DATA_DIRS': share}
    # fish knows the command only from the file that it finds itself.
    offered = run('fish', '--command', 'complete --do-complete "jinaflow ex"', env=inside)
    assert [line.split('\t')[0] for line in offered.splitlines()] == ['explain', 'export'], offered
    found = run('zsh', '-f', '-c', 'fpath=($1 $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[jinaflow]', 'zsh', f'{share}/zsh/site-functions')
    assert found == '_jinaflow\n', found
    assert run('man', '--where', 'jinaflow-export', env=inside).strip() == f'{share}/man/man1/jinaflow-export.1'


def installed(python, wheels, version):
    with tempfile.TemporaryDirectory(prefix='jinaflow-venv-') as venv:
        venv = os.path.realpath(venv)
        run(python, '-m', 'venv', venv)
        own, clean = os.path.join(venv, 'bin', 'python'), {'PATH': os.path.join(venv, 'bin'), 'HOME': venv}
        run(own, '-m', 'pip', 'install', '--quiet', '--no-index', '--find-links', wheels, f'jinaflow=={version}', env=clean)
        for command in (['jinaflow'], [own, '-m', 'jinaflow']):
            said = run(os.path.join(venv, 'bin', command[0]), *command[1:], '--version', env=clean)
            assert said == f'jinaflow {version}\n', said
        failed = subprocess.run([own, '-m', 'jinaflow', 'exprot'], capture_output=True, text=True, env=clean)
        assert failed.returncode == 1 and 'unknown-command' in failed.stderr, failed
        run(own, '-c', CHECK, version, venv, env=clean)
        extras(venv, clean)
        run(own, '-c', STAND_IN, os.path.join(venv, 'manifests'), env=clean)
        assert any(path.endswith('jinaflow/py.typed') for path in files(venv))
        run(own, '-m', 'pip', 'uninstall', '--quiet', '--yes', 'jinaflow', env=clean)
        left = {path for path in files(venv) if not path.startswith(os.path.join(venv, 'manifests'))}
        assert not left, left


def beside_jina(python, wheels, version):
    with tempfile.TemporaryDirectory(prefix='jinaflow-target-') as target:
        run(python, '-m', 'pip', 'install', '--quiet', '--no-index', '--find-links', wheels, '--target', target, f'jinaflow=={version}')
        run(python, '-W', 'ignore', '-c', EXPORT, os.path.join(target, 'out'), env={'PYTHONPATH': target, 'PATH': '/usr/bin:/bin', 'JINA_OPTOUT_TELEMETRY': '1'})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('wheels')
    parser.add_argument('version')
    parser.add_argument('--jina')
    args = parser.parse_args()
    here = pythons()
    if len(here) < 3:
        sys.exit(f'fewer than three Pythons from 3.8 to 3.13 are here: {here}')
    for minor, python in here.items():
        installed(python, args.wheels, args.version)
    if args.jina:
        beside_jina(args.jina, args.wheels, args.version)
    print(f'installed in {len(here)} environments: ' + ', '.join(f'3.{minor}' for minor in here))


if __name__ == '__main__':
    main()
