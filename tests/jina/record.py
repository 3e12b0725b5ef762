#!/usr/bin/env python3
"""Records the output of real Jina 3.34.0, for the tests that run without it.

usage: record.py [--check] [--only PART ...]

  flows/*/expected.yaml, expected-error.txt, expected-warnings.txt   the result of `jina export kubernetes` for each flow.yml
                                                                (cases.py has the format)
  options.json                                                  every option of Jina's argument parsers
  scalars.json                                                  the value that Jina reads from a plain YAML scalar
  raises.json                                                   every `raise` statement in the files of Jina that an
                                                                export runs, and the place where each failing flow stops

--check  writes nothing, reports what would change, and exits with 1 if anything would
--only   flows whose name contains one of these

Run it with the Python of the venv that tests/conformance/setup.sh creates.
"""
import argparse
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import cases  # noqa: E402

VERSION = '3.34.0'

SCALARS = """
~ null Null NULL nULL true True TRUE tRuE false False yes Yes YES no No NO y Y n N on On ON off Off OFF
0 00 007 0123 089 0777 08 -0 +0 1 -1 +1 1_000 1__0 _1 1_ 0_7 0b101 0B101 0b102 0o17 0O17 0x1F 0X1F 0xG -0x1f +0b1
12:30:45 1:5 1:60 1:99 190:20:30 190:20:30.15 01:30 -1:30 1:30:
1.0 1. .5 -.5 +.5 1.5 1.10 1_0.5 1._5 0.1 1e3 1E3 1e+3 1.0e3 1.0e+3 1.0E-3 1.e+3 .5e-3 1e-3 1e-7 0.0000001 1.0e-8 1.0e+20
1e16 1.0e+16 123456789.123456789 1e400 .inf .Inf .INF -.inf +.inf .iNf inf Infinity -inf nan NaN .nan .NaN .NAN
1.2.3 10m 512Mi 1e 1e+ e1 0x . .. - -- + = == << < 2024-01-01 2024-1-1 2024-01-01T10:00:00Z
a a.b a-b a_b a/b http://x:80/y $ a$b None none True! 99999999999999999999 123456789012345678901234567890
""".split()


def options():
    from jina.parsers import set_deployment_parser, set_gateway_parser, set_pod_parser
    from jina.parsers.flow import set_flow_parser
    from parsers import rows

    return {
        'jina': VERSION,
        'flow': rows(set_flow_parser()),
        'deployment': rows(set_deployment_parser()),
        'pod': rows(set_pod_parser()),
        'gateway': rows(set_gateway_parser()),
    }


def scalars():
    from jina.jaml import JAML

    read = {}
    for text in SCALARS:
        try:
            value = JAML.expand_dict(JAML.load_no_tags([f'v: {text}\n']))['v']
        except Exception:
            continue  # `=`: Jina cannot read it at all
        if type(value).__name__ in ('date', 'datetime'):
            continue  # Jina cannot write it anywhere
        read[text] = {'repr': repr(value), 'json': json.dumps(value)}
    return {'jina': VERSION, 'read': read}


def flow(oraclelib, folder):
    """Returns the recorded files of one flow, by name."""
    out = tempfile.mkdtemp(prefix='jina-out-')
    error, warnings = oraclelib.run_case(os.path.join(folder, 'flow.yml'), cases.settings(folder), out)
    exported = cases.read_folder(out)
    shutil.rmtree(out)
    new = {}
    if not error:
        new['expected.yaml'] = cases.pack(exported)
    elif exported:
        new['expected-partial.yaml'] = cases.pack(exported)
    if error:
        new['expected-error.txt'] = (error + '\n').encode()
    if warnings:
        new['expected-warnings.txt'] = ('\n'.join(warnings) + '\n').encode()
    return new


def failing(site, oraclelib, name, found):
    """adds the place in Jina where a flow fails, if it fails"""
    error = oraclelib.failure()
    if error:
        found[name] = site.place(error)


def command_line(folder):
    """runs the command line of users in this process"""
    import jina_cli

    out = tempfile.mkdtemp(prefix='jina-out-')
    argv, sys.argv = sys.argv, ['jina', 'export', 'kubernetes', os.path.join(folder, 'flow.yml'), out]
    os.environ['JINA_GATEWAY_IMAGE'] = 'gateway'
    try:
        jina_cli.main()
    finally:
        sys.argv = argv
        del os.environ['JINA_GATEWAY_IMAGE']
        shutil.rmtree(out)


def raises(site, trace, failing):
    """-> the content of raises.json"""
    from raises import idle, statements

    running = trace.files(site)
    return {
        'jina': VERSION,
        'files': running,
        'idle': idle(site, running),
        'statements': [row for file in running for row in statements(site, file)],
        'flows': {name: failing[name] for name in sorted(failing)},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--only', nargs='*')
    args = parser.parse_args()
    if os.environ.get('PYTHONHASHSEED') != '0':
        keep = {k: v for k, v in os.environ.items() if not k.startswith(('JINA_', 'CUDA_'))}
        os.execve(sys.executable, [sys.executable, '-W', 'ignore', *sys.argv], {**keep, 'PYTHONHASHSEED': '0'})
    import oraclelib
    from raises import Site, Trace

    if oraclelib.setup().__version__ != VERSION:
        sys.exit(f'these recordings are of Jina {VERSION}')
    stale = []

    def settle(folder, old, new):
        if old == new:
            return
        stale.append(os.path.relpath(folder, HERE))
        if args.check:
            return
        for name in old:
            os.remove(os.path.join(folder, name))
        for name, data in new.items():
            with open(os.path.join(folder, name), 'wb') as f:
                f.write(data)

    root = os.path.join(HERE, 'flows')
    names = [n for n in sorted(os.listdir(root)) if not args.only or any(o in n for o in args.only)]
    site, trace, failures = Site(), Trace(), {}
    for name in names:
        folder = os.path.join(root, name)
        old = {k: v for k, v in cases.read_folder(folder).items() if k.startswith('expected')}
        with trace:  # one process per flow: a flow that recurses too deeply ends its process
            new = flow(oraclelib, folder)
        settle(folder, old, new)
        failing(site, oraclelib, name, failures)
    with trace:
        command_line(os.path.join(root, '005-single-executor'))

    def of_all(name, made):
        data = (json.dumps(made, indent=1, ensure_ascii=False) + '\n').encode()
        path = os.path.join(HERE, name)
        old = {name: open(path, 'rb').read()} if os.path.exists(path) else {}
        settle(HERE, old, {name: data})

    if args.only:
        with open(os.path.join(HERE, 'raises.json')) as f:
            known = json.load(f)
        kept = {name: place for name, place in known['flows'].items() if name not in names}
        known['flows'] = dict(sorted({**kept, **failures}.items()))
        of_all('raises.json', known)
    else:
        for name, made in (('options.json', options()), ('scalars.json', scalars()), ('raises.json', raises(site, trace, failures))):
            of_all(name, made)
    print(f'{len(names)} flows, {len(stale)} recordings {"stale" if args.check else "written"}:', *stale)
    sys.exit(1 if stale and args.check else 0)


if __name__ == '__main__':
    main()
