"""Damaged variants of captures: frames lost, repeated, out of order or cut, segments split."""

from __future__ import annotations

import random
import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path

ETHERNET = 1
MAGIC = 0xA1B2C3D4


@dataclass(frozen=True)
class Frame:
    seconds: int
    fraction: int
    length: int
    data: bytes


def read(path: Path) -> tuple[int, list[Frame]] | None:
    """The link type and the frames of a plain pcap file with microseconds; None for any other file."""
    data = path.read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if order is None or len(data) < 24:
        return None
    (link,) = struct.unpack_from(order + "I", data, 20)
    frames, at = [], 24
    while at + 16 <= len(data):
        seconds, fraction, kept, length = struct.unpack_from(order + "IIII", data, at)
        frames.append(Frame(seconds, fraction, length, data[at + 16 : at + 16 + kept]))
        at += 16 + kept
    return link, frames


def write(path: Path, link: int, frames: list[Frame]) -> None:
    parts = [struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, 262144, link)]
    for f in frames:
        parts += [struct.pack("<IIII", f.seconds, f.fraction, len(f.data), max(f.length, len(f.data))), f.data]
    path.write_bytes(b"".join(parts))


def lost(frames: list[Frame], link: int, dice: random.Random) -> list[Frame]:
    return [f for f in frames if dice.random() > 0.1]


def headless(frames: list[Frame], link: int, dice: random.Random) -> list[Frame]:
    """A capture that started late."""
    return frames[dice.randrange(1 + len(frames) // 2) :]


def swapped(frames: list[Frame], link: int, dice: random.Random) -> list[Frame]:
    frames = list(frames)
    for _ in range(1 + len(frames) // 10):
        i = dice.randrange(len(frames))
        j = min(len(frames) - 1, i + dice.randrange(1, 4))
        a, b = frames[i], frames[j]
        frames[i] = replace(a, length=b.length, data=b.data)  # times go on
        frames[j] = replace(b, length=a.length, data=a.data)
    return frames


def repeated(frames: list[Frame], link: int, dice: random.Random) -> list[Frame]:
    frames = list(frames)
    for _ in range(1 + len(frames) // 10):
        i = dice.randrange(len(frames))
        frames.insert(min(len(frames), i + dice.randrange(1, 5)), frames[i])
    return frames


def cut(frames: list[Frame], link: int, dice: random.Random) -> list[Frame]:
    return [replace(f, data=f.data[: dice.randrange(54, len(f.data))]) if len(f.data) > 60 and dice.random() < 0.1 else f
            for f in frames]


def split(frames: list[Frame], link: int, dice: random.Random) -> list[Frame]:
    """TCP segments over IPv4, split in two."""
    return [half for f in frames for half in (halves(f, dice) if link == ETHERNET and dice.random() < 0.4 else [f])]


def halves(frame: Frame, dice: random.Random) -> list[Frame]:
    d = frame.data
    if len(d) < 54 or d[12:14] != b"\x08\x00" or d[14] != 0x45 or d[23] != 6 or frame.length != len(d):
        return [frame]
    (ip_length,) = struct.unpack_from(">H", d, 16)
    start, end = 34 + (d[46] >> 4) * 4, 14 + ip_length
    if start < 54 or end > len(d) or end - start < 2:
        return [frame]
    at = dice.randrange(start + 1, end)
    first, second = bytearray(d[:at]), bytearray(d[:start] + d[at:end])
    first[47] &= ~1  # the FIN goes with the last byte
    struct.pack_into(">H", first, 16, len(first) - 14)
    struct.pack_into(">H", second, 16, len(second) - 14)
    (seq,) = struct.unpack_from(">I", d, 38)
    struct.pack_into(">I", second, 38, (seq + at - start) & 0xFFFFFFFF)
    return [replace(frame, length=len(half), data=bytes(half)) for half in (first, second)]


def kept_alive(frames: list[Frame], link: int, dice: random.Random) -> list[Frame]:
    """After some TCP segments over IPv4, a keep-alive repeats one byte, rightly or wrongly."""
    out = []
    for f in frames:
        out.append(f)
        d = f.data
        if link != ETHERNET or len(d) < 54 or d[12:14] != b"\x08\x00" or d[14] != 0x45 or d[23] != 6 or dice.random() > 0.3:
            continue
        start, end = 34 + (d[46] >> 4) * 4, 14 + struct.unpack_from(">H", d, 16)[0]
        if not 54 <= start < end <= len(d):
            continue
        again = bytearray(d[:start] + bytes([dice.choice([d[end - 1], dice.randrange(256)])]))
        (seq,) = struct.unpack_from(">I", d, 38)
        struct.pack_into(">H", again, 16, len(again) - 14)
        struct.pack_into(">I", again, 38, (seq + end - start - 1) & 0xFFFFFFFF)
        again[47] &= 0xF8
        out.append(replace(f, length=len(again), data=bytes(again)))
    return out


CERTIFICATE = re.compile(rb"\x30\x82..\x30\x82", re.S)


def flipped(frames: list[Frame], link: int, dice: random.Random) -> list[Frame]:
    """One changed bit in a certificate."""
    places = [(i, found.start()) for i, f in enumerate(frames) for found in CERTIFICATE.finditer(f.data)]
    if not places:
        return frames
    i, start = dice.choice(places)
    data = bytearray(frames[i].data)
    data[dice.randrange(start, min(len(data), start + 900))] ^= 1 << dice.randrange(8)
    return [*frames[:i], replace(frames[i], data=bytes(data)), *frames[i + 1 :]]


KINDS = [lost, headless, swapped, repeated, cut, split, kept_alive, flipped]


def make(folder: Path, sources: list[Path], n: int, seed: int) -> dict[Path, str]:
    """Writes n mutants into the folder, each with a text about its source and its change; the same seed gives the same."""
    dice = random.Random(seed)
    made: dict[Path, str] = {}
    while len(made) < n:
        source, kind = dice.choice(sources), dice.choice(KINDS)
        capture = read(source)
        if not capture or not capture[1]:
            continue
        mutant = kind(capture[1], capture[0], dice)
        if mutant == capture[1]:
            continue
        path = folder / f"{len(made)}.pcap"
        write(path, capture[0], mutant)
        made[path] = f"{source.name}, {kind.__name__}"
    return made
