#!/usr/bin/env python3
"""Builds Flows and Deployments in Python, and compares the export of the Python package with the real Jina's.

usage: built.py --binary PATH [--only WORD ...] [-v]

Each function below returns an object. It runs twice: one object is exported by Jina, the other one by the package. The
comparison, and the differences that it accepts, are those of tests/jina/compare.py. A function that returns an object with
options for `to_kubernetes_yaml` returns both.
"""
import argparse
import contextlib
import io
import os
import shutil
import sys
import tempfile
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
for folder in ('tests/jina', 'python'):
    sys.path.insert(0, os.path.join(ROOT, folder))
import compare  # noqa: E402
import oraclelib  # noqa: E402

OPTIONS = argparse.Namespace(ignore_known=True, flat=False, quiet=True, verbose=False, max=10)
IMAGE = 'docker://acme/exec:1'
FLOWS = []


def flow(build):
    FLOWS.append(build)
    return build


@flow
def one(jina):
    return jina.Flow().add(uses=IMAGE)


@flow
def nothing(jina):
    return jina.Flow()


@flow
def gateway_only_with_options(jina):
    return jina.Flow(port=8080, protocol='http', title='Search', cors=True).config_gateway(replicas=2, env={'A': 1})


@flow
def names_and_needs(jina):
    f = jina.Flow().add(name='a', uses=IMAGE).add(name='b', uses=IMAGE, needs='gateway')
    return f.add(name='c', uses=IMAGE, needs=['a', 'b']).add(name='d', uses=IMAGE, needs='a').needs(['c', 'd'], name='join')


@flow
def needs_all(jina):
    f = jina.Flow().add(name='a', uses=IMAGE).add(name='b', uses=IMAGE, needs='gateway').add(name='c', uses=IMAGE, needs='gateway')
    return f.needs_all(name='all')


@flow
def needs_a_tuple(jina):
    return jina.Flow().add(name='a', uses=IMAGE).add(name='b', uses=IMAGE, needs='gateway').add(name='c', uses=IMAGE, needs=('a', 'b'))


@flow
def the_same_name_twice(jina):
    return jina.Flow().add(name='enc', uses=IMAGE).add(name='enc', uses=IMAGE).add(name='enc', uses=IMAGE)


@flow
def floating(jina):
    return jina.Flow().add(name='a', uses=IMAGE).add(name='b', uses=IMAGE, floating=True).add(name='c', uses=IMAGE)


@flow
def conditions(jina):
    f = jina.Flow().add(name='a', uses=IMAGE, when={'tags__key': {'$eq': 5}})
    return f.add(name='b', uses=IMAGE, needs='gateway', when={'$or': [{'tags__x': {'$gt': 0.5}}, {'text': {'$exists': True}}]})


@flow
def shards(jina):
    return jina.Flow().add(name='index', uses=IMAGE, shards=3, replicas=2, polling={'/index': 'ANY', '/search': 'ALL', '*': 'ANY'})


@flow
def shards_polled_all(jina):
    return jina.Flow().add(name='index', uses=IMAGE, shards=2, polling='all')


@flow
def shards_before_and_after(jina):
    before, after = 'docker://acme/before:1', 'docker://acme/after:1'
    return jina.Flow(monitoring=True).add(name='index', uses=IMAGE, shards=2, uses_before=before, uses_after=after)


@flow
def types_of_env(jina):
    values = {'TEXT': 'text', 'DIGITS': '0123', 'INT': 123, 'FLOAT': 0.5, 'SMALL': 1e-07, 'BIG': 1e30, 'YES': 'yes', 'WORD': 'true'}
    more = {'LIST': '[a, b]', 'QUOTED': "'1'", 'EMPTY': '', 'LINES': 'a\nb\n', 'UNICODE': 'ä ☃ 😀', 'NULL': 'null', 'TIME': '12:30:45'}
    return jina.Flow(env={'OF': 'flow'}).add(uses=IMAGE, env={**values, **more})


@flow
def variables_stay(jina):
    dollars = {'HOME': '$HOME', 'BRACES': '${HOME}', 'CONTEXT': '${{ CONTEXT.x }}', 'ENV': '${{ ENV.HOME }}', 'KUBE': '$(POD_IP)', 'PRICE': '5$'}
    return jina.Flow().add(uses=IMAGE, env=dollars, uses_with={'prompt': 'Hi ${{ name }}, $NAME', 'path': '$HOME/x', 'this': '${{this.name}}'})


@flow
def types_of_uses_with(jina):
    scalars = {'text': 'x', 'one': '1', 'int': 1, 'float': 1.0, 'none': None, 'yes': True, 'no': 'no', 'list': [1, '2', [3.5, None]], 'big': 2**70}
    return jina.Flow().add(uses=IMAGE, uses_with={**scalars, 'map': {'a': {'b': []}, '1': {}}, 'like': '[a, b]', 'number': '1e3', 'bool': 'True'})


@flow
def metas_and_requests(jina):
    return jina.Flow().add(uses=IMAGE, uses_metas={'name': 'x', 'py_modules': ['a.py']}, uses_requests={'/index': 'index'}, py_modules=['m.py'])


@flow
def secrets(jina):
    secret = {'TOKEN': {'name': 'hf', 'key': 'token'}, 'OTHER': {'name': 's', 'key': 'k'}}
    return jina.Flow(image_pull_secrets=['regcred']).add(uses=IMAGE, env_from_secret=secret, image_pull_secrets=['a', 'b']).add(uses=IMAGE)


@flow
def secrets_of_all(jina):
    return jina.Flow(env_from_secret={'T': {'name': 's', 'key': 'k'}}).add(uses=IMAGE).config_gateway(image_pull_secrets=['x'])


@flow
def volumes_and_gpus(jina):
    return jina.Flow().add(name='a', uses=IMAGE, volumes=['/data'], workspace='/data').add(name='b', uses=IMAGE, gpus='2').add(name='c', uses=IMAGE, gpus='all')


@flow
def a_workspace(jina):
    return jina.Flow(workspace='/ws').add(name='a', uses=IMAGE).add(name='b', uses=IMAGE, workspace='/own')


@flow
def inherited_options(jina):
    f = jina.Flow(monitoring=True, tracing=True, traces_exporter_host='otel', traces_exporter_port=4317, retries=0, timeout_send=5000)
    return f.add(name='a', uses=IMAGE).add(name='b', uses=IMAGE, monitoring=False, retries=-1).config_gateway(monitoring=False, prefetch=10)


@flow
def inherited_replicas(jina):
    return jina.Flow(replicas=2, timeout_ready=60000).add(name='a', uses=IMAGE).add(name='b', uses=IMAGE, replicas=1)


@flow
def protocols(jina):
    return jina.Flow(protocol=['grpc', 'http', 'websocket'], port=[12345, 12346, 12347]).add(uses=IMAGE)


@flow
def enums(jina):
    from jina.enums import PollingType, ProtocolType

    return jina.Flow(protocol=ProtocolType.HTTP).add(uses=IMAGE, shards=2, polling=PollingType.ALL)


@flow
def setters(jina):
    f = jina.Flow().add(uses=IMAGE)
    f.protocol, f.port = 'websocket', 9000
    f.expose_endpoint('/foo', methods=['GET'], summary='Says "foo"')
    return f


@flow
def a_setter_of_env(jina):
    f = jina.Flow().add(uses=IMAGE).add(uses=IMAGE, env={'B': '2'})
    f.env = {'A': '1'}
    return f


@flow
def a_gateway_image(jina):
    return jina.Flow().config_gateway(uses='docker://acme/gateway:1', uses_with={'a': '1'}, port=12345, protocol='http').add(uses=IMAGE)


@flow
def gateway_options(jina):
    f = jina.Flow(port=8080, env={'A': 'flow'}).add(uses=IMAGE)
    f = f.config_gateway(uvicorn_kwargs={'loop': 'asyncio'}, expose_endpoints={'/x': {'methods': ['POST']}}, no_debug_endpoints=True, env={'B': 'gateway'})
    return f.config_gateway(grpc_server_options={'grpc.max_send_message_length': -1}, log_config='json', timeout_ready=-1)


@flow
def a_secure_gateway(jina):
    return jina.Flow(protocol='http').config_gateway(ssl_certfile='/c.pem', ssl_keyfile='/k.pem').add(uses=IMAGE)


@flow
def external_executors(jina):
    f = jina.Flow().add(name='a', external=True, host='a.example.com', port=443, tls=True, grpc_metadata={'authorization': 'x'})
    return f.add(name='b', external=True, host='grpcs://b.example.com:8443').add(name='c', uses=IMAGE)


@flow
def external_replicas(jina):
    return jina.Flow().add(name='a', external=True, host=['h1', 'h2'], port=[81, 82]).add(name='b', external=True, host='h', port='81,82')


@flow
def no_reduce(jina):
    f = jina.Flow().add(name='a', uses=IMAGE).add(name='b', uses=IMAGE, needs='gateway')
    return f.add(name='c', uses=IMAGE, needs=['a', 'b'], no_reduce=True)


@flow
def inspected(jina):
    return jina.Flow().add(name='a', uses=IMAGE).inspect(name='look', uses=IMAGE).add(name='b', uses=IMAGE).add(name='c', uses=IMAGE, needs='a')


@flow
def inspected_and_hanging(jina):
    return jina.Flow(inspect='HANG').add(name='a', uses=IMAGE).inspect(name='look', uses=IMAGE).add(name='b', uses=IMAGE)


@flow
def inspections_removed(jina):
    return jina.Flow(inspect='REMOVE').add(name='a', uses=IMAGE).inspect(name='look', uses=IMAGE).add(name='b', uses=IMAGE)


@flow
def inspections_of_classes_removed(jina):
    return jina.Flow(inspect='REMOVE').add(name='a', uses=IMAGE).inspect(name='look', uses='Evaluator').add(name='b', uses=IMAGE)


@flow
def inspected_with_options_of_the_flow(jina):
    return jina.Flow(monitoring=True).add(name='a', uses=IMAGE).inspect(name='look', uses=IMAGE, replicas=2).add(name='b', uses=IMAGE)


@flow
def gathered(jina):
    f = jina.Flow(inspect='HANG').add(name='a', uses=IMAGE).inspect(name='x', uses=IMAGE).add(name='b', uses=IMAGE).inspect(name='y', uses=IMAGE)
    return f.gather_inspect()


@flow
def already_built(jina):
    return jina.Flow(port=1234).add(name='a', uses=IMAGE).inspect(name='look', uses=IMAGE).add(name='b', uses=IMAGE).build()


@flow
def already_exported(jina):
    f = jina.Flow().add(name='a', uses=IMAGE, shards=2).add(name='b', uses=IMAGE, needs='gateway').needs_all()
    with tempfile.TemporaryDirectory() as folder:
        f.to_kubernetes_yaml(folder)
    return f


@flow
def a_copy(jina):
    import copy

    return copy.deepcopy(jina.Flow(name='original').add(uses=IMAGE))


@flow
def a_name(jina):
    return jina.Flow(name='my-flow').add(uses=IMAGE), {'k8s_namespace': None}


@flow
def without_gateway(jina):
    return jina.Flow(name='n').add(uses=IMAGE), {'include_gateway': False}


@flow
def asynchronous(jina):
    return jina.Flow(asyncio=True).add(uses=IMAGE)


@flow
def built_in_classes(jina):
    return jina.Flow().add(name='a', uses='BaseExecutor').add(name='b').config_gateway(uses='HTTPGateway', protocol='http')


@flow
def a_flow_in_a_file(jina):
    with tempfile.NamedTemporaryFile('w', suffix='.yml') as f:
        f.write('jtype: Flow\nexecutors:\n- {name: a, uses: docker://acme/exec:1, env: {A: "0123"}}\n')
        f.flush()
        return jina.Flow.load_config(f.name)


@flow
def a_deployment(jina):
    return jina.Deployment(name='encoder', uses=IMAGE, replicas=2, env={'A': '1'}, port=12345)


@flow
def a_deployment_with_shards(jina):
    return jina.Deployment(uses=IMAGE, shards=2, uses_with={'dim': 512}, uses_before='docker://acme/b:1', polling='ALL', monitoring=True)


@flow
def a_deployment_over_http(jina):
    return jina.Deployment(name='api', uses=IMAGE, protocol=['http', 'grpc'], port=[8080, 8081], volumes=['/data'], env_from_secret={'A': {'name': 's', 'key': 'k'}})


@flow
def a_deployment_without_namespace(jina):
    return jina.Deployment(name='encoder', uses=IMAGE), {'k8s_namespace': None}


@flow
def options_with_dashes_and_aliases(jina):
    return jina.Flow(port_expose=8080, protocols='http').add(uses=IMAGE, disable_reduce=True, ports=5)


@flow
def long_texts(jina):
    text = 'A prompt of more than eighty characters, with "quotes", back\\slashes, {braces} and a colon: here. ' * 3
    return jina.Flow().add(uses=IMAGE, uses_with={'prompt': text, 'lines': 'one\n two\n\nthree\t#4 '})


def state(built):
    """what must not change in an object"""
    nodes = getattr(built, '_deployment_nodes', {'': built})
    return repr([(name, node.args, node.needs) for name, node in nodes.items()])


def export(build, folder, ours):
    """exports a new object with Jina or with the package; -> the error"""
    import jina
    import jinaflow
    from jinaflow import _binary

    oraclelib._state['port'] = 50000
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter('ignore')
        built = build(jina)
        built, options = built if isinstance(built, tuple) else (built, {})
        options = {'k8s_namespace': 'custom-namespace', **options}
        if not ours:
            built.to_kubernetes_yaml(folder, **options)
            return None
        before = state(built)
        try:
            jinaflow.to_kubernetes_yaml(built, folder, compat='jina-3.34', **options)
            text = jinaflow.to_jinaflow(built, namespace=options['k8s_namespace'], compat='jina-3.34')
            without = ['--no-gateway'] if options.get('include_gateway') is False else []
            _binary.run(['export', '-', f'{folder}-rendered', *without], text)
        except jinaflow.JinaflowError as error:
            return str(error)
        if state(built) != before:
            return f'the object has changed from {before} to {state(built)}'
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--binary', required=True)
    parser.add_argument('--only', nargs='*')
    parser.add_argument('-v', '--verbose', action='store_true')
    args = parser.parse_args()
    oraclelib.setup()
    os.environ['PATH'] += os.pathsep + os.path.dirname(os.path.abspath(args.binary))
    os.environ['JINA_GATEWAY_IMAGE'] = oraclelib.GATEWAY_IMAGE
    os.environ.pop('JINA_LOG_LEVEL', None)
    os.chdir(oraclelib.DEFAULT_CWD)
    counts = {'equal': 0, 'tolerated': 0, 'different': 0}
    chosen = [build for build in FLOWS if not args.only or any(word in build.__name__ for word in args.only)]
    for build in chosen:
        with tempfile.TemporaryDirectory(prefix='jina-built-') as parent:
            theirs, ours = os.path.join(parent, 'theirs'), os.path.join(parent, 'ours')
            os.mkdir(theirs)
            export(build, theirs, False)
            said = export(build, ours, True)
            # The JinaFlow renders the same objects.
            for folder in (ours, f'{ours}-rendered'):
                status, diff, message = compare.compare(folder, theirs, OPTIONS)
                if said:
                    status, message = 'different', f'{message}\n  jinaflow: {said[:600]}'
                if folder == ours or status == 'different':
                    counts[status] += 1
                    if args.verbose or status == 'different':
                        OPTIONS.quiet = False
                        compare.report(f'{build.__name__} ({os.path.basename(folder)})', status, diff, message, OPTIONS)
                if status == 'different':
                    break
            shutil.rmtree(parent, ignore_errors=True)
            os.mkdir(parent)
    print(f'{len(chosen)} flows: ' + ', '.join(f'{number} {status}' for status, number in counts.items()))
    return 1 if counts['different'] else 0


if __name__ == '__main__':
    sys.exit(main())
