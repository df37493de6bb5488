#!/usr/bin/env python3
"""The cost of columns: the queries of micro/scan.c in turns on one capture, as ratios to the plain run.

    python bench/rows.py CAPTURE [--runs 5] [--command]

plain: the default columns, sequences included. totals: src, dst, sport, dport, fwd_bytes, bwd_bytes alone. basic, stats:
with these statistics. bytes: with 5 x 80 bytes from the IP header and 5 x 240 of payload; bytes-first: the same with
packets=5; bytes-only: the same beside addresses and ports. One thread; batches are dropped as they come. The ratios are
those of processor time, because other programs on the machine disturb it less than the time of the clock. Memory is the
peak of the process, and what each flow adds to that of a run on an empty capture; a batch of bytes takes 16 MB of it.
--command: also the command with the same queries, as NDJSON to /dev/null.
"""

import argparse
import json
import os
import statistics
import struct
import subprocess
import tempfile

from versus import ROOT, ours_c

BYTES = ["--bytes", "header=ip:5x80,payload=payload:5x240"]
#: {query: words of the command}
QUERIES = {
    "plain": [],
    "totals": ["-C", "src,dst,sport,dport,fwd_bytes,bwd_bytes"],
    "basic": ["--features", "basic"],
    "stats": ["--features", "stats"],
    "bytes": BYTES,
    "bytes-first": [*BYTES, "--packets", "5"],
    "bytes-only": [*BYTES, "-C", "src,dst,sport,dport"],
}


def in_memory(scan, query, capture):
    """The JSON of micro/scan.c."""
    done = subprocess.run([scan, "-d", "-q", query, capture], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def by_command(build, query, capture):
    """Seconds of processor time."""
    words = [os.path.join(build, "flowcontainer"), "-q", "-j", "1", "-T", "ndjson", *QUERIES[query], capture]
    before = os.times()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def empty_peak(scan):
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        file.flush()
        return in_memory(scan, "plain", file.name)["peak_kb"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("capture")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--command", action="store_true", help="also NDJSON of the command")
    given = parser.parse_args()
    argv = ours_c(given.build)
    if argv is None:
        raise SystemExit(1)
    scan = argv(given.capture, "")[0]
    runs = {query: [] for query in QUERIES}
    commands = {query: [] for query in QUERIES}
    for _ in range(given.runs):
        for query in QUERIES:
            runs[query].append(in_memory(scan, query, given.capture))
            if given.command:
                commands[query].append(by_command(given.build, query, given.capture))
    empty = empty_peak(scan)

    def cost(query):
        return statistics.median(run["cpu_seconds"] for run in runs[query])

    print(f"{'query':12} {'cpu s':>7} {'ratio':>6} {'peak MB':>8} {'kB a flow':>10}" + ("  NDJSON s  ratio" if given.command else ""))
    for query, of_query in runs.items():
        peak = statistics.median(run["peak_kb"] for run in of_query)
        flow = (peak - empty) / max(1, of_query[0]["rows"])
        line = f"{query:12} {cost(query):7.3f} {cost(query) / cost('plain'):6.2f} {peak / 1000:8.1f} {flow:10.2f}"
        if given.command:
            seconds, plain = statistics.median(commands[query]), statistics.median(commands["plain"])
            line += f"  {seconds:8.3f} {seconds / plain:6.2f}"
        print(line)


if __name__ == "__main__":
    main()
