"""The node: a network, pods as namespaces in it, and containers as processes in the namespaces."""
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import uuid

from manifests import Refused, environment, expand

HERE = os.path.dirname(os.path.abspath(__file__))
# Only the sandbox uses these addresses: its network has no link to the machine's.
SUBNET = '10.77'
NODE = f'{SUBNET}.0.1'
# The class of the executor that an image holds, by the last part of the image's name.
IMAGES = {'encoder': 'Encoder', 'indexer': 'Indexer', 'echo': 'Echo', 'before': 'Before', 'after': 'After', 'jina': None}
# Fields that are applied below, and fields without a meaning in a sandbox. Other fields are refused, not ignored.
POD_FIELDS = set('''
    containers initContainers hostUsers volumes securityContext terminationGracePeriodSeconds enableServiceLinks restartPolicy serviceAccountName
    automountServiceAccountToken imagePullSecrets nodeSelector tolerations affinity topologySpreadConstraints priorityClassName
'''.split())
CONTAINER_FIELDS = set('''
    name image imagePullPolicy command args env envFrom ports startupProbe readinessProbe livenessProbe lifecycle resources
    securityContext volumeMounts workingDir restartPolicy
'''.split())


def ip(*commands, pid=None):
    """`ip -batch`, in the network of a process."""
    enter = ['nsenter', '-t', str(pid), '-n', '--'] if pid else []
    subprocess.run([*enter, 'ip', '-batch', '-'], input='\n'.join(commands), text=True, check=True)


class Network:
    def __init__(self):
        self.lock, self.pods = threading.Lock(), 0
        # A bridge would otherwise change its address as ports come and go, and the pods would lose it for a while.
        bridge = 'link add bridge address 02:00:00:00:00:01 type bridge'
        ip('link set lo up', bridge, f'addr add {NODE}/16 dev bridge', 'link set bridge up')

    def virtual_address(self, number):
        address = f'{SUBNET}.128.{number + 1}'
        ip(f'addr add {address}/32 dev bridge')
        return address

    def connect(self, name):
        """Starts a process that keeps the network, host name and shared memory of a pod. Returns it and the pod's address."""
        with self.lock:
            self.pods += 1
            number = self.pods
        address = f'{SUBNET}.1.{number}'
        script = f'echo {name[:63]} > /proc/sys/kernel/hostname; echo up; exec sleep infinity'
        hold = ['unshare', '--net', '--uts', '--ipc', '--', 'sh', '-c', script]
        pause = subprocess.Popen(hold, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        pause.stdout.readline()
        ip(f'link add pod{number} type veth peer name eth0 netns {pause.pid}', f'link set pod{number} master bridge up')
        ip('link set lo up', f'addr add {address}/16 dev eth0', 'link set eth0 up', pid=pause.pid)
        return pause.pid, address


class Pod:
    def __init__(self, workload, namespace, index, network):
        template = workload['spec']['template']
        self.workload, self.namespace, self.index = workload, namespace, index
        self.spec, self.metadata = template['spec'], template['metadata']
        self.labels = self.metadata.get('labels') or {}
        name = workload['metadata']['name']
        # A Deployment gives each new pod a new name, a StatefulSet reuses names.
        again = uuid.uuid4().hex[:5]
        suffix = index if workload['kind'] == 'StatefulSet' else f'{hashlib.sha1(name.encode()).hexdigest()[:9]}-{again}'
        self.name = f'{name}-{suffix}'
        self.uid = str(uuid.uuid4())
        self.grace = self.spec.get('terminationGracePeriodSeconds', 30)
        self.pause, self.address = network.connect(self.name)
        self.ready = self.terminating = False
        # Init containers that end are of no use in the tests, so `start` refuses them.
        self.sidecars = [Container(self, spec) for spec in self.spec.get('initContainers') or []]
        self.main = [Container(self, spec) for spec in self.spec['containers']]
        self.containers = self.main + self.sidecars

    def field(self, path):
        for what in ('labels', 'annotations'):
            if path.startswith(f"metadata.{what}['"):
                return (self.metadata.get(what) or {}).get(path.split("'")[1], '')
        return {
            'metadata.name': self.name, 'metadata.namespace': self.namespace, 'metadata.uid': self.uid,
            'status.podIP': self.address, 'status.hostIP': NODE, 'spec.nodeName': 'node',
            'spec.serviceAccountName': self.spec.get('serviceAccountName', 'default'),
        }[path]

    def named_ports(self):
        ports = [port for container in self.containers for port in container.spec.get('ports') or []]
        return {port.get('name'): port['containerPort'] for port in ports}


class Container:
    def __init__(self, pod, spec):
        self.pod, self.spec, self.name = pod, spec, spec['name']
        self.where = f'{pod.name}:{self.name}'
        self.shim = self.pid = self.log = None
        self.env = {}
        self.stopping, self.ended = False, threading.Event()

    def exit_code(self):
        return self.shim.poll() if self.shim else None

    def output(self):
        """The log of the container."""
        if not self.log:
            return ''
        with open(self.log, errors='replace') as file:
            return file.read()


class Node:
    def __init__(self, objects, services, venv, folder):
        """`folder` is a file system of the sandbox; logs are outside of it, in `folder`/../logs."""
        self.objects, self.services, self.venv, self.folder = objects, services, venv, folder
        self.logs = os.path.join(os.path.dirname(folder), 'logs')
        self.count = 0
        self.lock = threading.Lock()

    def spawn(self, pause, namespace, argv, env, files=None, cwd='/', mounts=(), log=None, uid=None, gid=None, readonly=False):
        """Starts a container. Without a log its standard input and output are pipes. Returns the shim, the process ID and the environment."""
        with self.lock:
            self.count += 1
            root = f'{self.folder}/roots/{self.count}'
        os.makedirs(root)
        base = {'PATH': f'{self.venv}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root', 'LANG': 'C.UTF-8'}
        search = f'{namespace}.svc.cluster.local svc.cluster.local cluster.local'
        spec = {
            'pause': pause, 'root': root, 'argv': argv, 'env': {**base, **env}, 'cwd': cwd, 'files': files or {}, 'mounts': list(mounts),
            'venv': self.venv, 'uid': uid, 'gid': gid, 'readonly': readonly,
            'etc': {
                'hosts': '127.0.0.1 localhost\n::1 localhost\n', 'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
                'resolv.conf': f'nameserver {NODE}\nsearch {search}\noptions ndots:5\n',
            },
        }
        reads, tells = os.pipe()
        output = open(log, 'ab') if log else subprocess.PIPE
        shim = subprocess.Popen(
            [sys.executable, '-I', '-S', f'{HERE}/shim.py', json.dumps(spec), str(tells)], pass_fds=(tells,), start_new_session=True,
            stdin=subprocess.DEVNULL if log else subprocess.PIPE, stdout=output, stderr=output if log else None)
        os.close(tells)
        with os.fdopen(reads) as file:
            line = file.readline()
        if not line:
            raise RuntimeError(f'the shim of {argv} failed; see {log}')
        return shim, int(line), spec['env']

    def start(self, container):
        pod, spec = container.pod, container.spec
        unknown = (set(pod.spec) - POD_FIELDS) | (set(spec) - CONTAINER_FIELDS) | (set(spec.get('lifecycle') or {}) - {'preStop'})
        if unknown:
            raise Refused(f'the sandbox does not know {sorted(unknown)}')
        if (container in pod.sidecars) != (spec.get('restartPolicy') == 'Always'):
            raise Refused('the sandbox knows only init containers with `restartPolicy: Always`')
        image = spec['image'].split('@')[0].rsplit('/', 1)[-1].split(':')[0]
        if image not in IMAGES:
            raise Refused(f'there is no image {spec["image"]}')
        files, cwd = {}, spec.get('workingDir', '/')
        if IMAGES[image]:
            cwd = spec.get('workingDir', '/workdir')
            with open(f'{HERE}/executors.py') as file:
                files['executors.py'] = file.read()
            files['config.yml'] = f'jtype: {IMAGES[image]}\npy_modules: [executors.py]\nmetas: {{name: {IMAGES[image]}}}\n'
        links = self.services.links(pod.namespace) if pod.spec.get('enableServiceLinks', True) else {}
        env = environment(spec, pod, self.objects, links)
        if 'command' not in spec:
            raise Refused('the images of the tests have no entry point; a command is needed')
        argv = [expand(word, env) for word in spec['command'] + spec.get('args', [])]
        security = {**(pod.spec.get('securityContext') or {}), **(spec.get('securityContext') or {})}
        mounts = [self.volume(pod, mount, security.get('runAsUser')) for mount in spec.get('volumeMounts') or []]
        log = f'{self.logs}/{pod.name}.{container.name}.{pod.uid[:4]}.log'
        container.shim, container.pid, container.env = self.spawn(
            pod.pause, pod.namespace, argv, {'HOSTNAME': pod.name, **env}, files, cwd, mounts, log,
            security.get('runAsUser'), security.get('runAsGroup'), security.get('readOnlyRootFilesystem', False))
        container.log = log

    def volume(self, pod, mount, uid):
        """The folder of a volumeMount."""
        name, readonly = mount['name'], mount.get('readOnly', False)
        source = f'{self.folder}/volumes/{pod.name}/{name}'
        claims = [claim['metadata']['name'] for claim in pod.workload['spec'].get('volumeClaimTemplates') or []]
        volume = next((volume for volume in pod.spec.get('volumes') or [] if volume['name'] == name), None)
        if volume is None and name in claims:
            source = f'{self.folder}/claims/{name}-{pod.name}'
        elif volume is None:
            raise Refused(f'there is no volume {name}')
        elif 'persistentVolumeClaim' in volume:
            source = f'{self.folder}/claims/{volume["persistentVolumeClaim"]["claimName"]}'
        elif 'configMap' in volume or 'secret' in volume:
            kind, ref = ('ConfigMap', volume['configMap']) if 'configMap' in volume else ('Secret', volume['secret'])
            data = self.objects.data(kind, pod.namespace, ref.get('name') or ref.get('secretName'), ref.get('optional'))
            files = {item['path']: data[item['key']] for item in ref['items']} if 'items' in ref else data
            os.makedirs(source, exist_ok=True)
            for path, text in files.items():
                with open(f'{source}/{path}', 'w') as file:
                    file.write(text)
            readonly = True
        elif 'emptyDir' not in volume:
            raise Refused(f'volume {name}: {volume} is not supported here')
        source += '/' + mount['subPath'] if 'subPath' in mount else ''
        if not os.path.exists(source):
            os.makedirs(source)
            if uid is not None:  # like fsGroup
                os.chmod(source, 0o777)
        return {'source': source, 'path': mount['mountPath'], 'ro': readonly}

    def run(self, container, argv, timeout):
        """`kubectl exec`: exit code (None after a timeout) and output."""
        enter = ['nsenter', '-t', str(container.pid), '--mount', '--net', '--pid', '--uts', '--ipc', '--root', '--wd', '--']
        process = subprocess.Popen(enter + argv, env=container.env, start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=timeout)
            return process.returncode, output.decode(errors='replace')
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, f'not done after {timeout} s'
