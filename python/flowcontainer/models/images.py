"""Layouts of bytes as pictures: YaTC, NetMamba, USTC-TK2016."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .inputs import Array, Inputs
from .sessions import Frame, Session, sessions_of
from .sound import MASKS, header_and_payload, query as sound_query

PACKETS, HEADER, PAYLOAD = 5, 80, 240
_RAW = (
    "occurrences of the payload inside the header are removed",
    "Ethernet padding is part of the header",
    "payload of port 53 is part of the header",
)


def yatc_query(**_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`yatc`, and for :func:`netmamba`."""
    return sound_query(PACKETS, HEADER, PAYLOAD)


netmamba_query = yatc_query


def yatc(source: Any, *, exact: bool = False) -> Inputs:
    """YaTC: (flows, 40, 40) uint8 of the first 5 packets, each 80 bytes of headers and 240 bytes of payload, filled with 0; packet i is
    rows 8 i to 8 i + 7. The model takes (x / 255 - 0.5) / 0.5.

    The sound form has the headers of IP and TCP or UDP by their lengths, with addresses, ports, checksums, IP id, sequence numbers and
    TCP timestamps masked, and the payload by the length of the IP packet. The first payload of TLS still names the server.

    exact=True takes captures and gives the published bytes for SplitCap's sessions, under the assumption that scapy takes apart payload of
    port 53 alone. A session with IPv6 is left out, where the program stops. Nothing is masked: addresses, ports, sequence
    numbers, IP id and timestamps are in the header, and the paper's own scores profit from them.
    """
    if not exact:
        return _sound("yatc", source, lambda image: image.reshape(len(image), 40, 40))
    sessions = [
        (i, one)
        for i, one in enumerate(sessions_of(source, PACKETS))
        if all(frame.version == 4 for frame in one.frames[:PACKETS])
    ]
    return _exact(
        "yatc",
        sessions,
        [yatc_bytes(one.frames) for _, one in sessions],
        (40, 40),
        (*_RAW, "sessions with IPv6 are left out", "nothing is masked"),
    )


def netmamba(source: Any, *, keep_payload: bool = True, windows: bool = False, exact: bool = False) -> Inputs:
    """NetMamba: (flows, 1600) uint8, laid out as :func:`yatc`. The sound form and its mask are those of yatc.

    exact=True gives the published bytes: addresses are 0 in the header, but its checksum still tells them, and ports, sequence numbers,
    IP id and timestamps stay. A frame of IPv6 is 320 zeros. With keep_payload=False payload is 0 and nothing is removed from headers.
    windows=True (exact only) is the published augmentation: a sample for each 5 consecutive frames of a session; `rows` repeats the session.
    Split by session: its windows overlap.
    """
    if windows and not exact:
        raise ValueError("windows are of the exact form: a flow of the sound form has its first 5 packets")
    if not exact:
        made = _sound("netmamba", source, lambda image: image)
        if not keep_payload:
            made.arrays["image"].reshape(-1, PACKETS, HEADER + PAYLOAD)[:, :, HEADER:] = 0
        return made
    sessions = [
        (i, Session(one.name, one.frames[start:]))
        for i, one in enumerate(sessions_of(source, None if windows else PACKETS))
        for start in range(max(len(one.frames) - PACKETS + 1, 1) if windows else 1)
    ]
    rows = [netmamba_bytes(one.frames, keep_payload) for _, one in sessions]
    return _exact(
        "netmamba", sessions, rows, (1600,), (*_RAW, "the checksum of the IP header still tells the addresses")
    )


def _sound(layout: str, source: Any, shaped: Any) -> Inputs:
    made = header_and_payload(layout, source, PACKETS, HEADER, PAYLOAD)
    both = [
        np.concatenate([side["header"], side["payload"]], 2).reshape(len(made), -1)
        for side in (made.arrays, made.masks)
    ]
    return Inputs(layout, False, {"image": shaped(both[0])}, {"image": shaped(both[1])}, made.rows, made.names)


def _exact(
    layout: str,
    sessions: Sequence[tuple[int, Session]],
    rows: Sequence[tuple[bytes, Array]],
    shape: tuple[int, ...],
    faults: tuple[str, ...],
) -> Inputs:
    image = np.array([np.frombuffer(row, np.uint8) for row, _ in rows], np.uint8).reshape(len(rows), *shape)
    mask = np.array([mask for _, mask in rows], bool).reshape(len(rows), *shape)
    places = np.array([i for i, _ in sessions], np.int64)
    return Inputs(layout, True, {"image": image}, {"image": mask}, places, [one.name for _, one in sessions], faults)


# ---- the published bytes ----


def yatc_bytes(frames: Sequence[Frame]) -> tuple[bytes, Array]:
    """The 1600 bytes of a session, and the mask of those that come from a packet."""
    return _joined([_published(frame, False, True) for frame in frames[:PACKETS]])


def netmamba_bytes(frames: Sequence[Frame], keep_payload: bool) -> tuple[bytes, Array]:
    """The 1600 bytes of a session, and their mask."""
    return _joined(
        [_published(frame, True, keep_payload) if frame.version == 4 else ("", "") for frame in frames[:PACKETS]]
    )


def _joined(parts: Sequence[tuple[str, str]]) -> tuple[bytes, Array]:
    filled, mask = "", []
    for header, payload in [*parts, *[("", "")] * (PACKETS - len(parts))]:
        for text, size in ((header, HEADER), (payload, PAYLOAD)):
            cut = text[: 2 * size]
            filled += cut + "0" * (2 * size - len(cut))
            mask.append(np.arange(size) < (len(cut) + 1) // 2)
    return bytes.fromhex(filled), np.concatenate(mask)


def _published(frame: Frame, without_addresses: bool, keep_payload: bool) -> tuple[str, str]:
    """Header and payload of a frame in hexadecimal digits: the header is everything from IP on, without every occurrence of the digits of
    the payload."""
    data = bytearray(frame.data[frame.ip :])
    payload = data[frame.payload - frame.ip : frame.end - frame.ip].hex()
    if without_addresses:
        data[12:20] = bytes(8)
    raw = payload and keep_payload and 53 not in (frame.sport, frame.dport)
    return (data.hex().replace(payload, ""), payload) if raw else (data.hex(), "")


# ---- USTC-TK2016 ----


def ustc_query(**_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`ustc`."""
    return {"columns": ["flow_id"], "bytes": {"ip": {"packets": 40, "start": "ip", "length": 784, "mask": MASKS}}}


def ustc(source: Any, *, exact: bool = False) -> Inputs:
    """USTC-TK2016: (flows, 28, 28) uint8, the first 784 bytes of a flow, filled with 0.

    The sound form joins the flow's IP packets, masked as in :func:`yatc`. exact=True takes captures and gives the first 784 bytes of the
    files that SplitCap writes for sessions (all layers): 24 bytes of the file's header, then for each packet 16 bytes with its time,
    and the frame. So time and addresses are in the picture.
    """
    if exact:
        sessions = list(enumerate(sessions_of(source)))
        rows = [_file_start(one.frames) for _, one in sessions]
        return _exact(
            "ustc",
            sessions,
            rows,
            (28, 28),
            ("times of capture and file headers are in the picture", "nothing is masked"),
        )
    from .sound import matrix

    rows, content, mask = matrix(source, ustc_query(), "ip")
    image, real = _joined_rows(content, mask, 784)
    return Inputs(
        "ustc",
        False,
        {"image": image.reshape(-1, 28, 28)},
        {"image": real.reshape(-1, 28, 28)},
        np.arange(len(image)),
        rows.names(),
    )


def _joined_rows(content: Array, mask: Array, size: int) -> tuple[Array, Array]:
    """The masked-in bytes of each flow, one packet behind the other."""
    flow = np.nonzero(mask)[0]
    place = np.arange(len(flow)) - np.concatenate([[0], np.cumsum(mask.sum((1, 2)))])[flow]
    out, real = np.zeros((len(content), size), np.uint8), np.zeros((len(content), size), bool)
    early = place < size
    out[flow[early], place[early]] = content[mask][early]
    real[flow[early], place[early]] = True
    return out, real


def _file_start(frames: Sequence[Frame]) -> tuple[bytes, Array]:
    data = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, frames[0].link)
    for frame in frames:
        data += (
            struct.pack(">IIII", frame.time // 10**9, frame.time % 10**9 // 1000, len(frame.data), len(frame.data))
            + frame.data
        )
        if len(data) >= 784:
            break
    return data[:784].ljust(784, b"\0"), np.arange(784) < len(data)


def write_png(folder: Path, images: Array, names: Sequence[str]) -> None:
    """Writes grey pictures as NAME.png, 8 bits a pixel."""
    folder.mkdir(parents=True, exist_ok=True)
    for image, name in zip(images, names):
        lines = b"".join(b"\0" + line.tobytes() for line in image)
        size = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 8, 0, 0, 0, 0)
        parts = ((b"IHDR", size), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
        chunks = b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in parts
        )
        (folder / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def write_idx(path: Path, array: Array) -> None:
    """Writes an array of uint8 as IDX, the format of MNIST."""
    head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(head + np.ascontiguousarray(array, np.uint8).tobytes())
