"""Stream numbers and flows where Wireshark's dissectors make conversations of their own, and where preferences or decode-as
rules change the headers of a frame: libwireshark is asked, and every packet has tshark's number."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import captures
import flowcontainer
import pytest
import tshark

CASES = captures.CORPUS.parent / "cases"
SHIFTED = ["ndpi/sip.pcap", "ndpi/sflow.pcap", "ndpi/mgcp.pcap", "ndpi/nfsv2.pcap", "zeek/nfs_write.pcap",
           "zeek/nfs_fsinfo_bad_status.pcap", "ndpi/http_on_sip_port.pcap", "ndpi/sccp_hw_conf_register.pcapng",
           "pcapplusplus/sdp.pcap", "zeek/nfs_write_bad_stable_how.pcap", "zeek/wireshark.pcap"]  # fmt: skip


@pytest.fixture(scope="module")
def worker(built) -> None:
    if not (built.parent / "flowcontainer-worker").exists():
        pytest.skip("flowcontainer-worker is not built: libwireshark's headers are missing")


def skinny_call(out: Path) -> Path:
    """A telephone says over SKINNY where it takes RTP, then two senders talk to it, with another stream between them."""

    def ip(source: str, destination: str, protocol: int, payload: bytes) -> bytes:
        addresses = bytes(map(int, source.split("."))) + bytes(map(int, destination.split(".")))
        return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + addresses + payload

    def udp(source: str, sport: int, destination: str, dport: int) -> bytes:
        return ip(source, destination, 17, struct.pack(">HHHH", sport, dport, 8 + 20, 0) + b"\x80" + bytes(19))

    acknowledged = struct.pack("<II4sII", 0x22, 0, bytes((10, 0, 0, 5)), 20000, 1)  # OpenReceiveChannelAck
    message = struct.pack("<II", len(acknowledged), 0) + acknowledged
    tcp = struct.pack(">HHIIBBHHH", 50000, 2000, 1, 1, 0x50, 0x18, 65535, 0, 0)
    frames = [ip("10.0.0.5", "10.0.0.1", 6, tcp + message),
              udp("10.0.0.9", 30000, "10.0.0.5", 20000),
              udp("10.0.0.7", 1111, "10.0.0.8", 5555),
              udp("10.0.0.10", 3333, "10.0.0.5", 20000),
              udp("10.0.0.7", 1112, "10.0.0.8", 5555)]  # fmt: skip
    records = (struct.pack("<IIII", 1700000000 + i, 0, len(frame), len(frame)) + frame for i, frame in enumerate(frames))
    out.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(records))
    return out


def streams_of_tshark(capture: Path, *words: str) -> dict[int, tuple[str, str]]:
    command = ["tshark", "-n", "-r", str(capture), *words, "-T", "fields", "-e", "frame.number", "-e", "tcp.stream", "-e", "udp.stream"]
    done = subprocess.run(command, env=tshark.environment(), capture_output=True, text=True, check=True)
    rows = (line.split("\t") for line in done.stdout.splitlines())
    return {int(number): (tcp.rsplit(",", 1)[-1], udp.rsplit(",", 1)[-1]) for number, tcp, udp in rows}


def packets(capture: Path, **options) -> tuple[list[dict], flowcontainer.Scan]:
    scan = flowcontainer.scan(str(capture), level="packets", drop=(), columns=("frame", "stream", "protocol", "flow"), **options)
    rows = []
    for batch in scan:
        columns = batch.to_pydict()
        rows += [dict(zip(columns, cells)) for cells in zip(*columns.values())]
    return rows, scan


@pytest.mark.parametrize("name", SHIFTED)
def test_numbers_that_dissectors_shift(name: str, stock: str, worker: None) -> None:
    capture = captures.CORPUS / name
    if not capture.exists():
        pytest.skip(f"{name} is not in the corpus")
    want = streams_of_tshark(capture)
    rows, scan = packets(capture)
    wrong = [row for row in rows if str(row["stream"]) != want[row["frame"]][row["protocol"] == "udp"]]
    assert rows and wrong == []
    assert "stream_numbers_may_differ" not in scan.notes
    flows: dict[tuple[str, int], set[int]] = {}
    for row in rows:
        flows.setdefault((row["protocol"], row["stream"]), set()).add(row["flow"])
    assert all(len(found) == 1 for found in flows.values())


def test_media_of_a_telephone(stock: str, worker: None, tmp_path: Path) -> None:
    """Wireshark puts both senders into one stream, which shifts the numbers behind it; the native engine alone says so."""
    capture = skinny_call(tmp_path / "skinny.pcap")
    want = {number: tcp or udp for number, (tcp, udp) in streams_of_tshark(capture).items()}
    assert want == {1: "0", 2: "0", 3: "1", 4: "0", 5: "2"}
    rows, scan = packets(capture)
    assert {row["frame"]: str(row["stream"]) for row in rows} == want and "stream_numbers_may_differ" not in scan.notes
    natively, scan = packets(capture, engine="native")
    assert {row["frame"]: str(row["stream"]) for row in natively} != want and scan.notes["stream_numbers_may_differ"] == 1


@pytest.mark.parametrize(
    ("name", "words", "options"),
    [("decode_as_vxlan_port14789.pcap", ["-d", "udp.port==14789,vxlan"], {"decode_as": "udp.port==14789,vxlan"}),
     ("pref_ipv6_tso_support.pcap", ["-o", "ipv6.tso_support:TRUE"], {"preferences": {"ipv6.tso_support": True}})],
)  # fmt: skip
def test_rules_that_change_headers(name: str, words: list[str], options: dict, stock: str, worker: None) -> None:
    capture = CASES / name
    if not capture.exists():
        pytest.skip(f"{name} is not there")
    want = streams_of_tshark(capture, *words)
    rows, _ = packets(capture, **options)
    assert [(row["frame"], str(row["stream"])) for row in rows] == [(n, tcp or udp) for n, (tcp, udp) in want.items()]


@pytest.mark.parametrize("preference", ["ip.defragment", "ipv6.defragment", "tcp.desegment_tcp_streams"])
@pytest.mark.parametrize("name", ["frag4.pcap", "frag6.pcap"])
def test_fragments_that_stay_apart(name: str, preference: str, stock: str, worker: None) -> None:
    capture = captures.OWN / name
    want = streams_of_tshark(capture, "-o", f"{preference}:FALSE")
    rows, _ = packets(capture, preferences={preference: False})
    assert [(row["frame"], str(row["stream"])) for row in rows] == [(n, tcp or udp) for n, (tcp, udp) in want.items() if tcp or udp]


def test_the_inner_flow_of_a_tunnel_by_rule(worker: None) -> None:
    capture = CASES / "decode_as_vxlan_port14789.pcap"
    if not capture.exists():
        pytest.skip("the case is not there")
    scan = flowcontainer.scan(str(capture), columns=("src", "dst", "stream"), decode_as="udp.port==14789,vxlan")
    (batch,) = list(scan)
    assert batch.to_pydict() == {"src": ["172.16.11.201"], "dst": ["1.1.1.1"], "stream": [1]}


def test_headers_that_only_wireshark_finds_are_refused(worker: None) -> None:
    """ip.proto 17 as GRE: Wireshark finds no UDP, and the native decoder does."""
    capture = CASES / "decode_as_vxlan_port14789.pcap"
    if not capture.exists():
        pytest.skip("the case is not there")
    with pytest.raises((ValueError, flowcontainer.UnsupportedError), match="frame 1: with these preferences"):
        packets(capture, decode_as="ip.proto==17,gre")


def test_retransmissions_are_those_of_the_preferences(stock: str, worker: None) -> None:
    """Without TCP analysis Wireshark finds none, so that none is left out."""
    capture = captures.ROOT / "tests" / "pcaps" / "tcp_analysis.pcap"
    if not capture.exists():
        capture = captures.CORPUS / "zeek" / "retransmit-fast009.pcap"
    if not capture.exists():
        pytest.skip("no capture with retransmissions")
    off = {"preferences": {"tcp.analyze_sequence_numbers": False}}
    counts = []
    for options in ({}, off):
        scan = flowcontainer.scan(str(capture), level="packets", columns=("frame",), **options)
        counts.append(sum(len(batch.to_pydict()["frame"]) for batch in scan))
    assert counts[0] < counts[1]


# ---- messages that a frame completes which is left out ----

NAMES = ("tls.handshake.extensions_server_name", "tls.handshake.type", "http.host", "http.response.code")
LATE = "tcp.reassemble_out_of_order"


def swapped(capture: Path, out: Path) -> Path:
    """A copy of a pcap in which each fourth record changes places with the one behind it; their times stay in order."""
    data = capture.read_bytes()
    order = "little" if data[0] in (0xD4, 0x4D) else "big"
    records, at = [], 24
    while at + 16 <= len(data):
        size = int.from_bytes(data[at + 8 : at + 12], order)
        records.append([data[at : at + 8], data[at + 8 : at + 16 + size]])
        at += 16 + size
    for i in range(0, len(records) - 1, 4):
        records[i][1], records[i + 1][1] = records[i + 1][1], records[i][1]
    out.write_bytes(data[:24] + b"".join(time + rest for time, rest in records))
    return out


def values_of_tshark(capture: Path) -> dict[str, dict[str, list[tuple[int, str]]]]:
    """By stream and field: the values of kept packets, and of completing frames that are left out, beside the last kept packet."""
    late = ("tcp.analysis.retransmission", "tcp.analysis.out_of_order")
    names = ("tcp.stream", "tcp.reassembled.length", "icmp", "icmpv6", *late, *NAMES)
    command = ["tshark", "-n", "-r", str(capture), "-o", f"{LATE}:TRUE", "-T", "fields", *(word for name in names for word in ("-e", name))]
    done = subprocess.run(command, env=tshark.environment(), capture_output=True, text=True, check=True)
    kept: dict[str, int] = {}
    found: dict[str, dict[str, list[tuple[int, str]]]] = {}
    for line in done.stdout.splitlines():
        stream, whole, icmp, icmp6, retransmission, early, *cells = line.split("\t")
        left_out = retransmission or early
        if not stream or icmp or icmp6 or (left_out and not whole):
            continue
        kept[stream] = kept.get(stream, 0) + (not left_out)
        if not kept[stream]:
            continue
        for name, cell in zip(NAMES, cells):
            rows = found.setdefault(stream, {}).setdefault(name, [])
            rows += [(kept[stream] - 1, text) for text in cell.split(",") if cell]
    return found


def compare_late(capture: Path, **options) -> int:
    """The number of values that were compared."""
    want = values_of_tshark(capture)
    scan = flowcontainer.scan(str(capture), protocols="tcp", preferences={LATE: True}, columns=("stream", *NAMES), **options)
    n = 0
    for batch in scan:
        columns = batch.to_pydict()
        for i, stream in enumerate(columns["stream"]):
            for name in NAMES:
                found = [(cell["packet"], str(cell["value"])) for cell in columns[name][i] or ()]
                assert found == want[str(stream)].get(name, []), (capture.name, stream, name)
                n += len(found)
    return n


def test_a_hello_whose_last_part_comes_first(stock: str, worker: None) -> None:
    capture = CASES / "tls_clienthello_segments_out_of_order.pcap"
    if not capture.exists():
        pytest.skip("the case is not there")
    assert compare_late(capture) == 2
    (batch,) = list(flowcontainer.scan(str(capture), columns=("ip.ttl", "tcp.len"), preferences={LATE: True}))
    assert [len(cells[0]) for cells in batch.to_pydict().values()] == [4, 4]  # headers of the frame that is left out are left out


@pytest.mark.parametrize("name", ["ndpi/tls-rdn-extract.pcap", "ndpi/tls_certificate_too_long.pcap"])
def test_segments_that_change_places(name: str, stock: str, worker: None, tmp_path: Path) -> None:
    capture = captures.CORPUS / name
    if not capture.exists():
        pytest.skip(f"{name} is not in the corpus")
    compare_late(capture)
    assert compare_late(swapped(capture, tmp_path / "swapped.pcap"))
