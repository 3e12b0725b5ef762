"""Writes the images of the cluster into one OCI archive, for `ctr images import`:

    .tools/jina/bin/python tests/conformance/cluster/images.py OUT.tar [flows] [NAME=PROGRAM]...

With `flows`:
- jinaai/jina:3.34.0-py311-standard: the files of base_image.py;
- example/NAME:v1 and :v2 for each executor of kubelet/executors.py.
NAME is the image of a static program.

Layers are not compressed, because reading them is most of the time that an import takes.
"""
import hashlib
import io
import json
import os
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import base_image  # noqa: E402

JINA = ('docker.io/jinaai/jina:3.34.0-py311-standard', 'docker.io/jinaai/jina:3.34.0-py311-perf')
CLASSES = {'encoder': 'Encoder', 'indexer': 'Indexer', 'echo': 'Echo', 'before': 'Before', 'after': 'After'}
ENVIRONMENT = ['PATH=/opt/venv/bin:/bin', 'LD_LIBRARY_PATH=/usr/lib:/lib:/usr/lib/x86_64-linux-gnu:/lib/x86_64-linux-gnu',
               'LANG=C.UTF-8', 'HOME=/root', 'JINA_OPTOUT_TELEMETRY=1']


class Archive:
    def __init__(self):
        self.blobs, self.manifests = {}, []

    def blob(self, data, kind):
        digest = hashlib.sha256(data).hexdigest()
        self.blobs[digest] = data
        return {'mediaType': 'application/vnd.oci.image.' + kind, 'digest': f'sha256:{digest}', 'size': len(data)}

    def layer(self, fill):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode='w') as tar:
            fill(tar)
        return self.blob(out.getvalue(), 'layer.v1.tar')

    def image(self, names, layers, config):
        config = self.blob(json.dumps({
            'architecture': 'amd64', 'os': 'linux', 'created': '2026-01-01T00:00:00Z', 'config': config,
            'rootfs': {'type': 'layers', 'diff_ids': [layer['digest'] for layer in layers]},
        }).encode(), 'config.v1+json')
        manifest = self.blob(json.dumps({
            'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json', 'config': config, 'layers': layers,
        }).encode(), 'manifest.v1+json')
        self.manifests += [{**manifest, 'annotations': {'io.containerd.image.name': name}} for name in names]

    def write(self, path):
        with tarfile.open(path, 'w') as tar:
            add(tar, 'oci-layout', b'{"imageLayoutVersion": "1.0.0"}')
            for digest, data in self.blobs.items():
                add(tar, f'blobs/sha256/{digest}', data)
            add(tar, 'index.json', json.dumps({'schemaVersion': 2, 'manifests': self.manifests}).encode())


def add(tar, name, data, mode=0o644):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    tar.addfile(info, io.BytesIO(data))


def flows(archive):
    base = archive.layer(base_image.main)
    archive.image(JINA, [base], {'Env': ENVIRONMENT, 'WorkingDir': '/', 'Entrypoint': ['jina']})
    with open(os.path.join(HERE, '../kubelet/executors.py'), 'rb') as file:
        source = file.read()
    for name, cls in CLASSES.items():
        def fill(tar, cls=cls):
            add(tar, 'workdir/executors.py', source)
            add(tar, 'workdir/config.yml', f'jtype: {cls}\npy_modules: [executors.py]\nmetas: {{name: {cls}}}\n'.encode())
        names = [f'docker.io/example/{name}:{tag}' for tag in ('v1', 'v2')]
        archive.image(names, [base, archive.layer(fill)], {'Env': ENVIRONMENT, 'WorkingDir': '/workdir', 'Entrypoint': ['jina']})


def program(archive, name, path):
    # Prometheus Operator expects its programs in /bin.
    file_name = 'bin/' + os.path.basename(path)
    with open(path, 'rb') as file:
        data = file.read()
    layer = archive.layer(lambda tar: add(tar, file_name, data, 0o755))
    archive.image([name], [layer], {'Entrypoint': ['/' + file_name], 'WorkingDir': '/'})


def main(out, *words):
    archive = Archive()
    for word in words:
        if word == 'flows':
            flows(archive)
        else:
            program(archive, *word.split('='))
    archive.write(out)


main(*sys.argv[1:])
