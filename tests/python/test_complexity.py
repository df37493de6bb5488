"""Time and memory grow with the size of a hostile capture, and no faster: each generator makes n, 2n and 4n units."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import made
import pytest
from cli_command import find_command

#: Growth that is allowed from one size to its double: linear, and a fifth for caches and for tables that double.
MOST = 2 * 1.2
#: Below these the measurement is noise of the machine and of the allocator: seconds of the processor, and bytes.
LEAST_SECONDS, LEAST_BYTES = 0.02, 12 << 20

Frames = Iterator[bytes]


def address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def from_client(segment: bytes, host: str = made.CLIENT) -> bytes:
    return made.ethernet(made.ipv4(host, made.SERVER, 6, segment))


def stream(port: int, pieces: Iterator[bytes]) -> Frames:
    """A connection in which the client sends pieces, one a segment."""
    yield from_client(made.tcp(50000, port, 999, 0, made.SYN))
    seq = 1000
    for piece in pieces:
        yield from_client(made.tcp(50000, port, seq, 1, made.ACK, piece))
        seq += len(piece)


def connections(n: int) -> Frames:
    """A SYN each from another address."""
    return (from_client(made.tcp(1024 + i % 60000, 80, i, 0, made.SYN), address(i)) for i in range(n))


def fragments(n: int) -> Frames:
    """First fragments of datagrams that never get whole."""
    for i in range(n):
        head = struct.pack("!BBHHHBBH", 0x45, 0, 28, i & 0xFFFF, 0x2000, 64, 17, 0)
        ends = bytes((10, i >> 16 & 255, i >> 8 & 255, i & 255, 192, 0, 2, 7))
        yield made.ethernet(head + ends + made.udp(5000, 6000))


def pieces_of_one_datagram(n: int) -> Frames:
    """Datagrams in 4,000 fragments each, the last one first."""
    for i in range(n):
        place = 4000 - i % 4000
        head = struct.pack("!BBHHHBBH", 0x45, 0, 28, i // 4000, 0x2000 | place, 64, 17, 0)
        yield made.ethernet(head + bytes((10, 0, 0, 1, 192, 0, 2, 7)) + b"x" * 8)


def queries(n: int) -> Frames:
    """DNS queries that nobody answers."""
    for i in range(n):
        question = struct.pack("!HHHHHH", i & 0xFFFF, 0x0100, 1, 0, 0, 0) + b"\x04%04x\x04test\x00\x00\x01\x00\x01" % (i & 0xFFFF)
        yield made.ethernet(made.ipv4(address(i >> 8), made.SERVER, 17, made.udp(1024 + i % 60000, 53, question)))


def quic_ids(n: int) -> Frames:
    """Initial packets of QUIC, each of another connection; none can be decrypted."""
    for i in range(n):
        initial = b"\xc3\x00\x00\x00\x01\x08" + struct.pack("!Q", i) + b"\x00\x00\x40\x40" + bytes(64)
        yield made.ethernet(made.ipv4(address(i >> 8), made.SERVER, 17, made.udp(1024 + i % 60000, 443, initial)))


def http_chunks(n: int) -> Frames:
    """A body in chunks of one byte, one segment for each."""
    head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    return stream(80, (head if not i else b"1\r\nx\r\n" for i in range(n)))


def http_head(n: int) -> Frames:
    """A head that does not end, byte by byte, in connections of 20,000 segments."""
    for first in range(0, n, 20000):
        yield from stream(8000, (b"GET / HTTP/1.1\r\n" if not i else b"a" for i in range(min(20000, n - first))))


def ssh_line(n: int) -> Frames:
    """The first line of SSH, byte by byte."""
    return stream(22, (b"SSH-2.0-" if not i else b"x" for i in range(n)))


def tls_records(n: int) -> Frames:
    """Records of 16 kB that are announced and not filled, each in a connection of its own."""
    for i in range(n):
        yield from_client(made.tcp(1024 + i % 60000, 443, 999, 0, made.SYN), address(i >> 8))
        yield from_client(made.tcp(1024 + i % 60000, 443, 1000, 1, made.ACK, b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc"), address(i >> 8))


def holes(n: int) -> Frames:
    """Segments behind a missing byte, which all wait."""
    return (from_client(made.tcp(50000, 443, 2000 + 2 * i, 1, made.ACK, b"x")) for i in range(n))


CASES: dict[str, tuple[Callable[[int], Frames], int, list[str]]] = {
    "connections": (connections, 40_000, []),
    "fragments": (fragments, 60_000, []),
    "pieces_of_one_datagram": (pieces_of_one_datagram, 60_000, []),
    "queries": (queries, 40_000, ["-e", "dns.time", "-e", "dns.qry.name"]),
    "quic_ids": (quic_ids, 10_000, ["-e", "tls.handshake.extensions_server_name"]),
    "http_chunks": (http_chunks, 60_000, ["-e", "http.file_data", "-e", "http.host"]),
    "http_head": (http_head, 60_000, ["-e", "http.host"]),
    "ssh_line": (ssh_line, 60_000, ["-e", "ssh.protocol"]),
    "tls_records": (tls_records, 30_000, ["-e", "tls.handshake.type"]),
    "holes": (holes, 60_000, ["-e", "tls.handshake.type", "-e", "tcp.analysis.bytes_in_flight"]),
}


#: Runs a command and tells its costs. A small process does it, because a new process begins with the peak of the one that starts it.
MEASURE = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, use = os.wait4(child.pid, 0)
print(use.ru_utime + use.ru_stime, use.ru_maxrss << 10)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def cost(path: Path, options: list[str]) -> tuple[float, int]:
    """Seconds of the processor and peak memory in bytes of the command; of three runs the least."""
    command = [find_command(), "-q", "-j1", "-T", "csv", *options, path]
    environment = {**os.environ, "FLOWCONTAINER_ENGINE": "native", "MALLOC_ARENA_MAX": "1"}
    seconds, memory = [], []
    for _ in range(3):
        told = subprocess.check_output([sys.executable, "-I", "-S", "-c", MEASURE, *command], env=environment, text=True).split()
        seconds.append(float(told[0]))
        memory.append(int(told[1]))
    return min(seconds), min(memory)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_cost_is_linear(case: str, tmp_path: Path) -> None:
    generator, n, options = CASES[case]
    costs = []
    for size in (0, n, 2 * n, 4 * n):
        path = tmp_path / f"{size}.pcap"
        made.write(path, list(generator(size)) if size else made.talk(), step_ns=1000)
        costs.append(cost(path, options))
        path.unlink()
    base, *grown = costs
    for (s1, m1), (s2, m2) in zip(grown, grown[1:]):
        assert s2 - base[0] <= MOST * max(s1 - base[0], LEAST_SECONDS), (case, costs)
        assert m2 - base[1] <= MOST * max(m1 - base[1], LEAST_BYTES), (case, costs)
