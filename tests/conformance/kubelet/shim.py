"""Starts one container: joins the pod's namespaces, builds its root file system, runs the command as process 1, waits.

The arguments are a JSON object (see node.py) and the file descriptor to write the process ID to. Only Python's standard
library is imported, because this program starts for every container.
"""
import ctypes
import json
import os
import signal
import sys

CLONE_NEWNS, CLONE_NEWPID = 0x20000, 0x20000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(libc, name)(*args) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f'{name}{args}: {os.strerror(error)}')


def mount(source, target, kind=None, flags=0, data=None):
    as_bytes = lambda text: text.encode() if text else None
    call('mount', as_bytes(source), as_bytes(target), as_bytes(kind), ctypes.c_ulong(flags), as_bytes(data))


def make_root(spec):
    """A copy-on-write view of this machine's files, with the image's files and the volumes added."""
    root = spec['root']
    merged = root + '/merged'
    for name in ('upper', 'work', 'merged'):
        os.makedirs(f'{root}/{name}')
    os.makedirs(root + '/upper/root/.cache')
    # Caches of this machine's root user are not in an image.
    os.setxattr(root + '/upper/root/.cache', 'trusted.overlay.opaque', b'y')
    # An interpreter may be installed below /root; every user must be able to reach it.
    os.chmod(root + '/upper/root', 0o755)
    mount('overlay', merged, 'overlay', 0, f'lowerdir=/,upperdir={root}/upper,workdir={root}/work')
    os.chmod(merged + '/tmp', 0o1777)
    mount('/dev', merged + '/dev', None, MS_BIND | MS_REC)
    mount('shm', merged + '/dev/shm', 'tmpfs', 0, 'size=67108864')
    mount('sysfs', merged + '/sys', 'sysfs', MS_RDONLY)
    for name, text in spec['etc'].items():
        write(f'{merged}/etc/{name}', text)
    os.makedirs(merged + spec['cwd'], exist_ok=True)
    for name, text in spec['files'].items():
        write(f'{merged}{spec["cwd"]}/{name}', text)
    for volume in spec['mounts']:
        place = merged + '/' + volume['path'].lstrip('/')
        if os.path.isdir(volume['source']):
            os.makedirs(place, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            open(place, 'a').close()
        mount(volume['source'], place, None, MS_BIND)
        if volume['ro']:
            mount(None, place, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    # Jina's interpreter may be on another file system than /, or hidden by a volume.
    if not os.path.exists(f'{merged}{spec["venv"]}/bin/python'):
        os.makedirs(merged + spec['venv'], exist_ok=True)
        mount(spec['venv'], merged + spec['venv'], None, MS_BIND)
    if spec['readonly']:
        mount(None, merged, None, MS_REMOUNT | MS_RDONLY)
    return merged


def write(path, text):
    if os.path.islink(path):
        os.unlink(path)
    with open(path, 'w') as file:
        file.write(text)


def become(spec, merged):
    """The container's first process."""
    call('prctl', PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.setsid()
    mount('proc', merged + '/proc', 'proc')
    os.chroot(merged)
    os.chdir(spec['cwd'])
    if spec['uid'] is not None:
        call('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        os.setgroups([])
        os.setgid(spec['gid'] or 0)
        os.setuid(spec['uid'])
        call('prctl', PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.closerange(3, 256)
    os.execvpe(spec['argv'][0], spec['argv'], spec['env'])


def main(spec, tell):
    for kind in ('net', 'uts', 'ipc'):
        with open(f'/proc/{spec["pause"]}/ns/{kind}') as namespace:
            call('setns', namespace.fileno(), 0)
    call('unshare', CLONE_NEWNS | CLONE_NEWPID)
    mount(None, '/', None, MS_REC | MS_PRIVATE)
    merged = make_root(spec)
    pid = os.fork()
    if pid == 0:
        try:
            become(spec, merged)
        except OSError as error:
            os.write(2, f'cannot start {spec["argv"][0]!r}: {error}\n'.encode())
        os._exit(127)
    os.write(tell, f'{pid}\n'.encode())
    os.close(tell)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code


if __name__ == '__main__':
    os._exit(main(json.loads(sys.argv[1]), int(sys.argv[2])))
