#!/usr/bin/env python3
"""Small captures: the time for one, and for 100,000 in one scan.

    .venv/bin/python bench/small.py [--files 100000] [--packets 100]

Makes 2,000 different captures out of generated traffic (packets cut to 128 bytes) and gives each of them 50 names in one
folder, so that the page cache holds them all; opening, mapping and reading is done for each name. Measured: extract() on
one capture in a loop, scan() of one, scan() of the folder with one job, in this process, medians.
"""
import argparse
import gc
import os
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
DIFFERENT = 2000


def make(folder, files, packets, snaplen=128):
    """`files` names for DIFFERENT captures of `packets` packets each; snaplen 0: whole packets."""
    big = os.path.join(folder, 'big.pcap')
    size = int(DIFFERENT * packets * (150 if snaplen else 830))
    cut = ['--snaplen', str(snaplen)] if snaplen else []
    subprocess.run([sys.executable, os.path.join(HERE, 'corpus.py'), big, '--size', str(size), *cut], check=True, stderr=subprocess.DEVNULL)
    with open(big, 'rb') as f:
        data = f.read()
    os.remove(big)
    names, at = [], 24
    many = os.path.join(folder, 'many')
    os.mkdir(many)
    for i in range(min(DIFFERENT, files)):
        start = at
        for _ in range(packets):
            at += 16 + struct.unpack_from('<I', data, at + 8)[0]
        names.append(os.path.join(many, f'{i:04d}-00.pcap'))
        with open(names[-1], 'wb') as out:
            out.write(data[:24] + data[start:at])
    for i in range(len(names), files):
        os.link(names[i % DIFFERENT], os.path.join(many, f'{i % DIFFERENT:04d}-{i // DIFFERENT:02d}.pcap'))
    return many, names


def loop(call, names, turns):
    times = []
    for i in range(turns):
        name = names[i % len(names)]
        start = time.perf_counter()
        call(name)
        times.append(time.perf_counter() - start)
    return statistics.median(times[turns // 10:]) * 1e6


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--files', type=int, default=100_000)
    p.add_argument('--packets', type=int, default=100)
    a = p.parse_args()
    import flowcontainer
    from flowcontainer.extractor import extract
    with tempfile.TemporaryDirectory() as folder:
        many, names = make(folder, a.files, a.packets)
        gc.collect()
        print(f'one capture of {a.packets} packets: extract() {loop(extract, names, 3000):.0f} us', end=', ')
        print(f'scan() and its batches {loop(lambda n: list(flowcontainer.scan(n)), names, 3000):.0f} us (medians of 3,000)')
        times = []
        for _ in range(3):
            start = time.perf_counter()
            rows = sum(b.num_rows if hasattr(b, 'num_rows') else len(b) for b in flowcontainer.scan(many))
            times.append(time.perf_counter() - start)
        wall = statistics.median(times)
        print(f'{a.files:,} captures in one scan(): {wall:.2f} s, {wall / a.files * 1e6:.1f} us a capture, {rows:,} flows, peak RSS '
              f'{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB (median of 3)')


if __name__ == '__main__':
    main()
