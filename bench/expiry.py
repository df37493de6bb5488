"""Writes a capture of N one-packet flows to standard output, SPACING microseconds apart, of pairs that never come back.

    bench/expiry.py 10000000 10000 udp | /usr/bin/time -f '%M kB, %e s' flowcontainer --policy timeout --idle 1s -T ndjson - > /dev/null
    bench/expiry.py 10000000 1000 tcp > streams.pcap; /usr/bin/time -f '%M kB, %U s' flowcontainer --max-memory 1G -T ndjson -o /dev/null streams.pcap
"""

from __future__ import annotations

import sys

import numpy

ETHERNET, IP, RECORD, PART = 14, 20, 16, 100_000


def part(first: int, n: int, spacing: int, udp: bool) -> bytes:
    transport = 18 if udp else 20
    size = ETHERNET + IP + transport
    i = numpy.arange(first, first + n, dtype=numpy.uint64)
    time = i * numpy.uint64(spacing) + numpy.uint64(10**15)
    records = numpy.zeros((n, RECORD + size), numpy.uint8)

    def put(at: int, numbers, kind: str) -> None:
        column = numpy.asarray(numbers).astype(kind).reshape(-1, 1).view(numpy.uint8)
        records[:, at : at + column.shape[1]] = column

    put(0, time // numpy.uint64(10**6), "<u4")
    put(4, time % numpy.uint64(10**6), "<u4")
    put(8, [size], "<u4")
    put(12, [size], "<u4")
    put(RECORD + 12, [0x0800], ">u2")
    ip = RECORD + ETHERNET
    put(ip, [0x4500], ">u2")
    put(ip + 2, [IP + transport], ">u2")
    put(ip + 8, [64 << 8 | (17 if udp else 6)], ">u2")
    put(ip + 12, 0x0A000000 + i // numpy.uint64(50000), ">u4")
    put(ip + 16, [0xC0A80001], ">u4")
    put(ip + IP, 10000 + i % numpy.uint64(50000), ">u2")
    put(ip + IP + 2, [9999], ">u2")
    put(ip + IP + (4 if udp else 12), [transport if udp else 0x5002], ">u2")
    return records.tobytes()


def main() -> None:
    n, spacing, udp = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "udp"
    sys.stdout.buffer.write(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    for first in range(0, n, PART):
        sys.stdout.buffer.write(part(first, min(PART, n - first), spacing, udp))


if __name__ == "__main__":
    main()
