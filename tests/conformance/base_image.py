"""Writes the root file system of an image that replaces jinaai/jina in a test, as a tar archive on standard output.

    .tools/jina/bin/python tests/conformance/base_image.py | podman import - NAME

No registry can be reached in a test, so the image gets this machine's Python, the packages of this virtual environment (Jina
and its requirements), a shell, and the shared libraries that these need. `pip` has no network either: it installs wheels of
the folder /wheels, which has a stand-in for the one requirement of examples/containerize.
"""
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

VERSION = f'python{sys.version_info.major}.{sys.version_info.minor}'
PYTHON, VENV = '/opt/python', '/opt/venv'
# Commands of a Dockerfile, of the manifests before a pod stops, and of tests.
COMMANDS = ('sh', 'env', 'chmod', 'sleep', 'cat', 'mkdir', 'rm', 'ls', 'id', 'kill')


def files(folder, skipped=()):
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in skipped]
        yield from (os.path.join(place, name) for name in names)


def libraries(binaries):
    """The shared libraries that binaries load from outside of their own folders."""
    listing = subprocess.run(['ldd', *binaries], capture_output=True, text=True).stdout
    return sorted({path for path in re.findall(r'(?:=> |^\s*)(/\S+) \(0x', listing, re.M) if os.path.exists(path)})


def wheel():
    """A wheel with the name, the version and the function of text-unidecode 1.3, for letters with accents only."""
    out = io.BytesIO()
    info = 'text_unidecode-1.3.dist-info'
    code = "import unicodedata\n\n\ndef unidecode(text):\n    return unicodedata.normalize('NFKD', text).encode('ascii', 'ignore').decode()\n"
    with zipfile.ZipFile(out, 'w') as archive:
        archive.writestr('text_unidecode/__init__.py', code)
        archive.writestr(f'{info}/METADATA', 'Metadata-Version: 2.1\nName: text-unidecode\nVersion: 1.3\n')
        archive.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\nGenerator: jinaflow\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
        archive.writestr(f'{info}/RECORD', '')
    return out.getvalue()


def main(tar):
    def add(source, target, mode=None):
        data = tar.gettarinfo(os.path.realpath(source), target.lstrip('/'))
        data.uid = data.gid = 0
        data.uname = data.gname = 'root'
        data.mode = mode or data.mode | 0o444
        data.type, data.linkname = tarfile.REGTYPE, ''  # hard links of this machine lead nowhere
        data.size = os.path.getsize(source)
        with open(source, 'rb') as file:
            tar.addfile(data, file)

    def write(target, content, mode=0o644):
        data = tarfile.TarInfo(target.lstrip('/'))
        data.size, data.mode = len(content), mode
        tar.addfile(data, io.BytesIO(content))

    def link(target, to):
        data = tarfile.TarInfo(target.lstrip('/'))
        data.type, data.linkname = tarfile.SYMTYPE, to
        tar.addfile(data)

    folder = tarfile.TarInfo('tmp')
    folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
    tar.addfile(folder)

    interpreter = os.path.realpath(sys.executable)
    binaries = [interpreter]
    add(interpreter, f'{PYTHON}/bin/{VERSION}', 0o755)
    standard = sysconfig.get_path('stdlib')
    for path in files(standard, ('site-packages', 'dist-packages', 'test', 'tests', 'idlelib', 'tkinter', 'ensurepip')):
        add(path, f'{PYTHON}/lib/{VERSION}/{os.path.relpath(path, standard)}')
        binaries += [path] if path.endswith('.so') else []
    packages = sysconfig.get_path('purelib')
    for path in files(packages, ('tests',)):
        add(path, f'{VENV}/lib/{VERSION}/site-packages/{os.path.relpath(path, packages)}')
        binaries += [path] if '.so' in os.path.basename(path) else []
    write(f'{VENV}/pyvenv.cfg', f'home = {PYTHON}/bin\ninclude-system-site-packages = false\n'.encode())
    for name in ('python', 'python3', VERSION):
        link(f'{VENV}/bin/{name}', f'{PYTHON}/bin/{VERSION}')
    for name, module in (('jina', 'jina_cli'), ('pip', 'pip._internal.cli.main')):
        write(f'{VENV}/bin/{name}', f'#!{VENV}/bin/python\nimport sys\nfrom {module} import main\nsys.exit(main())\n'.encode(), 0o755)

    for name in COMMANDS:
        path = shutil.which(name)
        add(path, f'/bin/{name}', 0o755)
        binaries.append(path)
    for path in libraries(binaries):
        if path.startswith(packages):
            continue
        # The library of Python itself is in a folder that only this machine has.
        add(path, path if path.startswith(('/lib', '/usr/lib')) else f'/usr/lib/{os.path.basename(path)}', 0o755)

    write('/etc/passwd', b'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n')
    write('/etc/pip.conf', b'[global]\nno-index = true\nfind-links = /wheels\ndisable-pip-version-check = true\nroot-user-action = ignore\n')
    write('/wheels/text_unidecode-1.3-py3-none-any.whl', wheel())


if __name__ == '__main__':
    with tarfile.open(fileobj=sys.stdout.buffer, mode='w|') as archive:
        main(archive)
