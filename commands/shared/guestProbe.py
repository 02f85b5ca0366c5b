# What `tenants verify` runs inside a VM, over SSH, with the VM's own Python 3 and nothing else. JOB stands before it: probes,
# names and the seconds that each answer may take. It changes nothing, and prints one line of JSON.
import concurrent.futures
import json
import os
import socket
import struct
import subprocess

SILENT, ANSWERED = 'silent', 'yes'
PATIENCE = JOB['patience']  # noqa: F821


def tcp(address, port):
    """A refusal comes from the host itself, so that the packet got through."""
    with socket.socket() as opened:
        opened.settimeout(PATIENCE)
        try:
            opened.connect((address, port))
        except ConnectionRefusedError:
            return ANSWERED
        except OSError:
            return SILENT
        return ANSWERED


def udp(address, port, question=b'tenant-hypervisors'):
    """As tcp; where somebody listens and does not know the question, nothing comes back."""
    with socket.socket(type=socket.SOCK_DGRAM) as opened:
        opened.settimeout(PATIENCE / 3)
        for _ in range(3):
            try:
                opened.connect((address, port))
                opened.send(question)
                opened.recv(4096)
                return ANSWERED
            except ConnectionRefusedError:
                return ANSWERED
            except OSError:
                continue
        return SILENT


def dns(address, _port):
    number = int.from_bytes(os.urandom(2), 'big')
    question = struct.pack('!6H', number, 0x0100, 1, 0, 0, 0) + b'\x09localhost\0' + struct.pack('!2H', 1, 1)
    return udp(address, 53, question)


def icmp(address, _port):
    done = subprocess.run(['ping', '-n', '-c', '2', '-i', '0.5', '-W', str(round(PATIENCE)), address],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return ANSWERED if done.returncode == 0 else SILENT


def resolve(name):
    try:
        return sorted(socket.gethostbyname_ex(name)[2])
    except OSError:
        return []


def gateway():
    with open('/proc/net/route') as routes:
        for fields in (line.split() for line in routes):
            if fields[1] == '00000000' and fields[7] == '00000000':
                return socket.inet_ntoa(struct.pack('<L', int(fields[2], 16)))
    return ''


def lease():
    """What the VM works with now; systemd-resolved keeps the servers beside its own stub."""
    found = {'gateway': gateway(), 'resolvers': [], 'search': ''}
    with socket.socket(type=socket.SOCK_DGRAM) as opened:
        opened.connect((found['gateway'] or '10.255.255.255', 9))
        found['address'] = opened.getsockname()[0]
    real = '/run/systemd/resolve/resolv.conf'
    with open(real if os.path.exists(real) else '/etc/resolv.conf') as lines:
        for word, *values in (line.split() for line in lines if line.split()):
            if word == 'nameserver':
                found['resolvers'].append(values[0])
            elif word in ('search', 'domain'):
                found['search'] = values[0].rstrip('.')
    return found


KINDS = {'tcp': tcp, 'udp': udp, 'dns': dns, 'icmp': icmp}
with concurrent.futures.ThreadPoolExecutor(256) as pool:
    probes = JOB['probes']  # noqa: F821
    answers = pool.map(lambda probe: KINDS[probe['protocol']](probe['address'], probe.get('port', 0)), probes)
    names = pool.map(resolve, JOB['names'])  # noqa: F821
    print(json.dumps({'lease': lease(), 'answers': list(answers), 'names': list(names)}))
