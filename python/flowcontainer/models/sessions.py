"""Frames as the capture has them, and SplitCap's sessions: for the exact forms of published programs, which see Ethernet padding,
fragments and repeated packets that flows do not have."""

from __future__ import annotations

import ipaddress
import os
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..records import records
from ..table import Scan
from .inputs import is_dataset


class Frame(NamedTuple):
    """A frame; of TCP and UDP in whole IP datagrams also the places of its headers."""

    number: int  #: from 1
    time: int  #: ns
    data: bytes  #: as captured
    link: int
    version: int = 0  #: 4 or 6; 0 if the frame has no TCP or UDP header
    ip: int = 0  #: offset of the IP header
    end: int = 0  #: offset of the end of the IP packet, or of the captured bytes
    protocol: int = 0  #: 6 or 17
    transport: int = 0  #: offset of the header of TCP or UDP
    payload: int = 0  #: offset of the payload
    src: bytes = b""
    dst: bytes = b""
    sport: int = 0
    dport: int = 0


def frames(path: Any) -> Iterator[Frame]:
    """The frames of a pcap or pcapng file, up to the first damage. Raises ValueError if it is neither."""
    for number, raw in enumerate(records(path), 1):
        yield Frame(number, raw.time, raw.data, raw.link, *(_layers(raw.data, raw.link) or ()))


# ---- layers ----


def _layers(data: bytes, link: int) -> tuple[Any, ...] | None:
    at = _network(data, link)
    if at is None or len(data) < at + 20:
        return None
    found = _ipv4(data, at) if data[at] >> 4 == 4 else _ipv6(data, at) if data[at] >> 4 == 6 else None
    if not found:
        return None
    end, protocol, transport, src, dst = found
    if protocol == 6 and len(data) >= transport + 20:
        payload = transport + (data[transport + 12] >> 4) * 4
    elif protocol == 17 and len(data) >= transport + 8:
        payload = transport + 8
    else:
        return None
    sport, dport = struct.unpack_from("!HH", data, transport)
    return data[at] >> 4, at, min(end, len(data)), protocol, transport, payload, src, dst, sport, dport


def _network(data: bytes, link: int) -> int | None:
    """Offset of the IP header."""
    if link != 1:
        return {0: 4, 108: 4, 113: 16}.get(link, 0)
    at, kind = 14, int.from_bytes(data[12:14], "big")
    while kind in (0x8100, 0x88A8, 0x9100) and len(data) >= at + 4:
        at, kind = at + 4, int.from_bytes(data[at + 2 : at + 4], "big")
    return at if kind in (0x0800, 0x86DD) else None


def _ipv4(data: bytes, at: int) -> tuple[int, int, int, bytes, bytes] | None:
    head, total, fragment = (
        (data[at] & 15) * 4,
        int.from_bytes(data[at + 2 : at + 4], "big"),
        int.from_bytes(data[at + 6 : at + 8], "big"),
    )
    if head < 20 or fragment & 0x3FFF:
        return None
    return at + total if total else len(data), data[at + 9], at + head, data[at + 12 : at + 16], data[at + 16 : at + 20]


def _ipv6(data: bytes, at: int) -> tuple[int, int, int, bytes, bytes] | None:
    if len(data) < at + 40:
        return None
    protocol, transport = data[at + 6], at + 40
    while protocol in (0, 43, 60) and len(data) >= transport + 8:
        protocol, transport = data[transport], transport + (data[transport + 1] + 1) * 8
    return (
        at + 40 + int.from_bytes(data[at + 4 : at + 6], "big"),
        protocol,
        transport,
        data[at + 8 : at + 24],
        data[at + 24 : at + 40],
    )


# ---- sessions ----


_PLAIN = b"\x08\x00\x45"  #: of Ethernet and IPv4 without options: protocol, addresses and ports stand at fixed places


class Session(NamedTuple):
    """A session of SplitCap."""

    name: str  #: the file name that SplitCap gives it
    frames: list[Frame]

    def directions(self) -> list[int]:
        """1 for frames of the side that sent the first, -1 for the other."""
        first = self.frames[0]
        return [1 if (frame.src, frame.sport) == (first.src, first.sport) else -1 for frame in self.frames]


def splitcap(path: Any, most: int | None = None) -> list[Session]:
    """The sessions of `SplitCap -s session`: TCP and UDP frames with one pair of (address, port), never cut; fragments and everything
    else are left out. In the order of their first frames.

    :param most: only the first so many frames of each session; None: all
    """
    found: dict[tuple[Any, ...], list[Frame]] = {}
    full: set[bytes] = set()  # bytes of headers by which further frames of a session are known that has enough
    for number, raw in enumerate(records(path), 1):
        plain = raw.data[12:15] == _PLAIN and raw.link == 1
        ends = raw.data[23:24] + raw.data[26:38] if plain else b""
        if ends in full:
            continue
        frame = Frame(number, raw.time, raw.data, raw.link, *(_layers(raw.data, raw.link) or ()))
        if frame.version:
            held = found.setdefault(
                (frame.protocol, *sorted(((frame.src, frame.sport), (frame.dst, frame.dport)))), []
            )
            if most is None or len(held) < most:
                held.append(frame)
            elif plain:
                full.add(ends)
    return [Session(session_name(os.path.basename(os.fspath(path)), key), value) for key, value in found.items()]


def session_name(capture: str, key: tuple[Any, ...]) -> str:
    """SplitCap's file name of a session: protocol and (address, port) of its ends, the lower first."""
    protocol, *ends = key
    sides = "_".join(
        f"{str(ipaddress.ip_address(address)).replace('.', '-').replace(':', '-')}_{port}" for address, port in ends
    )
    return f"{capture}.{'TCP' if protocol == 6 else 'UDP'}_{sides}.pcap"


def first_connection(frames: list[Frame]) -> list[Frame]:
    """The frames that PcapSplitter's file of a session holds: of TCP those before the first SYN behind a FIN or RST, where the next
    connection of the same ports begins."""
    ended = False
    for i, frame in enumerate(frames):
        flags = frame.data[frame.transport + 13] if frame.protocol == 6 else 0
        if ended and flags & 2:
            return frames[:i]
        ended = ended or flags & 5 != 0
    return frames


def sessions_of(source: Any, most: int | None = None) -> list[Session]:
    """The sessions of captures, in their order, with at most so many frames each; sessions are passed through."""
    if isinstance(source, (list, tuple)) and all(isinstance(one, Session) for one in source):
        return list(source)
    return [session for path in captures_of(source) for session in splitcap(path, most)]


def captures_of(source: Any) -> list[Any]:
    """The captures of a path, of a folder, of several of these, of a Scan or of a Dataset, for exact forms. Raises ValueError for rows."""
    if isinstance(source, (list, tuple)):
        return [path for one in source for path in captures_of(one)]
    if is_dataset(source):
        return list(source.captures())
    if isinstance(source, Scan):
        return [path for one in source._paths for path in captures_of(os.fsdecode(one))]
    if not isinstance(source, (str, bytes, os.PathLike)):
        raise ValueError("exact=True reads captures: give paths, a Scan or a Dataset")
    if not os.path.isdir(source):
        return [source]
    folder = os.fsdecode(source)
    found = (os.path.join(top, name) for top, _, names in os.walk(folder) for name in names if name[0] != ".")
    return sorted(found)
