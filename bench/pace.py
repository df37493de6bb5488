#!/usr/bin/env python3
"""Replays a capture through a pipe at a fixed rate and tells whether the command keeps up.

    python bench/pace.py CAPTURE.pcap --rate 1000000 -- build/release/flowcontainer --policy timeout --flush 1s -q -T csv -o /dev/null -

The command runs on one core. The packets of a millisecond are written at once. Behind: how late the last write of each
millisecond was at most; a kernel that captures would drop packets when this exceeds its buffer. Busy: CPU seconds of
the command for each second of the replay; below 1, one core suffices.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time


def records(data: bytes, least: int):
    """Pieces of the capture that hold `least` records each."""
    order = "little" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else "big"
    begin = at = 24
    n = 0
    while at < len(data):
        at += 16 + int.from_bytes(data[at + 8 : at + 12], order)
        n += 1
        if n == least:
            yield memoryview(data)[begin:at], n
            begin, n = at, 0
    yield memoryview(data)[begin:], n


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("capture")
    parser.add_argument("--rate", type=int, default=1_000_000, help="packets a second")
    parser.add_argument("--core", type=int, default=1, help="the core of the command")
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    data = open(args.capture, "rb").read()
    pieces = list(records(data, args.rate // 1000))
    child = subprocess.Popen(args.command, stdin=subprocess.PIPE, preexec_fn=lambda: os.sched_setaffinity(0, {args.core}))
    child.stdin.write(data[:24])
    begin, behind, packets = time.perf_counter(), 0.0, 0
    for i, (piece, n) in enumerate(pieces):
        due = begin + i / 1000
        while (now := time.perf_counter()) < due:
            time.sleep(due - now)
        child.stdin.write(piece)
        child.stdin.flush()
        behind = max(behind, time.perf_counter() - due)
        packets += n
    seconds = time.perf_counter() - begin
    child.stdin.close()
    status = child.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = (used.ru_utime + used.ru_stime) / seconds
    print(f"{packets:,} packets in {seconds:.2f} s: {packets / seconds:,.0f} a second; behind {behind * 1000:.0f} ms at most; busy {busy:.2f}")
    return status


if __name__ == "__main__":
    sys.exit(main())
