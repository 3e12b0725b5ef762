#!/usr/bin/env python3
"""Runs the programs of snippets/ with Jina, and with the import from `jinaflow.jina`, and compares the folders.

usage: snippets.py --binary PATH [-v]

The only change is `from jina import` to `from jinaflow.jina import`. The folders must have the same files with the same kinds
and names of objects, and jinaflow may warn about nothing but images of the Hub and executors without `uses`. Run with
`JINA_COMPAT=1`, the objects are compared too. Run it with the Python of the venv that tests/conformance/setup.sh creates.
"""
import argparse
import contextlib
import functools
import io
import os
import sys
import tempfile
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
for folder in ('tests/jina', 'python'):
    sys.path.insert(0, os.path.join(ROOT, folder))
import compare  # noqa: E402
import oraclelib  # noqa: E402

OPTIONS = argparse.Namespace(ignore_known=True, flat=False, quiet=False, verbose=False, max=10)
HUB = {
    'CLIPEncoder': 'jinahub/clip:1',
    'AnnLiteIndexer': 'jinahub/annlite:1',
    'ANNLiteIndexer': 'jinahub/annlite:2',
    '<user-id>/IndexerPrivate': 'registry.example.com/indexer:1',
    'jina-ai/DummyHubExecutor': 'jinahub/dummy:1',
    'PQLiteIndexer:latest': 'jinahub/pqlite:1',
}


def run(program, folder):
    """runs a program in a folder; -> its warnings from jinaflow"""
    import jinaflow

    old = os.getcwd()
    os.makedirs(folder)
    os.chdir(folder)
    try:
        with warnings.catch_warnings(record=True) as seen, contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter('always')
            exec(compile(program, 'program.py', 'exec'), {'__name__': '__main__'})
    finally:
        os.chdir(old)
    return [warning for warning in seen if isinstance(warning.message, jinaflow.JinaflowWarning)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--binary', required=True)
    args = parser.parse_args()
    oraclelib.setup()
    oraclelib._state['hub'] = HUB
    os.environ['PATH'] += os.pathsep + os.path.dirname(os.path.abspath(args.binary))
    os.environ['JINA_GATEWAY_IMAGE'] = oraclelib.GATEWAY_IMAGE
    os.environ.pop('JINA_LOG_LEVEL', None)
    import jinaflow.jina

    images = {**{f'jinahub+docker://{name}': image for name, image in HUB.items()}, **{f'jinaai+docker://{name}': image for name, image in HUB.items()}}
    images['jinahub+docker://PQLiteIndexer/latest'] = HUB['PQLiteIndexer:latest']
    ours, failed = jinaflow.jina.to_kubernetes_yaml, 0
    names = sorted(os.listdir(os.path.join(HERE, 'snippets')))
    for name in names:
        with open(os.path.join(HERE, 'snippets', name), encoding='utf-8') as f:
            program = f.read()
        changed = program.replace('from jina import', 'from jinaflow.jina import')
        if program.count('from jina import') != 1:
            sys.exit(f'{name} must have one import')
        with tempfile.TemporaryDirectory(prefix='jina-snippet-') as parent:
            theirs, as_written, exact = (os.path.join(parent, part) for part in ('theirs', 'as-written', 'exact'))
            run(program, theirs)
            said = run(changed, as_written)
            for warning in said:
                if warning.message.finding.code not in ('image-not-set', 'uses-missing', 'field-without-effect') or warning.filename != 'program.py':
                    print(f'{name}: warns at {warning.filename}:{warning.lineno}: {warning.message}')
                    failed += 1
            files = {part: {file: [compare.key(d)[0] for d in docs] for file, docs in compare.load_tree(part, compare.ActualLoader)[0].items()} for part in (theirs, as_written)}
            missing = [(file, kind) for file, kinds in files[theirs].items() for kind in kinds if kind not in files[as_written].get(file, [])]
            if missing or set(files[theirs]) != set(files[as_written]):
                print(f'{name}: other files or kinds: {files}')
                failed += 1
            # The same program, for the objects of Jina.
            jinaflow.jina.to_kubernetes_yaml = functools.partial(ours, compat='jina-3.34', images=images)
            try:
                run(changed, exact)
            finally:
                jinaflow.jina.to_kubernetes_yaml = ours
            status, diff, message = compare.compare(exact, theirs, OPTIONS)
            compare.report(name, status, diff, message, OPTIONS)
            failed += status == 'different'
    print(f'{len(names)} programs, {failed} failed')
    return 1 if failed or not names else 0


if __name__ == '__main__':
    sys.exit(main())
