#!/usr/bin/env python3
"""The places where real Jina can stop: the functions that run during an export, their `raise` statements, and the place where a
Flow fails.

usage: raises.py        prints raises.json and verdicts.json as one table: a row for each place, how Jina reaches it, and
                        the result of jinaflow

record.py writes raises.json with this module. Places are FILE:LINE below site-packages. They are stable because the version is
pinned.
"""
import ast
import inspect
import json
import os
import sys
import traceback

# The packages of Jina; hubble resolves names of the Hub.
PACKAGES = ('jina', 'jina_cli', 'hubble')
# Calls that end the process.
EXITS = {'exit', 'quit', 'sys.exit', 'os._exit', 'parser.error', 'parser.exit'}


class Site:
    """the folder of the Jina installation"""

    def __init__(self):
        import jina

        self.root = os.path.dirname(os.path.dirname(os.path.abspath(jina.__file__)))
        self.trees = {}

    def file(self, path):
        """-> the path below the folder, if it belongs to Jina"""
        if not path.startswith(self.root + os.sep):
            return None
        path = os.path.relpath(path, self.root)
        return path if path.split(os.sep)[0] in PACKAGES else None

    def tree(self, file):
        if file not in self.trees:
            with open(os.path.join(self.root, file), encoding='utf-8') as f:
                self.trees[file] = ast.parse(f.read())
        return self.trees[file]

    def place(self, error):
        """-> the origin of an exception in Jina: its innermost frame, and the statement there"""
        found = None
        for frame, line in traceback.walk_tb(error.__traceback__):
            file = self.file(frame.f_code.co_filename)
            if file:
                found = file, frame.f_code.co_qualname.replace('<locals>.', ''), line
        if found is None:
            return None
        file, function, line = found
        statement = innermost(self.tree(file), line)
        return {'at': f'{file}:{statement.lineno}', 'function': function, 'code': first_line(statement)}


def innermost(tree, line):
    """-> the smallest statement that covers a line"""
    found = None
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.ExceptHandler)) and node.lineno <= line <= node.end_lineno:
            if found is None or node.lineno >= found.lineno:
                found = node
    return found


def first_line(node):
    """-> a statement as text; of a compound statement only the first line"""
    return ast.unparse(node).split('\n')[0] if hasattr(node, 'body') else ' '.join(ast.unparse(node).split())


def statements(site, file):
    """-> all statements of a file that raise or exit, with the conditions that lead to them"""
    found = []

    def walk(node, function, conditions):
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST):
                    continue
                inner, below = function, conditions
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    inner, below = [*function, child.name], []
                elif isinstance(child, ast.ExceptHandler):
                    below = [*conditions, first_line(child).rstrip(':')]
                elif isinstance(node, ast.If) and field in ('body', 'orelse'):
                    test = ast.unparse(node.test)
                    below = [*conditions, test if field == 'body' else f'not ({test})']
                is_exit = isinstance(child, ast.Call) and ast.unparse(child.func) in EXITS
                if isinstance(child, (ast.Raise, ast.Assert)) or is_exit:
                    found.append(
                        {
                            'at': f'{file}:{child.lineno}',
                            'function': '.'.join(function),
                            'code': ' '.join(ast.unparse(child).split()),
                            'when': ' and '.join(below[-1:]),
                        }
                    )
                walk(child, inner, below)

    walk(site.tree(file), [], [])
    return sorted(found, key=lambda row: int(row['at'].rsplit(':', 1)[1]))


class Trace:
    """the files of which a function runs while the trace is on"""

    def __init__(self):
        self.codes = set()

    def _called(self, frame, event, _):
        if event == 'call':
            self.codes.add(frame.f_code)

    def __enter__(self):
        sys.setprofile(self._called)

    def __exit__(self, *_):
        sys.setprofile(None)

    def files(self, site):
        # The code of modules and classes runs once, when they are imported.
        functions = (code for code in self.codes if code.co_flags & inspect.CO_NEWLOCALS)
        return sorted({file for file in (site.file(code.co_filename) for code in functions) if file})


def idle(site, running):
    """-> the files of Jina that an export imports without running a function of them, with the number of their `raise` statements"""
    files = {site.file(module.__file__) for module in list(sys.modules.values()) if getattr(module, '__file__', None)}
    counts = {file: len(statements(site, file)) for file in files if file and file.endswith('.py') and file not in running}
    return {file: count for file, count in sorted(counts.items()) if count}


def table():
    """-> the lines of the table, as Markdown"""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, 'raises.json')) as f:
        recorded = json.load(f)
    with open(os.path.join(here, 'verdicts.json')) as f:
        verdicts = json.load(f)
    places = {place['at']: place for place in [*recorded['flows'].values(), *recorded['statements']]}

    def cell(text):
        return ' '.join(text.split()).replace('|', '\\|')

    def error(name):
        with open(os.path.join(here, 'flows', name, 'expected-error.txt')) as f:
            return f.readline().strip()

    yield '| place | function | what is there | Flow | Jina says | jinaflow |'
    yield '| --- | --- | --- | --- | --- | --- |'
    for row in verdicts['rows']:
        place = places[row['at']]
        head = f'| {row["at"]} | `{place["function"]}` | `{cell(place["code"])}`'
        for name, verdict in row.get('flows', {}).items():
            does = f'error: {verdict["raised"]}' if 'raised' in verdict else f'accepted: {verdict["accepted"]}'
            if 'under compat' in verdict:
                does += f'; under compat accepted: {verdict["under compat"]["accepted"]}'
            yield f'{head} | {name} | {cell(error(name))} | {cell(does)} |'
        for how in ('unreachable', 'leads to'):
            if how in row:
                yield f'{head} | | | {how}: {cell(row[how])} |'
    for files, why in verdicts['idle'].items():
        yield f'| {files} | | | | | no function of it runs: {why} |'


if __name__ == '__main__':
    print('\n'.join(table()))
