#!/usr/bin/env python3
"""Records the captures of real clients and servers. Needs root, iproute2, tcpdump, curl, openssl.

    sudo python3 tests/pcaps/record.py OUT_FOLDER [NAME...]

Three network namespaces: `fc_cli` - `fc_wire` - `fc_srv`, joined by two veth pairs. `fc_wire` has no stack: a program
carries frames from one side to the other and delays, drops or reorders them, so that the TCP stacks on both ends really
repair; tcpdump listens there. Offloads are switched off, so frames and checksums are those of a wire. The recordings in
this folder were made once with this script; a new run gives other times and numbers, and is not needed for the tests.
"""
import array
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

ZONE = {'www.example.test': ('192.0.2.2', '2001:db8:2::2'), 'static.example.test': ('192.0.2.3', '2001:db8:2::3'),
        'api.example.test': ('192.0.2.4', None), 'six.example.test': (None, '2001:db8:2::5')}
PAGES = {'/': 1800, '/style.css': 700, '/app.js': 5200, '/logo.png': 9100, '/data.json': 400, '/photo.jpg': 24000,
         '/big': 500_000}


# ---- what runs inside the namespaces -------------------------------------------------------------------------------

def offloads_off(name):
    for command in (0x15, 0x17, 0x1f, 0x24, 0x2c):  # rx and tx checksums, TSO, GSO, GRO
        value = array.array('B', struct.pack('II', command, 0))
        request = struct.pack('16sP', name.encode(), value.buffer_info()[0])
        with socket.socket() as s:
            try:
                fcntl.ioctl(s, 0x8946, request)
            except OSError as e:
                print(f'{name}: ethtool {command:#x}: {e}', file=sys.stderr)


def wire(delay_ms, loss, reorder, drop_data):
    """Carries frames between w_cli and w_srv. `drop_data`: numbers of data-sized frames from the server to drop."""
    r = random.Random(5)
    ends = []
    for name in ('w_cli', 'w_srv'):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        s.bind((name, 0))
        ends.append(s)
    queue, n, big = [], 0, 0
    while True:
        wait = max(0, queue[0][0] - time.monotonic()) if queue else None
        for s in select.select(ends, [], [], wait)[0]:
            frame, origin = s.recvfrom(65535)
            if origin[2] == socket.PACKET_OUTGOING:
                continue
            if s is ends[1] and len(frame) > 1200:
                big += 1
                if big in drop_data:
                    continue
            if len(frame) > 100 and r.random() < loss:
                continue
            late = r.uniform(1, 3) if r.random() < reorder else 0
            n += 1
            heapq.heappush(queue, (time.monotonic() + (delay_ms + late) / 1000, n, ends[1 - ends.index(s)], frame))
        while queue and queue[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(queue)
            out.send(frame)


def dns_server():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(('::', 53))
    while True:
        q, peer = s.recvfrom(2000)
        labels, at = [], 12
        while q[at]:
            labels.append(q[at + 1:at + 1 + q[at]].decode())
            at += 1 + q[at]
        end, kind = at + 5, struct.unpack_from('>H', q, at + 1)[0]
        known = ZONE.get('.'.join(labels))
        four, six = known or (None, None)
        data = {1: four and socket.inet_aton(four), 28: six and socket.inet_pton(socket.AF_INET6, six)}.get(kind)
        head = q[:2] + struct.pack('>HHHHH', 0x8180 if known else 0x8183, 1, bool(data), 0, 0)
        rr = b'\xc0\x0c' + struct.pack('>HHIH', kind, 1, 60, len(data)) + data if data else b''
        s.sendto(head + q[12:end] + rr, peer)


def web_server(port, cert):
    import http.server
    import ssl

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def do_GET(self):
            n = PAGES.get(self.path.split('?')[0])
            body = random.Random(self.path).randbytes(n or 100)
            self.send_response(200 if n else 404)
            self.send_header('Content-Type', 'application/octet-stream')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self):
            self.rfile.read(int(self.headers['Content-Length']))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6

        def handle_error(self, *_):
            pass  # resets are part of the play

    server = Server(('::', port), Handler)
    if cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(cert)
        context.set_alpn_protocols(['http/1.1'])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


def slow_reader():
    """Reads nothing for a while: the window closes, is probed and opens again."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 6000)
    s.connect(('192.0.2.2', 80))
    s.sendall(b'GET /photo.jpg HTTP/1.1\r\nHost: www.example.test\r\nConnection: close\r\n\r\n')
    for _ in range(3):
        time.sleep(1.2)
        s.recv(9000)
    while s.recv(4000):
        time.sleep(.05)


def same_port():
    """The same client port three times: after RST, after FIN, and data to a closed port."""
    for i in range(3):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        s.bind(('192.0.2.1', 40000))
        s.connect(('192.0.2.2', 80))
        s.sendall(b'GET /data.json?%d HTTP/1.1\r\nHost: www.example.test\r\n\r\n' % i)
        s.recv(4000)
        s.close()
        time.sleep(.1)
    try:
        socket.create_connection(('192.0.2.2', 81), 1)
    except OSError:
        pass


def big_datagrams():
    for family, to in ((socket.AF_INET, '192.0.2.2'), (socket.AF_INET6, '2001:db8:2::2')):
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.bind(('', 5001))
        s.connect((to, 5000))
        for size in (900, 4000, 9000):
            s.send(random.Random(size).randbytes(size))
            try:
                s.settimeout(.5)
                s.recv(65535)
            except OSError:
                pass  # the answer of a closed port is an ICMP error


def ping():
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    message = struct.pack('>BBHHH', 8, 0, 0, 7, 1) + bytes(range(32))
    total = sum(struct.unpack('>20H', message))
    check = ~((total & 0xffff) + (total >> 16)) & 0xffff
    s.sendto(message[:2] + struct.pack('>H', check) + message[4:], ('192.0.2.2', 0))
    time.sleep(.1)


def chatter():
    """What a desktop says to its neighbours: mDNS and SSDP."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('192.0.2.1'))
    s.bind(('192.0.2.1', 5353))
    s.sendto(struct.pack('>6H', 0, 0, 1, 0, 0, 0) + b'\4_ipp\4_tcp\5local\0\0\x0c\0\1', ('224.0.0.251', 5353))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('192.0.2.1'))
    s.sendto(b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n',
             ('239.255.255.250', 1900))


def echo():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(('::', 5000))
    while True:
        data, peer = s.recvfrom(65535)
        s.sendto(data[:3000], peer)


def keep_alive():
    s = socket.create_connection(('192.0.2.2', 80))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    s.sendall(b'GET /data.json HTTP/1.1\r\nHost: www.example.test\r\n\r\n')
    time.sleep(4.5)
    s.sendall(b'GET /data.json HTTP/1.1\r\nHost: www.example.test\r\nConnection: close\r\n\r\n')
    while s.recv(4000):
        pass


# ---- the stage -----------------------------------------------------------------------------------------------------

def run(*words, check=True, **kw):
    return subprocess.run(words, check=check, **kw)


def inside(space, *words, **kw):
    return subprocess.Popen(('ip', 'netns', 'exec', 'fc_' + space) + words, **kw)


def me(*words):
    return (sys.executable, os.path.abspath(__file__), '--inside') + tuple(map(str, words))


class Stage:
    def __init__(self, folder):
        self.folder, self.live = folder, []
        self.cert = os.path.join(folder, 'cert.pem')
        run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', self.cert, '-out', self.cert + '.crt',
            '-days', '3650', '-subj', '/C=XX/O=Example/CN=www.example.test', '-addext',
            'subjectAltName=DNS:www.example.test,DNS:static.example.test', stderr=subprocess.DEVNULL)
        with open(self.cert, 'a') as out:
            out.write(open(self.cert + '.crt').read())

    def __enter__(self):
        for name in ('cli', 'wire', 'srv'):
            run('ip', 'netns', 'add', 'fc_' + name)
        for side in ('cli', 'srv'):
            run('ip', 'link', 'add', 'eth0', 'netns', 'fc_' + side, 'type', 'veth', 'peer', 'name', 'w_' + side, 'netns', 'fc_wire')
        for space, name in (('cli', 'eth0'), ('srv', 'eth0'), ('wire', 'w_cli'), ('wire', 'w_srv')):
            self.ip(space, 'link', 'set', name, 'up')
            self.ip(space, 'link', 'set', 'lo', 'up')
            self.once(space, *me('offloads_off', name))
        for space in ('cli', 'srv'):
            self.ip(space, 'addr', 'add', '192.0.2.1/24' if space == 'cli' else '192.0.2.2/24', 'dev', 'eth0')
            self.ip(space, '-6', 'addr', 'add', '2001:db8:2::1/64' if space == 'cli' else '2001:db8:2::2/64', 'dev', 'eth0', 'nodad')
        for i in (3, 4):
            self.ip('srv', 'addr', 'add', f'192.0.2.{i}/24', 'dev', 'eth0')
        for i in (3, 5):
            self.ip('srv', '-6', 'addr', 'add', f'2001:db8:2::{i}/64', 'dev', 'eth0', 'nodad')
        os.makedirs('/etc/netns/fc_cli', exist_ok=True)
        with open('/etc/netns/fc_cli/resolv.conf', 'w') as out:
            out.write('nameserver 192.0.2.2\noptions timeout:1\n')
        for words in (('dns_server',), ('web_server', 80, ''), ('web_server', 443, self.cert), ('echo',)):
            self.live.append(inside('srv', *me(*words)))
        time.sleep(1.5)
        return self

    def ip(self, space, *words):
        run('ip', '-n', 'fc_' + space, *words)

    def once(self, space, *words, **kw):
        return inside(space, *words, **kw).wait(60)

    def __exit__(self, *_):
        for p in self.live:
            p.terminate()
            p.wait()
        for name in ('cli', 'wire', 'srv'):
            run('ip', 'netns', 'del', 'fc_' + name, check=False)
        os.remove('/etc/netns/fc_cli/resolv.conf')
        os.rmdir('/etc/netns/fc_cli')

    def record(self, name, script, delay=4, loss=0, reorder=0, drop=(), space='wire', interface='w_cli', snaplen=0, more=()):
        path = os.path.join(self.folder, name)
        carrier = inside('wire', *me('wire', delay, loss, reorder, ','.join(map(str, drop))))
        dump = inside(space, 'tcpdump', '-n', '-U', '--immediate-mode', '-i', interface, '-w', path, '-s', str(snaplen), *more,
                      stderr=subprocess.DEVNULL)
        time.sleep(1)
        script()
        time.sleep(.8)
        for p in (dump, carrier):
            p.terminate()
            p.wait()
        print(path, os.path.getsize(path))

    def curl(self, *words):
        return inside('cli', 'curl', '-sk', '-m', '30', '-o', '/dev/null', *words)

    # ---- the recordings ----

    def demo(self):
        def script():
            first = [self.curl('-4', 'https://www.example.test/', '-o', '/dev/null', 'https://www.example.test/style.css')]
            time.sleep(.15)
            first += [self.curl('-6', '--tlsv1.3', 'https://static.example.test/app.js'),
                      self.curl('-4', '--tls-max', '1.2', 'https://static.example.test/logo.png'),
                      self.curl('http://api.example.test/data.json?q=1', '-o', '/dev/null', 'http://api.example.test/data.json?q=2'),
                      self.curl('-6', 'http://six.example.test/style.css')]
            time.sleep(.2)
            first += [self.curl('-4', 'https://www.example.test/photo.jpg'), self.curl('http://missing.example.test/')]
            for p in first:
                p.wait()
            self.once('cli', *me('ping'))
            self.once('cli', *me('chatter'))
            self.curl('-6', '--tls-max', '1.2', 'https://www.example.test/data.json').wait()
        self.record('demo.pcap', script, drop=(12,), delay=6, interface='w_srv')

    def tcp_lossy(self):
        def script():
            for p in [self.curl('http://192.0.2.2/big'), self.curl('-6', '-T', os.path.join(self.folder, 'upload'), 'http://[2001:db8:2::2]/up')]:
                p.wait()
        with open(os.path.join(self.folder, 'upload'), 'wb') as out:
            out.write(random.Random(3).randbytes(400_000))
        self.record('tcp_lossy.pcap', script, loss=.03, reorder=.03, snaplen=120)

    def tcp_zero_window(self):
        self.record('tcp_zero_window.pcap', lambda: self.once('cli', *me('slow_reader')), snaplen=128)

    def tcp_same_port(self):
        self.record('tcp_same_port.pcap', lambda: self.once('cli', *me('same_port')))

    def tcp_keep_alive(self):
        self.record('tcp_keep_alive.pcap', lambda: self.once('cli', *me('keep_alive')))

    def udp_fragments(self):
        self.record('udp_fragments.pcap', lambda: self.once('cli', *me('big_datagrams')))

    def loopback(self):
        """Frames larger than any MTU of a wire, and the two cooked link types of `-i any`."""
        def script():
            self.once('srv', 'curl', '-s', '-o', '/dev/null', 'http://127.0.0.1/photo.jpg')
            self.once('srv', 'curl', '-s', '-o', '/dev/null', 'http://[::1]/style.css')
        self.record('loopback_ethernet.pcap', script, space='srv', interface='lo')
        self.record('any_sll.pcap', script, space='srv', interface='any', more=('-y', 'LINUX_SLL'))
        self.record('any_sll2.pcap', script, space='srv', interface='any', more=('-y', 'LINUX_SLL2'))

    def tls_versions(self):
        def script():
            server = inside('srv', 'openssl', 's_server', '-accept', '8443', '-cert', self.cert, '-quiet', '-www',
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(.5)
            session = os.path.join(self.folder, 'session')
            for words in (('-tls1_2',), ('-tls1_3',), ('-tls1_2', '-sess_out', session), ('-tls1_2', '-sess_in', session),
                          ('-tls1_3', '-cipher', 'ALL', '-curves', 'P-256'), ('-tls1_3', '-alpn', 'h2,http/1.1')):
                p = inside('cli', 'openssl', 's_client', '-connect', '192.0.2.2:8443', '-servername', 'www.example.test',
                           '-ign_eof', *words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                p.communicate(b'GET / HTTP/1.0\r\n\r\n', 20)
            server.terminate()
        self.record('tls_versions.pcap', script)


INSIDE = {
    'offloads_off': offloads_off, 'dns_server': dns_server, 'slow_reader': slow_reader, 'ping': ping, 'chatter': chatter, 'same_port': same_port,
    'big_datagrams': big_datagrams, 'echo': echo, 'keep_alive': keep_alive,
    'wire': lambda d, l, r, drop: wire(float(d), float(l), float(r), {int(x) for x in drop.split(',') if x}),
    'web_server': lambda port, cert: web_server(int(port), cert),
}


def main():
    if sys.argv[1] == '--inside':
        return INSIDE[sys.argv[2]](*sys.argv[3:])
    names = sys.argv[2:] or ['demo', 'tcp_lossy', 'tcp_zero_window', 'tcp_same_port', 'tcp_keep_alive', 'udp_fragments',
                             'loopback', 'tls_versions']
    os.makedirs(sys.argv[1], exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Stage(scratch) as stage:
        os.chmod(scratch, 0o777)
        for name in names:
            getattr(stage, name)()
        for name in os.listdir(scratch):
            if name.endswith('.pcap'):
                run('cp', os.path.join(scratch, name), sys.argv[1])


if __name__ == '__main__':
    main()
