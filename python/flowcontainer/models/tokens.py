"""netFound: tokens of headers and payload, in bursts of one direction."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .inputs import Array, Inputs
from .sessions import Frame, first_connection, sessions_of
from .sound import matrix

BURSTS, PACKETS, PAUSE = 12, 6, 10_000_000
INTERNAL = ((0x7F000000, 8), (0xA9E70000, 16))
_PAD, _BURST = 0, 65537


def netfound_query(packets: int = 72, **_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`netfound`."""
    masks = ["addresses", "ports", "checksums", "ip_id", "timestamps"]
    matrices = {
        "ip": {"packets": packets, "start": "ip", "length": 40, "mask": masks},
        "transport": {"packets": packets, "start": "transport", "length": 60, "mask": masks},
        "payload": {"packets": packets, "start": "payload", "length": 12},
    }
    return {
        "columns": ["flow_id", "protocol", "ip_lengths", "ip_timestamps", "directions", "duration"],
        "packets": packets,
        "bytes": matrices,
    }


class Packet(NamedTuple):
    """A packet as bursts see it."""

    time: int
    forward: bool
    length: int
    tokens: list[int]


class Flow(NamedTuple):
    """A row of the published Arrow files."""

    flow_duration: int  #: us
    burst_tokens: list[list[int]]
    directions: list[bool]
    bytes: list[int]
    iats: list[int]  #: us since the burst before of the same direction
    counts: list[int]
    protocol: int


def netfound(source: Any, *, options: bool = False, exact: bool = False) -> Inputs:
    """netFound: `tokens` (flows, 109) int32, filled with 0, of 12 bursts with 6 packets each; beside it `directions`, `bytes`, `counts` and
    `iats` (ms), repeated over the tokens of a burst, and `protocol` and `flow_duration` (us).

    A packet is 18 tokens of 16 bits (TCP; 12 of UDP): IP header length, TOS, length, flags and TTL; TCP's flags, window, relative sequence and
    acknowledgement numbers, urgent pointer, or UDP's length; 12 bytes of payload. The first 12 bytes of TLS tell the length of the
    hello. The sound form has our flows, client to server as forward, and no relative numbers: they are 0.

    exact=True takes captures and gives the published tokens of PcapSplitter's files, one a 5-tuple; later TCP connections of the same
    ports, from a SYN behind a FIN or RST on, are left out, as they are not in its file; forward is the internal address of its configuration, else the source of the first packet. With `options`, 20
    tokens of TCP options stand behind the header, and the array has 229 columns.
    """
    if exact:
        sessions = [(i, one) for i, one in enumerate(sessions_of(source))]
        flows = [netfound_flow(first_connection(one.frames), options) for _, one in sessions]
        rows, names = np.array([i for i, _ in sessions], np.int64), [one.name for _, one in sessions]
        return _inputs(
            flows,
            options,
            True,
            rows,
            names,
            ("later connections of the same ports are left out", "forward is the internal address of the published configuration"),
        )
    if options:
        raise ValueError("options are of the exact form: timestamps in them tell the connection")
    from_rows, flows = _sound(source)
    return _inputs(flows, False, False, np.arange(len(flows)), from_rows.names(), ())


def _inputs(
    flows: Sequence[Flow], options: bool, exact: bool, rows: Array, names: list[str], faults: tuple[str, ...]
) -> Inputs:
    size = PACKETS * (38 if options else 18) + 1
    kinds = {"tokens": np.int32, "directions": np.int8, "bytes": np.int64, "counts": np.int32, "iats": np.int64}
    arrays = {name: np.zeros((len(flows), BURSTS, size), kind) for name, kind in kinds.items()}
    mask = np.zeros((len(flows), BURSTS, size), bool)
    for i, flow in enumerate(flows):
        for j, tokens in enumerate(flow.burst_tokens):
            row = [_BURST, *(token + 1 for token in tokens)][:size]
            arrays["tokens"][i, j, : len(row)] = row
            mask[i, j, : len(row)] = True
            for name, value in (
                ("directions", 1 if flow.directions[j] else -1),
                ("bytes", flow.bytes[j]),
                ("counts", flow.counts[j]),
                ("iats", int(flow.iats[j] * 0.001)),
            ):
                arrays[name][i, j, : len(row)] = value
    arrays["protocol"] = np.array([flow.protocol for flow in flows], np.int32)
    arrays["flow_duration"] = np.array([flow.flow_duration for flow in flows], np.uint64)
    masks = {name: mask for name in kinds} | {name: np.ones(len(flows), bool) for name in ("protocol", "flow_duration")}
    return Inputs("netfound", exact, arrays, masks, rows, names, faults)


# ---- the published tokens ----


def netfound_flow(frames: Sequence[Frame], options: bool = False) -> Flow:
    """The published row of a connection."""
    numbers = _Relative()
    packets = [(frame, _length(frame), _tokens(frame, numbers, options)) for frame in frames]
    home = _home(frames)
    return bursts(
        [Packet(frame.time, _word(frame.src) == home, length, tokens) for frame, length, tokens in packets],
        frames[0].protocol,
    )


def _word(address: bytes) -> int:
    return int.from_bytes(address[:4], "big")


def _home(frames: Sequence[Frame]) -> int:
    first = min(frames, key=lambda frame: frame.time)
    words = {_word(side) for frame in frames for side in (frame.src, frame.dst)}
    inside = [word for word in words if any(word >> (32 - bits) == net >> (32 - bits) for net, bits in INTERNAL)]
    return inside[0] if inside else _word(first.src)


def _length(frame: Frame) -> int:
    at = frame.ip
    return (
        int.from_bytes(frame.data[at + 2 : at + 4], "big")
        if frame.version == 4
        else int.from_bytes(frame.data[at + 4 : at + 6], "big") + 40
    )


class _Relative:
    """Sequence numbers relative to those of the first packets, modulo 2^32."""

    def __init__(self) -> None:
        self._src: int | None = None
        self._seen = self._seq = self._ack = 0

    def of(self, src: int, seq: int, ack: int) -> tuple[int, int]:
        """Relative numbers of the next packet."""
        if self._seen == 0:
            self._src, self._seq, self._ack = src, seq, ack
        elif self._seen == 1 and self._ack == 0:
            self._ack = seq
        self._seen += 1
        if src == self._src:
            return (seq - self._seq) & 0xFFFFFFFF, (ack - self._ack) & 0xFFFFFFFF if self._ack else 0
        return (seq - self._ack) & 0xFFFFFFFF, (ack - self._seq) & 0xFFFFFFFF


def _tokens(frame: Frame, numbers: _Relative, options: bool) -> list[int]:
    data, at, l4 = frame.data, frame.ip, frame.transport
    if frame.version == 4:
        tokens = [(data[at] & 15) * 4, data[at + 1], _length(frame), data[at + 6] >> 5, data[at + 8]]
    else:
        tokens = [40, data[at] & 15, _length(frame), 0, data[at + 7]]
    if frame.protocol == 6:
        seq, ack = numbers.of(_word(frame.src), *struct.unpack_from("!II", data, l4 + 4))
        window, urgent = struct.unpack_from("!H", data, l4 + 14)[0], struct.unpack_from("!H", data, l4 + 18)[0]
        tokens += [data[l4 + 13], window, seq >> 16, seq & 0xFFFF, ack >> 16, ack & 0xFFFF, urgent]
        if options:
            tokens += struct.unpack("!20H", data[l4 + 20 : frame.payload][:40].ljust(40, b"\0"))
    else:
        tokens.append(struct.unpack_from("!H", data, l4 + 4)[0])
    return tokens + list(struct.unpack("!6H", data[frame.payload : frame.end][:12].ljust(12, b"\0")))


def bursts(packets: Sequence[Packet], protocol: int) -> Flow:
    """Packets in bursts: in each direction apart, cut at pauses of over 10 ms; the first 12 bursts, of each 6 packets."""
    times = [packet.time for packet in packets]
    found = sorted(
        (burst for forward in (True, False) for burst in _direction(packets, forward)),
        key=lambda burst: burst[0][0].time,
    )[:BURSTS]
    return Flow(
        int((max(times) - min(times)) / 1000),
        [[token for packet in burst[:PACKETS] for token in packet.tokens] for burst, _ in found],
        [burst[0].forward for burst, _ in found],
        [sum(packet.length for packet in burst[:PACKETS]) for burst, _ in found],
        [gap for _, gap in found],
        [len(burst[:PACKETS]) for burst, _ in found],
        protocol,
    )


def _direction(packets: Sequence[Packet], forward: bool) -> list[tuple[list[Packet], int]]:
    """The bursts of a direction, each with the us since the one before."""
    made: list[tuple[list[Packet], int]] = []
    for packet in sorted((packet for packet in packets if packet.forward == forward), key=lambda packet: packet.time):
        if not made:
            made.append(([packet], 0))
        elif packet.time - made[-1][0][-1].time > PAUSE:
            made.append(([packet], round((packet.time - made[-1][0][0].time) / 1000)))
        else:
            made[-1][0].append(packet)
    return made


# ---- our flows ----


def _sound(source: Any) -> tuple[Any, list[Flow]]:
    rows, ip, _ = matrix(source, netfound_query(), "ip")
    (transport, _), (payload, _) = rows.matrix("transport"), rows.matrix("payload")
    lengths, times, protocol = rows.ragged("ip_lengths"), rows.ragged("ip_timestamps"), rows.protocol()
    ns = times.values.astype("datetime64[ns]").astype(np.int64)
    flows = []
    for i in range(len(lengths)):
        first = int(lengths.offsets[i])
        packets = []
        for j in range(min(int(lengths.counts[i]), ip.shape[1])):
            tokens = _sound_tokens(ip[i, j].tobytes(), transport[i, j].tobytes(), payload[i, j].tobytes(), protocol[i])
            packets.append(
                Packet(
                    int(ns[first + j]), bool(lengths.values[first + j] > 0), abs(int(lengths.values[first + j])), tokens
                )
            )
        flows.append(bursts(packets, {"tcp": 6, "udp": 17}.get(protocol[i], 0)))
    return rows, flows


def _sound_tokens(ip: bytes, l4: bytes, payload: bytes, protocol: str) -> list[int]:
    if ip[0] >> 4 == 4:
        tokens = [(ip[0] & 15) * 4, ip[1], int.from_bytes(ip[2:4], "big"), ip[6] >> 5, ip[8]]
    else:
        tokens = [40, int.from_bytes(ip[:2], "big") >> 4 & 255, int.from_bytes(ip[4:6], "big") + 40, 0, ip[7]]
    if protocol == "tcp":
        tokens += [l4[13], int.from_bytes(l4[14:16], "big"), 0, 0, 0, 0, int.from_bytes(l4[18:20], "big")]
    else:
        tokens.append(int.from_bytes(l4[4:6], "big"))
    return tokens + list(struct.unpack("!6H", payload[:12].ljust(12, b"\0")))
