#!/usr/bin/env python3
"""Measures the feature sets of other programs: packets for each second of user time, each alone and all together.

    python bench/sets.py CAPTURE [--runs 3] [--peer-mb 20] [--nprint PROGRAM] [--cic FOLDER]

Our side is bench/micro/sets.c, Arrow batches that are thrown away, on one thread. Peers, where they can be found, run on the first
--peer-mb MB of the capture, since they are slow: NFStream of build/peers with statistics and 30 early packets, nPrint (--nprint) with
-4 -t -u, and a CICFlowMeter (--cic: the folder of its classes, with the native library of jnetpcap in it). User time is compared,
so that other work on the machine disturbs little. All programs run in turns; the medians count. The second table has the user time of
a whole process over the first 60 KB of the capture, as for one of many small captures."""
import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
FAMILIES = ['cic-classic', 'cic-corrected', 'nfstream', 'nprint', 'zeek-conn', 'netflow']
PYTHON = os.environ.get('FLOWCONTAINER_PEERS', os.path.join(ROOT, 'build', 'peers', 'bin', 'python'))
NFSTREAM = '''
import sys
from nfstream import NFStreamer
if __name__ == "__main__":
    print(sum(1 for _ in NFStreamer(source=sys.argv[1], n_dissections=0, statistical_analysis=True, splt_analysis=30, n_meters=1)))
'''


def compiled(build, folder):
    """micro/sets.c against the library in `build`."""
    program = os.path.join(folder, 'sets')
    subprocess.run(['gcc', '-O2', '-I', os.path.join(ROOT, 'include'), os.path.join(HERE, 'micro', 'sets.c'), '-L', build,
                    '-lflowcontainer', f'-Wl,-rpath,{os.path.abspath(build)}', '-o', program], check=True)
    return program


def head_of(capture, most, folder):
    """The first `most` bytes of a pcap, cut at a record; and how many packets they hold."""
    with open(capture, 'rb') as file:
        data = file.read(most)
    at, n = 24, 0
    while at + 16 <= len(data):
        length = struct.unpack_from('<I', data, at + 8)[0]
        if at + 16 + length > len(data):
            break
        at, n = at + 16 + length, n + 1
    path = os.path.join(folder, 'head.pcap')
    with open(path, 'wb') as file:
        file.write(data[:at])
    return path, n


def user_seconds(words):
    """User time of a process and its children, and its output."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(words, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        if status:
            raise SystemExit(f'{words[0]} failed')
        out.seek(0)
        return usage.ru_utime, out.read(1 << 16)


def peers(options, capture, folder):
    found = {}
    if os.path.exists(PYTHON) and not subprocess.run([PYTHON, '-c', 'import nfstream'], stderr=subprocess.DEVNULL).returncode:
        found['nfstream'] = ('NFStream', [PYTHON, '-c', NFSTREAM, capture])
    if options.nprint:
        found['nprint'] = ('nPrint', [options.nprint, '-P', capture, '-4', '-t', '-u', '-W', '/dev/null'])
    if options.cic:
        found['cic-classic'] = ('CICFlowMeter', ['java', f'-Djava.library.path={options.cic}', '-cp', options.cic,
                                                 'cic.cs.unb.ca.ifm.Cmd', capture, os.path.join(folder, '')])
    return found


def whole_processes(ours, options, capture, folder):
    """Milliseconds of user time of one process over a small capture, ours and the peer's, by feature set."""
    small, n = head_of(capture, 60_000, folder)
    print(f'\n| feature set | ms, {n} packets | peer, ms | ratio |\n|---|---:|---|---:|')
    for name, (program, words) in peers(options, small, folder).items():
        runs = [(user_seconds([ours, name, small])[0], user_seconds(words)[0]) for _ in range(options.runs)]
        mine, other = (max(statistics.median(column), 1e-3) * 1000 for column in zip(*runs))
        print(f'| {name} | {mine:.1f} | {program}, {other:,.0f} | {other / mine:,.0f} |')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('capture')
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--peer-mb', type=int, default=20)
    parser.add_argument('--nprint')
    parser.add_argument('--cic')
    parser.add_argument('--build', default=os.path.join(ROOT, 'build', 'release'))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours = compiled(options.build, folder)
        small, n_small = head_of(options.capture, options.peer_mb * 1_000_000, folder)
        rates, theirs, memory, rows = {}, {}, {}, {}
        asked = [*FAMILIES, ','.join(FAMILIES)]
        for _ in range(options.runs):
            for name in asked:
                answer = json.loads(subprocess.run([ours, name, options.capture], capture_output=True, check=True).stdout)
                rates.setdefault(name, []).append(answer['frames'] / max(answer['user_s'], 1e-3))
                memory[name], rows[name] = answer['peak_kb'] / 1024, answer['rows']
            for name, (program, words) in peers(options, small, folder).items():
                theirs.setdefault(name, (program, []))[1].append(n_small / user_seconds(words)[0])
        print('| feature set | packets/s of user time | rows | peak MB | peer, packets/s | ratio |')
        print('|---|---:|---:|---:|---|---:|')
        for name in asked:
            rate = statistics.median(rates[name])
            program, runs = theirs.get(name, ('', []))
            other = statistics.median(runs) if runs else 0
            print(f"| {'all together' if ',' in name else name} | {rate:,.0f} | {rows[name]:,} | {memory[name]:,.0f} | "
                  f"{f'{program}, {other:,.0f}' if runs else 'not measured'} | {f'{rate / other:,.0f}' if runs else ''} |")
        whole_processes(ours, options, options.capture, folder)


if __name__ == '__main__':
    main()
