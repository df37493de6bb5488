"""Captures written byte by byte, so that a test knows every number in them."""

from __future__ import annotations

import ipaddress
import struct
from pathlib import Path

START_NS = 1_700_000_000_000_000_000  # 2023-11-14T22:13:20Z
CLIENT, SERVER = "192.0.2.1", "198.51.100.7"
CLIENT6, SERVER6 = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1", "2001:db8::5:443"
SYN, ACK, PSH, FIN = 0x02, 0x10, 0x08, 0x01


def ethernet(payload: bytes, kind: int) -> bytes:
    return bytes(6) + b"\x02" + bytes(5) + struct.pack("!H", kind) + payload


def ip(src: str, dst: str, protocol: int, payload: bytes, ttl: int = 64) -> bytes:
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 6:
        header = struct.pack("!IHBB16s16s", 6 << 28, len(payload), protocol, ttl, a.packed, b.packed)
        return ethernet(header + payload, 0x86DD)
    total = 20 + len(payload)
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, 1, 0x4000, ttl, protocol, 0, a.packed, b.packed)
    return ethernet(header + payload, 0x0800)


def tcp(
    src: str,
    sport: int,
    dst: str,
    dport: int,
    seq: int,
    ack: int,
    flags: int,
    payload: bytes = b"",
    ttl: int = 64,
) -> bytes:
    header = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 64240, 0, 0)
    return ip(src, dst, 6, header + payload, ttl)


def udp(src: str, sport: int, dst: str, dport: int, payload: bytes, ttl: int = 64) -> bytes:
    return ip(src, dst, 17, struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload, ttl)


def arp() -> bytes:
    return ethernet(struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + bytes(20), 0x0806)


def pcap(
    frames: list[bytes], step_ns: int = 1_000_000, start_ns: int = START_NS, link_type: int = 1
) -> bytes:
    """A pcap with nanoseconds; frame i at start + i * step."""
    out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link_type)]
    for i, frame in enumerate(frames):
        ns = start_ns + i * step_ns
        out.append(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(frame), len(frame)) + frame)
    return b"".join(out)


def web_frames(sport: int = 50000, client: str = CLIENT, server: str = SERVER) -> list[bytes]:
    """A handshake, 100 bytes up, 1000 bytes down in two segments, and one segment sent twice."""
    up, down = b"u" * 100, b"d" * 500
    c, s = (client, sport, server, 443), (server, 443, client, sport)
    return [
        tcp(*c, 1000, 0, SYN),
        tcp(*s, 5000, 1001, SYN | ACK, ttl=57),
        tcp(*c, 1001, 5001, ACK),
        tcp(*c, 1001, 5001, ACK | PSH, up),
        tcp(*s, 5001, 1101, ACK | PSH, down, ttl=57),
        tcp(*c, 1001, 5001, ACK | PSH, up),  # again: a retransmission
        tcp(*s, 5501, 1101, ACK | PSH, down, ttl=57),
        tcp(*c, 1101, 6001, ACK),
    ]


WEB_KEPT = 7
WEB_LENGTHS = [40, -40, 40, 140, -540, -540, 40]
WEB_FRAMES_KEPT = [1, 2, 3, 4, 5, 7, 8]
WEB_TTLS = [64, 57, 64, 64, 57, 57, 64]


def mixed_frames() -> list[bytes]:
    """The web flow, a UDP question with its answer, two ARP frames: 12 frames, 9 kept, 2 flows."""
    return [
        *web_frames(),
        udp(CLIENT, 40000, "203.0.113.53", 9053, b"q" * 30),
        udp("203.0.113.53", 9053, CLIENT, 40000, b"a" * 90),
        arp(),
        arp(),
    ]


def many_flows(n: int, first_port: int = 20000) -> list[bytes]:
    """n UDP flows of one packet each."""
    return [udp(CLIENT, first_port + i % 40000, f"198.51.{i // 40000}.9", 7000, b"x" * 20) for i in range(n)]


def write(path: Path, frames: list[bytes], **kwargs) -> Path:
    path.write_bytes(pcap(frames, **kwargs))
    return path
