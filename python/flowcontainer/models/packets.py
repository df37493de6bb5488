"""Layouts of single packets: Deep Packet, nPrint."""

from __future__ import annotations

from typing import Any

import numpy as np

from .inputs import Array, Inputs
from .sessions import Frame, captures_of, frames
from .sound import MASKS, matrix

# ---- Deep Packet ----


def deep_packet_query(packets: int = 10, **_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`deep_packet`."""
    return {"columns": ["flow_id"], "bytes": {"ip": {"packets": packets, "start": "ip", "length": 1500, "mask": MASKS}}}


def deep_packet(source: Any, *, packets: int = 10, exact: bool = False) -> Inputs:
    """Deep Packet: (packets, 1500) float32, the bytes of an IP packet / 255, filled with 0. `rows` is the flow of each packet.

    The sound form takes the first `packets` packets of each flow and masks addresses, ports, checksums, IP id, sequence numbers and TCP
    timestamps. Split by flow: the published split puts packets of one flow on both sides, where sequence numbers tell the flow.

    exact=True takes captures and gives the published bytes of each frame that the program keeps; `rows` is the number of the frame. It
    leaves out DNS with payload, and TCP without payload where an IPv4 flag is set (it asks for TCP flags, and gets IPv4's); addresses of
    IPv4 are 0, but their checksum stays; the 12 bytes for UDP's shorter header stand behind the payload.
    """
    if exact:
        return _deep_packet_exact(source)
    rows, content, mask = matrix(source, deep_packet_query(packets), "ip")
    there = mask.any(2)
    flow = np.nonzero(there)[0]
    names = rows.names()
    bytes_ = (content[there] / np.float32(255)).astype(np.float32)
    return Inputs("deep_packet", False, {"bytes": bytes_}, {"bytes": mask[there]}, flow, [names[i] for i in flow])


def _deep_packet_exact(source: Any) -> Inputs:
    paths = captures_of(source)
    kept = [
        (path, frame, data)
        for path in paths
        for frame in frames(path)
        if (data := deep_packet_bytes(frame)) is not None
    ]
    out, mask = np.zeros((len(kept), 1500), np.uint8), np.zeros((len(kept), 1500), bool)
    for i, (_, _, data) in enumerate(kept):
        out[i, : len(data)] = np.frombuffer(data, np.uint8)
        mask[i, : len(data)] = True
    faults = (
        "flags of IPv4 are asked for instead of TCP's",
        "the 12 bytes for UDP stand behind the payload",
        "the checksum tells the addresses",
    )
    numbers = np.array([frame.number for _, frame, _ in kept], np.int64)
    names = [f"{path}#{frame.number}" for path, frame, _ in kept]
    return Inputs(
        "deep_packet",
        True,
        {"bytes": (out / np.float32(255)).astype(np.float32)},
        {"bytes": mask},
        numbers,
        names,
        faults,
    )


def deep_packet_bytes(frame: Frame) -> bytes | None:
    """Up to 1500 bytes of a frame as published, or None if the program leaves it out."""
    start = 14 if frame.link == 1 else 0
    data = bytearray(frame.data)
    if frame.version:
        if _left_out(frame):
            return None
        if frame.version == 4:
            data[frame.ip + 12 : frame.ip + 20] = bytes(8)
        if frame.protocol == 17:
            data[frame.end : frame.end] = bytes(12)
    elif len(data) >= start + 20 and data[start] >> 4 == 4 and (frame.link != 1 or data[12:14] == b"\x08\x00"):
        data[start + 12 : start + 20] = bytes(8)
    return bytes(data[start : start + 1500])


def _left_out(frame: Frame) -> bool:
    has_payload = frame.payload < frame.end
    names = {53, 5353} if frame.protocol == 17 else {53}
    if has_payload:
        return bool(names & {frame.sport, frame.dport})
    flags = frame.data[frame.ip + 6] >> 5 if frame.version == 4 else frame.data[frame.transport + 13]
    return frame.protocol == 6 and bool(flags & 0x13)


# ---- nPrint ----

_ONE = 1
FIELDS: dict[str, tuple[tuple[str, int], ...]] = {
    "eth": (("eth_dhost", 48), ("eth_shost", 48), ("eth_ethertype", 16)),
    "ipv4": (
        ("ipv4_ver", 4), ("ipv4_hl", 4), ("ipv4_tos", 8), ("ipv4_tl", 16), ("ipv4_id", 16), ("ipv4_rbit", 1), ("ipv4_dfbit", 1),
        ("ipv4_mfbit", 1), ("ipv4_foff", 13), ("ipv4_ttl", 8), ("ipv4_proto", 8), ("ipv4_cksum", 16), ("ipv4_src", 32), ("ipv4_dst", 32),
        ("ipv4_opt", 320),
    ),
    "ipv6": (
        ("ipv6_ver", 4), ("ipv6_tc", 8), ("ipv6_fl", 20), ("ipv6_len", 16), ("ipv6_nh", 8), ("ipv6_hl", 8), ("ipv6_src", 128),
        ("ipv6_dst", 128),
    ),
    "tcp": (
        ("tcp_sprt", 16), ("tcp_dprt", 16), ("tcp_seq", 32), ("tcp_ackn", 32), ("tcp_doff", 4), ("tcp_res", 3),
        *((f"tcp_{flag}", _ONE) for flag in ("ns", "cwr", "ece", "urg", "ackf", "psh", "rst", "syn", "fin")),
        ("tcp_wsize", 16), ("tcp_cksum", 16), ("tcp_urp", 16), ("tcp_opt", 320),
    ),
    "udp": (("udp_sport", 16), ("udp_dport", 16), ("udp_len", 16), ("udp_cksum", 16)),
    "icmp": (("icmp_type", 8), ("icmp_code", 8), ("icmp_cksum", 16), ("icmp_roh", 32)),
}  # fmt: skip
WIDTH = {block: sum(bits for _, bits in fields) for block, fields in FIELDS.items()}


def nprint_names(blocks: tuple[str, ...] = tuple(FIELDS), payload: int = 0) -> list[str]:
    """Names of the bits."""
    names = [f"{name}_{i}" for block in blocks for name, bits in FIELDS[block] for i in range(bits)]
    return names + [f"payload_bit_{i}" for i in range(8 * payload)]


def nprint_query(packets: int = 10, payload: int = 0, **_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`nprint`."""
    matrices = {
        "ip": {"packets": packets, "start": "ip", "length": 160, "mask": MASKS},
        "transport": {"packets": packets, "start": "transport", "length": max(60 + payload, 64), "mask": MASKS},
    }
    return {"columns": ["flow_id", "protocol"], "bytes": matrices}


SOUND = ("ipv4", "ipv6", "tcp", "udp")


def nprint(
    source: Any, *, packets: int = 10, payload: int = 0, blocks: tuple[str, ...] = tuple(FIELDS), exact: bool = False
) -> Inputs:
    """nPrint: bits 1, 0 and -1 (not there) of headers, int8; their names in :func:`nprint_names`.

    The sound form is (flows, packets, bits) with the blocks ipv4, ipv6, tcp, udp (without payload), where the bits of addresses, ports,
    checksums, IP id, sequence numbers and TCP timestamps are 0; packets that are not there are -1 throughout. The mask is true for bits
    that are 0 or 1.

    exact=True takes captures and gives the rows of nPrint 1.2.1, (packets, bits) with `blocks` and `payload` bytes; `rows` is the number
    of the frame. It prints no packet behind a VLAN tag, and reads no extension header of IPv6. For IPv6 with TCP the original's
    payload bits are undefined.
    """
    if exact:
        return _nprint_exact(source, blocks, payload)
    rows, content, mask = matrix(source, nprint_query(packets), "ip")
    transport, sizes = rows.matrix("transport")
    out = nprint_sound(content, mask.sum(2), transport, sizes.astype(np.int64), rows.protocol())
    return Inputs("nprint", False, {"bits": out}, {"bits": out >= 0}, np.arange(len(out)), rows.names())


def nprint_sound(content: Array, sizes: Array, transport: Array, transport_sizes: Array, protocol: Array) -> Array:
    """Bits of matrices of bytes from the IP header and from the header of TCP or UDP."""
    flows, packets = content.shape[:2]
    out = np.full((flows, packets, sum(WIDTH[block] for block in SOUND)), -1, np.int8)
    version = np.where(sizes > 0, content[:, :, 0] >> 4, 0)
    data = transport[:, :, 12] >> 4
    there = {
        "tcp": (protocol == "tcp")[:, None] & (transport_sizes > 0),
        "udp": (protocol == "udp")[:, None] & (transport_sizes > 0),
    }
    length = {
        "ipv4": np.where(version == 4, (content[:, :, 0] & 15) * 4, 0), "ipv6": np.where(version == 6, 40, 0),
        "tcp": np.where(there["tcp"], data.astype(np.int64) * 4, 0), "udp": np.where(there["udp"], 8, 0),
    }  # fmt: skip
    at = 0
    for block in SOUND:
        source, have = (content, sizes) if block.startswith("ip") else (transport, transport_sizes)
        size = WIDTH[block] // 8
        real = np.arange(size) < np.minimum(length[block], have)[:, :, None]
        bits = np.unpackbits(source[:, :, :size], axis=2).astype(np.int8)
        out[:, :, at : at + 8 * size] = np.where(np.repeat(real, 8, 2), bits, -1)
        at += 8 * size
    return out


def _nprint_exact(source: Any, blocks: tuple[str, ...], payload: int) -> Inputs:
    paths = captures_of(source)
    widths = [*((block, WIDTH[block] // 8) for block in blocks), ("payload", payload)]
    content, there, numbers, names = [], [], [], []
    for path in paths:
        for frame in frames(path):
            if parts := nprint_parts(frame):
                some = [(parts.get(block, b"")[:width], width) for block, width in widths]
                content += [data.ljust(width, b"\0") for data, width in some]
                there += [(b"\1" * len(data)).ljust(width, b"\0") for data, width in some]
                numbers.append(frame.number)
                names.append(f"{path}#{frame.number}")
    shape = len(numbers), sum(width for _, width in widths)
    real = np.frombuffer(b"".join(there), np.uint8).reshape(shape)
    bits = np.unpackbits(np.frombuffer(b"".join(content), np.uint8).reshape(shape), axis=1).astype(np.int8)
    out = np.where(np.repeat(real, 8, axis=1) == 1, bits, np.int8(-1))
    faults = ("packets behind a VLAN tag are left out", "extension headers of IPv6 are not read", "nothing is masked")
    return Inputs("nprint", True, {"bits": out}, {"bits": out >= 0}, np.array(numbers, np.int64), names, faults)


def nprint_parts(frame: Frame) -> dict[str, bytes] | None:
    """{block: its bytes} of a frame, or None if nPrint prints no row."""
    data = frame.data[16:] if frame.link == 113 else frame.data
    ethernet = data[12:14] in (b"\x08\x00", b"\x86\xdd")
    at = 14 if ethernet else 0
    found = {"eth": data[:14]} if ethernet else {}
    version = data[at] >> 4 if len(data) > at else 0
    if version == 4:
        head, total, protocol = (data[at] & 15) * 4, int.from_bytes(data[at + 2 : at + 4], "big"), data[at + 9]
    elif version == 6:
        head, total, protocol = 40, int.from_bytes(data[at + 4 : at + 6], "big") + 40, data[at + 6]
    else:
        return None
    found[f"ipv{version}"] = _whole(data, at, head)
    block = {6: "tcp", 17: "udp", 1: "icmp"}.get(protocol)
    if block is None:
        return None
    start = at + head
    size = (_whole(data, start + 12, 1)[0] >> 4) * 4 if block == "tcp" else 8
    found[block] = _whole(data, start, size)
    found["payload"] = _whole(data, start + size, max(total - head - size, 0))
    return found


def _whole(data: bytes, at: int, size: int) -> bytes:
    """Bytes of a packet; the original reads zeros behind a short one."""
    return data[at : at + size].ljust(size, b"\0")
