#!/usr/bin/env python3
"""Loads each recorded Flow with the real Jina, hands the object to the Python package, and compares with Jina's export.

usage: recorded.py --binary PATH [--only WORD ...] [-v]
       recorded.py --binary PATH --random SEED N [--weird SHARE]     N random Flows of tests/jina/random_flows.py instead

The comparison, and the differences that it accepts, are those of tests/jina/compare.py. A Flow that Jina refuses while it loads
it has no object, and is counted. Where Jina refuses to export an object, the package must refuse it too, unless
tests/jina/verdicts.json accepts the Flow. A random Flow that Jina does not export is counted as one without an object. Run it with the Python of the venv that tests/conformance/setup.sh creates.
"""
import argparse
import contextlib
import io
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
import traceback
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
FLOWS = os.path.join(ROOT, 'tests', 'jina', 'flows')
for folder in ('tests/jina', 'python'):
    sys.path.insert(0, os.path.join(ROOT, folder))
import cases  # noqa: E402
import compare  # noqa: E402

OPTIONS = argparse.Namespace(ignore_known=True, flat=False, quiet=True, verbose=False, max=10)

# Variables of the exporting process that Jina writes to the containers. jinaflow takes them from its caller only.
LEAKING = ('JINA_LOG_LEVEL', 'JINA_DEFAULT_TIMEOUT_CTRL')


@contextlib.contextmanager
def environment_of(case, meta):
    """the folder, the environment and the settings in which oraclelib.run_case loads a Flow; -> the path of the Flow"""
    import oraclelib

    oraclelib._state.update(port=50000, hub=meta.get('hub') or {})
    old = os.getcwd()
    tmp = tempfile.mkdtemp(prefix='jina-adapter-')
    try:
        for name in os.listdir(case):
            if meta.get('cwd') == 'case' or name == 'flow.yml':
                shutil.copy(os.path.join(case, name), tmp)
        os.chdir(tmp if meta.get('cwd') == 'case' else meta.get('cwd', oraclelib.DEFAULT_CWD))
        with oraclelib.case_env(meta.get('env')), contextlib.redirect_stderr(io.StringIO()):
            yield 'flow.yml' if meta.get('cwd') == 'case' else os.path.join(tmp, 'flow.yml')
    finally:
        os.chdir(old)
        shutil.rmtree(tmp, ignore_errors=True)


def load(path, meta):
    """the object of a Flow, or None if Jina refuses it"""
    from jina import Flow
    from jina.jaml import JAMLCompatible

    loader = Flow if meta.get('entry') == 'Flow.load_config' else JAMLCompatible
    try:
        loaded = loader.load_config(path)
    except BaseException:  # argparse raises SystemExit
        return None
    return loaded if hasattr(loaded, 'to_kubernetes_yaml') else None


def random_flow(name):
    """draws a Flow, with Jina's export, as `SEED/INDEX`; -> the name, what happened, and a message"""
    import oraclelib
    import random_flows

    seed, index, weird = name
    with tempfile.TemporaryDirectory(prefix='jina-random-') as case, tempfile.TemporaryDirectory(prefix='jina-random-') as exported:
        random_flows.write_case(case, *random_flows.draw(seed, index, weird))
        error, _ = oraclelib.run_case(os.path.join(case, 'flow.yml'), cases.settings(case), exported)
        if error:
            return f'{seed}/{index}', 'without object', error
        cases.write_expected(case, exported)
        _, status, message = of_case(case)
        return f'{seed}/{index}', status, f'{seed}/{index}: {message}'


def run(name):
    """-> the name, what happened, and a message"""
    return of_case(os.path.join(FLOWS, name))


def of_case(case):
    import jinaflow

    name = os.path.basename(case)
    meta = cases.settings(case)
    said = ''
    with tempfile.TemporaryDirectory(prefix='jina-adapter-') as parent:
        out = os.path.join(parent, 'out')
        with environment_of(case, meta) as path, warnings.catch_warnings():
            warnings.simplefilter('ignore')
            loaded = load(path, meta)
            if loaded is None:
                return name, 'without object', ''
            # The image of the Hub is what oraclelib answers.
            images = {**{f'jinahub+docker://{key}': image for key, image in (meta.get('hub') or {}).items()}, **(meta.get('images') or {})}
            context = {key: str(value) for key, value in (meta.get('env') or {}).items() if key in LEAKING}
            os.environ['PATH'] += os.pathsep + os.path.dirname(BINARY)
            try:
                jinaflow.to_kubernetes_yaml(
                    loaded,
                    out,
                    meta.get('namespace'),
                    meta.get('include_gateway', True) if hasattr(loaded, 'build') else True,
                    compat='jina-3.34',
                    images=images,
                    context=context,
                )
            except jinaflow.JinaflowError as error:
                said = str(error)
            except Exception:
                return name, 'different', f'DIFF {name}: {traceback.format_exc()}'
        status, diff, message = compare.compare(out, case, OPTIONS)
        if status == 'different':
            report = io.StringIO()
            with contextlib.redirect_stdout(report):
                compare.report(name, status, diff, f'{message}\n  jinaflow: {said[:600]}', OPTIONS)
            return name, status, report.getvalue()
        return name, status, message


def start(binary):
    global BINARY
    BINARY = binary
    import oraclelib

    oraclelib.setup()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--binary', required=True)
    parser.add_argument('--only', nargs='*')
    parser.add_argument('--random', nargs=2, type=int, metavar=('SEED', 'N'))
    parser.add_argument('--weird', type=float, default=0.0, metavar='SHARE')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    parser.add_argument('-v', '--verbose', action='store_true')
    args = parser.parse_args()
    if os.environ.get('PYTHONHASHSEED') != '0':
        keep = {k: v for k, v in os.environ.items() if not k.startswith(('JINA_', 'CUDA_'))}
        os.execve(sys.executable, [sys.executable, '-W', 'ignore', *sys.argv], {**keep, 'PYTHONHASHSEED': '0'})
    began = time.monotonic()
    names = sorted(name for name in os.listdir(FLOWS) if os.path.isfile(os.path.join(FLOWS, name, 'flow.yml')))
    names = [name for name in names if not args.only or any(word in name for word in args.only)]
    tasks, work = (names, run) if not args.random else ([(args.random[0], index, args.weird) for index in range(args.random[1])], random_flow)
    counts = {'equal': 0, 'tolerated': 0, 'different': 0, 'without object': 0}
    # A Flow that recurses too deeply ends its process, so each process runs a part of the Flows.
    with multiprocessing.get_context('fork').Pool(args.jobs, start, (os.path.abspath(args.binary),)) as pool:
        for name, status, message in pool.imap(work, tasks, chunksize=4):
            counts[status] += 1
            if status == 'different':
                print(message, end='')
            elif args.verbose and status != 'equal':
                print(f'{status} {name}: {message}')
    print(f'{time.monotonic() - began:.0f} s')
    print(f'{len(tasks)} flows: ' + ', '.join(f'{number} {status}' for status, number in counts.items()))
    return 1 if counts['different'] else 0


if __name__ == '__main__':
    sys.exit(main())
