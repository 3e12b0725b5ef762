#!/usr/bin/env python3
"""Records how the options of Jina changed between its releases, from the argument parsers of the releases themselves.

usage: versions.py [--check] [--only VERSION ...]

  versions.json    the options of the parsers below, in the last patch release of each minor version since 3.7

  versions   the releases, oldest first (there are no 3.29 to 3.32)
  options    parser -> dest -> {
    since, until        the first and the last release that has it; null: it existed before, it still exists
    absent              releases in between that lack it
    flags               flag -> [since, until], in the same way, while the option exists
    action, type, nargs, default, choices
                        release -> value, from that release on; null: not set, or differs from run to run;
                        omitted if it was never set
  }

--check  writes nothing, reports what would change, and exits with 1 if anything would
--only   only install these releases and print their rows

Run it with Python 3.11. It installs its requirements into .tools/versions, which git ignores: one venv with the pinned
dependencies of all releases, and a separate folder for each Jina.
"""
import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOLS = os.path.join(ROOT, '.tools', 'versions')
PYTHON = os.path.join(TOOLS, 'venv', 'bin', 'python')
PINS = os.path.join(ROOT, 'tests', 'conformance', 'requirements-versions.txt')
OUT = os.path.join(HERE, 'versions.json')
VERSIONS = """
3.7.14 3.8.4 3.9.2 3.10.1 3.11.2 3.12.0 3.13.2 3.14.1 3.15.4 3.16.1 3.17.0 3.18.0 3.19.1 3.20.3 3.21.1 3.22.4
3.23.5 3.24.1 3.25.2 3.26.0 3.27.20 3.28.0 3.33.1 3.34.0
""".split()
# Since 3.10, `--force-update` and similar options come from this package. For releases that would get a later version with
# other options, the version that they require is installed in a folder beside them.
HUBBLE = {'3.10.1': '0.19.0', '3.11.2': '0.24.1', '3.12.0': '0.26.4'}
HISTORIES = ('action', 'type', 'nargs', 'default', 'choices')

DUMP = r"""
import json, sys
sys.path.insert(0, sys.argv[1])
sys.path.append(sys.argv[3])
import jina
from jina.parsers import set_deployment_parser, set_gateway_parser, set_pod_parser
from jina.parsers.flow import set_flow_parser
from jina.parsers.ping import set_ping_parser
import parsers

def rows(parser):
    found = {}
    for row in parsers.rows(parser):
        # Two options may set the same; argparse takes the default of the first.
        known = found.setdefault(row.pop('dest'), {**row, 'flags': [], 'action': row['action'].strip('_')})
        known['flags'] += row['flags']
    return found

assert jina.__version__ == sys.argv[2], jina.__version__
json.dump({
    'flow': rows(set_flow_parser()),
    'deployment': rows(set_deployment_parser()),
    'pod': rows(set_pod_parser()),
    'gateway': rows(set_gateway_parser()),
    'ping': rows(set_ping_parser()),
}, sys.stdout)
"""


def install(version):
    """-> the folder that has this release"""
    pip = [PYTHON, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps']
    if not os.path.exists(PYTHON):
        subprocess.run([sys.executable, '-m', 'venv', os.path.join(TOOLS, 'venv')], check=True)
        subprocess.run([*pip, '-r', PINS], check=True)
    folder = os.path.join(TOOLS, version)
    wanted = [f'jina=={version}']
    if version in HUBBLE:
        wanted.append(f'jina-hubble-sdk=={HUBBLE[version]}')
        folder += f'-hubble-{HUBBLE[version]}'
    if not os.path.exists(os.path.join(folder, f'jina-{version}.dist-info')):
        subprocess.run([*pip, '--target', folder, *wanted], check=True)
    return folder


def dump(version):
    """-> parser -> dest -> the properties of the option in the release"""
    env = {'PATH': '/usr/local/bin:/usr/bin:/bin', 'LC_ALL': 'C.UTF-8', 'JINA_OPTOUT_TELEMETRY': '1'}
    command = [PYTHON, '-W', 'ignore', '-c', DUMP, install(version), version, HERE]
    done = subprocess.run(command, env=env, cwd='/', capture_output=True, text=True)
    if done.returncode:
        sys.exit(f'Jina {version}: {done.stderr}')
    return json.loads(done.stdout)


def span(having, among):
    """-> since, until and absent, from the releases that have something, among all releases"""
    first, last = among.index(having[0]), among.index(having[-1])
    absent = [v for v in among[first:last] if v not in having]
    return None if first == 0 else having[0], None if last == len(among) - 1 else having[-1], absent


def history(values):
    """(release, value) pairs -> release -> value, only for changes"""
    kept, previous = {}, object()
    for version, value in values:
        if repr(value) != repr(previous):
            kept[version] = previous = value
    return kept


def record(dumps):
    options = {}
    for parser in dumps[VERSIONS[-1]]:
        options[parser] = {}
        for dest in dict.fromkeys(d for v in reversed(VERSIONS) for d in dumps[v][parser]):
            found = [(v, dumps[v][parser][dest]) for v in VERSIONS if dest in dumps[v][parser]]
            there = [v for v, _ in found]
            since, until, absent = span(there, VERSIONS)
            flags = {}
            for flag in dict.fromkeys(f for _, row in reversed(found) for f in row['flags']):
                *flags[flag], gap = span([v for v, row in found if flag in row['flags']], there)
                assert not gap, (dest, flag, gap)
            histories = {key: history((v, row[key]) for v, row in found) for key in HISTORIES}
            options[parser][dest] = {
                'since': since,
                'until': until,
                **({'absent': absent} if absent else {}),
                'flags': flags,
                **{key: values for key, values in histories.items() if set(map(repr, values.values())) != {'None'}},
            }
    return {'versions': VERSIONS, 'options': options}


def text(recorded):
    """One line per option, so that changes are readable."""
    lines = ['{', f' "versions": {json.dumps(recorded["versions"])},', ' "options": {']
    for parser, rows in recorded['options'].items():
        lines.append(f'  {json.dumps(parser)}: {{')
        lines += [f'   {json.dumps(dest)}: {json.dumps(row)},' for dest, row in rows.items()]
        lines[-1] = lines[-1].rstrip(',')
        lines.append('  },')
    lines[-1] = '  }'
    return '\n'.join([*lines, ' }', '}', ''])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--only', nargs='+', choices=VERSIONS, metavar='VERSION')
    args = parser.parse_args()
    if args.only:
        for version in args.only:
            print(json.dumps({version: dump(version)}, indent=1))
        return
    new = text(record({version: dump(version) for version in VERSIONS}))
    old = open(OUT).read() if os.path.exists(OUT) else ''
    if not args.check:
        with open(OUT, 'w') as f:
            f.write(new)
    stale = old != new
    print(f'{len(VERSIONS)} releases, {"nothing" if not stale else "stale" if args.check else "written"}')
    sys.exit(1 if stale and args.check else 0)


if __name__ == '__main__':
    main()
