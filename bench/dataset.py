#!/usr/bin/env python3
"""Data sets: building, and building again with nothing new, beside plain scans.

    .venv/bin/python bench/dataset.py [--files 100000] [--packets 100]      many small captures
    .venv/bin/python bench/dataset.py --big 5 [--size 200MB]                a few large ones

Each program is a process of its own. Printed: seconds, captures or megabytes a second, processor seconds and peak memory. Many captures become
Parquet with SNI and cic-corrected, and the plain scans are of both. Large captures become Parquet with the default columns and SNI.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

from small import HERE, make

RECIPE = """[dataset]
captures = "many"
[query]
fields = ["sni"]
features = ["cic-corrected"]
[[labels]]
path = "many/{label}??-{copy}.pcap"
[split]
by = "flow"
"""
BUILD = "from flowcontainer.__main__ import main; main(['flowcontainer', 'dataset', 'build', '-q', 'dataset.toml'])"
SCAN = """import flowcontainer
for batch in flowcontainer.scan('many', features=['cic-corrected'], jobs=0, batch_rows=8192): pass
for batch in flowcontainer.scan('many', ['sni'], columns=['flow_id', 'frames'], jobs=0, batch_rows=8192): pass"""
BIG_RECIPE = """[dataset]
captures = "many"
[query]
fields = ["sni"]
[[labels]]
path = "many/{label}.pcap"
[split]
by = "flow"
"""
BIG_SCAN = """import flowcontainer
for batch in flowcontainer.scan('many', ['sni'], jobs=0, batch_rows=8192): pass"""


def measured(program, folder):
    """Seconds, processor seconds and peak memory in MB of a Python program."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    code = f"{program}\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    said = subprocess.run([sys.executable, '-W', 'ignore', '-c', code], cwd=folder, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {'seconds': time.monotonic() - start, 'cpu': cpu, 'MB': int(said.split()[-1])}


def make_big(folder, files, size):
    """Returns the number of megabytes."""
    os.mkdir(os.path.join(folder, 'many'))
    for i in range(files):
        path = os.path.join(folder, 'many', f'{i}.pcap')
        subprocess.run([sys.executable, os.path.join(HERE, 'corpus.py'), path, '--size', size, '--seed', str(i)], check=True, stderr=subprocess.DEVNULL)
    return sum(entry.stat().st_size for entry in os.scandir(os.path.join(folder, 'many'))) / 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--files', type=int, default=100_000)
    parser.add_argument('--packets', type=int, default=100)
    parser.add_argument('--big', type=int, default=0, help='number of large captures')
    parser.add_argument('--size', default='200MB', help='of each of them')
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.big:
            amount, unit = make_big(folder, given.big, given.size), 'MB/s'
        else:
            make(folder, given.files, given.packets, snaplen=0)
            amount, unit = given.files, 'captures/s'
        with open(os.path.join(folder, 'dataset.toml'), 'w') as file:
            file.write(BIG_RECIPE if given.big else RECIPE)
        for name, program in (('plain scan', BIG_SCAN if given.big else SCAN), ('build', BUILD), ('build again', BUILD)):
            found = measured(program, folder)
            rate = amount / found['seconds']
            print(f"{name:12} {found['seconds']:8.2f} s  {rate:9.0f} {unit}  {found['cpu']:8.2f} s of processor  {found['MB']:5} MB", flush=True)
            print(json.dumps({'what': name, 'amount': amount, **found}), file=sys.stderr)


if __name__ == '__main__':
    main()
