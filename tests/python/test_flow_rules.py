"""The rules of flows: direction, policies, clean-up, tunnels, fragments, and the accounting of all other packets."""

from __future__ import annotations

import re
import struct
from collections import Counter
from pathlib import Path

import flowcontainer
import pytest
from made import ACK, CLIENT, FIN, PSH, RST, SERVER, SYN, ethernet, exchange, ipv4, ipv6, talk, tcp, udp
from flowcontainer import _core, scan
from needs_worker import WORKER

pytest.importorskip("pyarrow")

ROOT = Path(__file__).resolve().parents[2]
NOTES = {"conversations_forgotten", "queries_forgotten", "quic_connections_forgotten", "flows_evicted", "streams_continued", "stream_numbers_may_differ", "fragments_over_limit", "empty_captures",
         "reassembly_over_limit", "values_over_limit",
         "protocols_not_followed", "handed_over", "times_out_of_order",
         "times_out_of_range"}
LEVELS = ("flows", "packets", "frames")
SECOND = 10**9


def put(path: Path, frames: list, linktype: int = 1) -> Path:
    """A frame is bytes, or (second, bytes), or (second, bytes, length on the wire)."""
    out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, linktype)]
    for i, frame in enumerate(frames):
        second, data, *length = frame if isinstance(frame, tuple) else (i / 1000, frame)
        ns = round(second * SECOND)
        out.append(struct.pack("<IIII", ns // SECOND, ns % SECOND, len(data), *(length or [len(data)])) + data)
    path.write_bytes(b"".join(out))
    return path


@pytest.fixture
def rows(tmp_path: Path):
    """rows(frames, **options): the flows of a capture of these frames."""

    def rows(frames: list, **options) -> list[dict]:
        return scan(put(tmp_path / "x.pcap", frames), **options).to_arrow().to_pylist()

    return rows


@pytest.fixture
def account(tmp_path: Path):
    """account(frames, **options): the accounting, which is the same at every level and adds up to all frames."""

    def account(frames: list, **options) -> dict[str, int]:
        linktype = options.pop("linktype", 1)
        return accounts(put(tmp_path / "x.pcap", frames, linktype), n_frames=len(frames), **options)

    return account


def accounts(path: Path | list[Path], n_frames: int, **options) -> dict[str, int]:
    found = []
    for level in LEVELS:
        table = scan(path, level=level, **options)
        arrow = table.to_arrow()
        counts = table.accounting
        assert sum(counts.values()) == n_frames and set(table.notes) <= NOTES
        assert all(n > 0 for n in counts.values())
        if level == "frames":
            reasons = Counter(reason or "kept" for reason in arrow["reason"].to_pylist())
            folded = Counter()
            for name, n in counts.items():
                # whether a fragment is ever completed only the accounting knows
                name = "fragment" if name == "fragment_never_completed" else name
                folded["link_type" if name.startswith("link_type_") else name] += n
            assert reasons == folded
        if level == "packets":
            assert arrow.num_rows == counts.get("kept", 0)
        if level == "flows":
            assert sum(map(len, arrow["ip_lengths"].to_pylist())) == counts.get("kept", 0)
        found.append(counts)
    assert found[0] == found[1] == found[2]
    return found[0]


def segment(there: bool, flags: int, seq: int = 1, data: bytes = b"", ports: tuple[int, int] = (50000, 443)) -> bytes:
    a, b = ports
    if there:
        return ethernet(ipv4(CLIENT, SERVER, 6, tcp(a, b, seq, 1, flags, data)))
    return ethernet(ipv4(SERVER, CLIENT, 6, tcp(b, a, seq, 1, flags, data)))


def datagram(sport: int, dport: int, data: bytes = b"data") -> bytes:
    return ethernet(ipv4(CLIENT, SERVER, 17, udp(sport, dport, data)))


def echo(kind: int = 8) -> bytes:
    return ethernet(ipv4(CLIENT, SERVER, 1, bytes([kind, 0, 0, 0, 0, 1, 0, 1]) + b"ping" * 8))


# ---- direction ----


def side(row: dict) -> tuple:
    return row["src"], row["sport"], row["dst"], row["dport"], row["client_by"]


def test_the_sender_of_the_syn(rows) -> None:
    low = (443, 50000)  # the client has the smaller port
    (row,) = rows([segment(True, SYN, 0, ports=low), segment(False, SYN | ACK, 0, ports=low)])
    assert side(row) == (CLIENT, 443, SERVER, 50000, "syn") and row["ip_lengths"] == [40, -40]


def test_the_receiver_of_the_synack(rows) -> None:
    (row,) = rows([segment(False, SYN | ACK, 0, ports=(443, 50000)), segment(True, ACK, 1, ports=(443, 50000))])
    assert side(row) == (CLIENT, 443, SERVER, 50000, "synack") and row["ip_lengths"] == [-40, 40]


def test_a_syn_that_was_dropped_still_counts(rows) -> None:
    """The second SYN is a retransmission: it is in no flow, and does not change the client."""
    ports = (443, 50000)
    (row,) = rows([segment(True, SYN, 0, ports=ports), segment(True, SYN, 0, ports=ports)])
    assert side(row) == (CLIENT, 443, SERVER, 50000, "syn") and row["ip_lengths"] == [40]


def test_the_port_below_1024(rows) -> None:
    (row,) = rows([segment(False, ACK, 1, b"answer"), segment(True, ACK, 1, b"question")])
    assert side(row) == (CLIENT, 50000, SERVER, 443, "port") and row["ip_lengths"] == [-46, 48]
    row = rows([datagram(53, 40000)])[0]
    assert side(row) == (SERVER, 40000, CLIENT, 53, "port") and row["payload_lengths"] == [-4]


def test_ports_that_do_not_tell(rows) -> None:
    for ports in ((123, 123), (40000, 51820), (51820, 40000), (500, 1000)):
        (row,) = rows([datagram(*ports)])
        assert side(row) == (CLIENT, ports[0], SERVER, ports[1], "first") and row["payload_lengths"] == [4]


@pytest.mark.parametrize("group", ["224.0.0.251", "239.255.255.250", "255.255.255.255", "ff02::fb"])
def test_a_group_address_is_the_server(rows, group: str) -> None:
    packet = udp(68, 60000, b"data")  # by its port the group would be the client
    frame = ethernet(ipv6("fe80::1", group, 17, packet), 0x86DD) if ":" in group else ethernet(ipv4(CLIENT, group, 17, packet))
    (row,) = rows([frame], drop=())
    assert (row["dst"], row["client_by"], row["payload_lengths"]) == (group, "multicast", [4])


CASES = ROOT.parent / "shared" / "cases"


@pytest.mark.skipif(not CASES.is_dir(), reason="the captures of known faults are not here")
def test_directions_that_were_wrong_once() -> None:
    flows = scan(CASES / "direction_multicast_is_client.pcap", drop=()).to_arrow().to_pylist()
    assert flows and {row["src"] for row in flows} == {"192.168.1.5"}
    flows = scan(CASES / "direction_wireguard_sport40000.pcap").to_arrow().to_pylist()
    assert flows and all(row["client_by"] == "first" and row["ip_lengths"][0] > 0 for row in flows)


def test_without_ports_the_first_sender(rows) -> None:
    (row,) = rows([ethernet(ipv4(SERVER, CLIENT, 1, bytes([0, 0, 0, 0, 0, 1, 0, 1])))], protocols="icmp")
    assert side(row) == (SERVER, 0, CLIENT, 0, "first")


def test_a_handshake_after_other_packets(rows) -> None:
    """A SYN starts a new stream; earlier packets keep their flow's direction."""
    ports = (443, 50000)
    first, second = rows([segment(True, ACK, 900, b"old", ports=ports), segment(True, SYN, 5000, ports=ports)])
    assert side(first) == (SERVER, 50000, CLIENT, 443, "port") and first["stream"] == 0
    assert side(second) == (CLIENT, 443, SERVER, 50000, "syn") and second["stream"] == 1


def test_classic_style_looks_at_ports(tmp_path: Path) -> None:
    from flowcontainer.extractor import extract

    ports = (443, 50000)
    path = put(tmp_path / "x.pcap", [segment(True, SYN, 0, ports=ports), segment(True, ACK, 1, b"data", ports=ports)])
    (flow,) = extract(str(path)).values()
    assert (flow.src, flow.sport, flow.dst, flow.dport) == (SERVER, 50000, CLIENT, 443)
    assert flow.ip_lengths == [-40, -44]


# ---- policies ----

CONNECTION = [
    (0, segment(True, SYN, 0)),
    (1, segment(False, SYN | ACK, 0)),
    (2, segment(True, PSH | ACK, 1, b"hello")),
    (3, segment(True, FIN | ACK, 6)),
    (4, segment(False, FIN | ACK, 1)),
    (5, segment(True, ACK, 7)),  # the last acknowledgement belongs to it
]


def ends(found: list[dict]) -> list[tuple[str, int, int]]:
    return [(row["end"], row["stream"], len(row["ip_lengths"])) for row in found]


def test_streams_are_never_cut(rows) -> None:
    day = 86400
    frames = [*CONNECTION, (day, segment(True, ACK, 7, b"again")), (2 * day, segment(True, RST, 12))]
    assert ends(rows(frames)) == [("capture", 0, 8)]


def test_fin_both_ways(rows) -> None:
    found = rows(CONNECTION, policy="timeout")
    assert ends(found) == [("fin", 0, 6)]
    assert found[0]["time_end"].second == 5


def test_fin_of_one_side_only(rows) -> None:
    frames = [*CONNECTION[:4], (5, segment(False, PSH | ACK, 1, b"still here"))]
    assert ends(rows(frames, policy="timeout")) == [("capture", 0, 5)]


def test_a_connection_after_the_close(rows) -> None:
    """The same sequence number again: Wireshark sees one stream, the policy makes two flows."""
    again = [(second + 10, frame) for second, frame in CONNECTION]
    assert ends(rows([*CONNECTION, *again], policy="timeout", drop=())) == [("fin", 0, 6), ("fin", 0, 6)]
    other = [(10, segment(True, SYN, 7777))]
    assert ends(rows([*CONNECTION, *other], policy="timeout")) == [("fin", 0, 6), ("capture", 1, 1)]


def test_reset(rows) -> None:
    frames = [*CONNECTION[:3], (3, segment(False, RST | ACK, 1)), (4, segment(True, PSH | ACK, 6, b"late"))]
    assert ends(rows(frames, policy="timeout")) == [("rst", 0, 5)]  # data that was under way


def test_idle(rows) -> None:
    frames = [(second, datagram(40000, 9)) for second in (0, 10, 20, 30.5)]
    assert ends(rows(frames, policy="timeout", idle=10)) == [("idle", 0, 3), ("capture", 0, 1)]
    assert ends(rows(frames, policy="timeout", idle=9.5)) == [("idle", 0, 1)] * 3 + [("capture", 0, 1)]
    assert ends(rows(frames, policy="timeout")) == [("capture", 0, 4)]


def test_active(rows) -> None:
    frames = [(second, datagram(40000, 9)) for second in range(0, 100, 5)]
    found = rows(frames, policy="timeout", active=30)
    assert ends(found) == [("active", 0, 7), ("active", 0, 7), ("capture", 0, 6)]
    assert [row["time_start"].second for row in found] == [0, 35, 10]


def ends_and_notes(path: Path, **options) -> tuple[list, dict]:
    table = scan(path, **options)
    return ends(table.to_arrow().to_pylist()), dict(table.notes)


def test_the_idlest_flow_is_evicted(tmp_path: Path) -> None:
    ports = (1, 2, 1, 3, 2)  # 3 evicts 2; the next packet of 2 evicts 1
    path = put(tmp_path / "x.pcap", [(second, datagram(40000 + port, 9)) for second, port in enumerate(ports)])
    rest = [("evicted", 1, 1), ("evicted", 0, 2), ("capture", 2, 1), ("capture", 1, 1)]
    assert ends_and_notes(path, max_flows=2) == (rest, {"flows_evicted": 2, "streams_continued": 1})
    assert ends_and_notes(path, max_flows=2, policy="timeout")[1] == {"flows_evicted": 2}
    assert ends_and_notes(path, max_flows=3) == ([("capture", 0, 2), ("capture", 1, 2), ("capture", 2, 1)], {})
    packets = scan(path, max_flows=2, level="packets").to_arrow()
    assert packets["flow"].to_pylist() == [0, 1, 0, 2, 3] and packets["stream"].to_pylist() == [0, 1, 0, 2, 1]


def test_a_flow_that_time_has_ended_leaves_before_another_is_evicted(tmp_path: Path) -> None:
    late = [(0, datagram(40001, 9)), (30, datagram(40009, 9)), (10, datagram(40002, 9)), (31, datagram(40003, 9))]
    path = put(tmp_path / "x.pcap", late)  # the lateness of 20 s keeps the flow of 40001
    assert ends_and_notes(path, policy="timeout", idle=12)[1] == {"times_out_of_order": 1}
    found, notes = ends_and_notes(path, policy="timeout", idle=12, max_flows=3)
    assert found[0] == ("idle", 0, 1) and "flows_evicted" not in notes


def test_closed_streams_may_leave(tmp_path: Path) -> None:
    late = [(50, segment(True, ACK, 7)), (300, datagram(1, 2)), (301, segment(True, ACK, 7)), (302, datagram(1, 2))]
    path = put(tmp_path / "x.pcap", [*CONNECTION, *late])
    n = len(CONNECTION)
    found, notes = ends_and_notes(path, close="fin")
    assert found == [("fin", 0, n + 1), ("capture", 0, 2), ("capture", 0, 1)]
    assert notes == {"streams_continued": 1}
    assert ends_and_notes(path, close="fin", idle=1000) == ([("fin", 0, n + 2), ("capture", 0, 2)], {})
    assert ends_and_notes(path) == ([("capture", 0, n + 2), ("capture", 0, 2)], {})
    with pytest.raises(ValueError, match="policy stream"):
        scan(path, close="fin", policy="timeout")
    with pytest.raises(ValueError, match="close must be one of"):
        scan(path, close="rst")


def test_flows_of_the_policy_at_level_packets(tmp_path: Path) -> None:
    path = put(tmp_path / "x.pcap", [(second, datagram(40000, 9)) for second in (0, 1, 500, 501)])
    found = scan(path, level="packets", policy="timeout").to_arrow()
    assert found["flow"].to_pylist() == [0, 0, 1, 1] and found["stream"].to_pylist() == [0] * 4


# ---- clean-up ----

SSDP = b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n"
DIRTY = {
    "retransmission": [segment(True, PSH | ACK, 1001, b"x" * 100), (1, segment(True, PSH | ACK, 1001, b"x" * 100))],
    "out_of_order": [
        (2, segment(True, PSH | ACK, 1001, b"x" * 100, (50001, 443))),
        (2.001, segment(True, PSH | ACK, 1201, b"x" * 100, (50001, 443))),
        (2.002, segment(True, PSH | ACK, 1101, b"x" * 100, (50001, 443))),
    ],
    "mdns": [(3, datagram(5353, 5353))],
    "ssdp": [(3, datagram(50000, 1900, SSDP))],
    "icmp": [(3, echo())],
}
ALL_DIRT = [frame for frames in DIRTY.values() for frame in frames]


@pytest.mark.parametrize("rule", DIRTY)
def test_each_rule_alone(account, rule: str) -> None:
    want = {"kept": 6, rule: 1, "icmp": 1} if rule != "icmp" else {"kept": 7, "icmp": 1}
    assert account(ALL_DIRT, drop=rule) == want  # ICMP is in no flow anyway
    assert "icmp" not in account(ALL_DIRT, drop=rule, protocols="tcp,udp,icmp")


def test_all_rules_and_none(account) -> None:
    assert account(ALL_DIRT) == {"kept": 3, **dict.fromkeys(DIRTY, 1)}
    assert account(ALL_DIRT, drop=()) == {"kept": 7, "icmp": 1}
    assert account(ALL_DIRT, drop=(), protocols="tcp,udp,icmp") == {"kept": 8}


# ---- protocols on request ----

SCTP = struct.pack("!HHII", 2905, 2904, 7, 0) + bytes([1, 0, 0, 4])
OTHERS = {
    "icmp": (echo(), ethernet(ipv4(SERVER, CLIENT, 1, bytes([0, 0, 0, 0, 0, 1, 0, 1]) + b"ping" * 8)), 32),
    "sctp": (ethernet(ipv4(CLIENT, SERVER, 132, SCTP)), ethernet(ipv4(CLIENT, SERVER, 132, SCTP)), 4),
    "gre": (ethernet(ipv4(CLIENT, SERVER, 47, bytes([0, 0, 0x12, 0x34]) + b"tunnel")),) * 2 + (10,),
    "esp": (ethernet(ipv4(CLIENT, SERVER, 50, struct.pack("!II", 99, 1) + b"secret" * 4)),) * 2 + (32,),
    "icmpv6": (
        ethernet(ipv6("2001:db8::1", "2001:db8::2", 58, bytes([128, 0, 0, 0, 0, 1, 0, 1]) + b"ping"), 0x86DD),
        ethernet(ipv6("2001:db8::2", "2001:db8::1", 58, bytes([129, 0, 0, 0, 0, 1, 0, 1]) + b"ping"), 0x86DD),
        4,
    ),
}


@pytest.mark.parametrize("protocol", OTHERS)
def test_other_protocols(rows, account, protocol: str) -> None:
    there, back, payload = OTHERS[protocol]
    frames = [there, back, *exchange()]
    assert account(frames) == {"kept": 2, "icmp" if protocol.startswith("icmp") else "other_protocol": 2}
    assert account(frames, protocols=("tcp", "udp", protocol)) == {"kept": 4}
    (row,) = rows(frames, protocols=protocol)
    assert row["protocol"] == protocol and row["stream"] == 0
    assert row["client_by"] == "first"
    assert (row["sport"], row["dport"]) == ((2905, 2904) if protocol == "sctp" else (0, 0))
    assert list(map(abs, row["payload_lengths"])) == [payload] * 2
    assert row["ip_lengths"][0] > 0 and (row["ip_lengths"][1] > 0) == (there == back)


def test_asking_for_icmp_lifts_the_rule(account) -> None:
    quote = ethernet(ipv4(SERVER, CLIENT, 1, bytes([3, 3, 0, 0, 0, 0, 0, 0]) + datagram(40000, 9)[14:]))
    frames = [datagram(40000, 9), quote, echo()]
    assert account(frames) == {"kept": 1, "icmp": 2}
    assert account(frames, protocols="tcp,udp,icmp") == {"kept": 3}
    assert account(frames, protocols="udp,icmpv6") == {"kept": 1, "icmp": 2}


def test_every_protocol_counts_its_own_streams(rows) -> None:
    frames = [frame for pair in OTHERS.values() for frame in pair[:2]] + talk() + exchange()
    found = rows(frames, protocols=("tcp", "udp", *OTHERS))
    assert sorted((row["protocol"], row["stream"]) for row in found) == sorted((p, 0) for p in (*OTHERS, "tcp", "udp"))


# ---- tunnels ----

OUTER = ("203.0.113.1", "203.0.113.2")


def vxlan(inner: bytes, sport: int = 55555) -> bytes:
    return ethernet(ipv4(*OUTER, 17, udp(sport, 4789, bytes([8, 0, 0, 0, 0, 0, 7, 0]) + inner)))


def gre(inner: bytes) -> bytes:
    return ethernet(ipv4(*OUTER, 47, bytes([0, 0, 8, 0]) + inner[14:]))


@pytest.mark.parametrize("wrap", [vxlan, gre])
def test_inner_flows(rows, wrap) -> None:
    (row,) = rows([wrap(frame) for frame in talk()])
    assert side(row) == (CLIENT, 50000, SERVER, 443, "syn")
    assert (row["outer_src"], row["outer_dst"]) == OUTER
    assert row["ip_lengths"] == [40, -40, 40, 140, -340, 40] and row["payload_lengths"] == [100, -300]


def test_outer_flows(rows, account) -> None:
    (row,) = rows([vxlan(frame) for frame in talk()], tunnel="outer")
    assert side(row) == (OUTER[0], 55555, OUTER[1], 4789, "first") and row["protocol"] == "udp"
    assert row["outer_src"] is row["outer_dst"] is None
    assert row["payload_lengths"][0] == 8 + 14 + 40
    (row,) = rows([gre(frame) for frame in talk()], tunnel="outer")  # GRE is no flow by default: the next one is
    assert row["protocol"] == "tcp" and row["outer_src"] == OUTER[0]
    (row,) = rows([gre(frame) for frame in talk()], tunnel="outer", protocols="tcp,gre")
    assert row["protocol"] == "gre" and row["src"] == OUTER[0] and row["outer_src"] is None
    assert account([vxlan(frame) for frame in talk()], tunnel="outer") == {"kept": 6}


def test_outermost_of_several(rows) -> None:
    nested = [ethernet(ipv4("198.51.100.1", "198.51.100.2", 4, vxlan(frame)[14:])) for frame in talk()]
    (row,) = rows(nested)
    assert row["src"] == CLIENT and (row["outer_src"], row["outer_dst"]) == ("198.51.100.1", "198.51.100.2")
    (row,) = rows(nested, tunnel="outer")
    assert row["src"] == OUTER[0] and row["outer_src"] == "198.51.100.1"


# ---- fragments ----


def fragments(src: str, dst: str, payload: bytes, ident: int, size: int = 80) -> list[bytes]:
    out = []
    for at in range(0, len(payload), size):
        more = 0x2000 if at + size < len(payload) else 0
        piece = payload[at : at + size]
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(piece), ident, more | at // 8, 64, 17, 0)
        out.append(ethernet(head + ipv4(src, dst, 17, b"")[12:20] + piece))
    return out


WHOLE = fragments(CLIENT, SERVER, udp(40000, 9, b"w" * 200), 77)
NEVER = fragments(CLIENT, SERVER, udp(40001, 9, b"n" * 200), 78)[:2]


def test_fragments(rows, account) -> None:
    assert len(WHOLE) == 3
    assert account([*WHOLE, *NEVER]) == {"kept": 1, "fragment": 2, "fragment_never_completed": 2}
    (row,) = rows([*NEVER, *WHOLE])
    assert row["payload_lengths"] == [200] and row["ip_lengths"] == [20 + 48]  # the frame that completes it
    assert account([WHOLE[2], NEVER[0], WHOLE[0], NEVER[1], WHOLE[1], datagram(1, 2)]) == {
        "kept": 2,
        "fragment": 2,
        "fragment_never_completed": 2,
    }


def test_fragments_inside_a_tunnel(account, rows) -> None:
    frames = [vxlan(frame) for frame in WHOLE]
    assert account(frames) == {"kept": 1, "fragment": 2}
    assert rows(frames)[0]["src"] == CLIENT
    assert account(frames, tunnel="outer") == {"kept": 3}  # no fragments at all there


def test_fragments_of_the_tunnel_itself(account, rows) -> None:
    outer = udp(55555, 4789, bytes([8, 0, 0, 0, 0, 0, 7, 0]) + talk()[3])
    frames = fragments(*OUTER, outer, 5)
    for tunnel in ("inner", "outer"):
        assert account(frames, tunnel=tunnel) == {"kept": 1, "fragment": len(frames) - 1}
    assert rows(frames)[0]["payload_lengths"] == [100]


# ---- the accounting ----

ARP = ethernet(struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + bytes(20), 0x0806)
CUT = (5, datagram(1, 2)[:36], 46)
MALFORMED = ethernet(ipv4(CLIENT, SERVER, 17, struct.pack("!HHHH", 1, 2, 3, 0)))
WLAN_PROTECTED = bytes([0x08, 0x41]) + bytes(22) + b"secret" * 8


def test_every_reason_is_reached(account, tmp_path: Path) -> None:
    frames = [*ALL_DIRT, *WHOLE, *NEVER, ARP, OTHERS["esp"][0], CUT, MALFORMED]
    seen = account(frames)
    assert seen == {"kept": 4, **dict.fromkeys(DIRTY, 1), "fragment": 2, "fragment_never_completed": 2,
                    "not_ip": 1, "other_protocol": 1, "cut": 1, "malformed": 1}  # fmt: skip
    wlan = account([WLAN_PROTECTED], linktype=105)
    assert wlan == {"encrypted": 1}
    custom = ROOT / "tests/pcaps/format_pcapng_custom.pcapng"
    n_frames = scan(custom, level="frames").to_arrow().num_rows
    blocks = accounts(custom, n_frames)
    links = accounts(ROOT / "tests/pcaps/format_pcapng_interfaces.pcapng", frames_of("format_pcapng_interfaces.pcapng"))
    classic = classic_accounting(put(tmp_path / "classic.pcap", CONNECTION[:2] + exchange()))
    assert classic == {"kept": 2, "flow_without_payload": 2}
    names = {re.sub(r"^link_type_\d+$", "link_type", name) for c in (seen, wlan, blocks, links, classic) for name in c}
    source = (ROOT / "src/decode/packet.c").read_text()
    every = set(re.findall(r'\[REASON_\w+\] = "(\w+)"', source))
    assert every - names == {"filter", "in_no_family"}  # these come with filters and with feature sets of other programs
    assert len(every) > 15


def frames_of(name: str) -> int:
    return scan(ROOT / "tests/pcaps" / name, level="frames").to_arrow().num_rows


def classic_accounting(path: Path) -> dict[str, int]:
    run = _core.open((str(path),), (), style="classic")
    while run.next_batch() is not None:
        pass
    return run.accounting


def test_classic_leaves_flows_without_payload_out(tmp_path: Path) -> None:
    from flowcontainer.extractor import extract

    path = put(tmp_path / "x.pcap", [*talk(), *(f for _, f in CONNECTION[:2]), segment(True, RST, 9, ports=(1, 2))])
    assert [key[2] for key in extract(str(path))] == ["0"]
    assert classic_accounting(path) == {"kept": 6, "flow_without_payload": 3}
    assert len(scan(path).to_arrow()) == 3


def accounts_of_options(paths: Path | list[Path], n_frames: int) -> None:
    accounts(paths, n_frames, drop=())
    accounts(paths, n_frames, tunnel="outer", protocols="tcp,udp,gre,esp,sctp,icmp,icmpv6")
    accounts(paths, n_frames, policy="timeout", idle=0.01, active=0.1)
    accounts(paths, n_frames, close="fin", idle=0.01, max_flows=2)


OWN = sorted((ROOT / "tests/pcaps").glob("*.pcap*"))
FOREIGN = [path for path in OWN if path.name.startswith("foreign_")]


@pytest.mark.parametrize("path", [path for path in OWN if path not in FOREIGN], ids=lambda path: path.name)
def test_accounts_of_the_projects_captures(path: Path, recwarn: pytest.WarningsRecorder) -> None:
    try:
        n_frames = scan(path, level="frames").to_arrow().num_rows
    except (flowcontainer.CaptureError, flowcontainer.CaptureWarning):
        assert path.name.startswith(("bad_", "link_147"))
        return
    accounts_of_options(path, n_frames)


@pytest.mark.skipif(not WORKER.exists(), reason="flowcontainer-worker is not built")
def test_accounts_of_captures_of_libwireshark() -> None:
    """All at once: one worker is started for all of them. Each is in the answer with as many rows as it has frames."""
    per_capture = Counter(scan(FOREIGN, level="frames").to_arrow()["capture"].to_pylist())
    assert len(per_capture) == len(FOREIGN) > 15
    accounts_of_options(FOREIGN, per_capture.total())


def test_an_unknown_link_type_is_an_error(tmp_path: Path, cli) -> None:
    path = put(tmp_path / "x.pcap", talk(), linktype=147)
    for level in LEVELS:
        with pytest.raises(flowcontainer.CaptureError, match="link type 147"):
            scan(path, level=level).to_arrow()
    done = cli(path)
    assert done.returncode == 3 and "link type 147" in done.stderr and done.stdout == ""


def test_an_unknown_link_type_beside_others(tmp_path: Path, cli) -> None:
    put(tmp_path / "a.pcap", talk(), linktype=147)
    put(tmp_path / "b.pcap", talk())
    table = scan(tmp_path)
    with pytest.warns(flowcontainer.CaptureWarning, match="147"):
        assert table.to_arrow().num_rows == 1
    assert table.accounting == {"kept": 6, "link_type_147": 6}
    assert cli(tmp_path).returncode == 1


def test_max_frames(tmp_path: Path) -> None:
    for name in "ab":
        put(tmp_path / f"{name}.pcap", talk())
    for most, want in ((1, 2), (4, 8), (6, 12), (7, 12)):
        for level in LEVELS:
            table = scan(tmp_path, max_frames=most, level=level)
            table.to_arrow()
            assert table.accounting == {"kept": want}


def test_notes(tmp_path: Path) -> None:
    invite = b"INVITE sip:a SIP/2.0\r\n\r\nv=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"
    put(tmp_path / "a.pcap", [datagram(5060, 5060, invite)])
    put(tmp_path / "b.pcap", [])
    put(tmp_path / "c.pcap", exchange())
    (tmp_path / "d.pcap").write_bytes(b"")
    for jobs in (1, 2):
        table = scan(tmp_path, jobs=jobs, engine="native")
        assert table.to_arrow().num_rows == 2
        assert table.accounting == {"kept": 3}
        assert table.notes == {"stream_numbers_may_differ": 1, "empty_captures": 2}
        assert table.problems == []


# ---- times ----


def test_times_that_go_back(tmp_path: Path) -> None:
    path = put(tmp_path / "x.pcap", [(5, datagram(5000, 53)), (3, datagram(5000, 53)), (4, datagram(5000, 53))])
    table = scan(path, columns=["time_start", "time_end", "duration", "ip_timestamps"])
    (row,) = table.to_arrow().to_pylist()
    assert (row["time_start"].value, row["time_end"].value) == (3 * SECOND, 5 * SECOND)
    assert row["duration"].value == 2 * SECOND
    assert [time.value // SECOND for time in row["ip_timestamps"]] == [5, 3, 4]
    assert table.notes == {"times_out_of_order": 1}


@pytest.mark.skipif(not CASES.is_dir(), reason="the captures of known faults are not here")
def test_no_flow_ends_before_it_starts() -> None:
    table = scan(CASES / "time_backwards.pcap")
    flows = table.to_arrow().to_pylist()
    assert flows and table.notes["times_out_of_order"] == 1
    for row in flows:
        assert row["time_start"] == min(row["ip_timestamps"]) and row["time_end"] == max(row["ip_timestamps"])


def test_segments_behind_a_reset_belong_to_its_flow(rows) -> None:
    frames = [segment(True, SYN, 0), segment(False, SYN | ACK, 0), segment(True, ACK, 1), segment(True, RST | ACK, 1),
              segment(False, PSH | ACK, 1, b"under way"), segment(True, SYN, 5000)]
    flows = rows(frames, policy="timeout")
    assert [(len(row["ip_lengths"]), row["end"]) for row in flows] == [(5, "rst"), (1, "capture")]


def test_times_that_64_bits_cannot_hold_are_null(tmp_path: Path) -> None:
    """The third packet of a pcapng with a clock of seconds is in the year 12,000."""
    def block(kind: int, body: bytes) -> bytes:
        size = 12 + len(body)
        return struct.pack("<II", kind, size) + body + struct.pack("<I", size)

    frames = [ethernet(ipv4(CLIENT, SERVER, 17, udp(40000, 9, bytes([i])))) for i in range(3)]
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack("<HHIHHB3xHH", 1, 0, 0, 9, 1, 0, 0, 0))
    for second, frame in zip((1000, 1001, 316516000000), frames):
        padded = frame + bytes(-len(frame) % 4)
        out += block(6, struct.pack("<IIIII", 0, second >> 32, second & 0xFFFFFFFF, len(frame), len(frame)) + padded)
    path = tmp_path / "far.pcapng"
    path.write_bytes(out)
    rows = scan(str(path), level="packets", columns=("frame", "time"))
    times = [time for batch in rows for time in batch.to_pydict()["time"]]
    assert [time is None for time in times] == [False, False, True]
    assert rows.notes == {"times_out_of_range": 1}
    flows = scan(str(path), columns=("time_end", "packets"))
    (row,) = [batch.to_pydict() for batch in flows]
    assert row["packets"] == [3] and row["time_end"] == [1001 * SECOND]
