#!/usr/bin/env python3
"""Writes a capture of any size with a realistic mix of traffic, the same bytes for the same seed.

    python bench/corpus.py OUT.pcap --size 1GB --seed 1

The capture is a simulation seen from one tap between 700 clients and 3,000 servers, not a pile of random packets:
flows start at random, each follows the script of its kind (messages with think times, round trips, slow start), and
a receiver answers what has really reached it. So sequence numbers, delayed and duplicate ACKs, SACK blocks, ACK jumps
after a repaired hole, window updates and checksums are those that real stacks would send.

Everything is a numpy array, for speed. A chunk of time is one pass: flows -> messages -> segments -> ACKs ->
rows sorted by time; rows after the end of the chunk wait for the next one. Rows become bytes by scattering packed
headers and pieces of one content pool into the chunk's buffer. Memory does not depend on the size of the capture.

Contents: TLS 1.2 and 1.3 (whole hellos and certificate chains, large post-quantum hellos over two segments), QUIC
(Initials that decrypt and carry a ClientHello, then short headers), DNS, HTTP/1.1, bulk transfers, UDP media, idle
connections with keep-alives, scans, mDNS, SSDP, ICMP, ARP, NTP; 20 % of the flows IPv6, 10 % in a VLAN; loss before
and behind the tap, reordering, timeouts, zero windows with probes. Needs numpy and cryptography.
"""
import argparse
import os
import sys

import numpy as np

from mix.content import Pool
from mix.flows import BYTES_PER_FLOW, KINDS, MIXES, SEC, Script, World
from mix.render import FLOW, ROW, Renderer
from mix.segments import rows_of, segments


class Capture:
    """Chunks of time, one after the other, starting `WARM_UP` before the first written packet."""

    WARM_UP = 4 * SEC
    CHUNK_BYTES = 40_000_000

    def __init__(self, size, seed, mix, flows, snaplen=262144, pcapng=False):
        scale = 1.0 if not flows else size / flows / BYTES_PER_FLOW
        self.size, self.seed, self.mix = size, seed, MIXES[mix]
        n_flows = flows or max(1, size // BYTES_PER_FLOW)
        quic = self.mix.get('quic', 0) / sum(self.mix.values())
        self.pool = Pool(seed, int(1.3 * quic * n_flows))
        self.world = World(scale)
        self.renderer = Renderer(self.pool, snaplen, pcapng)
        self.seconds = max(1., 60. * (size / 1e9) ** .5)  # a larger capture is longer and also busier
        self.rate = n_flows / self.seconds
        self.step = int(min(self.CHUNK_BYTES / size * self.seconds, 4.) * SEC)

    def chunk(self, number, start, ids0):
        """The flows that start in this chunk, and all their packets."""
        rng = np.random.Generator(np.random.SFC64([self.seed, number]))
        n = rng.poisson(self.rate * self.step / SEC)
        names = list(self.mix)
        weight = np.array([self.mix[name] for name in names], float)
        kinds = rng.choice(len(names), n, p=weight / weight.sum())
        flows = self.world.flows(rng, kinds, start + np.sort(rng.integers(0, self.step, n)))
        if n == 0:
            return flows, np.zeros(0, ROW)
        script = Script()
        for i, name in enumerate(names):
            ids = np.flatnonzero(kinds == i)
            if len(ids):
                KINDS[name](script, rng, flows, ids, self.pool, self.world.scale)
        m = script.messages()
        return flows, rows_of(rng, flows, m, segments(rng, flows, m), ids0)

    def write(self, out):
        header = self.renderer.file_header()
        out.write(header)
        left, packets, number = self.size - len(header), 0, 0
        start, table, used = -self.WARM_UP, np.zeros(1 << 16, FLOW), 0
        waiting = np.zeros(0, ROW)
        while left > 0:
            flows, rows = self.chunk(number, start, used)
            if used + len(flows) > len(table):
                table = np.concatenate([table, np.zeros(max(len(table), len(flows)), FLOW)])
            table[used:used + len(flows)] = flows
            used, start, number = used + len(flows), start + self.step, number + 1
            rows = np.concatenate([waiting, rows])
            ready = rows['t'] < start
            waiting = rows[~ready]
            rows = rows[ready & (rows['t'] >= 0)]
            rows = rows[np.argsort(rows['t'], kind='stable')]
            data, n, _ = self.renderer.render(table, rows, left)
            out.write(data)
            left -= len(data)
            packets += n
            if n < len(rows):
                break
        return packets, used


def parse_size(text):
    for suffix, factor in (('kB', 10**3), ('MB', 10**6), ('GB', 10**9), ('K', 10**3), ('M', 10**6), ('G', 10**9)):
        if text.lower().endswith(suffix.lower()):
            return int(float(text[:-len(suffix)]) * factor)
    return int(text)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('out')
    p.add_argument('--size', type=parse_size, default='100MB', help='10MB, 1GB, ... (default 100MB)')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--mix', choices=sorted(MIXES), default='realistic')
    p.add_argument('--flows', type=int, default=0, help='about so many flows; their sizes follow (default: by the mix)')
    p.add_argument('--snaplen', type=int, default=262144, help='bytes kept of a packet (128 at least)')
    p.add_argument('--format', choices=('pcap', 'pcapng'), default='pcap')
    a = p.parse_args()
    if a.snaplen < 128:
        p.error('--snaplen: at least 128, so that headers stay whole')
    if a.size < 100_000:
        p.error('--size: at least 100kB')
    capture = Capture(a.size, a.seed, a.mix, a.flows, a.snaplen, a.format == 'pcapng')
    part = a.out + '.part'
    with open(part, 'wb', buffering=0) as out:
        packets, _ = capture.write(out)
    os.replace(part, a.out)
    size = os.path.getsize(a.out)
    print(f'{a.out}: {size:,} bytes, {packets:,} packets, {size / packets:.0f} bytes a packet', file=sys.stderr)


if __name__ == '__main__':
    main()
