#!/usr/bin/env python3
"""Records exports of older versions of Jina 3, which jinaflow adopts.

usage: older.py

  older/VERSION-NAME.yaml    the files that Jina VERSION exports for older/NAME.yml, in the form of flows/*/expected.yaml

Run it with .tools/jina/bin/python. It installs each Jina, without its dependencies, into .tools/older, which git ignores. The
recordings have random ports of gateways, so that each run changes them.
"""
import os
import subprocess
import sys
import tempfile

import cases

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.join(os.path.dirname(os.path.dirname(HERE)), '.tools', 'older')
VERSIONS = ['3.10.1', '3.14.1', '3.18.0']
# The last version of docarray that these versions of Jina can use.
DOCARRAY = 'docarray==0.21.0'
EXPORT = 'import sys; from jina import Flow; Flow.load_config(sys.argv[1]).to_kubernetes_yaml(sys.argv[2], k8s_namespace="search")'


def install(folder, requirement):
    target = os.path.join(TOOLS, folder)
    if not os.path.isdir(target):
        subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--target', target, requirement], check=True)
    return target


def main():
    docarray = install('docarray', DOCARRAY)
    names = sorted(name[:-len('.yml')] for name in os.listdir(os.path.join(HERE, 'older')) if name.endswith('.yml'))
    for version in VERSIONS:
        jina = install(version, f'jina=={version}')
        env = {
            'PATH': os.environ['PATH'],
            'HOME': os.environ.get('HOME', '/'),
            'PYTHONPATH': f'{jina}:{docarray}',
            'JINA_OPTOUT_TELEMETRY': '1',
            'JINA_GATEWAY_IMAGE': f'jinaai/jina:{version}-py38-standard',
        }
        for name in names:
            with tempfile.TemporaryDirectory(dir='/tmp', prefix='older-') as out:
                flow = os.path.join(HERE, 'older', f'{name}.yml')
                subprocess.run([sys.executable, '-c', EXPORT, flow, out], check=True, env=env, stdout=subprocess.DEVNULL)
                text = cases.pack(cases.read_folder(out)).decode().replace(os.path.join(HERE, 'older'), '/flows')
            with open(os.path.join(HERE, 'older', f'{version}-{name}.yaml'), 'w', encoding='utf-8') as file:
                file.write(text)


if __name__ == '__main__':
    main()
