"""Captures written byte by byte, so that the test itself shows every expected value."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

CLIENT, SERVER = "10.0.0.1", "192.0.2.7"
START = 1_592_993_502_710_348_123  # ns; not a number that a double holds

SYN, ACK, FIN, PSH, RST = 0x02, 0x10, 0x01, 0x08, 0x04


def ethernet(payload: bytes, kind: int = 0x0800) -> bytes:
    return bytes.fromhex("020000000002 020000000001") + struct.pack("!H", kind) + payload


def ipv4(src: str, dst: str, protocol: int, payload: bytes, ttl: int = 64, ident: int = 1) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident, 0, ttl, protocol, 0)
    return head + socket.inet_aton(src) + socket.inet_aton(dst) + payload


def ipv6(src: str, dst: str, protocol: int, payload: bytes) -> bytes:
    head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
    return head + socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + payload


def tcp(sport: int, dport: int, seq: int, ack: int, flags: int, data: bytes = b"") -> bytes:
    return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 65535, 0, 0) + data


def udp(sport: int, dport: int, data: bytes = b"") -> bytes:
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


def write(path: Path | str | bytes, frames: list[bytes], step_ns: int = 1_000_001, linktype: int = 1) -> list[int]:
    """Writes a pcap with nanoseconds; returns the times."""
    out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, linktype)]
    times = []
    for i, frame in enumerate(frames):
        ns = START + i * step_ns
        times.append(ns)
        out.append(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(frame), len(frame)) + frame)
    with open(path, "wb") as file:
        file.write(b"".join(out))
    return times


def talk(sport: int = 50000, dport: int = 443, server: str = SERVER) -> list[bytes]:
    """A TCP connection: handshake, 100 bytes from the client (ttl 64), 300 from the server (ttl 55), and an ACK."""

    def there(*segment: object) -> bytes:
        return ethernet(ipv4(CLIENT, server, 6, tcp(sport, dport, *segment), ttl=64, ident=0x1234))

    def back(*segment: object) -> bytes:
        return ethernet(ipv4(server, CLIENT, 6, tcp(dport, sport, *segment), ttl=55, ident=0x0007))

    return [
        there(1000, 0, SYN),
        back(5000, 1001, SYN | ACK),
        there(1001, 5001, ACK),
        there(1001, 5001, PSH | ACK, b"q" * 100),
        back(5001, 1101, PSH | ACK, b"r" * 300),
        there(1101, 5301, ACK),
    ]


TALK_IP = [40, -40, 40, 140, -340, 40]
TALK_PAYLOAD = [100, -300]


def exchange(sport: int = 40000, dport: int = 9999) -> list[bytes]:
    """UDP: 20 bytes from the client, 30 from the server."""
    return [
        ethernet(ipv4(CLIENT, SERVER, 17, udp(sport, dport, b"a" * 20))),
        ethernet(ipv4(SERVER, CLIENT, 17, udp(dport, sport, b"b" * 30))),
    ]


def many(flows: int) -> list[bytes]:
    """UDP flows of two to five packets."""
    frames = []
    for i in range(flows):
        there, back = exchange(20000 + i % 40000, 1000 + i // 40000)
        frames += [there, back] + [there] * (i % 4)
    return frames
