"""Hosts, flows, and the messages of each kind of flow, with think times; segments.py makes packets of them."""
import numpy as np

from mix.content import LONGEST_PIECE
from mix.render import ARP, FLOW, ICMP, QUIC_SHORT, RTP, TCP, UDP

MS = 1_000_000
SEC = 1_000_000_000

# The kinds of messages. Only DATA and the first SYN and FIN take up sequence numbers.
DATA, M_SYN, M_SYN2, M_FIN, M_RST, M_KEEP, M_PROBE, M_WINDOW = range(8)
# When its receiver acknowledges its last segment.
BY_REPLY, AT_ONCE, NEVER = range(3)
COLUMNS = ('flow', 'k', 'dir', 'kind', 'src', 'len', 'gap', 'ack', 'zero')

# Share of the flows of each kind.
MIXES = {
    'realistic': dict(dns=36, tls13=23, tls12=7, http=7, quic=9, bulk=.25, media=1, mdns=2, ssdp=1.5, icmp=2.5,
                      arp=3, scan=4, ntp=2, idle=3, slow=.25),
    'bulk': dict(bulk=8, tls13=60, dns=30, slow=2),
    'small': dict(dns=70, scan=20, ntp=5, icmp=5),
    'tcp': dict(tls13=50, tls12=20, http=20, idle=4, bulk=2, slow=4),
}
BYTES_PER_FLOW = 34_000  # of the realistic mix; only --flows needs it


class World:
    """Hosts, from which flows draw. All random numbers come from the generator of the chunk."""

    CLIENTS, SERVERS, PREFERRED = 700, 3000, 1.1

    def __init__(self, scale):
        self.scale = scale
        weight = 1 / np.arange(1, self.SERVERS + 1) ** self.PREFERRED
        self.popular = np.cumsum(weight) / weight.sum()

    @staticmethod
    def address(net4, net6, host, v6):
        ip = np.zeros((len(host), 16), 'u1')
        ip[v6, :8] = np.frombuffer(net6, 'u1')
        ip[v6, 14], ip[v6, 15] = host[v6] >> 8, host[v6] & 255
        ip[~v6, 12], ip[~v6, 13] = net4
        ip[~v6, 14], ip[~v6, 15] = host[~v6] >> 8, host[~v6] & 255
        return ip

    def flows(self, rng, kinds, starts):
        n = len(kinds)
        f = np.zeros(n, FLOW)
        f['start'] = starts
        f['v6'] = rng.random(n) < .2
        f['vlan'] = np.where(rng.random(n) < .1, rng.choice([10, 20, 311], n), 0)
        client = rng.integers(1, self.CLIENTS, n)
        server = np.searchsorted(self.popular, rng.random(n)) + 1
        f['ip'][:, 0] = self.address((10, 20), bytes.fromhex('20010db800010000'), client, f['v6'])
        f['ip'][:, 1] = self.address((198, 18), bytes.fromhex('20010db8005e0000'), server, f['v6'])
        f['mac'][:, 0] = np.frombuffer(bytes.fromhex('020000c10000'), 'u1')
        f['mac'][:, 0, 4], f['mac'][:, 0, 5] = client >> 8, client & 255
        f['mac'][:, 1] = np.frombuffer(bytes.fromhex('0200005e0001'), 'u1')
        f['port'][:, 0] = rng.integers(32768, 61000, n)
        f['isn'] = rng.integers(0, 1 << 32, (n, 2))
        f['ts0'] = rng.integers(0, 1 << 32, (n, 2))
        f['ts'] = rng.random(n) < .6
        f['ttl'] = np.stack([rng.choice([64, 128], n), rng.integers(40, 62, n)], 1)
        f['scale'] = np.stack([rng.choice([6, 7, 8], n), rng.choice([7, 8, 9], n)], 1)
        f['window'] = rng.integers(64_000, 1_500_000, (n, 2))
        f['half'][:, 0] = rng.integers(50_000, 2 * MS, n)  # client to tap: a local network
        f['half'][:, 1] = np.minimum(rng.lognormal(np.log(9 * MS), .8, n), 120 * MS)  # tap to server
        f['mss'] = np.where(f['v6'], 1440, 1460) - np.where(f['ts'], 12, 0)
        f['gap'] = rng.choice([60_000, 120_000, 250_000, 600_000], n, p=[.4, .3, .2, .1])
        bad_path = rng.random(n) < .2
        f['loss'] = np.where(bad_path, rng.uniform(.003, .02, n), .0004)
        f['reorder'] = np.where(rng.random(n) < .1, .006, 0)
        f['cid'] = rng.integers(0, 256, (n, 2, 8))
        return f


class Script:
    """Collects messages. `k` orders the messages of a flow; all arguments broadcast over `flow`."""

    def __init__(self):
        self.parts = []

    def say(self, flow, k, dir, src=0, len=0, kind=DATA, gap=0, ack=BY_REPLY, zero=False):
        self.parts.append(np.broadcast_arrays(flow, k, dir, kind, src, len, gap, ack, zero))

    def messages(self):
        cols = [np.concatenate([p[i] for p in self.parts]) for i in range(len(COLUMNS))]
        order = np.lexsort((cols[1], cols[0]))
        return {name: col[order].astype('?' if name == 'zero' else 'i8') for name, col in zip(COLUMNS, cols)}


def repeats(counts):
    """[2, 3] -> owner [0, 0, 1, 1, 1], index [0, 1, 0, 1, 2]"""
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - first[owner]


def choose(rng, table, n):
    """Rows of an (offset, length) table, drawn at random."""
    picked = table[rng.integers(0, len(table), n)]
    return picked[:, 0], picked[:, 1]


def think(rng, n, median_ms):
    return (rng.lognormal(np.log(median_ms * MS), .9, n)).astype('i8')


def body_sizes(rng, n, scale):
    return np.clip(rng.lognormal(8.0, 1.5, n) * scale, 60, 4_000_000).astype('i8')


def tcp_open(s, rng, f, ids):
    f['proto'][ids] = TCP
    n = len(ids)
    s.say(ids, 0, 0, kind=M_SYN, ack=NEVER)
    s.say(ids, 2, 1, kind=M_SYN, ack=AT_ONCE, gap=rng.integers(10_000, 90_000, n))
    again = ids[rng.random(n) < .01]
    s.say(again, 1, 0, kind=M_SYN2, ack=NEVER, gap=1000 * MS)


def tcp_close(s, rng, ids):
    how = rng.random(len(ids))
    by_client, by_server, reset = ids[how < .45], ids[(how >= .45) & (how < .8)], ids[(how >= .8) & (how < .92)]
    for who, first in ((by_client, 0), (by_server, 1)):
        s.say(who, 1 << 20, first, kind=M_FIN, gap=think(rng, len(who), 20), ack=BY_REPLY)
        s.say(who, (1 << 20) + 1, 1 - first, kind=M_FIN, gap=50_000, ack=AT_ONCE)
    s.say(reset, 1 << 20, 0, kind=M_RST, gap=think(rng, len(reset), 50), ack=NEVER)


def exchanges(s, rng, ids, pool, mean, sizes, first_k=20):
    """Repeated requests and responses, inside TLS records."""
    owner, j = repeats(rng.geometric(1 / mean, len(ids)))
    n, flow = len(owner), ids[owner]
    src, length = pool.records(rng, rng.integers(90, 900, n))
    s.say(flow, first_k + 16 * j, 0, src, length, gap=think(rng, n, 120))
    size, gap = sizes(n), think(rng, n, 12)
    owner, piece = repeats(-(-size // LONGEST_PIECE))
    src, length = pool.records(rng, np.minimum(LONGEST_PIECE, size[owner] - piece * LONGEST_PIECE))
    s.say(flow[owner], first_k + 16 * j[owner] + 1 + piece, 1, src, length, gap=np.where(piece == 0, gap[owner], 0))


def tls13(s, rng, f, ids, pool, scale, mean=3., sizes=None):
    tcp_open(s, rng, f, ids)
    f['port'][ids, 1] = np.where(rng.random(len(ids)) < .95, 443, 8443)
    n = len(ids)
    s.say(ids, 3, 0, *choose(rng, pool.hello13, n), gap=rng.integers(50_000, 2 * MS, n))
    s.say(ids, 4, 1, *choose(rng, pool.flight13, n), gap=rng.integers(200_000, 3 * MS, n))
    s.say(ids, 5, 0, *choose(rng, pool.finish13, n), gap=rng.integers(200_000, 2 * MS, n))
    s.say(ids, 6, 1, *choose(rng, pool.ticket13, n), gap=rng.integers(50_000, MS, n))
    exchanges(s, rng, ids, pool, mean, sizes or (lambda n: body_sizes(rng, n, scale)))
    tcp_close(s, rng, ids)


def tls12(s, rng, f, ids, pool, scale):
    tcp_open(s, rng, f, ids)
    f['port'][ids, 1] = rng.choice([443, 443, 443, 993, 995], len(ids))
    n = len(ids)
    s.say(ids, 3, 0, *choose(rng, pool.hello12, n), gap=rng.integers(50_000, 2 * MS, n))
    s.say(ids, 4, 1, *choose(rng, pool.flight12, n), gap=rng.integers(200_000, 3 * MS, n))
    s.say(ids, 5, 0, *choose(rng, pool.key12, n), gap=rng.integers(200_000, 3 * MS, n))
    s.say(ids, 6, 1, *choose(rng, pool.finish12, n), gap=rng.integers(100_000, MS, n))
    exchanges(s, rng, ids, pool, 3., lambda n: body_sizes(rng, n, scale))
    tcp_close(s, rng, ids)


def http(s, rng, f, ids, pool, scale):
    tcp_open(s, rng, f, ids)
    f['port'][ids, 1] = rng.choice([80, 80, 80, 8080], len(ids))
    owner, j = repeats(rng.geometric(1 / 2.5, len(ids)))
    n, flow = len(owner), ids[owner]
    s.say(flow, 20 + 4 * j, 0, *choose(rng, pool.request, n), gap=think(rng, n, 90))
    which = rng.integers(0, len(pool.response), n)
    s.say(flow, 21 + 4 * j, 1, pool.response[which, 0], pool.response[which, 1], gap=think(rng, n, 10))
    body = pool.response[which, 2]
    src = pool.noise(rng, body)
    has = body > 0
    s.say(flow[has], 22 + 4 * j[has], 1, src[has], body[has], gap=30_000)
    tcp_close(s, rng, ids)


def bulk(s, rng, f, ids, pool, scale):
    """A few large objects: most of the bytes."""
    f['loss'][ids] = np.where(rng.random(len(ids)) < .5, rng.uniform(.001, .015, len(ids)), .0005)
    f['gap'][ids] = rng.choice([60_000, 120_000, 240_000], len(ids))
    f['window'][ids] = rng.integers(2_000_000, 6_000_000, (len(ids), 2))
    tls13(s, rng, f, ids, pool, scale, mean=1.3,
          sizes=lambda n: np.minimum((rng.pareto(1.2, n) + 1) * 500_000 * scale, 40_000_000).astype('i8'))


def slow(s, rng, f, ids, pool, scale):
    """The client reads slower than the server writes: zero windows, probes, window updates."""
    tcp_open(s, rng, f, ids)
    f['port'][ids, 1] = 443
    f['gap'][ids] = 60_000
    f['loss'][ids] = 0
    owner, j = repeats(rng.integers(2, 8, len(ids)))
    n, flow = len(owner), ids[owner]
    src, length = pool.records(rng, rng.integers(30_000, 200_000, n))
    s.say(flow, 20 + 8 * j, 1, src, length, ack=AT_ONCE, zero=True)
    next_src, _ = pool.records(rng, np.full(n, 60))
    s.say(flow, 21 + 8 * j, 1, next_src, 1, kind=M_PROBE, gap=210 * MS, ack=AT_ONCE, zero=True)
    s.say(flow, 22 + 8 * j, 0, kind=M_WINDOW, gap=rng.integers(20 * MS, 190 * MS, n), ack=NEVER)
    tcp_close(s, rng, ids)


def idle(s, rng, f, ids, pool, scale):
    """A chat-like connection: little data, keep-alives in between."""
    tcp_open(s, rng, f, ids)
    f['port'][ids, 1] = rng.choice([443, 8883, 5671, 5061], len(ids))
    f['loss'][ids] = 0
    owner, j = repeats(rng.integers(2, 60, len(ids)))
    n, flow = len(owner), ids[owner]
    src, length = pool.records(rng, rng.integers(60, 500, n))
    s.say(flow, 20 + 4 * j, rng.integers(0, 2, n), src, length, gap=think(rng, n, 400))
    quiet = rng.random(n) < .1
    s.say(flow[quiet], 21 + 4 * j[quiet], 0, pool.zeros, rng.integers(0, 2, quiet.sum()), kind=M_KEEP,
          gap=rng.integers(2, 10, quiet.sum()) * SEC, ack=AT_ONCE)
    tcp_close(s, rng, ids)


def scan(s, rng, f, ids, pool, scale):
    f['proto'][ids] = TCP
    f['port'][ids, 1] = rng.choice([22, 23, 445, 3389, 8080, 5900], len(ids))
    s.say(ids, 0, 0, kind=M_SYN, ack=NEVER)
    refused = rng.random(len(ids)) < .5
    s.say(ids[refused], 1, 1, kind=M_RST, ack=NEVER, gap=20_000)
    s.say(ids[~refused], 1, 0, kind=M_SYN2, ack=NEVER, gap=SEC)


def udp(f, ids, port):
    f['proto'][ids], f['port'][ids, 1] = UDP, port


def dns(s, rng, f, ids, pool, scale):
    udp(f, ids, 53)
    v6 = f['v6'][ids]
    f['ip'][ids, 1] = World.address((10, 20), bytes.fromhex('20010db800010000'), np.full(len(ids), 0x0235), v6)
    f['half'][ids, 1] = rng.integers(50_000, MS, len(ids))
    which = rng.integers(0, len(pool.query), len(ids))
    s.say(ids, 0, 0, *pool.query[which].T)
    heard = rng.random(len(ids)) < .985
    delay = np.where(rng.random(len(ids)) < .6, think(rng, len(ids), .3), think(rng, len(ids), 15))
    s.say(ids[heard], 1, 1, *pool.answer[which[heard]].T, gap=delay[heard])


def quic(s, rng, f, ids, pool, scale):
    udp(f, ids, 443)
    f['mss'][ids], f['patch'][ids] = rng.choice([1252, 1280, 1350], len(ids)), QUIC_SHORT
    n = len(ids)
    which = pool.fresh_openings(n)
    f['cid'][ids] = pool.initial_cid[which]
    for i in range(pool.initial.shape[1]):  # client Initial; server Initial, Handshake x 3; client Initial ACK, Handshake
        first_of_side = i in (0, 1, 4)
        s.say(ids, 2 + i, pool.initial_dir[i], *pool.initial[which, i].T, ack=NEVER,
              gap=rng.integers(200_000, 3 * MS, n) if first_of_side else 60_000)
    owner, j = repeats(rng.geometric(1 / 4., n))
    m, flow = len(owner), ids[owner]
    length = rng.integers(60, 700, m)
    s.say(flow, 20 + 4 * j, 0, pool.noise(rng, length), length, gap=think(rng, m, 60))
    length = body_sizes(rng, m, scale)
    length += np.where(length % f['mss'][flow] < 24, 24, 0)  # a short header packet has at least 21 bytes
    s.say(flow, 21 + 4 * j, 1, pool.noise(rng, length), length, gap=think(rng, m, 10))


def media(s, rng, f, ids, pool, scale):
    """Voice both ways each 20 ms, or video one way at 30 pictures a second."""
    udp(f, ids, rng.integers(16384, 32768, len(ids)))
    f['patch'][ids], f['half'][ids] = RTP, 0
    video = rng.random(len(ids)) < .12
    owner, j = repeats(np.where(video, rng.integers(100, 1500, len(ids)), rng.integers(200, 2500, len(ids))))
    flow, is_video = ids[owner], video[owner]
    n = len(flow)
    length = np.where(is_video, rng.integers(700, 1190, n), 172)
    gap = np.where(is_video, np.where(j % 4 == 0, 30 * MS, MS), 10 * MS) + rng.integers(0, MS, n)
    s.say(flow, j, np.where(is_video, 1, j & 1), pool.noise(rng, length), length, gap=gap, ack=NEVER)


def ntp(s, rng, f, ids, pool, scale):
    udp(f, ids, 123)
    f['port'][ids, 0] = np.where(rng.random(len(ids)) < .5, 123, f['port'][ids, 0])
    s.say(ids, 0, 0, pool.ntp[0, 0], 48)
    s.say(ids, 1, 1, pool.ntp[1, 0], 48, gap=100_000)


def multicast(f, ids, port, group4, group6):
    udp(f, ids, port)
    v6 = f['v6'][ids]
    f['ip'][ids[v6], 1] = np.frombuffer(group6, 'u1')
    f['ip'][ids[~v6], 1, 12:] = np.frombuffer(group4, 'u1')
    f['mac'][ids[v6], 1] = np.frombuffer(b'\x33\x33' + group6[12:], 'u1')
    f['mac'][ids[~v6], 1] = np.frombuffer(b'\x01\x00\x5e' + bytes([group4[1] & 127]) + group4[2:], 'u1')


def mdns(s, rng, f, ids, pool, scale):
    multicast(f, ids, 5353, bytes([224, 0, 0, 251]), bytes.fromhex('ff0200000000000000000000000000fb'))
    f['port'][ids, 0] = 5353
    s.say(ids, 0, 0, *choose(rng, pool.mdns, len(ids)), ack=NEVER)


def ssdp(s, rng, f, ids, pool, scale):
    multicast(f, ids, 1900, bytes([239, 255, 255, 250]), bytes.fromhex('ff02000000000000000000000000000c'))
    for k in range(3):
        s.say(ids, k, 0, *choose(rng, pool.ssdp, len(ids)), gap=SEC if k else 0, ack=NEVER)


def icmp(s, rng, f, ids, pool, scale):
    f['proto'][ids] = ICMP
    owner, j = repeats(rng.integers(1, 6, len(ids)))
    flow = ids[owner]
    src = pool.noise(rng, np.full(len(flow), 56))
    s.say(flow, 2 * j, 0, src, 56, gap=np.where(j > 0, SEC, 0), ack=NEVER)
    s.say(flow, 2 * j + 1, 1, src, 56, gap=20_000, ack=NEVER)


def arp(s, rng, f, ids, pool, scale):
    f['proto'][ids], f['half'][ids], f['v6'][ids] = ARP, 50_000, False
    which = rng.integers(0, len(pool.arp), len(ids))
    s.say(ids, 0, 0, pool.arp[which, 0], 28, ack=NEVER)
    s.say(ids, 1, 1, pool.arp[which, 1], 28, gap=30_000, ack=NEVER)


KINDS = dict(dns=dns, tls13=tls13, tls12=tls12, http=http, quic=quic, bulk=bulk, media=media, mdns=mdns, ssdp=ssdp,
             icmp=icmp, arp=arp, scan=scan, ntp=ntp, idle=idle, slow=slow)
