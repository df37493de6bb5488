"""A day of traffic, by the times of its packets, comes through a pipe: memory is constant, and no flow is lost. Each round has clients of
its own, which leave state behind in every table that could grow: connections that never close, handshakes of TLS, DTLS and QUIC that
never end, requests without an answer, fragments that no frame completes."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import threading

import pytest
from made import ACK, CLIENT, PSH, SERVER, SYN, ethernet, ipv4, tcp, udp

numpy = pytest.importorskip("numpy")

DAY = 86_400 * 10**9
HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
PART = 500  # rounds that are made at once

QUERY = bytes.fromhex("0101 0000 0001 0000 0000 0000 0177 0365 7865 0000 0100 01".replace(" ", ""))
HELLO_TLS = bytes.fromhex("1603010200010001fc0303") + bytes(60)  # 71 of 517 bytes
HELLO_DTLS = bytes.fromhex("16fefd0000000000000000002a0100005700010000000000 1e".replace(" ", "")) + bytes(30)
INITIAL = bytes.fromhex("c400000001 08 2222222222222222 08 2222222222222223 00 4080".replace(" ", "")) + bytes(128)


def there(protocol: int, payload: bytes) -> bytes:
    return ethernet(ipv4(CLIENT, SERVER, protocol, payload))


def back(protocol: int, payload: bytes) -> bytes:
    return ethernet(ipv4(SERVER, CLIENT, protocol, payload))


def fragment() -> bytes:
    frame = bytearray(there(17, udp(7000, 7000, bytes(64))))
    frame[20] = 0x20  # more fragments
    return bytes(frame)


def stream(port: int, data: bytes) -> list[bytes]:
    return [there(6, tcp(40000, port, 0, 0, SYN)), back(6, tcp(port, 40000, 0, 1, SYN | ACK)),
            there(6, tcp(40000, port, 1, 1, PSH | ACK, data))]


#: the frames of a round; the flows that they make follow
ROUND = [
    *stream(443, HELLO_TLS),
    *stream(80, b"GET / HTTP/1.1\r\nHost: example"),
    there(17, udp(40001, 443, INITIAL)),
    there(17, udp(40002, 4433, HELLO_DTLS)),
    fragment(),
    there(17, udp(40003, 69, b"\0\1file\0octet\0")),
    back(17, udp(3333, 40003, b"\0\3\0\1data")),
    *(there(17, udp(41000, 53, struct.pack("!H", i) + QUERY)) for i in range(8)),
    back(17, udp(53, 41000, b"\0\0\x81\x80" + QUERY[2:])),
]
FLOWS = 2 + 1 + 1 + 2 + 1


def rounds(first: int, n: int, spacing: int):
    """Rounds as bytes: the same frames, each with its time and its client's address; and with the IDs of its connection of QUIC."""
    records = [struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame for frame in ROUND]
    many = numpy.tile(numpy.frombuffer(b"".join(records), numpy.uint8), (n, 1))
    number = numpy.arange(first, first + n, dtype=numpy.uint64)

    def put(at: int, values, kind: str) -> None:
        column = values.astype(kind).reshape(-1, 1).view(numpy.uint8)
        many[:, at : at + column.shape[1]] = column

    start = 0
    for i, record in enumerate(records):
        time = number * numpy.uint64(spacing) + numpy.uint64(i * spacing // len(records) + 10**18)
        put(start, time // numpy.uint64(10**9), "<u4")
        put(start + 4, time % numpy.uint64(10**9), "<u4")
        client = bytes(map(int, CLIENT.split(".")))
        put(start + record.index(client, 40), numpy.uint64(10 << 24) + number, ">u4")
        if INITIAL in record:
            for position in (6, 15):  # of the IDs that the client chose for the server and for itself
                put(start + record.index(INITIAL) + position, number, ">u4")
        start += len(record)
    return many.tobytes()


READ = """
import json, sys
from flowcontainer import scan

def peak():
    return int(dict(line.split(":", 1) for line in open("/proc/self/status"))["VmHWM"].split()[0])

quarter, rows, at_quarter = int(sys.argv[1]), 0, 0
fields = ["tls.handshake.type", "http.host", "quic.version", "dtls.handshake.type", "dns.time"]
table = scan("-", fields, columns=["src", "end"], values="list", policy="timeout", idle=60, engine="native")
for batch in table:
    rows += len(batch)
    at_quarter = at_quarter or (rows >= quarter and peak())
print(json.dumps({"rows": rows, "quarter": at_quarter, "end": peak(), "accounting": table.accounting, "notes": table.notes}))
"""


READ_SET = """
import json, sys
from flowcontainer import scan

def peak():
    return int(dict(line.split(":", 1) for line in open("/proc/self/status"))["VmHWM"].split()[0])

quarter, rows, at_quarter = int(sys.argv[1]), 0, 0
options = {"checksums": False} if sys.argv[2] == "zeek-conn" else {}  # the packets have none
for batch in scan("-", features=sys.argv[2], batch_rows=2000, **options):
    rows += len(batch)
    at_quarter = at_quarter or (rows >= quarter and peak())
print(json.dumps({"rows": rows, "quarter": at_quarter, "end": peak()}))
"""


def soak(n: int, program: str = READ, *more: str) -> dict:
    """A program reads a day of n rounds."""
    command = [sys.executable, "-W", "ignore", "-c", program, str(n * FLOWS // 4), *more]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:

        def feed() -> None:
            process.stdin.write(HEADER)
            for first in range(0, n, PART):
                process.stdin.write(rounds(first, min(PART, n - first), DAY // n))
            process.stdin.close()

        writer = threading.Thread(target=feed)
        writer.start()
        out = process.stdout.read()
        writer.join()
    assert process.returncode == 0
    return json.loads(out)


def check(found: dict, n: int) -> None:
    assert found["rows"] == n * FLOWS
    assert found["accounting"] == {"kept": n * (len(ROUND) - 1), "fragment_never_completed": n}
    for note in ("conversations_forgotten", "queries_forgotten", "quic_connections_forgotten"):
        assert found["notes"][note] > 0, note
    assert not {"reassembly_over_limit", "fragments_over_limit", "values_over_limit"} & set(found["notes"])
    assert found["end"] < found["quarter"] + 4000, found  # kB


def test_a_day_takes_no_more_memory_than_a_quarter_of_it() -> None:
    check(soak(20_000), 20_000)


@pytest.mark.parametrize("family", ["nfstream", "netflow", "zeek-conn"])
def test_a_day_of_the_flows_of_another_program(family: str) -> None:
    found = soak(6_000, READ_SET, family)
    assert found["rows"] >= 6_000 * FLOWS
    assert found["end"] < found["quarter"] + 4000, found  # kB


@pytest.mark.long
def test_a_busy_day_takes_no_more_memory_than_a_quarter_of_it() -> None:
    check(soak(600_000), 600_000)
