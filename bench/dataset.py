#!/usr/bin/env python3
"""Data sets of many small captures: building, and building again with nothing new.

    .venv/bin/python bench/dataset.py [--files 100000] [--packets 100]

Each build is a process of its own. Printed: seconds, captures a second, processor seconds and peak memory of a build into Parquet with SNI
and cic-corrected, of plain scans of both, and of the second build.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

from small import make

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


def measured(program, folder):
    """Seconds, processor seconds and peak memory in MB of a Python program."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    code = f"{program}\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    said = subprocess.run([sys.executable, '-W', 'ignore', '-c', code], cwd=folder, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {'seconds': time.monotonic() - start, 'cpu': cpu, 'MB': int(said.split()[-1])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--files', type=int, default=100_000)
    parser.add_argument('--packets', type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make(folder, given.files, given.packets)
        with open(os.path.join(folder, 'dataset.toml'), 'w') as file:
            file.write(RECIPE)
        for name, program in (('plain scan', SCAN), ('build', BUILD), ('build again', BUILD)):
            found = measured(program, folder)
            rate = given.files / found['seconds']
            print(f"{name:12} {found['seconds']:8.2f} s  {rate:9.0f} captures/s  {found['cpu']:8.2f} s of processor  {found['MB']:5} MB", flush=True)
            print(json.dumps({'what': name, 'files': given.files, **found}), file=sys.stderr)


if __name__ == '__main__':
    main()
