"""Rows of packets become bytes: headers are packed arrays, payloads pieces of the content pool, both scattered into
the buffer of a chunk at the places that the records have in the file."""
import struct

import numpy as np

MS = 1_000_000
SEC = 1_000_000_000
EPOCH_NS = 1_700_000_000 * SEC

TCP, UDP, ICMP, ARP = 6, 17, 1, 0
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
# The bytes that replace the start of a payload.
PLAIN, QUIC_SHORT, RTP = range(3)

FLOW = np.dtype([
    ('proto', 'u1'), ('v6', '?'), ('vlan', 'u2'), ('ttl', 'u1', 2), ('mac', 'u1', (2, 6)), ('ip', 'u1', (2, 16)),
    ('port', 'u2', 2), ('isn', 'u4', 2), ('ts', '?'), ('ts0', 'u4', 2), ('scale', 'u1', 2), ('window', 'u4', 2),
    ('half', 'i8', 2), ('mss', 'u2'), ('gap', 'i8'), ('patch', 'u1'), ('cid', 'u1', (2, 8)), ('loss', 'f4'),
    ('reorder', 'f4'), ('start', 'i8')])
ROW = np.dtype([
    ('t', 'i8'), ('flow', 'u4'), ('src', 'u4'), ('seq', 'u4'), ('ack', 'u4'), ('sack', 'u4', 2), ('len', 'u2'),
    ('win', 'u2'), ('dir', 'u1'), ('flags', 'u1'), ('has_sack', '?'), ('patch', 'u1')])

ETHER = np.dtype([('dst', 'u1', 6), ('src', 'u1', 6), ('type', '>u2')])
VLAN = np.dtype([('dst', 'u1', 6), ('src', 'u1', 6), ('tpid', '>u2'), ('tag', '>u2'), ('type', '>u2')])
IP4 = np.dtype([('verihl', 'u1'), ('tos', 'u1'), ('len', '>u2'), ('id', '>u2'), ('frag', '>u2'), ('ttl', 'u1'),
                ('proto', 'u1'), ('sum', '>u2'), ('src', 'u1', 4), ('dst', 'u1', 4)])
IP6 = np.dtype([('first', '>u4'), ('len', '>u2'), ('next', 'u1'), ('hops', 'u1'), ('src', 'u1', 16), ('dst', 'u1', 16)])
TCPH = np.dtype([('sport', '>u2'), ('dport', '>u2'), ('seq', '>u4'), ('ack', '>u4'), ('doff', 'u1'), ('flags', 'u1'),
                 ('win', '>u2'), ('sum', '>u2'), ('urg', '>u2')])
UDPH = np.dtype([('sport', '>u2'), ('dport', '>u2'), ('len', '>u2'), ('sum', '>u2')])
ICMPH = np.dtype([('type', 'u1'), ('code', 'u1'), ('sum', '>u2'), ('id', '>u2'), ('seq', '>u2')])
OPT_TS = np.dtype([('nop', '>u2'), ('kind', '>u2'), ('val', '>u4'), ('ecr', '>u4')])
OPT_SACK = np.dtype([('nop', '>u2'), ('kind', '>u2'), ('edge', '>u4', 2)])
OPT_SYN = np.dtype([('mss_kind', '>u2'), ('mss', '>u2'), ('sack', '>u2'), ('ts_kind', '>u2'), ('val', '>u4'),
                    ('ecr', '>u4'), ('nop', 'u1'), ('ws_kind', '>u2'), ('ws', 'u1')])
OPT_SYN_PLAIN = np.dtype([('mss_kind', '>u2'), ('mss', '>u2'), ('nop', 'u1'), ('ws_kind', '>u2'), ('ws', 'u1'),
                          ('nop2', '>u2'), ('sack', '>u2')])
RTPH = np.dtype([('first', 'u1'), ('type', 'u1'), ('seq', '>u2'), ('time', '>u4'), ('ssrc', '>u4')])
PCAP = np.dtype([('sec', '<u4'), ('usec', '<u4'), ('cap', '<u4'), ('len', '<u4')])
EPB = np.dtype([('type', '<u4'), ('total', '<u4'), ('iface', '<u4'), ('hi', '<u4'), ('lo', '<u4'), ('cap', '<u4'),
                ('len', '<u4')])
LONGEST_HEADER = 18 + 40 + 60


def window_of(buf, size):
    """Every byte position of buf as an item of `size` bytes, so that gathers and scatters are one memcpy per item."""
    return np.ndarray((len(buf) - size + 1,), f'V{size}', buffer=buf, strides=(1,))


def scatter(out, at, records):
    if len(at):
        window_of(out, records.dtype.itemsize)[at] = records.view(f'V{records.dtype.itemsize}').reshape(-1)


def copy_ragged(out, at, pool, src, length):
    """out[at:at+length] = pool[src:src+length] for many pieces: whole for common lengths, else by powers of two."""
    sizes, counts = np.unique(length, return_counts=True)
    for size in sizes[np.argsort(-counts)][:6]:
        if size and (size.bit_count() > 2):
            hit = length == size
            window_of(out, size)[at[hit]] = window_of(pool, size)[src[hit]]
            at, src, length = at[~hit], src[~hit], length[~hit]
    for bit in range(15, -1, -1):
        hit = np.flatnonzero(length >> bit & 1)
        if len(hit):
            a, b = at[hit], src[hit]
            window_of(out, 1 << bit)[a] = window_of(pool, 1 << bit)[b]
            at[hit], src[hit] = a + (1 << bit), b + (1 << bit)


def words(records):
    return records.view('>u2').reshape(len(records), records.dtype.itemsize // 2).sum(1, dtype='i8')


def fold(total):
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return (~((total & 0xffff) + (total >> 16))) & 0xffff


class Renderer:
    def __init__(self, pool, snaplen, pcapng):
        self.pool, self.snaplen, self.pcapng = pool, snaplen, pcapng
        self.ip_id = 0

    def file_header(self):
        if not self.pcapng:
            return struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, self.snaplen, 1)
        return (struct.pack('<IIIHHqI', 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28)
                + struct.pack('<IIHHII', 1, 20, 1, 0, self.snaplen, 20))

    def lengths(self, f, rows):
        """The offsets of the parts of each frame, and its length on the wire."""
        fl = f[rows['flow']]
        syn = (rows['flags'] & SYN) != 0
        tcp_options = np.where(syn, np.where(fl['ts'], 20, 12), np.where(fl['ts'], 12, 0) + np.where(rows['has_sack'], 12, 0))
        l2 = np.where(fl['vlan'] > 0, 18, 14)
        l3 = np.where(fl['proto'] == ARP, 0, np.where(fl['v6'], 40, 20))
        l4 = np.select([fl['proto'] == TCP, fl['proto'] == ARP], [20 + tcp_options, 0], 8)
        return fl, syn, l2, l3, l4, np.maximum(60, l2 + l3 + l4 + rows['len'])

    def render(self, f, rows, room):
        """The bytes of as many rows as fit into `room`."""
        fl, syn, l2, l3, l4, wire = self.lengths(f, rows)
        cap = np.minimum(wire, self.snaplen)
        record = 32 + (cap + 3 & ~3) if self.pcapng else 16 + cap
        ends = np.cumsum(record)
        n = int(np.searchsorted(ends, room, 'right'))
        if n < len(rows):
            fl, syn, l2, l3, l4, wire, cap, record, ends, rows = (
                x[:n] for x in (fl, syn, l2, l3, l4, wire, cap, record, ends, rows))
        if n == 0:
            return b'', 0, None
        out = np.zeros(int(ends[-1]), 'u1')
        at = ends - record
        self.record_headers(out, at, rows['t'], cap, wire, record)
        at = at + (28 if self.pcapng else 16)
        self.ethernet(out, at, fl, rows)
        self.network(out, at + l2, fl, rows, l4)
        body = at + l2 + l3 + l4
        patch = self.patches(f, rows, fl)
        copy = np.minimum(rows['len'], np.maximum(0, cap - l2 - l3 - l4)).astype('i8')
        copy_ragged(out, body, self.pool.bytes, rows['src'].astype('i8'), copy)
        for which, records in patch.values():
            ok = copy[which] >= records.dtype.itemsize
            scatter(out, body[which[ok]], records[ok])
        self.transport(out, at + l2 + l3, fl, rows, syn, l4, self.payload_sums(rows, patch))
        return out, n, wire

    def record_headers(self, out, at, t, cap, wire, record):
        us = (t + EPOCH_NS) // 1000
        if not self.pcapng:
            h = np.zeros(len(at), PCAP)
            h['sec'], h['usec'] = us // 1_000_000, us % 1_000_000
        else:
            h = np.zeros(len(at), EPB)
            h['type'], h['total'], h['hi'], h['lo'] = 6, record, us >> 32, us & 0xffffffff
            scatter(out, at + record - 4, record.astype('<u4'))
        h['cap'], h['len'] = cap, wire
        scatter(out, at, h)

    @staticmethod
    def ethernet(out, at, fl, rows):
        dir, who = rows['dir'], np.arange(len(rows))
        kind = np.where(fl['proto'] == ARP, 0x0806, np.where(fl['v6'], 0x86dd, 0x0800))
        tagged = fl['vlan'] > 0
        for mask, dtype in ((~tagged, ETHER), (tagged, VLAN)):
            h = np.zeros(mask.sum(), dtype)
            h['dst'], h['src'] = fl['mac'][who, 1 - dir][mask], fl['mac'][who, dir][mask]
            h['type'] = kind[mask]
            if dtype is VLAN:
                h['tpid'], h['tag'] = 0x8100, fl['vlan'][mask]
            scatter(out, at[mask], h)

    def network(self, out, at, fl, rows, l4):
        dir, who = rows['dir'], np.arange(len(rows))
        src, dst, ttl = fl['ip'][who, dir], fl['ip'][who, 1 - dir], fl['ttl'][who, dir]
        ids = (self.ip_id + who) & 0xffff
        self.ip_id += len(rows)
        four = ~fl['v6'] & (fl['proto'] != ARP)
        h = np.zeros(four.sum(), IP4)
        h['verihl'], h['len'], h['id'] = 0x45, (20 + l4 + rows['len'])[four], ids[four]
        h['frag'], h['ttl'], h['proto'] = np.where(fl['proto'] == TCP, 0x4000, 0)[four], ttl[four], fl['proto'][four]
        h['src'], h['dst'] = src[four, 12:], dst[four, 12:]
        h['sum'] = fold(words(h))
        scatter(out, at[four], h)
        six = fl['v6']
        h = np.zeros(six.sum(), IP6)
        h['first'], h['len'] = 0x60000000 | (fl['isn'][:, 0] & 0xfffff)[six], (l4 + rows['len'])[six]
        h['next'] = np.where(fl['proto'] == ICMP, 58, fl['proto'])[six]
        h['hops'], h['src'], h['dst'] = ttl[six], src[six], dst[six]
        scatter(out, at[six], h)

    def patches(self, f, rows, fl):
        """kind -> (rows, bytes that replace the start of their payload)"""
        who = np.arange(len(rows))
        found = {}
        which = np.flatnonzero((rows['patch'] == QUIC_SHORT) & (rows['len'] >= 10))
        h = np.zeros(len(which), np.dtype([('first', 'u1'), ('cid', 'u1', 8), ('rest', 'u1')]))
        h['first'] = 0x40 | (rows['src'][which] & 0x3f)
        h['cid'] = fl['cid'][who, 1 - rows['dir']][which]
        found[QUIC_SHORT] = which, h
        which = np.flatnonzero((rows['patch'] == RTP) & (rows['len'] >= 12))
        h = np.zeros(len(which), RTPH)
        ms = (rows['t'][which] - fl['start'][which]) // MS
        h['first'], h['type'], h['seq'] = 0x80, np.where(rows['len'][which] == 172, 0, 96), ms // 20
        h['time'], h['ssrc'] = ms // 20 * 160, fl['isn'][who, rows['dir']][which]
        found[RTP] = which, h
        return found

    def payload_sums(self, rows, patch):
        src, length = rows['src'].astype('i8'), rows['len'].astype('i8')
        total = np.zeros(len(rows), 'i8')
        for which, h in patch.values():
            total[which] = words(h)
            src[which] += h.dtype.itemsize
            length[which] -= h.dtype.itemsize
        return total + self.pool.sums(src, length)

    @staticmethod
    def transport(out, at, fl, rows, syn, l4, sums):
        dir, who = rows['dir'], np.arange(len(rows))
        proto = np.where(fl['v6'] & (fl['proto'] == ICMP), 58, fl['proto'])
        addresses = fl['ip'].reshape(len(fl), -1).view('>u2').sum(1, dtype='i8')
        pseudo = sums + addresses + proto + l4 + rows['len']
        ports = fl['port'][who, dir], fl['port'][who, 1 - dir]

        u = fl['proto'] == UDP
        h = np.zeros(u.sum(), UDPH)
        h['sport'], h['dport'], h['len'] = ports[0][u], ports[1][u], (8 + rows['len'])[u]
        check = fold(words(h) + pseudo[u])
        h['sum'] = np.where(check == 0, 0xffff, check)
        scatter(out, at[u], h)

        i = fl['proto'] == ICMP
        h = np.zeros(i.sum(), ICMPH)
        h['type'] = np.where(fl['v6'], 128 + dir, np.where(dir == 0, 8, 0))[i]
        h['id'], h['seq'] = ports[0][i], (rows['t'] // SEC)[i] & 0xffff
        h['sum'] = fold(words(h) + np.where(fl['v6'], pseudo, sums)[i])
        scatter(out, at[i], h)

        t = fl['proto'] == TCP
        h = np.zeros(t.sum(), TCPH)
        h['sport'], h['dport'], h['seq'], h['ack'] = ports[0][t], ports[1][t], rows['seq'][t], rows['ack'][t]
        h['doff'], h['flags'], h['win'] = (l4 // 4 * 16)[t], rows['flags'][t], rows['win'][t]
        total = pseudo.copy()
        total[t] += words(h)
        Renderer.options(out, at + 20, fl, rows, syn, t, total)
        h['sum'] = fold(total[t])
        scatter(out, at[t], h)

    @staticmethod
    def options(out, at, fl, rows, syn, tcp, total):
        dir, who = rows['dir'], np.arange(len(rows))
        val = (rows['t'] // MS + fl['ts0'][who, dir]) & 0xffffffff
        ecr = ((rows['t'] - 2 * fl['half'][who, dir]) // MS + fl['ts0'][who, 1 - dir]) & 0xffffffff
        ecr = np.where(rows['flags'] & ACK, ecr, 0)
        groups = ((syn & fl['ts'], OPT_SYN, 0), (syn & ~fl['ts'], OPT_SYN_PLAIN, 0), (~syn & fl['ts'], OPT_TS, 0),
                  (~syn & ~fl['ts'] & rows['has_sack'], OPT_SACK, 0), (~syn & fl['ts'] & rows['has_sack'], OPT_SACK, 12))
        for mask, dtype, skip in groups:
            mask = mask & tcp
            h = np.zeros(mask.sum(), dtype)
            if 'mss' in dtype.names:
                h['mss_kind'], h['mss'], h['sack'] = 0x0204, np.where(fl['v6'], 1440, 1460)[mask], 0x0402
                h['nop'], h['ws_kind'], h['ws'] = 1, 0x0303, fl['scale'][who, dir][mask]
            if 'ts_kind' in dtype.names:
                h['ts_kind'] = 0x080a
            if 'nop2' in dtype.names:
                h['nop2'] = 0x0101
            if dtype in (OPT_TS, OPT_SACK):
                h['nop'], h['kind'] = 0x0101, 0x080a if dtype is OPT_TS else 0x050a
            if 'val' in dtype.names:
                h['val'], h['ecr'] = val[mask], ecr[mask]
            if dtype is OPT_SACK:
                h['edge'] = rows['sack'][mask]
            total[mask] += words(h)
            scatter(out, at[mask] + skip, h)
