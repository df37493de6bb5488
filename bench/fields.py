#!/usr/bin/env python3
"""Measures fields and filters above the headers, with libwireshark and natively, against the original and the stock
tshark on one capture.

    python bench/fields.py CAPTURE [--runs 3] [--mb 50]            flowcontainer reads all of CAPTURE, the peers MB of it
    python bench/fields.py --small 10000                           so many captures of 100 packets, one field, one core

As in bench/versus.py, whole processes run in turns with a warm page cache. The results are medians, and rates are compared
if a peer runs on a part. The memory is the highest resident memory of any single process of the engine. All programs
answer the same query: the flows of a filter with http.user_agent, smb2.filename and tls.handshake.ja3_full, which need one
pass. Rows that begin with "native" use one thread and one process; the original's ratio to them is that of its own query."""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import small
import versus

FIELDS = ['http.user_agent', 'smb2.filename', 'tls.handshake.ja3_full']
AHEAD = FIELDS + ['http.response_in']
FILTER = '(tcp or udp) and not tcp.analysis.retransmission'
CLEAR = ['ftp.request.command', 'ftp.request.arg', 'smtp.req.command']
SNI = 'tls.handshake.extensions_server_name'
NATIVE = {
    'native, plain': ([], ''),
    'native, TLS': ([SNI, 'tls.handshake.ciphersuite', 'tls.handshake.extensions_alpn_str', 'tls.handshake.certificate'], ''),
    'native, -Y tls': ([SNI], 'tls'),
    'native, DNS': (['dns.qry.name', 'dns.a'], ''),
    'native, HTTP': (['http.host', 'http.request.uri', 'http.user_agent'], ''),
    'native, -Y ip.ttl > 5': ([], 'ip.ttl > 5'),
}
ORIGINAL = versus.ORIGINAL.replace('filter="(tcp or udp)"', f'filter="{FILTER}", extension={FIELDS!r}')


def ours(command, fields, text, *more):
    if not os.path.exists(command):
        return None
    words = [word for field in fields for word in ('-e', field)]
    return lambda f, t: [command, '-q', '-T', 'ndjson', '--classic', *words, *(['-Y', text] if text else []), *more,
                         '-o', os.path.join(t, 'flows.ndjson'), f]


def pinned(argv):
    """All processes on one core."""
    return argv and (lambda f, t: ['taskset', '-c', '0', *argv(f, t)])


def tshark(fields, *more):
    words = [word for field in versus.TSHARK_FIELDS + fields for word in ('-e', field)]
    return versus.words('tshark', '-n', '-r', '{f}', '-T', 'fields', '-E', 'separator=`', *words, *more)


def peers(build, mb):
    command, limit = os.path.join(build, 'flowcontainer'), mb * versus.MB
    make = versus.Peer
    return [
        make('ours, 2 jobs', ours(command, FIELDS, FILTER, '-j', '2'), says='one pass'),
        make('ours, 1 job', ours(command, FIELDS, FILTER, '-j', '1'), says='one pass'),
        make('ours, one core', pinned(ours(command, FIELDS, FILTER, '-j', '1')), says='one pass; the base of the scaling'),
        make('ours, two passes, 2 jobs', ours(command, AHEAD, FILTER, '-j', '2'), says='a field that looks ahead'),
        make('ours, ftp and smtp, 2 jobs', ours(command, CLEAR, 'ftp or smtp', '-j', '2'), says='frames that TLS encrypts are left out'),
        make('ours, the same --exact', ours(command, CLEAR, 'ftp or smtp', '-j', '2', '--exact'), says='nothing is left out'),
        *(make(name, ours(command, fields, text, '-j', '1'), says='one thread') for name, (fields, text) in NATIVE.items()),
        *(make(f'{name}, Arrow', versus.ours_c(build, fields), says='the same into memory, as the original has it')
          for name, (fields, text) in NATIVE.items() if not text),
        make('tshark -Y', tshark(FIELDS, '-Y', FILTER), limit, 'one pass'),
        make('the original', versus.python(versus.PEERS, 'flowcontainer.reader', ORIGINAL), limit, 'extract(), two passes'),
    ]


class Watch(threading.Thread):
    """The highest resident memory of any process of the engine."""

    def __init__(self):
        super().__init__(daemon=True)
        self.most, self.stop = 0, threading.Event()

    def run(self):
        while not self.stop.wait(0.02):
            for status in pathlib.Path('/proc').glob('[0-9]*/status'):
                try:
                    text = status.read_text()
                except OSError:
                    continue
                if text.startswith('Name:\tflowcontainer-w') and 'VmHWM:' in text:
                    self.most = max(self.most, int(text.split('VmHWM:')[1].split()[0]) * 1024)


def many(count, build):
    """Milliseconds per capture, with the start of the process, on one core."""
    command = os.path.join(build, 'flowcontainer')
    with tempfile.TemporaryDirectory() as folder:
        captures, _ = small.make(folder, count, 100)
        argv = ['taskset', '-c', '0', command, '-q', '-j', '1', '-T', 'ndjson', '-e', 'smb2.filename', '-o',
                os.path.join(folder, 'out.ndjson'), captures]
        times = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run(argv, check=True)
            times.append(time.perf_counter() - start)
            os.remove(os.path.join(folder, 'out.ndjson'))
    print(f'{count:,} captures of 100 packets, one job, one core: {statistics.median(times) / count * 1000:.2f} ms each')


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('capture', nargs='?')
    p.add_argument('--runs', type=int, default=3)
    p.add_argument('--mb', type=int, default=50, help='the part that slow peers get')
    p.add_argument('--only', default='', help='names, or beginnings of names, by semicolon')
    p.add_argument('--small', type=int, default=0)
    p.add_argument('--build', default=os.path.join(versus.ROOT, 'build', 'release'))
    p.add_argument('--label', default='fields')
    a = p.parse_args()
    if a.small:
        many(a.small, a.build)
    if not a.capture:
        return
    chosen = [x for x in peers(a.build, a.mb) if x.argv and any(x.name.startswith(o) for o in a.only.split(';'))]
    path, watch = os.path.abspath(a.capture), Watch()
    with tempfile.TemporaryDirectory() as folder:
        captures = {None: versus.cut(path)}
        part = a.mb * versus.MB
        whole = part >= captures[None]['bytes']
        captures[part] = captures[None] if whole else versus.cut(path, part, os.path.join(folder, 'first.pcap'))
        watch.start()
        versus.run_all(chosen, captures, a.runs)
        watch.stop.set()
    results = [versus.summary(x, captures[x.limit]) for x in chosen if x.runs]
    print(f"{os.path.basename(path)}: {captures[None]['bytes'] / versus.MB:.0f} MB, {captures[None]['packets']:,} packets; "
          f"medians of {a.runs}; the largest process of the engine had {watch.most / versus.MB:.0f} MB")
    versus.show(results, captures[None]['bytes'])
    versus.save(a, captures[None], results)


if __name__ == '__main__':
    main()
