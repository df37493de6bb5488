"""Small random captures for the tests of feature sets, the same bytes for the same seed: few hosts and ports, so that flows
meet again; all TCP flags in any order, time-outs, reuse of ports, fragments, ICMP errors, VLAN tags, IPv6, padding, cut
frames, packets out of order and repeated, frames that are not IP, and damaged bytes."""

from __future__ import annotations

import random
import struct
from pathlib import Path

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
FLAGS = (SYN, SYN | ACK, ACK, ACK, ACK, PSH | ACK, PSH | ACK, PSH | ACK, FIN | ACK, FIN | ACK, RST, RST | ACK, 0, FIN, SYN | FIN,
         FIN | RST, URG | ACK, 0xC2, 0xFF)
GAPS_US = (0, 0, 1, 10, 300, 5000, 100000, 999999, 1000000, 1000001, 4999999, 5000001, 7000000, 31000000, 61000000, 119999990,
           120000000)
PORTS = (80, 443, 53, 22, 40000, 40001)


def checksum(data: bytes) -> int:
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class World:
    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.seq: dict[tuple, int] = {}

    def ends(self) -> tuple[int, int, int, int]:
        r = self.random
        return (*r.sample((1, 2, 3), 2), *r.choices(PORTS, k=2)) if r.random() < 0.95 else (1, 1, *r.choices(PORTS, k=2))

    def address(self, host: int, six: bool) -> bytes:
        return bytes.fromhex("20010db8") + bytes(11) + bytes([host]) if six else bytes([10, 0, 0, host])

    def transport(self, six: bool, a: int, b: int, sport: int, dport: int) -> tuple[int, bytes]:
        r = self.random
        data = r.randbytes(r.choice((0, 0, 0, 1, 5, 12, 100, 600)))
        kind = r.random()
        if kind < 0.65:
            return 6, self.tcp(a, b, sport, dport, data)
        if kind < 0.85:
            return 17, struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
        if kind < 0.95:
            return (58 if six else 1), self.icmp(six, data)
        return r.choice((2, 47, 50, 89, 132, 200)), data + bytes(20)

    def tcp(self, a: int, b: int, sport: int, dport: int, data: bytes) -> bytes:
        r = self.random
        flags = r.choice(FLAGS)
        key, back = (a, b, sport, dport), (b, a, dport, sport)
        seq = self.seq.setdefault(key, r.choice((0, 1000, 0xFFFFFF00, r.getrandbits(32))))
        if r.random() < 0.15:
            seq = (seq + r.choice((-600, -100, -1, 1, 100, 2000, 20000))) & 0xFFFFFFFF
        elif r.random() < 0.9:
            self.seq[key] = (seq + len(data) + bool(flags & SYN) + bool(flags & FIN)) & 0xFFFFFFFF
        ack = self.seq.get(back, 0) if flags & ACK else 0
        options = b"\1" * 4 * r.choice((0, 0, 0, 3, 10))
        words = (5 + len(options) // 4) if r.random() < 0.99 else r.randrange(16)
        return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, words << 4, flags, r.choice((0, 512, 65535)), 0, 0) + options + data

    def icmp(self, six: bool, data: bytes) -> bytes:
        r = self.random
        if r.random() < 0.4 and not six:
            quoted = self.ip4(*self.ends()[:2], 17, struct.pack("!HHHH", *r.choices(PORTS, k=2), 8, 0), quote=True)
            return bytes([3, r.randrange(4), 0, 0, 0, 0, 0, 0]) + quoted
        return bytes([r.choice((128, 129, 135, 136, 1) if six else (0, 8, 13, 11, 12)), r.randrange(3)]) + bytes(6) + data

    def fix(self, pseudo: bytes, proto: int, body: bytes) -> bytes:
        """The body with a right checksum, mostly."""
        at = {6: 16, 17: 6, 1: 2, 58: 2}.get(proto)
        if at is None or len(body) < at + 2 or self.random.random() < 0.03:
            return body
        body = body[:at] + b"\0\0" + body[at + 2:]
        return body[:at] + struct.pack("!H", checksum((b"" if proto == 1 else pseudo) + body)) + body[at + 2:]

    def ip4(self, a: int, b: int, proto: int, body: bytes, quote: bool = False) -> bytes:
        r = self.random
        src, dst = self.address(a, False), self.address(b, False)
        body = self.fix(src + dst + struct.pack("!BBH", 0, proto, len(body)), proto, body)
        options = b"\1" * r.choice((0, 0, 0, 0, 4))
        total = 20 + len(options) + len(body)
        fragment = 0
        if not quote and r.random() < 0.05:
            fragment = r.choice((0x4000, 0x2000, 0x2001, 0x0002, 0x00B9))
        if not quote and r.random() < 0.03:
            total = r.choice((0, 19, 20, total + 9, max(20, total - 5)))
        head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, total, r.randrange(3), fragment, 64, proto, 0) + src + dst + options
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body

    def ip6(self, a: int, b: int, proto: int, body: bytes) -> bytes:
        r = self.random
        src, dst = self.address(a, True), self.address(b, True)
        body = self.fix(src + dst + struct.pack("!II", len(body), proto), proto, body)
        if r.random() < 0.1:
            body, proto = bytes([proto, 0]) + b"\1\4\0\0\0\0" + body, r.choice((0, 60))
        return struct.pack("!IHBB", 6 << 28, len(body), proto, 64) + src + dst + body

    def frame(self) -> bytes:
        r = self.random
        macs = bytes([r.choice((0, 2, 0x45, 0x4A, 0xFF)), 0, 0, 0, 0, 1]) + bytes([2, 0, 0, 0, 0, 2])
        if r.random() < 0.04:
            return macs + r.choice((b"\x08\x06", b"\x88\xcc", b"\0\x26\x42\x42\3")) + r.randbytes(40)
        six = r.random() < 0.15
        ends = self.ends()
        proto, body = self.transport(six, *ends)
        packet = self.ip6(*ends[:2], proto, body) if six else self.ip4(*ends[:2], proto, body)
        if r.random() < 0.03:
            packet, six = self.ip4(1, 2, 41 if six else 4, packet), False
        tag = b"\x81\0" + struct.pack("!H", r.choice((5, 4095))) if r.random() < 0.05 else b""
        frame = macs + tag + (b"\x86\xdd" if six else b"\x08\0") + packet
        return frame + bytes(max(0, 60 - len(frame)))


def frames(seed: int) -> list[tuple[int, bytes, int]]:
    """Times in microseconds, captured bytes, wire lengths."""
    world = World(seed)
    r = world.random
    now, made = 1_600_000_000_000_000, []
    slow = r.random() < 0.5
    for _ in range(r.randrange(20, 160)):
        now += r.choice(GAPS_US if slow else GAPS_US[:11])
        frame = world.frame() if not made or r.random() < 0.95 else r.choice(made)[1]
        wire = len(frame)
        if r.random() < 0.02:
            frame = frame[: r.randrange(len(frame))]
        if r.random() < 0.01 and frame:
            at = r.randrange(len(frame))
            frame = frame[:at] + r.randbytes(1) + frame[at + 1:]
        made.append((now - (r.choice((1, 3000)) if r.random() < 0.02 else 0), frame, wire))
    return made


def write(path: Path, seed: int) -> Path:
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for us, frame, wire in frames(seed):
            file.write(struct.pack("<IIII", us // 1000000, us % 1000000, len(frame), wire) + frame)
    return path
