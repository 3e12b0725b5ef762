#!/usr/bin/env python3
"""Hands the Python package what Kubernetes cannot run, or what only Jina cannot export. Every problem is reported, and nothing is written.

usage: refusals.py --binary PATH

Run it with the Python of the venv that tests/conformance/setup.sh creates.
"""
import argparse
import os
import sys
import tempfile
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
for folder in ('tests/jina', 'python'):
    sys.path.insert(0, os.path.join(ROOT, folder))
import oraclelib  # noqa: E402


def cases(jina):
    """-> a name, an object, what the message says, and the number of errors"""

    class Encoder(jina.Executor):
        pass

    class Gate(jina.Gateway):
        async def setup_server(self):
            pass

        async def run_server(self):
            pass

        async def shutdown(self):
            pass

    def function():
        pass

    flow = jina.Flow
    image = 'docker://acme/exec:1'
    yield 'a class', flow().add(name='enc', uses=Encoder), ['executor `enc`: `uses` is the class Encoder', "images={'enc': "], 1
    yield 'the name of a class', flow().add(name='enc', uses='Encoder'), ['the class Encoder'], 1
    yield 'a function', flow().add(name='enc', uses=function), ['the Python object <function', 'function>'], 1
    yield 'a file', flow().add(name='enc', uses='encoder/config.yml'), ['the file encoder/config.yml'], 1
    yield 'a mapping', flow().add(name='enc', uses={'jtype': 'Encoder', 'with': {'a': 1}}), ['a configuration of the class Encoder'], 1
    yield 'a class of a gateway', flow().config_gateway(uses=Gate).add(uses=image), ['the gateway: `uses` is the class Gate'], 1
    yield 'a class in a Deployment', jina.Deployment(name='enc', uses=Encoder), ['the Deployment: `uses` is the class Encoder', "'enc'"], 1
    yield 'a class before the shards', flow().add(uses=image, shards=2, uses_before='Before'), ['`uses_before` is the class Before'], 1
    yield 'something else', flow().add(uses='acme/exec:1'), ['which is not the name of an image'], 1
    many = flow().add(name='a', uses=Encoder).add(name='b', uses=image).add(name='c', uses='c.yml')
    yield 'many', many, ['executor `a`', 'executor `c`'], 2
    yield 'a file name', 'flow.yml', ['jinaflow export FILE'], 1
    yield 'the class Flow', flow, ['pass an object, such as Flow()'], 1
    yield 'a number', 7, ['class int'], 1
    yield 'names that collide', flow().add(name='my_exec', uses=image).add(name='My_Exec', uses=image), ['my_exec'], 1
    yield 'two wrong options', flow().add(name='a', uses=image, replicas=0).add(name='b', uses=image, env={'a b': '1'}), ['replicas', 'a b'], 2
    yield 'half of a pair', flow().add(uses=image, env={'A': '\ud83d'}), ['surrogate'], 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--binary', required=True)
    args = parser.parse_args()
    jina = oraclelib.setup()
    os.environ['PATH'] += os.pathsep + os.path.dirname(os.path.abspath(args.binary))
    os.environ['JINA_GATEWAY_IMAGE'] = oraclelib.GATEWAY_IMAGE
    import jinaflow

    failed = number = 0
    for name, value, says, errors in cases(jina):
        number += 1
        with tempfile.TemporaryDirectory(prefix='jina-refused-') as parent:
            out = os.path.join(parent, 'out')
            for call in (lambda: jinaflow.to_kubernetes_yaml(value, out), lambda: jinaflow.to_jinaflow(value)):
                try:
                    call()
                    message, found = 'is accepted', 0
                except jinaflow.JinaflowError as error:
                    message, found = str(error), sum(finding.severity == 'error' for finding in error.findings)
                if found != errors or not all(text in message for text in says) or os.listdir(parent):
                    failed += 1
                    print(f'{name}: {found} errors, {os.listdir(parent)}: {message}')
    # Messages about arguments have their names in Python.
    plain = jina.Flow().add(name='enc', uses='docker://acme/exec:1')
    for arguments, says in (
        ({'k8s_namespace': 'Not_Valid'}, 'the argument `k8s_namespace`: '),
        ({'images': {'enc': None}}, 'the argument `images`: must have an image for `enc`'),
        ({'images': ['enc=a']}, 'the argument `images`: must be a dictionary'),
        ({'gateway_image': ''}, 'the argument `gateway_image`: '),
        ({'context': {'JINA_LOG_LEVEL': None}}, 'the argument `context`: has no value for `JINA_LOG_LEVEL`'),
        ({'output_base_path': ''}, "the argument `output_base_path`: is empty; write '.'"),
    ):
        number += 1
        with tempfile.TemporaryDirectory(prefix='jina-argument-') as parent:
            try:
                jinaflow.to_kubernetes_yaml(plain, **{'output_base_path': os.path.join(parent, 'out'), **arguments})
                message = 'is accepted'
            except jinaflow.JinaflowError as error:
                message = str(error)
            if not message.startswith(says) or os.listdir(parent):
                failed += 1
                print(f'{arguments}: {os.listdir(parent)}: {message}')
    # The module with Jina's names has its version, too.
    from jinaflow.jina import __version__ as version

    if version != jina.__version__:
        failed += 1
        print(f'the version is {version}')
    # With an image, the same executors are exported.
    class Encoder(jina.Executor):
        pass

    for images in ({'enc': 'acme/enc:1'}, {'Encoder': 'acme/enc:1'}):
        number += 1
        with tempfile.TemporaryDirectory(prefix='jina-image-') as out, warnings.catch_warnings():
            warnings.simplefilter('error', jinaflow.JinaflowWarning)
            jinaflow.to_kubernetes_yaml(jina.Flow().add(name='enc', uses=Encoder), out, images=images)
            with open(os.path.join(out, 'enc', 'enc.yml')) as f:
                if 'image: acme/enc:1' not in f.read():
                    failed += 1
                    print(f'the image of {images} is not used')
    # A name on the Hub is a warning at the call.
    number += 1
    with tempfile.TemporaryDirectory(prefix='jina-hub-') as out, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        jinaflow.to_kubernetes_yaml(jina.Flow().add(name='enc', uses='jinahub+docker://Encoder'), out)
        warned = [warning for warning in seen if issubclass(warning.category, jinaflow.JinaflowWarning)]
        if len(warned) != 1 or warned[0].filename != __file__ or "images={'jinahub+docker://Encoder': " not in str(warned[0].message):
            failed += 1
            print(f'a name on the Hub: {[str(warning.message) for warning in seen]}')
    # Jina fails on a Deployment object in a Flow: it has no role in the graph.
    number += 1
    with tempfile.TemporaryDirectory(prefix='jina-nested-') as out, warnings.catch_warnings():
        warnings.simplefilter('error', jinaflow.JinaflowWarning)
        own = jina.Deployment(name='own', uses='docker://acme/own:1', shards=2)
        jinaflow.to_kubernetes_yaml(jina.Flow(monitoring=True).add(own).add(name='b', uses='docker://acme/b:1', needs='executor0'), out)
        with open(os.path.join(out, 'gateway', 'gateway.yml')) as f:
            gateway = f.read()
        if sorted(os.listdir(os.path.join(out, 'own'))) != ['own-0.yml', 'own-1.yml', 'own-head.yml'] or '"own":["b"]' not in gateway.replace(' ', ''):
            failed += 1
            print(f'a Deployment in a Flow: {os.listdir(out)} {gateway}')
    print(f'{number} cases, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
