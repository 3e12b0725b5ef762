#!/usr/bin/env python3
"""Runs real Jina and jinaflow on the same Flows and reports every difference between their exports.

usage: differential.py --binary PATH FOLDER ...            a folder of *.yml files or of cases (cases.py)
       differential.py --binary PATH --random SEED N       N random Flows of random_flows.py

  --weird [SHARE]   for --random: see random_flows.py
  --jobs N          processes (default: one per core)
  --record DIR      keep the Flows with Jina's export, like random_flows.py
  --failures DIR    keep the Flows that differ
  --max N           differences shown of one Flow (default 10)
  --exact           let Jina write files with its own YAML writer for every Flow, not only for those that differ
  -v                show tolerated differences too

jinaflow runs with --compat jina-3.34. A difference is tolerated if compare.py has a reason for it. A drawn Flow that only Jina
refuses is tolerated if verdicts.json accepts Flows that fail at the same place. Exits with 1 if a difference is not tolerated.
Run it with the Python of the venv that tests/conformance/setup.sh creates.

The objects of Jina are taken from memory, which is four times as fast as reading its files; its templates are read with
libyaml. A Flow that differs runs again without these shortcuts, and only that result is reported.
"""
import argparse
import collections
import contextlib
import functools
import itertools
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import cases  # noqa: E402
import compare  # noqa: E402
import judge  # noqa: E402
import random_flows  # noqa: E402

OPTIONS = argparse.Namespace(ignore_known=True, flat=False, quiet=True, verbose=False, max=25)
Case = collections.namedtuple('Case', 'name text meta extra')
Result = collections.namedtuple('Result', 'name status message diff case')


# ------------------------------------------------------------------ a fast way to run Jina
class Memory:
    """returns the objects of Jina's export before Jina writes them"""

    def __init__(self):
        import yaml
        from jina.orchestrate.deployments import Deployment
        from jina.orchestrate.deployments.config.k8s import K8sDeploymentConfig

        self.yaml, self.slow_load = yaml, yaml.safe_load
        self.tree = None
        self.folder = self.root = ''
        write, make = Deployment._to_kubernetes_yaml, K8sDeploymentConfig.to_kubernetes_yaml

        def in_folder(deployment, output_base_path, *args, **kwargs):
            self.folder = output_base_path
            return write(deployment, output_base_path, *args, **kwargs)

        def objects(config):
            made = make(config)
            if self.tree is None:
                return made
            for name, documents in made:
                path = os.path.relpath(os.path.join(self.folder, f'{name}.yml'), self.root)
                self.tree[path] = [compare.clean(d) for d in documents]
            return []

        Deployment._to_kubernetes_yaml = in_folder
        K8sDeploymentConfig.to_kubernetes_yaml = objects

    @contextlib.contextmanager
    def taking(self, root):
        self.tree, self.root = {}, root
        fast = getattr(self.yaml, 'CSafeLoader', self.yaml.SafeLoader)
        self.yaml.safe_load = lambda text: self.yaml.load(text, Loader=fast)
        try:
            yield self.tree
        finally:
            self.yaml.safe_load = self.slow_load
            self.tree = None


class Worker:
    """one worker process with Jina, which starts jinaflow"""

    def __init__(self, args):
        import oraclelib
        from raises import Site

        oraclelib.setup()
        self.args, self.oracle, self.memory, self.site = args, oraclelib, Memory(), Site()
        self.tmp = tempfile.mkdtemp(prefix='jinaflow-', dir=args.tmp)

    def case(self, task):
        if isinstance(task, Case):
            return task
        seed, index = task
        text, meta = random_flows.draw(seed, index, self.args.weird)
        return Case(f'{index:05d}-r{seed}', text, meta, None)

    def run(self, task):
        case = self.case(task)
        folder = os.path.join(self.tmp, case.name)
        random_flows.write_case(folder, case.text, case.meta)
        for path in case.extra or ():
            shutil.copy(path, folder)
        try:
            return self.judge(case, folder)
        finally:
            if self.args.record and any(name.startswith('expected') for name in os.listdir(folder)):
                keep(folder, self.args.record, ['actual'])
            shutil.rmtree(folder, ignore_errors=True)

    def judge(self, case, folder):
        flow = os.path.join(folder, 'flow.yml')
        out = os.path.join(folder, 'actual')
        error = None
        exact = self.args.exact or self.args.record
        if not exact:
            with self.memory.taking(folder) as tree:
                error, _ = self.oracle.run_case(flow, case.meta, folder)
        ours = judge.export(self.args.binary, flow, case.meta, out)
        if judge.crashed(ours):
            return self.failed(case, folder, f'jinaflow crashes: exit {ours.returncode}: {ours.stderr[:500]}', [])
        if error and case.extra is None:
            return self.both_fail(case, folder, error, ours)
        if not exact and not error and ours.returncode == 0:
            diff = compare.Diff(True)
            actual, _ = compare.load_tree(out, compare.ActualLoader)
            compare.compare_trees(diff, actual, tree)
            status, diff, message = compare.verdict(diff)
            if status != 'different':
                return Result(case.name, status, message, diff.tolerated, None)
        with tempfile.TemporaryDirectory(dir=self.tmp) as exported:
            error, _ = self.oracle.run_case(flow, case.meta, exported)
            if not error:
                cases.write_expected(folder, exported)
        if error:
            if case.extra is None:
                return self.both_fail(case, folder, error, ours)
            with open(os.path.join(folder, 'expected-error.txt'), 'w') as f:
                f.write(error + '\n')
        status, diff, message = compare.compare(out, folder, OPTIONS)
        if status == 'different':
            return self.failed(case, folder, message if ours.returncode == 0 else f'{message}\n  jinaflow: {ours.stderr[:600].strip()}', diff.diffs)
        return Result(case.name, status, message, diff.tolerated, None)

    def both_fail(self, case, folder, error, ours):
        """a drawn Flow on which Jina fails: jinaflow fails as well, or verdicts.json accepts Flows that fail there"""
        place = self.site.place(self.oracle.failure())['at']
        if ours.returncode or place in accepting_places():
            return Result(case.name, 'skipped', error, [], None)
        return self.failed(case, folder, f'Jina fails at {place}, and jinaflow does not: {error[:300]}', [])

    def failed(self, case, folder, message, diffs):
        if self.args.failures:
            keep(folder, self.args.failures)
        return Result(case.name, 'different', message, diffs, case)


@functools.cache
def accepting_places():
    """the places where Jina fails on a Flow that jinaflow accepts on purpose"""
    with open(os.path.join(HERE, 'verdicts.json')) as f:
        rows = json.load(f)['rows']
    verdicts = ((row['at'], verdict) for row in rows for verdict in row.get('flows', {}).values())
    return {at for at, verdict in verdicts if 'accepted' in verdict.get('under compat', verdict)}


def keep(folder, into, but=()):
    target = os.path.join(into, os.path.basename(folder))
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(*but))


_worker = None


def start(args):
    global _worker
    _worker = Worker(args)


def work(task):
    return _worker.run(task)


# ------------------------------------------------------------------ tasks and reports
def flows_of(folder):
    """the Flows of a folder: files, or cases"""
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isfile(os.path.join(path, 'flow.yml')):
            flow, inside = os.path.join(path, 'flow.yml'), path
        elif name.endswith(('.yml', '.yaml')) and os.path.isfile(path):
            flow, inside = path, None
        else:
            continue
        meta = cases.settings(inside) if inside else {'namespace': None, 'env': {'JINA_GATEWAY_IMAGE': random_flows.IMAGE}}
        beside = [os.path.join(inside, n) for n in os.listdir(inside) if n not in ('flow.yml', 'env.json')] if inside else []
        with open(flow, encoding='utf-8', newline='') as f:
            yield Case(re.sub(r'\.ya?ml$', '', name), f.read(), meta, [n for n in beside if os.path.isfile(n) and 'expected' not in n])


def window(one, other):
    """the parts of two strings where they differ"""
    one, other = compare.show(one) if not isinstance(one, str) else one, compare.show(other) if not isinstance(other, str) else other
    if len(one) < 160 and len(other) < 160:
        return one, other
    same = len(os.path.commonprefix([one, other]))
    tail = len(os.path.commonprefix([one[same:][::-1], other[same:][::-1]]))
    cut = max(0, same - 40)
    return tuple(('…' if cut else '') + t[cut : len(t) - max(0, tail - 40)][:400] + ('…' if tail > 40 else '') for t in (one, other))


def report(result, args):
    print(f'DIFFERENT {result.name}: {result.message}')
    if args.random:
        weird = f' --weird {args.weird}' if args.weird else ''
        print(f'  (random_flows.py --show {args.random[0]}/{int(result.name.split("-")[0])}{weird})')
    show(result.diff[: args.max])
    if len(result.diff) > args.max:
        print(f'  … {len(result.diff) - args.max} more')


def show(diffs):
    last = None
    for path, theirs, ours, known in diffs:
        where, _, field = path.partition(': ')
        if where != last:
            print(f'  {where}')
            last = where
        theirs, ours = window(theirs, ours)
        print(f'    {field}{f"  [{known}]" if known else ""}\n      - jina:     {theirs}\n      + jinaflow: {ours}')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folders', nargs='*')
    parser.add_argument('--binary', required=True)
    parser.add_argument('--random', nargs=2, type=int, metavar=('SEED', 'N'))
    parser.add_argument('--weird', type=float, nargs='?', const=1.0, default=0.0, metavar='SHARE')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    parser.add_argument('--record')
    parser.add_argument('--failures')
    parser.add_argument('--max', type=int, default=10)
    parser.add_argument('--exact', action='store_true')
    parser.add_argument('-v', '--verbose', action='store_true')
    args = parser.parse_args()
    if bool(args.folders) == bool(args.random):
        parser.error('either folders or --random SEED N')
    random_flows.restart(sys.executable)
    args.binary = os.path.abspath(args.binary)
    began = time.monotonic()
    counts = {'equal': 0, 'tolerated': 0, 'different': 0, 'skipped': 0}
    reasons = collections.Counter()
    wanted, seen = None, set()
    if args.random:
        seed, wanted = args.random
        tasks = ((seed, index) for index in range(wanted * 3))
    else:
        tasks = itertools.chain.from_iterable(flows_of(folder) for folder in args.folders)
    with tempfile.TemporaryDirectory(prefix='jinaflow-') as args.tmp:
        with multiprocessing.get_context('fork').Pool(args.jobs, start, (args,)) as pool:
            for result in pool.imap(work, tasks, chunksize=4):
                counts[result.status] += 1
                seen.add(result.name)
                if result.status == 'different':
                    report(result, args)
                elif result.status == 'skipped' and args.verbose:
                    print(f'skipped {result.name}: {result.message[:200]}')
                elif result.status == 'tolerated':
                    reasons.update({known for known, *_ in result.diff} or {'whole case'})
                    if args.verbose:
                        print(f'tolerated {result.name}')
                        show([(path, theirs, ours, known) for known, path, theirs, ours in result.diff])
                if wanted and sum(counts.values()) - counts['skipped'] >= wanted:
                    break
            pool.terminate()
            pool.join()
    for kept in filter(None, (args.record, args.failures)):
        for name in os.listdir(kept) if args.random and os.path.isdir(kept) else ():
            if name.endswith(f'-r{args.random[0]}') and name not in seen:  # Flows that were drawn after the last one
                shutil.rmtree(os.path.join(kept, name))
    skipped = counts.pop('skipped')
    if skipped:
        print(f'{skipped} drawn Flows on which Jina fails; jinaflow fails too, or accepts them on purpose')
    if reasons:
        print('tolerated: ' + ', '.join(f'{known} in {n}' for known, n in sorted(reasons.items())))
    print(f'{time.monotonic() - began:.0f} s')
    print(f'{sum(counts.values())} flows: ' + ', '.join(f'{n} {status}' for status, n in counts.items()))
    return 1 if counts['different'] else 0


if __name__ == '__main__':
    sys.exit(main())
