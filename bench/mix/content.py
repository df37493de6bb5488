"""The payloads of a generated capture: one array of bytes, and tables with the place of each message in it.

Built once from the seed: hellos, certificate chains, DNS messages, HTTP heads, QUIC Initials, and two long stretches
(TLS records; noise) of which transfers take pieces. Since a payload is always a piece of this array, its Internet
checksum is a difference of two running sums. Messages follow RFC 5246, 8446, 5280, 1035, 9110, 9000 and 9001;
signatures and keys are random bytes of the right size, nothing here authenticates anybody.
"""
import random
import struct

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.hmac import HMAC

RECORDS_LEN, NOISE_LEN = 8_000_000, 5_000_000
LONGEST_PIECE = 4_000_000
MOST_OPENINGS = 6000  # 6 kB each; a larger capture uses them again
WORDS = ('alpha amber atlas birch cedar cloud coral delta ember fjord grove harbor iris jade karst lumen maple nova '
         'opal pixel quartz river sable tundra umbra vale willow xenon yonder zephyr').split()


# ---- TLS -----------------------------------------------------------------------------------------------------------

def u16(*values):
    return b''.join(v.to_bytes(2, 'big') for v in values)


def vec8(b):
    return len(b).to_bytes(1, 'big') + b


def vec16(b):
    return len(b).to_bytes(2, 'big') + b


def vec24(b):
    return len(b).to_bytes(3, 'big') + b


def extension(number, body):
    return u16(number) + vec16(body)


def handshake(kind, body):
    return bytes([kind]) + vec24(body)


def record(kind, body, version=0x0303):
    return bytes([kind]) + u16(version) + vec16(body)


def grease(r):
    b = r.randrange(16) << 4 | 0x0a
    return b << 8 | b


SUITES13 = (0x1301, 0x1302, 0x1303)
SUITES12 = (0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035)


def client_hello(r, name, tls13=True, quic=False, post_quantum=False):
    g = grease(r)
    groups = [0x11ec] * post_quantum + [0x001d, 0x0017, 0x0018]
    shares = u16(g) + vec16(b'\0')
    if post_quantum:
        shares += u16(0x11ec) + vec16(r.randbytes(1216))
    shares += u16(0x001d) + vec16(r.randbytes(32))
    exts = [
        extension(0, vec16(b'\0' + vec16(name.encode()))),
        extension(23, b''), extension(65281, b'\0'),
        extension(10, vec16(u16(g, *groups))), extension(11, vec8(b'\0')),
        extension(16, vec16(vec8(b'h3') if quic else vec8(b'h2') + vec8(b'http/1.1'))),
        extension(5, b'\1\0\0\0\0'), extension(13, vec16(u16(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806))),
    ]
    if not quic:
        exts.insert(5, extension(35, b''))
    if tls13:
        exts += [extension(51, vec16(shares)), extension(45, vec8(b'\1')),
                 extension(43, vec8(u16(g, 0x0304) if quic else u16(g, 0x0304, 0x0303)))]
    if quic:
        exts.append(extension(57, bytes.fromhex('0104 8000ea60 0404 80f00000 0504 80600000 0802 4064 0f00'.replace(' ', ''))))
    r.shuffle(exts)
    suites = u16(g, *SUITES13, *SUITES12[:9]) if tls13 else u16(*SUITES12)
    session = b'' if quic else r.randbytes(32)
    body = u16(0x0303) + r.randbytes(32) + vec8(session) + vec16(suites) + vec8(b'\0') + vec16(b''.join(exts))
    return handshake(1, body)


def server_hello13(r, session):
    exts = extension(51, u16(0x001d) + vec16(r.randbytes(32))) + extension(43, u16(0x0304))
    return handshake(2, u16(0x0303) + r.randbytes(32) + vec8(session) + u16(r.choice(SUITES13)) + b'\0' + vec16(exts))


def server_hello12(r):
    exts = extension(65281, b'\0') + extension(11, vec8(b'\0')) + extension(16, vec16(vec8(b'http/1.1'))) + extension(23, b'')
    return handshake(2, u16(0x0303) + r.randbytes(32) + vec8(r.randbytes(32)) + u16(r.choice(SUITES12[:4])) + b'\0' + vec16(exts))


# ---- X.509 ---------------------------------------------------------------------------------------------------------

def der(tag, *parts):
    body = b''.join(parts)
    n = len(body)
    size = bytes([n]) if n < 128 else (lambda b: bytes([128 | len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, 'big'))
    return bytes([tag]) + size + body


def oid(hexes):
    return der(6, bytes.fromhex(hexes))


SHA256_RSA = der(0x30, oid('2a864886f70d01010b'), der(5))


def name_of(**parts):
    oids = dict(C='550406', O='55040a', CN='550403')
    return der(0x30, *(der(0x31, der(0x30, oid(oids[k]), der(0x13 if k == 'C' else 0x0c, v.encode()))) for k, v in parts.items()))


def certificate(r, issuer, subject, names=(), ca=False):
    modulus = b'\0' + bytes([128 | r.randrange(128)]) + r.randbytes(255)
    key = der(0x30, der(0x30, oid('2a864886f70d010101'), der(5)),
              der(3, b'\0', der(0x30, der(2, modulus), der(2, b'\1\0\1'))))
    exts = [der(0x30, oid('551d0f'), der(1, b'\xff'), der(4, der(3, b'\1\6' if ca else b'\5\xa0')))]
    exts.append(der(0x30, oid('551d13'), der(1, b'\xff'), der(4, der(0x30, der(1, b'\xff')) if ca else der(0x30))))
    if names:
        exts.append(der(0x30, oid('551d11'), der(4, der(0x30, *(der(0x82, n.encode()) for n in names)))))
    body = der(0x30, der(0xa0, der(2, b'\2')), der(2, b'\1' + r.randbytes(15)), SHA256_RSA, issuer,
               der(0x30, der(0x17, b'230101000000Z'), der(0x17, b'260101000000Z')), subject, key,
               der(0xa3, der(0x30, *exts)))
    return der(0x30, body, SHA256_RSA, der(3, b'\0', r.randbytes(256)))


# ---- DNS -----------------------------------------------------------------------------------------------------------

def dns_name(text):
    return b''.join(vec8(p.encode()) for p in text.split('.')) + b'\0'


def dns_pair(r, name):
    ident, kind = r.randrange(65536), r.choice([1, 1, 1, 28, 28, 65])
    question = dns_name(name) + u16(kind, 1)
    opt = b'\0' + u16(41, 1232, 0, 0, 0) if r.random() < .6 else b''
    query = u16(ident, 0x0100, 1, 0, 0, bool(opt)) + question + opt
    if r.random() < .08:
        return query, u16(ident, 0x8183, 1, 0, 0, bool(opt)) + question + opt
    answers, owner = [], u16(0xc00c)
    if r.random() < .35:
        alias = dns_name(f'{r.choice(WORDS)}.edge{r.randrange(40)}.example.net')
        answers.append(owner + u16(5, 1) + struct.pack('>I', 300) + vec16(alias))
        owner = u16(0xc000 | (12 + len(question) + 12))
    for _ in range(r.choice([1, 1, 2, 2, 4, 6])):
        value = {1: bytes([198, 18]) + r.randbytes(2), 28: bytes.fromhex('20010db8005e0000') + r.randbytes(8),
                 65: b'\0\1\0' + u16(1, 6) + vec8(b'h2') + vec8(b'h3')}[kind]
        answers.append(owner + u16(kind, 1) + struct.pack('>I', r.randrange(20, 3600)) + vec16(value))
    return query, u16(ident, 0x8180, 1, len(answers), 0, bool(opt)) + question + b''.join(answers) + opt


# ---- QUIC ----------------------------------------------------------------------------------------------------------

SALT_V1 = bytes.fromhex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a')


def hkdf(secret, label, n):
    info = u16(n) + vec8(b'tls13 ' + label) + b'\0'
    return HKDFExpand(hashes.SHA256(), n, info).derive(secret)


def initial_keys(cid, side):
    mac = HMAC(SALT_V1, hashes.SHA256())
    mac.update(cid)
    secret = hkdf(mac.finalize(), side, 32)
    return hkdf(secret, b'quic key', 16), hkdf(secret, b'quic iv', 12), hkdf(secret, b'quic hp', 16)


def varint2(n):
    return u16(0x4000 | n)


def initial(keys, dcid, scid, number, frames, size):
    """A protected Initial packet; PADDING up to `size` bytes."""
    key, iv, hp = keys
    head = b'\xc1' + struct.pack('>I', 1) + vec8(dcid) + vec8(scid) + b'\0'
    frames += bytes(max(0, size - len(head) - 4 - 16 - len(frames)))
    head += varint2(2 + len(frames) + 16) + u16(number)
    nonce = (int.from_bytes(iv, 'big') ^ number).to_bytes(12, 'big')
    packet = bytearray(head + AESGCM(key).encrypt(nonce, frames, head))
    at = len(head) - 2
    mask = Cipher(algorithms.AES(hp), modes.ECB()).encryptor().update(bytes(packet[at + 4:at + 20]))
    packet[0] ^= mask[0] & 0x0f
    packet[at] ^= mask[1]
    packet[at + 1] ^= mask[2]
    return bytes(packet)


def handshake_packet(r, dcid, scid, n):
    """A Handshake packet of n bytes, protected with unknown keys."""
    head = bytes([0xe0 | r.randrange(16)]) + struct.pack('>I', 1) + vec8(dcid) + vec8(scid)
    return head + varint2(n - len(head) - 2) + r.randbytes(n - len(head) - 2)


def crypto(data, offset=0):
    return b'\6' + varint2(offset) + varint2(len(data)) + data


def quic_opening(r, name):
    """Datagrams up to the first short header, as (is from the server, bytes), and both connection ids."""
    first, client, server = r.randbytes(8), r.randbytes(8), r.randbytes(8)
    mine, theirs = initial_keys(first, b'client in'), initial_keys(first, b'server in')
    hello = client_hello(r, name, quic=True)
    size = r.choice([1200, 1230, 1250])
    out = [(0, initial(mine, first, client, 0, crypto(hello), size))]
    answer = initial(theirs, client, server, 0, b'\2\0\0\0\0' + crypto(server_hello13(r, b'')), 0)
    out.append((1, answer + handshake_packet(r, client, server, 1200 - len(answer))))
    out += [(1, handshake_packet(r, client, server, n)) for n in (1200, r.randrange(600, 1200))]
    ack = initial(mine, server, client, 1, b'\2\0\0\0\0', 60)
    out.append((0, ack + handshake_packet(r, server, client, 1200 - len(ack))))
    return out, client, server


# ---- the pool ------------------------------------------------------------------------------------------------------

class Pool:
    def __init__(self, seed, quic_flows=3000):
        self.r = random.Random(f'content {seed}')
        self.parts, self.size = [], 0
        self.names = sorted({f'{a}-{b}.example.{t}' for a in WORDS for b in WORDS[:9] for t in ('com', 'org')})
        self.r.shuffle(self.names)
        self.zeros = self.add(bytes(64))[0]
        self.make_tls()
        self.make_dns()
        self.make_http()
        self.make_quic(min(max(quic_flows, 50), MOST_OPENINGS))
        self.make_arp()
        noise = np.random.Generator(np.random.SFC64([seed, 77]))
        self.make_stretches(noise)
        self.bytes = np.frombuffer(b''.join(self.parts) + bytes(64), 'u1').copy()
        del self.parts
        self.even, self.odd = (self.running_sums(self.bytes[shift:]) for shift in (0, 1))

    def add(self, data):
        self.parts.append(data)
        self.size += len(data)
        return self.size - len(data), len(data)

    def table(self, messages):
        return np.array([self.add(m) for m in messages], 'i8')

    def make_tls(self):
        r, names = self.r, self.names
        ca = name_of(C='XX', O='Bench Trust', CN='Bench CA 1')
        top = certificate(r, ca, ca, ca=True)
        leaves = [certificate(r, ca, name_of(CN=n), [n, 'www.' + n]) for n in names[:60]]
        self.hello13 = self.table(
            record(22, client_hello(r, n, post_quantum=r.random() < .3), 0x0301) for n in names[:400])
        self.hello12 = self.table(record(22, client_hello(r, n, tls13=False), 0x0301) for n in names[:200])
        change = record(20, b'\1')
        self.flight13 = self.table(
            record(22, server_hello13(r, r.randbytes(32))) + change
            + record(23, r.randbytes(r.randrange(24, 90))) + record(23, r.randbytes(r.randrange(2300, 4300)))
            + record(23, r.randbytes(281)) + record(23, r.randbytes(53)) for _ in range(200))
        self.finish13 = self.table(change + record(23, r.randbytes(53)) for _ in range(50))
        self.ticket13 = self.table(record(23, r.randbytes(r.choice([218, 250]))) * 2 for _ in range(50))
        self.flight12 = self.table(
            record(22, server_hello12(r)) + record(22, handshake(11, vec24(vec24(leaf) + vec24(top))))
            + record(22, handshake(12, b'\3' + u16(0x001d) + vec8(r.randbytes(32)) + u16(0x0804) + vec16(r.randbytes(256))))
            + record(22, handshake(14, b'')) for leaf in leaves for _ in range(3))
        self.key12 = self.table(record(22, handshake(16, vec8(r.randbytes(32)))) + change + record(22, r.randbytes(40))
                                for _ in range(50))
        self.finish12 = self.table(change + record(22, r.randbytes(40)) for _ in range(50))

    def make_dns(self):
        pairs = [dns_pair(self.r, self.r.choice(self.names)) for _ in range(3000)]
        self.query, self.answer = self.table(p[0] for p in pairs), self.table(p[1] for p in pairs)
        service = dns_name('_googlecast._tcp.local')
        self.mdns = self.table([u16(0, 0, 1, 0, 0, 0) + dns_name(s) + u16(12, 1) for s in
                                ('_ipp._tcp.local', '_airplay._tcp.local', '_services._dns-sd._udp.local')]
                               + [u16(0, 0x8400, 0, 1, 0, 0) + service + u16(12, 1) + struct.pack('>I', 120)
                                  + vec16(vec8(w.encode()) + u16(0xc00c)) for w in WORDS])

    def make_http(self):
        r = self.r
        self.request = self.table(
            f'GET /{r.choice(WORDS)}/{r.randrange(9999)}.{r.choice(["html", "js", "png", "json"])} HTTP/1.1\r\nHost: '
            f'{r.choice(self.names)}\r\nUser-Agent: bench/{r.randrange(9)}.{r.randrange(9)}\r\nAccept: */*\r\n'
            f'Accept-Encoding: gzip\r\nCookie: id={r.randbytes(r.randrange(8, 200)).hex()}\r\n\r\n'.encode()
            for _ in range(500))
        found = []
        for _ in range(400):
            n = 0 if r.random() < .2 else min(2_000_000, int(r.lognormvariate(8.1, 1.5)))
            head = (f'HTTP/1.1 {"200 OK" if n else "304 Not Modified"}\r\nServer: bench\r\nDate: Tue, 14 Nov 2023 22:13:20 '
                    f'GMT\r\nContent-Type: application/octet-stream\r\nContent-Length: {n}\r\nETag: "{r.randbytes(6).hex()}"\r\n\r\n')
            found.append((*self.add(head.encode()), n))
        self.response = np.array(found, 'i8')
        search = 'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: {}\r\n\r\n'
        self.ssdp = self.table(search.format(t).encode() for t in ('ssdp:all', 'upnp:rootdevice', 'urn:dial-multiscreen-org:service:dial:1'))
        self.ntp = self.table([b'\x23' + bytes(39) + r.randbytes(8), b'\x24\2\6\xe8' + bytes(8) + b'GPS\0' + r.randbytes(32)])

    def make_quic(self, n):
        openings = [quic_opening(self.r, self.r.choice(self.names)) for _ in range(n)]
        self.openings_used = 0
        self.initial_dir = [side for side, _ in openings[0][0]]
        self.initial = np.array([[self.add(d) for _, d in o[0]] for o in openings], 'i8')
        self.initial_cid = np.array([[list(o[1]), list(o[2])] for o in openings], 'u1')

    def fresh_openings(self, n):
        """Indices into `initial`: in turn, so that connection ids stay unique as long as there are enough."""
        which = (self.openings_used + np.arange(n)) % len(self.initial)
        self.openings_used += n
        return which

    def make_arp(self):
        found = []
        for i in range(64):
            asker, owner = bytes([2, 0, 0, 0xc1, 0, i]), bytes([2, 0, 0, 0xc1, 1, i])
            a, b = bytes([10, 20, 0, i + 1]), bytes([10, 20, 1, i + 1])
            head = bytes.fromhex('00010800060400')
            ask, tell = head + b'\1' + asker + a + bytes(6) + b, head + b'\2' + owner + b + asker + a
            found.append((self.add(ask)[0], self.add(tell)[0]))
        self.arp = np.array(found, 'i8')

    def make_stretches(self, g):
        """TLS application data records of the sizes that servers write; and plain noise."""
        sizes = []
        while sum(sizes) < RECORDS_LEN:
            sizes += [int(n) for n in g.choice([38, 90, 300, 1369, 2800, 4096, 8192, 16401, 16401, 16401], 200)]
        sizes = np.array(sizes)
        starts = np.cumsum(sizes + 5) - sizes - 5
        data = g.integers(0, 256, int((sizes + 5).sum()), 'u1')
        for i, v in enumerate((23, 3, 3)):
            data[starts + i] = v
        data[starts + 3], data[starts + 4] = sizes >> 8, sizes & 255
        at, n = self.add(data.tobytes())
        self.record_starts = np.r_[at + starts, at + n]
        self.noise_at, _ = self.add(g.bytes(NOISE_LEN))

    def records(self, rng, want):
        """Whole TLS records of about `want` bytes (LONGEST_PIECE at most): offset, length."""
        starts = self.record_starts
        want = np.clip(want, 1, LONGEST_PIECE)
        room = starts[-1] - starts[0] - want - 17_000
        first = np.searchsorted(starts, starts[0] + rng.random(len(want)) * room)
        last = np.maximum(first + 1, np.searchsorted(starts, starts[first] + want))
        return starts[first], starts[last] - starts[first]

    def noise(self, rng, length):
        return (self.noise_at + rng.random(len(length)) * (NOISE_LEN - length)).astype('i8')

    @staticmethod
    def running_sums(data):
        data = data[:len(data) & ~1]
        return np.r_[np.zeros(1, 'u4'), np.cumsum(data.view('>u2'), dtype='u4')]

    def sums(self, src, length):
        """The sum of the big-endian 16-bit words of each piece, with an odd byte padded, for the Internet checksum."""
        first, words, odd = src >> 1, length >> 1, src & 1 == 1
        total = np.where(odd, self.odd[first + words] - self.odd[first], self.even[first + words] - self.even[first])
        tail = np.where(length & 1, self.bytes[src + np.maximum(length, 1) - 1].astype('i8') << 8, 0)
        return total.astype('i8') + tail
