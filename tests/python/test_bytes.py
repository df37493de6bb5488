"""Bytes of packets against a reader of its own: slow, and with nothing of the library."""

from __future__ import annotations

import json
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import made
import pytest
from flowcontainer import Table, scan

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")
pytest.importorskip("pyarrow.ipc")

PCAPS = Path(__file__).resolve().parents[1] / "pcaps"
STARTS = ("link", "ip", "transport", "payload")
MASKS = ("addresses", "ports", "checksums", "ip_id", "sequence", "acknowledgement", "timestamps")


# ---- the reader: Ethernet with VLAN tags, IPv4, IPv6, IP in IP, TCP, UDP; no fragments ----


TUNNELS = {1701, 2152, 3544, 4341, 4342, 4754, 4755, 4789, 4790, 5247, 6081, 6635, 8472}  # their headers are masked too


class Read(NamedTuple):
    frame: bytearray  #: masked, and cut where the IP packet ends
    at: dict[str, int]  #: where each start is
    end: dict[str, int]


def frames(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    assert struct.unpack_from(order + "I", data, 20) == (1,), "not Ethernet"
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from(order + "I", data, at + 8)[0]
        yield data[at + 16 : at + 16 + size]
        at += 16 + size


def blank(frame: bytearray, at: int, size: int) -> None:
    for i in range(at, min(at + size, len(frame))):
        frame[i] = 0


def timestamps(frame: bytearray, tcp: int) -> None:
    at, end = tcp + 20, min(tcp + (frame[tcp + 12] >> 4) * 4, len(frame))
    while at < end and frame[at] != 0:
        if frame[at] == 1:
            at += 1
            continue
        if at + 1 >= end or frame[at + 1] < 2:
            return
        if frame[at] == 8:
            blank(frame, at + 2, frame[at + 1] - 2)
        at += frame[at + 1]


def extensions(raw: bytes, at: int, protocol: int) -> tuple[int, int] | None:
    """The protocol behind IPv6 extension headers and its place; None for fragments."""
    while protocol in (0, 43, 44, 51, 60):
        if protocol == 44 and int.from_bytes(raw[at + 2 : at + 4], "big") & 0xFFF9:
            return None
        if at + 8 > len(raw):
            return None
        size = 8 if protocol == 44 else (raw[at + 1] + 2) * 4 if protocol == 51 else (raw[at + 1] + 1) * 8
        protocol, at = raw[at], at + size
    return protocol, at


def read(raw: bytes, mask: tuple[str, ...]) -> Read | None:
    """A frame; None for a frame that this reader does not know."""
    frame, ip, end = bytearray(raw), 14, len(raw)
    kind = int.from_bytes(raw[12:14], "big")
    while kind == 0x8100:
        kind, ip = int.from_bytes(raw[ip + 2 : ip + 4], "big"), ip + 4
    places: dict[str, list[tuple[int, int]]] = {name: [] for name in MASKS}
    places["addresses"].append((0, 12))
    protocol = {0x0800: 4, 0x86DD: 41}.get(kind, 0)
    transport = ip
    while protocol in (4, 41):  # the header of IP, and those inside
        ip, four = transport, protocol == 4
        if ip + (20 if four else 40) > len(raw) or raw[ip] >> 4 != (4 if four else 6):
            return None
        if four:
            if int.from_bytes(raw[ip + 6 : ip + 8], "big") & 0x3FFF:
                return None
            length, protocol, transport = int.from_bytes(raw[ip + 2 : ip + 4], "big"), raw[ip + 9], ip + (raw[ip] & 15) * 4
            places["addresses"].append((ip + 12, 8))
            places["checksums"].append((ip + 10, 2))
            places["ip_id"].append((ip + 4, 2))
        else:
            length = 40 + int.from_bytes(raw[ip + 4 : ip + 6], "big")
            behind = extensions(raw, ip + 40, raw[ip + 6])
            if behind is None or length == 40:
                return None
            protocol, transport = behind
            places["addresses"].append((ip + 8, 32))
        if not length:
            return None
        end = min(ip + length, end)
    if protocol not in (6, 17) or transport + 14 > len(raw):
        return None
    if protocol == 17 and not TUNNELS.isdisjoint(struct.unpack_from(">HH", raw, transport)):
        return None
    del frame[end:]
    tcp = protocol == 6
    payload = transport + ((raw[transport + 12] >> 4) * 4 if tcp else 8)
    stop = end if tcp else min(end, transport + (int.from_bytes(raw[transport + 4 : transport + 6], "big") or end))
    places["ports"].append((transport, 4))
    places["checksums"].append((transport + (16 if tcp else 6), 2))
    if tcp:
        places["sequence"].append((transport + 4, 4))
        places["acknowledgement"].append((transport + 8, 4))
    for one in mask:
        for place in places[one]:
            blank(frame, *place)
    if tcp and "timestamps" in mask:
        timestamps(frame, transport)
    return Read(
        frame,
        {"link": 0, "ip": ip, "transport": transport, "payload": min(payload, stop)},
        {"link": end, "ip": end, "transport": end, "payload": stop},
    )


# ---- the comparison ----


def asked(packets: int | None, length: int, mask: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    one = {} if packets is None else {"packets": packets}
    return {f"{start}_head": {**one, "start": start, "length": length, "mask": mask} for start in STARTS}


def compare(path: Path, packets: int, length: int, mask: tuple[str, ...], **options: Any) -> tuple[int, int]:
    """The numbers of flows and packets that were compared."""
    raw = list(frames(path))
    got = scan(path, columns=["frames"], bytes=asked(packets, length, mask), **options).to_numpy()
    numbers, offsets = got["frames"]
    compared = n_packets = 0
    for flow in range(len(offsets) - 1):
        members = numbers[offsets[flow] : offsets[flow + 1]][:packets]
        reads = [read(raw[number - 1], mask) for number in members]
        for start in STARTS:
            matrix, sizes = got[f"{start}_head"][flow], got[f"{start}_head_sizes"][flow]
            assert got[f"{start}_head_count"][flow] == len(reads)
            assert not matrix[len(reads) :].any() and not sizes[len(reads) :].any()
            for one, row, size in zip(reads, matrix, sizes):
                if one is None:
                    continue
                want = bytes(one.frame[one.at[start] : one.end[start]])
                assert size == len(want), (flow, start)
                assert row.tobytes() == want[:length].ljust(length, b"\0"), (flow, start)
        known = sum(one is not None for one in reads)
        compared, n_packets = compared + (known > 0), n_packets + known
    return compared, n_packets


@pytest.mark.parametrize("mask", [(), MASKS, ("addresses", "ports"), ("timestamps",), ("checksums", "ip_id")])
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("demo.pcap", 2),
        ("eth_padding.pcap", 1),
        ("eth_vlan.pcap", 1),
        ("snap.pcap", 1),
        ("snap_flow.pcap", 1),
        ("tcp_corners.pcap", 4),
        ("tcp_lossy.pcap", 1),
        ("names.pcap", 1),
        ("dhcp.pcap", 1),
        ("transports.pcap", 1),
        ("quic_pieces.pcap", 1),
        ("ip6_extensions.pcap", 1),
        ("tunnel_ip_in_ip.pcap", 1),
    ],
)
def test_captures(name: str, least: int, mask: tuple[str, ...]) -> None:
    for packets, length in ((5, 80), (1, 7), (40, 1500)):
        flows, n_packets = compare(PCAPS / name, packets, length, mask)
        assert flows >= least and n_packets >= flows


def is_readable(path: Path) -> bool:
    """pcap of Ethernet, not large."""
    with open(path, "rb") as file:
        head = file.read(24)
    if path.stat().st_size > 1_000_000 or head[:4] not in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4"):
        return False
    return 1 in (head[20], head[23]) and not any(head[21:23])


def test_real_captures(shared: Path) -> None:
    paths = [path for path in sorted((shared / "corpus").rglob("*.pcap")) if is_readable(path)][::3]
    assert len(paths) > 50
    done = [compare(path, 5, 100, MASKS, engine="native") for path in paths]
    assert sum(flows for flows, _ in done) > 500 and sum(packets for _, packets in done) > 2000


@pytest.mark.parametrize("name", ["demo.pcap", "tcp_corners.pcap", "names.pcap"])
def test_flows_that_leave_early(name: str) -> None:
    for idle in (0.001, 0.5):
        flows, n_packets = compare(PCAPS / name, 3, 90, (), policy="timeout", idle=idle)
        assert flows and n_packets >= flows


# ---- rows ----


def test_padding_and_sizes(small: Path) -> None:
    """made.talk: a handshake of 3, then 100 bytes, 300 bytes, an ACK."""
    got = scan(small, filter="tcp", bytes={"first": {"packets": 8, "start": "payload", "length": 120}}).to_numpy()
    matrix = got["first"]
    assert matrix.shape == (1, 8, 120) and matrix.dtype == np.uint8
    sizes = got["first_sizes"][0].tolist()
    assert sizes == [0, 0, 0, 100, 300, 0] + [0] * (8 - 6) and got["first_count"].tolist() == [6]
    assert matrix[0, 3, :100].any() and not matrix[0, 3, 100:].any() and not matrix[0, 5:].any()


def test_no_copy(several: Path) -> None:
    for batch in scan(several, bytes={"header": {"packets": 3, "start": "ip", "length": 40}}):
        matrix = batch.to_numpy(["header"])["header"]
        bytes_of = batch["header"].child(0).child(0)
        assert matrix.shape == (300, 3, 40)
        assert matrix.__array_interface__["data"] == (bytes_of.address(1), True)


@pytest.mark.parametrize("level", ["packets", "frames"])
def test_packets(small: Path, level: str) -> None:
    chosen = {"ip": {"start": "ip", "length": 60}, "data": {"start": "payload", "length": 4}}
    table = scan(small, level=level, drop=(), bytes=chosen).to_arrow()
    assert table.schema.field("ip").type == pa.binary(60) and "ip_count" not in table.column_names
    for raw, row in zip(frames(small), table.to_pylist()):
        packet = raw[14:]
        assert row["ip"] == packet[:60].ljust(60, b"\0") and row["ip_size"] == len(packet)
        assert row["data_size"] == row["payload_length"]


def test_frames_in_no_flow(tmp_path: Path) -> None:
    path = tmp_path / "arp.pcap"
    made.write(path, [made.ethernet(bytes(28), 0x0806), *made.exchange()])
    table = scan(path, level="frames", bytes={"head": {"start": "link", "length": 6}})
    rows = table.to_arrow().to_pylist()
    assert rows[0]["head"] is None and rows[0]["head_size"] is None
    assert rows[1]["head"] == bytes.fromhex("020000000002")
    got = table.to_numpy(["head"])["head"]
    assert got.mask[0].all() and not got.mask[1].any() and got.shape == (len(rows), 6)


def test_limits_of_the_query(small: Path) -> None:
    one = {"head": {"start": "payload", "length": 4}}
    got = scan(small, filter="tcp", bytes=one, packets=4).to_numpy()
    assert got["head"].shape == (1, 4, 4) and got["head_count"].tolist() == [4]
    got = scan(small, filter="tcp", bytes=one, packets=4, payload_only=True).to_numpy()
    assert got["head_count"].tolist() == [2] and got["head_sizes"].tolist() == [[100, 300, 0, 0]]
    got = scan(small, filter="tcp", bytes={"head": {**one["head"], "packets": 6}}, packets=1).to_numpy()
    assert got["head_sizes"].tolist() == [[0, 0, 0, 100, 300, 0]] and len(got["ip_lengths"].values) == 1


def test_batches_and_jobs(several: Path) -> None:
    chosen = {"head": {"packets": 2, "start": "ip", "length": 50, "mask": "addresses"}}
    whole = scan([several] * 3, bytes=chosen).to_numpy(["head"])["head"]
    parts = scan([several] * 3, bytes=chosen, jobs=2, batch_rows=7).to_numpy(["head"])["head"]
    assert whole.shape == (900, 2, 50) and (whole == parts).all()


def test_columns_by_name(small: Path) -> None:
    chosen = {
        "a": {"packets": 2, "start": "ip", "length": 9},
        "b": {"packets": 2, "start": "ip", "length": 9},
    }
    table = scan(small, ["ip.ttl"], columns={"x": "b", "from": "src"}, bytes=chosen)
    assert table.column_names == ("x", "from", "a", "a_sizes", "a_count", "ip.ttl")
    assert scan(small, columns=["a_sizes", "b_count"], bytes=chosen).column_names == ("a_sizes", "b_count")
    assert pickle.loads(pickle.dumps(table)).column_names == table.column_names


def test_hash(several: Path) -> None:
    chosen = {"head": {"packets": 3, "start": "ip", "length": 40, "mask": ["addresses", "ports", "checksums"]}}
    names = ["head_hash", "head", "head_sizes"]
    found = scan([several] * 2, columns=names, bytes=chosen, batch_rows=7).to_numpy()
    rows = [bytes(one) + bytes(sizes) for one, sizes in zip(found["head"], found["head_sizes"])]
    by_rows = {row: set(found["head_hash"][[i for i, other in enumerate(rows) if other == row]]) for row in set(rows)}
    assert 1 < len(by_rows) < len(rows)
    assert all(len(hashes) == 1 for hashes in by_rows.values())
    assert len(set().union(*by_rows.values())) == len(by_rows)
    alone = scan(several, columns=["head_hash"], bytes=chosen)
    assert alone.column_names == ("head_hash",)
    assert (alone.to_numpy()["head_hash"] == found["head_hash"][: len(rows) // 2]).all()
    with pytest.raises(ValueError, match="unknown column"):
        scan(several, level="packets", columns=["head_hash"], bytes={"head": {"start": "ip", "length": 9}})


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.pcap"
    made.write(path, [])
    got = scan(path, bytes={"head": {"packets": 2, "start": "ip", "length": 9}}).to_numpy()
    assert got["head"].shape == (0, 2, 9) and got["head_sizes"].shape == (0, 2)


def test_fragments() -> None:
    """From the transport header on a datagram has all its bytes; before it are those of the frame that completes it."""
    chosen = {start: {"packets": 1, "start": start, "length": 100} for start in STARTS}
    got = scan(PCAPS / "frag4.pcap", columns=["frames"], bytes=chosen).to_numpy()
    raw = list(frames(PCAPS / "frag4.pcap"))
    last = raw[got["frames"].values[0] - 1]
    sizes = {start: int(got[f"{start}_sizes"][0, 0]) for start in STARTS}
    assert sizes == {"link": 40, "ip": 26, "transport": 78, "payload": 70}
    assert got["link"][0, 0, :40].tobytes() == last[:40] and got["ip"][0, 0, :26].tobytes() == last[14:40]
    assert got["transport"][0, 0, 8:78].tobytes() == got["payload"][0, 0, :70].tobytes() == b"A" * 70


# ---- the command ----


def command(*words: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "flowcontainer", *map(str, words)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60)


BYTES = ("--bytes", "head=ip:3x20:mask=addresses+ports", "--bytes", "data=payload:4")
CHOSEN = {
    "head": {"packets": 3, "start": "ip", "length": 20, "mask": ["addresses", "ports"]},
    "data": {"start": "payload", "length": 4},
}


def test_command_writes_hexadecimal_digits(small: Path) -> None:
    want = scan(small, columns=["src"], bytes=CHOSEN, packets=2).to_numpy()
    done = command(small, *BYTES, "--packets", 2, "-C", "src", "-T", "ndjson")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for row, head, sizes, data in zip(rows, want["head"], want["head_sizes"], want["data"], strict=True):
        assert row["head"] == [packet.tobytes().hex() for packet in head]
        assert row["head_sizes"] == sizes.tolist() and row["data"] == [packet.tobytes().hex() for packet in data]
    done = command(small, *BYTES, "--packets", 2, "-C", "src", "-T", "csv")
    cells = [line.split(",") for line in done.stdout.splitlines()]
    assert cells[0] == ["src", "head", "head_sizes", "head_count", "data", "data_sizes", "data_count"]
    assert [line[1].split(";") for line in cells[1:]] == [row["head"] for row in rows]


def test_command_at_the_level_of_packets(small: Path) -> None:
    want = scan(small, level="packets", columns=["frame"], bytes={"data": CHOSEN["data"]}).to_arrow().to_pylist()
    done = command(small, "--level", "packets", "--bytes", "data=payload:4", "-C", "frame", "-T", "ndjson")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows == [{**row, "data": row["data"].hex()} for row in want]


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_command_writes_files(several: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"flows.{ending}"
    done = command(several, *BYTES, "--packets", 2, "-o", out)
    assert done.returncode == 0, done.stderr
    want = scan(several, bytes=CHOSEN, packets=2)
    if ending == "parquet":
        table = Table.from_parquet(out)
    else:
        table = Table.from_arrow(pa.ipc.open_file(out).read_all())
    got, expected = table.to_numpy(["head", "data", "head_sizes"]), want.to_numpy(["head", "data", "head_sizes"])
    assert all((got[name] == expected[name]).all() and got[name].dtype == expected[name].dtype for name in got)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("head", "takes NAME=START:NxL"),
        ("head=ip:5x80:adresses", "takes NAME=START:NxL"),
        ("head=ipp:5x80", 'unknown start "ipp"; near it: ip; there are link, ip, transport, payload'),
        ("head=ip:5x80:mask=adresses", 'unknown mask "adresses"; near it: addresses'),
        ("head=ip:0x80", "1 to 65535 packets"),
        ("head=ip:65536x80", "1 to 65535 packets"),
        ("head=ip:5x0", "1 to 65535 bytes"),
        ("head=ip:5y80", "is not NxL"),
        ("head=ip:5x80,head=ip:5x80", "asked for twice"),
        ("src=ip:5x80", "the name belongs to"),
    ],
)
def test_command_refuses(small: Path, given: str, text: str) -> None:
    done = command(small, "--bytes", given)
    assert done.returncode == 2 and text in done.stderr and not done.stdout


# ---- refusals ----


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"start": "ipp"}, r'unknown start "ipp"; near it: ip; there are link, ip, transport, payload'),
        ({"mask": ["adresses"]}, r'unknown mask "adresses"; near it: addresses; there are addresses, ports, '),
        ({"packets": 0}, "from 1 to 65535, not 0"),
        ({"packets": 65536}, "from 1 to 65535, not 65536"),
        ({"length": 0}, "from 1 to 65535, not 0"),
        ({"length": 65536}, "from 1 to 65535, not 65536"),
        ({"packets": None}, "the number of packets is missing"),
        ({"packets": 65535, "length": 65535}, "more than the 16777216 bytes"),
        ({"lenght": 3}, "unknown key 'lenght'; near it: length"),
    ],
)
def test_refused(small: Path, change: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        scan(small, bytes={"head": {"packets": 5, "start": "ip", "length": 80, **change}})


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["src"], '"src": the name belongs to a column'),
        (["totals"], "the name belongs to a column, a group"),
        (["sni"], "the name belongs to"),
        (["ip.ttl"], "the name belongs to"),
        ([""], "need a name"),
        (["a", "a_sizes"], '"a_sizes" is asked for twice'),
        (["fwd_bytes"], "the name belongs to"),
        (["stats"], "the name belongs to"),
        (["ip_len_mean"], "the name belongs to"),
    ],
)
def test_refused_names(small: Path, names: list[str], text: str) -> None:
    one = {"packets": 5, "start": "ip", "length": 80}
    with pytest.raises(ValueError, match=text):
        scan(small, bytes={name: one for name in names})


def test_mistyped_column(small: Path) -> None:
    with pytest.raises(ValueError, match="near it: head"):
        scan(small, columns=["heda"], bytes={"head": {"packets": 5, "start": "ip", "length": 80}})


def test_refused_types(small: Path) -> None:
    for wrong in (5, ["head"], {"head": 5}, {"head": {"start": 1, "length": 5}}, {"head": {"start": "ip", "length": "5"}}):
        with pytest.raises(TypeError):
            scan(small, bytes=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="has no 'length'"):
        scan(small, bytes={"head": {"start": "ip"}})
