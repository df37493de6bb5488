"""The records of a capture as they stand in the file: for tools that need whole frames, such as :mod:`flowcontainer.split`. Flows, fields
and checks come from the engine; this reads pcap and pcapng, plain or under gzip, bzip2, xz, and with pyarrow also zstd and lz4."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1),
}  # fmt: skip
_SECTION = b"\x0a\x0d\x0d\x0a"
_OPENERS: dict[bytes, Any] = {
    b"\x1f\x8b": gzip.open,
    b"BZ": bz2.open,
    b"\xfd7": lzma.open,
    b"\x28\xb5": lambda name, mode: _by_arrow(name, "zstd"),
    b"\x04\x22": lambda name, mode: _by_arrow(name, "lz4"),
}
LARGEST = 1 << 28  #: a longer record is damage


class Record(NamedTuple):
    """A frame of a capture."""

    time: int  #: ns since 1970; 0 if the file has none
    wire: int  #: bytes on the wire
    data: bytes  #: captured bytes
    link: int  #: link type


def records(path: Any) -> Iterator[Record]:
    """The records of a file, one after the other, up to its end or its first damage. Raises ValueError if it is neither pcap nor pcapng,
    OSError if it cannot be read."""
    name = os.fspath(path)
    with open(name, "rb") as file:
        opener = _OPENERS.get(file.read(2), open)
    with opener(name, "rb") as file:
        magic = _exactly(file, 4)
        if magic == _SECTION:
            yield from _pcapng(file)
        elif magic in _PCAP:
            yield from _pcap(file, *_PCAP[magic])
        else:
            raise ValueError(f"{name}: not a pcap or pcapng file, plain or under gzip, bzip2, xz, zstd or lz4")


def _by_arrow(name: str, compression: str) -> IO[bytes]:
    """A file under zstd or lz4, for which Python before 3.14 has no module. Raises ValueError without pyarrow."""
    try:
        import pyarrow
    except ImportError:
        raise ValueError(f"{name}: whole frames under {compression} need pyarrow: pip install pyarrow") from None
    # a buffer of one record header: at a cut, pyarrow gives none of the bytes of the reading that meets it
    return io.BufferedReader(pyarrow.input_stream(name, compression=compression), 16)


def _exactly(file: IO[bytes], size: int) -> bytes:
    """The next bytes, or none if the file ends before."""
    try:
        data = file.read(size)
    except (EOFError, OSError, lzma.LZMAError, zlib.error):
        return b""
    return data if len(data) == size else b""


def _pcap(file: IO[bytes], order: str, unit: int) -> Iterator[Record]:
    rest = _exactly(file, 20)
    if not rest:
        return
    link = struct.unpack_from(order + "I", rest, 16)[0] & 0xFFFF
    head = struct.Struct(order + "IIII")
    while start := _exactly(file, 16):
        seconds, part, size, wire = head.unpack(start)
        data = _exactly(file, size) if size <= LARGEST else b""
        if size and not data:
            return
        yield Record(seconds * 10**9 + part * unit, wire, data, link)


class _Interface(NamedTuple):
    link: int
    base: int
    power: int
    offset: int  #: ns


def _pcapng(file: IO[bytes]) -> Iterator[Record]:
    order, interfaces = "<", list[_Interface]()
    magic = _SECTION
    while True:
        head = _exactly(file, 4 if magic else 8)
        if not head:
            return
        kind, size = (magic, head) if magic else (head[:4], head[4:])
        extra = b""
        if kind == _SECTION:
            extra = _exactly(file, 4)
            order, interfaces = "<" if extra == b"\x4d\x3c\x2b\x1a" else ">", []
        magic = b""
        length = struct.unpack(order + "I", size)[0]
        body = extra + _exactly(file, length - 12 - len(extra)) if 12 + len(extra) < length <= LARGEST else extra
        if length < 12 or len(body) != length - 12 or not _exactly(file, 4):
            return
        yield from _block(struct.unpack(order + "I", kind)[0], body, order, interfaces)


def _block(kind: int, body: bytes, order: str, interfaces: list[_Interface]) -> Iterator[Record]:
    if kind == 1:
        interfaces.append(_interface(body, order))
    elif kind == 6 and len(body) >= 20:
        number, high, low, captured, wire = struct.unpack_from(order + "IIIII", body)
        if number < len(interfaces):
            yield _timed(interfaces[number], high << 32 | low, wire, body[20 : 20 + captured])
    elif kind == 2 and len(body) >= 20:
        number, _, high, low, captured, wire = struct.unpack_from(order + "HHIIII", body)
        if number < len(interfaces):
            yield _timed(interfaces[number], high << 32 | low, wire, body[20 : 20 + captured])
    elif kind == 3 and len(body) >= 4 and interfaces:
        wire = struct.unpack_from(order + "I", body)[0]
        yield Record(0, wire, body[4 : 4 + wire], interfaces[0].link)


def _timed(interface: _Interface, ticks: int, wire: int, data: bytes) -> Record:
    return Record(ticks * 10**9 // interface.base**interface.power + interface.offset, wire, data, interface.link)


def _interface(body: bytes, order: str) -> _Interface:
    link, base, power, offset, at = struct.unpack_from(order + "H", body)[0], 10, 6, 0, 8
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        if code == 0:
            break
        if code == 9 and size:
            base, power = (2, body[at + 4] & 127) if body[at + 4] & 128 else (10, body[at + 4])
        if code == 14 and size == 8:
            offset = struct.unpack_from(order + "q", body, at + 4)[0] * 10**9
        at += 4 + (size + 3) // 4 * 4
    return _Interface(link, base, power, offset)
