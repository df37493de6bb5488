"""The expected base columns, computed from tshark's text alone: the kept packets, and their flows, lengths, times and
directions. This is an independent implementation of the documentation in flowcontainer.h, not a port of the C code.

A frame's headers come from frame.protocols (outermost first); the n-th value of ip.src belongs to the n-th `ip` there.
If tshark's text does not say which value belongs to which header, the value is UNCLEAR and counts as equal."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

# Columns that regrouping needs, beside the fields under comparison.
NEEDS = [
    "frame.number", "frame.protocols", "frame.time_epoch", "frame.len", "frame.cap_len", "ip", "ipv6", "icmp", "icmpv6", "mdns", "ssdp",
    "tcp", "udp", "udplite", "ip.src", "ip.dst", "ip.len", "ip.hdr_len", "ip.reassembled.length", "ipv6.src", "ipv6.dst",
    "ipv6.plen", "ipv6.reassembled.length", "tcp.srcport", "tcp.dstport", "tcp.len", "tcp.stream", "tcp.flags",
    "tcp.analysis.retransmission", "tcp.analysis.out_of_order", "udp.srcport", "udp.dstport", "udp.length", "udp.stream",
]
UNCLEAR = None
FACTS = {"retransmission": "tcp.analysis.retransmission", "out_of_order": "tcp.analysis.out_of_order",
         "mdns": "mdns", "ssdp": "ssdp"}


@dataclass
class Header:
    """A TCP or UDP header, and the IP header that carries it."""
    kind: str  # tcp, udp
    version: int
    src: str
    dst: str
    sport: int
    dport: int
    stream: int
    syn: bool
    ack: bool
    ip_length: int | None
    plen: int | None  # as the header has it: ip.len or ipv6.plen
    payload: int | None
    length: int | None  # tcp.len or udp.length


@dataclass
class Frame:
    number: int
    time: int | None
    length: int
    kept: bool
    facts: set[str]  # reasons that tshark gives to drop the frame
    is_ip: bool
    headers: list[Header]
    outer: tuple[str, str] | None  # outermost addresses when the flow's are others
    unclear: bool  # has a transport header whose values cannot be told apart


def times(text: str) -> int | None:
    if not text:
        return None
    seconds, _, fraction = text.partition(".")
    negative = seconds.startswith("-")
    total = abs(int(seconds)) * 10**9 + int(fraction or 0)
    return -total if negative else total


def values(cells: dict[str, str], name: str) -> list[str]:
    text = cells[name]
    return text.split(",") if text else []


def is_cut(cells: dict[str, str]) -> bool:
    return int(cells["frame.cap_len"] or 0) < int(cells["frame.len"] or 0)


def nth(cells: dict[str, str], name: str, index: int, of: int) -> str | None:
    """The value of the index-th header among `of`. If not every header has a value, it is UNCLEAR, unless the frame is cut:
    then the innermost headers have none."""
    found = values(cells, name)
    return found[index] if len(found) == of or (is_cut(cells) and index < len(found) < of) else UNCLEAR


def number(text: str | None) -> int | None:
    return int(text, 0) if text else UNCLEAR


def transports(stack: list[str]):
    """(kind, index among its kind, version of its IP header, index of that header among its version, number of IP headers
    outside)."""
    seen = {"ip": 0, "ipv6": 0, "tcp": 0, "udp": 0}
    net = None
    outside = 0
    for name in stack:
        if name in ("icmp", "icmpv6"):
            return  # the next header is in a quote
        if name in ("ip", "ipv6"):
            outside += net is not None
            net = (4 if name == "ip" else 6, seen[name])
            seen[name] += 1
        elif name in ("tcp", "udp", "udplite") and net:
            kind = "tcp" if name == "tcp" else "udp"
            yield kind, seen[kind], *net, outside
            seen[kind] += 1


def header(cells: dict[str, str], stack: list[str], kind: str, index: int, version: int, net: int) -> Header | None:
    n_kind = sum(name in (("tcp",) if kind == "tcp" else ("udp", "udplite")) for name in stack)
    ip = "ip" if version == 4 else "ipv6"
    n_ip = stack.count(ip)

    def transport(name: str) -> int | None:
        return number(nth(cells, f"{kind}.{name}", index, n_kind))

    stream, sport, dport = transport("stream"), transport("srcport"), transport("dstport")
    src, dst = nth(cells, ip + ".src", net, n_ip), nth(cells, ip + ".dst", net, n_ip)
    if stream is None or sport is None or dport is None or src is None or dst is None:
        return None
    length = transport("len" if kind == "tcp" else "length")
    plen = number(nth(cells, "ip.len" if version == 4 else "ipv6.plen", net, n_ip))
    flags = (transport("flags") or 0) if kind == "tcp" else 0
    if version == 4:
        ip_length = plen
    else:
        ip_length = 40 + plen if plen else UNCLEAR
    payload = length
    if kind == "tcp" and length is None and n_kind == 1 and not cells["tcp.len"]:
        payload = length = 0  # a header longer than its segment
    if kind == "udp":
        payload = udp_payload(cells, length, version, ip_length, net, n_ip)
    return Header(kind, version, src, dst, sport, dport, stream, bool(flags & 2), bool(flags & 16), ip_length, plen,
                  payload, length)


def udp_payload(cells, length, version, ip_length, net, n_ip) -> int | None:
    """The length field without the header, but not more than the IP packet has room for."""
    if not length or ip_length is None:
        return UNCLEAR
    reassembled = values(cells, "ip.reassembled.length") + values(cells, "ipv6.reassembled.length")
    if reassembled:
        room = number(reassembled[-1]) if len(reassembled) == 1 else None
    elif version == 4:
        size = number(nth(cells, "ip.hdr_len", net, n_ip))
        room = ip_length - size if size else None
    else:
        room = length if length <= ip_length - 40 else None
    return UNCLEAR if room is None else max(0, min(length, room) - 8)


def frame_of(cells: dict[str, str]) -> Frame:
    stack = cells["frame.protocols"].split(":")
    facts = {reason for reason, name in FACTS.items() if cells[name]}
    if cells["icmp"] or cells["icmpv6"]:
        facts.add("icmp")
    headers: list[Header] = []
    unclear = False
    outer = None
    for kind, index, version, net, outside in transports(stack):
        found = header(cells, stack, kind, index, version, net)
        if found:
            headers.append(found)
            outer = outermost(cells, stack) if outside else None
        elif cells[f"{kind}.stream"] and not is_cut(cells):
            unclear = True
    is_ip = bool(cells["ip"] or cells["ipv6"])
    return Frame(int(cells["frame.number"]), times(cells["frame.time_epoch"]), int(cells["frame.len"] or 0),
                 bool(is_ip and not facts and headers), facts, is_ip, headers, outer, unclear)


def outermost(cells: dict[str, str], stack: list[str]) -> tuple[str, str]:
    name = next(name for name in stack if name in ("ip", "ipv6"))
    return (values(cells, name + ".src") or [""])[0], (values(cells, name + ".dst") or [""])[0]


@dataclass
class Flow:
    protocol: str
    stream: int
    client: tuple[str, int]
    server: tuple[str, int]
    client_by: str
    outer: tuple[str, str] | None
    number: int
    packets: list[tuple[int | None, bool, Header]] = field(default_factory=list)  # time, from the client, header


@dataclass
class Packet:
    frame: Frame
    flow: Flow
    header: Header
    forward: bool


def is_group(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.is_multicast or address == "255.255.255.255"


def choose(header: Header, classic: bool, shakes: dict[str, tuple[str, int]]):
    """Client, server and the reason for that, at a flow's first kept packet."""
    sender, receiver = (header.src, header.sport), (header.dst, header.dport)
    low = [port < 1024 for port in (header.sport, header.dport)]
    groups = [is_group(address) for address in (header.src, header.dst)]
    if not classic and "syn" in shakes:
        client, by = shakes["syn"], "syn"
    elif not classic and "synack" in shakes:
        client, by = (receiver if shakes["synack"] == sender else sender), "synack"
    elif classic:
        client, by = (sender if header.sport > header.dport else receiver), "port"
    elif groups[0] != groups[1]:
        client, by = (receiver if groups[0] else sender), "multicast"
    elif low[0] != low[1]:
        client, by = (receiver if low[0] else sender), "port"
    else:
        client, by = sender, "first"
    return client, (receiver if client == sender else sender), by


def regroup(frames: list[Frame], classic: bool) -> tuple[list[Flow], list[Packet]]:
    """Flows in the order of their first kept packets, and the kept packets in capture order."""
    flows: dict[tuple[str, int], Flow] = {}
    shakes: dict[int, dict[str, tuple[str, int]]] = {}
    packets: list[Packet] = []
    for frame in frames:
        for header in frame.headers:
            if header.syn:
                seen = shakes.setdefault(header.stream, {}) if header.kind == "tcp" else {}
                seen.setdefault("synack" if header.ack else "syn", (header.src, header.sport))
        if not frame.kept:
            continue
        header = frame.headers[-1]
        key = (header.kind, header.stream)
        if key not in flows:
            seen = shakes.get(header.stream, {}) if header.kind == "tcp" else {}
            flows[key] = Flow(*key, *choose(header, classic, seen), frame.outer, len(flows))
        flow = flows[key]
        # Either end tells: in Wireshark's TFTP streams a server answers from several ports.
        forward = (header.src, header.sport) == flow.client or (header.dst, header.dport) == flow.server
        flow.packets.append((frame.time, forward, header))
        packets.append(Packet(frame, flow, header, forward))
    return list(flows.values()), packets
