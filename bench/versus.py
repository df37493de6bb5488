#!/usr/bin/env python3
"""Runs flowcontainer and its peers on one capture, in turns, and prints medians and ratios.

    python bench/versus.py CAPTURE [--runs 5] [--only NAME,...] [--label TEXT]

Whole processes, from exec to exit, page cache warm, one thread where a program lets one choose. All programs run once,
then all run again, so that a disturbance meets everybody. A slow peer runs on the first N MB of the capture only (marked
in the table); its rate is then compared, not its time. A peer that is not installed is skipped with a line that says so.
Peers from PyPI live in build/peers (bench/setup_peers.sh), ours in build/release and .venv (make build).
The numbers go to bench/results/ as JSON.
"""
import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PEERS = os.path.join(ROOT, 'build', 'peers', 'bin', 'python')
MB = 1_000_000

# The fields that the original requests from tshark.
TSHARK_FIELDS = ('frame.time_epoch tcp.stream udp.stream ip.proto ipv6.nxt ip.src ipv6.src tcp.srcport udp.srcport ip.dst '
                 'ipv6.dst tcp.dstport udp.dstport ip.len ipv6.plen tcp.len udp.length ip.id').split()
TSHARK_FILTER = '(ip or ipv6) and not icmp and not tcp.analysis.retransmission and not mdns and not ssdp'

# The original refuses every tshark after 4.0.0 because it compares versions as text; the bound is raised here.
ORIGINAL = '''
import sys, flowcontainer.reader as reader
reader.__tshark_max_version__ = "99"
from flowcontainer.extractor import extract
flows = extract(sys.argv[1], filter="(tcp or udp)", verbose=False)
print(len(flows))
'''
NFSTREAM = '''
import sys
from nfstream import NFStreamer
if __name__ == "__main__":
    n = sum(1 for _ in NFStreamer(source=sys.argv[1], n_dissections=0, splt_analysis=255, n_meters=1))
    print(n)
'''
WA1KPCAP = '''
import sys
from wa1kpcap import Wa1kPcap
print(len(Wa1kPcap(compute_statistics=False, app_layer_parsing="none").analyze_file(sys.argv[1])))
'''
WA1KPCAP_SEQ = '''
import sys
from wa1kpcap import extract
extract(sys.argv[1], "seq", sys.argv[2])
'''
OURS_SCAN = '''
import sys, flowcontainer
print(flowcontainer.scan(sys.argv[1]).to_arrow().num_rows)
'''
OURS_EXTRACT = '''
import sys
from flowcontainer.extractor import extract
print(len(extract(sys.argv[1])))
'''


class Peer:
    def __init__(self, name, argv, limit=None, says='', probe=None):
        """argv(capture, scratch folder) -> words, or None when the program is missing. limit: bytes of the capture."""
        self.name, self.argv, self.limit, self.says, self.probe = name, argv, limit, says, probe
        self.runs, self.answer = [], ''


def tool(name):
    return shutil.which(name) or shutil.which(name, path='/usr/sbin:/sbin:/usr/local/sbin')


def words(name, *rest):
    """argv of a program with {f} and {t} for the capture and the scratch folder."""
    path = tool(name)
    return (lambda f, t: [path] + [w.format(f=f, t=t) for w in rest]) if path else None


def python(interpreter, module, code, *rest):
    """argv of a Python program, or None if that interpreter lacks the module."""
    if not os.path.exists(interpreter) or subprocess.run([interpreter, '-c', f'import {module}'], capture_output=True,
                                                         cwd='/').returncode:
        return None
    return lambda f, t: [interpreter, '-c', code, f] + [w.format(f=f, t=t) for w in rest]


def ours_c(build, fields=()):
    """Compiles micro/scan.c against the library in `build`; it is asked for these fields."""
    out = os.path.join(build, 'bench_scan')
    command = ['gcc', '-O2', '-I', os.path.join(ROOT, 'include'), '-I', os.path.join(ROOT, 'src'), os.path.join(HERE, 'micro', 'scan.c'),
               '-L', build, '-Wl,-rpath,' + os.path.abspath(build), '-lflowcontainer', '-o', out]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print('ours, C library: not built: ' + done.stderr.strip().split('\n')[-1], file=sys.stderr)
        return None
    options = [word for field in fields for word in ('-e', field)]
    return lambda f, t: [out, *options, f]


def peers(build, ours_python):
    fields = [w for f in TSHARK_FIELDS for w in ('-e', f)]
    tshark = ['-n', '-r', '{f}', '-Tfields', '-E', 'separator=`', '-o', 'tcp.desegment_tcp_streams:TRUE', *fields, '-e',
              '_ws.col.Protocol', '-2', '-R', TSHARK_FILTER]
    return [
        Peer('ours, C library', ours_c(build), says='flows with all sequences, Arrow batches in memory'),
        Peer('ours, scan().to_arrow()', python(ours_python, 'flowcontainer.table', OURS_SCAN), says='the same through Python'),
        Peer('ours, extract()', python(ours_python, 'flowcontainer.table', OURS_EXTRACT), says='the drop-in: a dict of Flow'),
        Peer('cat', words('cat', '{f}'), says='reads the bytes'),
        Peer('tcpdump', words('tcpdump', '-r', '{f}', '-w', '/dev/null'), says='reads and writes the packets'),
        Peer('nfpcapd', words('nfpcapd', '-r', '{f}', '-w', '{t}'), says='flow records, no sequences'),
        Peer('argus', words('argus', '-r', '{f}', '-w', '{t}/argus.out'), says='status records, no sequences'),
        Peer('ndpiReader', words('ndpiReader', '-i', '{f}', '-C', '{t}/ndpi.csv'), says='flows with application names'),
        Peer('wa1kpcap seq', python(PEERS, 'wa1kpcap; wa1kpcap.extract', WA1KPCAP_SEQ, '{t}/seq.jsonl'),
             says='batch sequences to a file; not in the released 0.2.0'),
        Peer('wa1kpcap', python(PEERS, 'wa1kpcap', WA1KPCAP), 100 * MB, 'flows with sequences as Python objects, no statistics'),
        Peer('NFStream', python(PEERS, 'nfstream', NFSTREAM), 100 * MB, 'flows with 255-packet sequences, no DPI'),
        Peer('tshark -T fields', words('tshark', *tshark), 50 * MB, "the original's command, its filter with parentheses"),
        Peer('the original', python(PEERS, 'flowcontainer.reader', ORIGINAL), 50 * MB, 'extract(), version check lifted'),
    ]


def first_part(path, limit, out):
    """Copies whole packets up to `limit` bytes of a pcap file; returns the number of packets."""
    with open(path, 'rb') as f:
        data = f.read(min(limit, os.path.getsize(path)))
    order = {b'\xd4\xc3\xb2\xa1': '<', b'\x4d\x3c\xb2\xa1': '<', b'\xa1\xb2\xc3\xd4': '>', b'\xa1\xb2\x3c\x4d': '>'}.get(data[:4])
    if not order:
        raise SystemExit(f'{path}: only plain pcap files can be shared out to slow peers')
    at, n, length = 24, 0, struct.Struct(order + 'I')
    while at + 16 <= len(data):
        end = at + 16 + length.unpack_from(data, at + 8)[0]
        if end > len(data):
            break
        at, n = end, n + 1
    if out:
        with open(out, 'wb') as f:
            f.write(data[:at])
    return n, at


def cut(path, limit=0, out=''):
    """first_part in a separate process, because the peak memory of this process would count for the peers that it starts."""
    done = subprocess.run([sys.executable, os.path.abspath(__file__), '--cut', path, str(limit or 1 << 62), out], check=True,
                          stdout=subprocess.PIPE, text=True)
    packets, size = map(int, done.stdout.split())
    return dict(path=out or path, packets=packets, bytes=size)


def measure(argv, scratch):
    """One run: wall, user and system seconds, peak RSS in bytes, and the last line of output."""
    with open(os.path.join(scratch, 'stdout'), 'w+b') as stdout, open(os.path.join(scratch, 'stderr'), 'w+b') as stderr:
        big = os.path.basename(argv[0]) in ('cat', 'tshark')
        start = time.perf_counter()
        child = subprocess.Popen(argv, stdout=subprocess.DEVNULL if big else stdout, stderr=stderr, stdin=subprocess.DEVNULL, cwd=scratch)
        _, status, use = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        for stream in (stdout, stderr):
            stream.seek(max(0, stream.seek(0, 2) - 2000))
        lines = stdout.read().decode(errors='replace').strip().split('\n')
        error = stderr.read().decode(errors='replace').strip().split('\n')[-1]
    if child.returncode:
        raise RuntimeError(f'exit status {child.returncode}: {error}')
    return dict(wall=wall, user=use.ru_utime, system=use.ru_stime, rss=use.ru_maxrss * 1024), lines[-1]


def run_all(chosen, captures, runs):
    for turn in range(runs + 1):  # the first turn warms caches and is not counted
        for peer in chosen:
            if peer.argv is None or turn == 0 and peer.limit:
                continue
            with tempfile.TemporaryDirectory() as scratch:
                try:
                    numbers, peer.answer = measure(peer.argv(captures[peer.limit]['path'], scratch), scratch)
                except RuntimeError as e:
                    print(f'{peer.name}: skipped, {e}', file=sys.stderr)
                    peer.argv = None
                    continue
            if turn:
                peer.runs.append(numbers)
            print(f'\r{turn}/{runs} {peer.name:<24}', end='', file=sys.stderr, flush=True)
    print('\r' + ' ' * 40 + '\r', end='', file=sys.stderr)


def summary(peer, capture):
    middle = {k: statistics.median(r[k] for r in peer.runs) for k in peer.runs[0]}
    return dict(name=peer.name, says=peer.says, measured_bytes=capture['bytes'], measured_packets=capture['packets'], **middle,
                mb_per_s=capture['bytes'] / MB / middle['wall'], packets_per_s=capture['packets'] / middle['wall'],
                s_per_byte=middle['wall'] / capture['bytes'], runs=peer.runs, answer=peer.answer[:400])


def show(results, whole):
    base = results[0]['s_per_byte'] if results and results[0]['name'].startswith('ours') else None
    print(f"{'':<25}{'wall s':>9}{'user s':>9}{'MB/s':>9}{'kpkt/s':>9}{'RSS MB':>9}{'x ours':>9}")
    for r in results:
        part = '' if r['measured_bytes'] == whole else f"  measured on {r['measured_bytes'] / MB:.0f} MB"
        ratio = f"{r['s_per_byte'] / base:>9.2f}" if base else f"{'':>9}"
        print(f"{r['name']:<25}{r['wall']:>9.3f}{r['user']:>9.3f}{r['mb_per_s']:>9.1f}{r['packets_per_s'] / 1000:>9.0f}"
              f"{r['rss'] / MB:>9.1f}{ratio}{part}")
    print(f"x ours: time a byte against '{results[0]['name']}'; above 1 is slower. RSS: of the largest process (16 MB or less cannot be told apart: what Python had when it started them).")


def versions():
    out = {}
    for name, argv in dict(tshark=['tshark', '-v'], tcpdump=['tcpdump', '--version'], nfpcapd=['nfpcapd', '-V'], argus=['argus', '-h'],
                           ndpiReader=['ndpiReader', '-h']).items():
        path = tool(name)
        if path:
            done = subprocess.run([path] + argv[1:], capture_output=True, text=True)
            text = (done.stdout + done.stderr).strip()
            out[name] = next((line.strip() for line in text.split('\n') if 'ersion' in line or any(c.isdigit() for c in line)), '')[:100]
    if os.path.exists(PEERS):
        done = subprocess.run([PEERS, '-m', 'pip', 'list', '--format=json'], capture_output=True, text=True)
        out.update({p['name']: p['version'] for p in json.loads(done.stdout or '[]') if p['name'] in ('flowcontainer', 'nfstream', 'wa1kpcap')})
    return out


def machine():
    with open('/proc/cpuinfo') as f:
        model = next((line.split(':')[1].strip() for line in f if line.startswith('model name')), '')
    return dict(cpu=model, cores=os.cpu_count(), kernel=platform.release(), python=platform.python_version())


def main():
    if sys.argv[1:2] == ['--cut']:
        print(*first_part(sys.argv[2], int(sys.argv[3]), sys.argv[4]))
        return
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('capture')
    p.add_argument('--runs', type=int, default=5)
    p.add_argument('--only', help='names, or beginnings of names, by comma')
    p.add_argument('--build', default=os.path.join(ROOT, 'build', 'release'), help='where libflowcontainer.so is')
    p.add_argument('--python', default=os.path.join(ROOT, '.venv', 'bin', 'python'), help='interpreter that has our package')
    p.add_argument('--label', default='', help='part of the name of the result file')
    a = p.parse_args()
    chosen = [x for x in peers(a.build, a.python) if not a.only or any(x.name.startswith(o) for o in a.only.split(','))]
    for peer in chosen:
        if peer.argv is None:
            print(f'{peer.name}: not here, skipped ({peer.says})', file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.abspath(a.capture)
        captures = {None: cut(path)}
        for limit in {x.limit for x in chosen if x.argv} - {None}:
            whole = limit >= captures[None]['bytes']
            captures[limit] = captures[None] if whole else cut(path, limit, os.path.join(folder, f'first{limit // MB}.pcap'))
        run_all(chosen, captures, a.runs)
    results = [summary(x, captures[x.limit]) for x in chosen if x.runs]
    print(f"{os.path.basename(path)}: {captures[None]['bytes'] / MB:.0f} MB, {captures[None]['packets']:,} packets; medians of {a.runs}")
    show(results, captures[None]['bytes'])
    save(a, captures[None], results)


def save(a, capture, results):
    os.makedirs(os.path.join(HERE, 'results'), exist_ok=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    name = f"versus-{now:%Y%m%d-%H%M}{'-' + a.label if a.label else ''}.json"
    report = dict(time=now.isoformat(timespec='seconds'), capture=os.path.basename(capture['path']), bytes=capture['bytes'],
                  packets=capture['packets'], machine=machine(), versions=versions(), results=results)
    with open(os.path.join(HERE, 'results', name), 'w') as out:
        json.dump(report, out, indent=1)
    print('bench/results/' + name)


if __name__ == '__main__':
    main()
