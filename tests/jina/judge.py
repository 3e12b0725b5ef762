#!/usr/bin/env python3
"""Exports every flow of a folder with jinaflow and compares the result with Jina's export by compare.py.

usage: judge.py --binary PATH [--root FOLDER] [--write | --check]

  --root   a folder of flows as written by record.py and random_flows.py; default flows/ beside this script
  --write  write judged.json: for each flow that differs from Jina, the reasons for the difference (compare.py --list-known)
  --check  fail if --write would change judged.json

Exits with 1 if any difference has no reason.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import cases  # noqa: E402
import compare  # noqa: E402


def export(binary, flow, meta, out):
    args = [binary, 'export', flow, out, '--compat', 'jina-3.34']
    if meta.get('namespace'):
        args += ['--k8s-namespace', meta['namespace']]
    env = {}
    for name, value in (meta.get('env') or {}).items():
        if name == 'JINA_GATEWAY_IMAGE':
            env[name] = value
        else:
            args += ['--context', f'{name}={value}']
    for uses, image in (meta.get('images') or {}).items():
        args += ['--image', f'{uses}={image}']
    return subprocess.run(args, env=env, capture_output=True, text=True)


def crashed(run):
    return run.returncode not in (0, 1) or (run.returncode == 1 and not run.stderr.startswith(('error: ', 'error[')))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--binary', required=True)
    parser.add_argument('--root', default=os.path.join(HERE, 'flows'))
    parser.add_argument('--write', action='store_true')
    parser.add_argument('--check', action='store_true')
    args = parser.parse_args()
    options = argparse.Namespace(ignore_known=True, flat=False, quiet=True, verbose=False, max=25)
    counts = {'equal': 0, 'tolerated': 0, 'different': 0}
    judged = {}
    with tempfile.TemporaryDirectory(prefix='jinaflow-') as tmp:
        for name in sorted(os.listdir(args.root)):
            folder = os.path.join(args.root, name)
            if not os.path.isfile(os.path.join(folder, 'flow.yml')):
                continue
            out = os.path.join(tmp, name)
            run = export(args.binary, os.path.join(folder, 'flow.yml'), cases.settings(folder), out)
            if crashed(run):
                print(f'CRASH {name}: exit {run.returncode}: {run.stderr[:500]}')
                counts['different'] += 1
                continue
            status, diff, message = compare.compare(out, folder, options)
            counts[status] += 1
            if status == 'different':
                compare.report(name, status, diff, message + ('' if run.returncode == 0 else '\n  ' + run.stderr[:500]), options)
            elif status == 'tolerated':
                whole = compare.known_cases().get(name, {}).get('ids', [])
                judged[name] = sorted({known for known, *_ in diff.tolerated} | set(whole))
    print(f'{sum(counts.values())} flows: ' + ', '.join(f'{n} {status}' for status, n in counts.items()))
    path = os.path.join(HERE, 'judged.json')
    text = json.dumps(judged, indent=1) + '\n'
    if args.write:
        with open(path, 'w') as f:
            f.write(text)
    stale = args.check and open(path).read() != text
    if stale:
        print('judged.json is outdated: run judge.py --write')
    sys.exit(1 if counts['different'] or stale else 0)


if __name__ == '__main__':
    main()
