"""Layouts made of lengths, directions and times: FS-Net, DF, Tik-Tok, CESNET's PPI."""

from __future__ import annotations

from typing import Any

import numpy as np

from .inputs import Array, Inputs, Ragged, Source, seconds

LENGTHS = {"ip": "ip_lengths", "payload": "payload_lengths", "frame": "frame_lengths"}


def _query(*columns: str) -> dict[str, Any]:
    return {"columns": ["flow_id", *columns]}


# ---- FS-Net ----


def fsnet_query(lengths: str = "ip", **_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`fsnet`."""
    if lengths not in LENGTHS:
        raise ValueError(f"lengths must be one of {', '.join(LENGTHS)}, not {lengths!r}")
    return _query(LENGTHS[lengths])


def fsnet(
    source: Any, *, lengths: str = "ip", signed: bool = False, clip: int = 5000, block: int = 1, start: int = 1, end: int = 2,
    pad: int = 0, length: int = 202, exact: bool = False,
) -> Inputs:  # fmt: skip
    """FS-Net: tokens of packet lengths, (flows, length) int32; filled with `pad`.

    A flow is `start`, one token a packet, `end`. A token is min(length, clip) // block + 3. `signed` keeps the direction: a packet from
    the server has the negative token; the published code has no direction. Longer flows are cut before `end`. The mask is true for
    `start`, tokens and `end`.

    exact=True is the published WSPTTH form: flows shorter than 2 packets or longer than `length` - 2 are left out instead of cut.
    Another published form (Leohh123) is :func:`fsnet_frames`. Nothing of the packets but their lengths is in the array; lengths of the
    TLS hello still tell the length of the server's name.
    """
    rows = Source(source, fsnet_query(lengths)).ragged(LENGTHS[lengths])
    names = Source(source, _query()).names()
    keep = np.arange(len(rows))
    if exact:
        keep = np.flatnonzero((rows.counts >= 2) & (rows.counts <= length - 2))
    tokens, mask = fsnet_tokens(rows, signed and not exact, clip, block, start, end, pad, length)
    faults = ("flows under 2 or over the length are left out", "directions are not told apart") if exact else ()
    return Inputs(
        "fsnet", exact, {"tokens": tokens[keep]}, {"tokens": mask[keep]}, keep, [names[i] for i in keep], faults
    )


def fsnet_tokens(
    rows: Ragged, signed: bool, clip: int, block: int, start: int, end: int, pad: int, length: int
) -> tuple[Array, Array]:
    """The tokens of sequences of lengths, and their mask."""
    size = np.minimum(np.abs(rows.values.astype(np.int64)), clip) // block + 3
    body, mask = rows.with_values(size * np.sign(rows.values) if signed else size).padded(length - 2, np.int32, pad)
    out = np.full((len(rows), length), pad, np.int32)
    out[:, 0] = start
    out[:, 1:-1] = body
    out[np.arange(len(rows)), 1 + mask.sum(1)] = end
    whole = np.arange(length) < (mask.sum(1) + 2)[:, None]
    return out, whole


def fsnet_frames(frame_lengths: Any) -> list[int]:
    """The published form of Leohh123, of one flow: 0, min(frame length + 2, 4999) of the first 100 frames, 1. Captured lengths; both
    directions alike."""
    return [0, *np.minimum(np.asarray(frame_lengths[:100], np.int64) + 2, 4999).tolist(), 1]


# ---- DF, Tik-Tok ----


def df_query(**_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`df`."""
    return _query("ip_lengths")


def df(source: Any, *, length: int = 5000, payload_only: bool = False, exact: bool = False) -> Inputs:
    """Deep Fingerprinting: directions of packets, (flows, length) float32: 1 from the client, -1 from the server, 0 behind the end.

    The published data has Tor cells instead of packets and no capture reader, so exact=True is the same array. Order and number of
    packets are all that it tells. The mask is true for packets.
    """
    rows = Source(source, df_query())
    sequence = rows.ragged("ip_lengths")
    out, mask = sequence.with_values(np.sign(sequence.values)).padded(length, np.float32)
    return Inputs("df", exact, {"directions": out}, {"directions": mask}, np.arange(len(sequence)), rows.names())


def tiktok_query(**_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`tiktok`."""
    return _query("ip_lengths", "ip_timestamps")


def tiktok(source: Any, *, length: int = 5000, exact: bool = False) -> Inputs:
    """Tik-Tok: seconds since the first packet times direction, (flows, length) float32, filled with 0.

    exact=True is the same array: the published form too loses the direction of the first packet, whose time is 0. The mask tells it from
    filling.
    """
    rows = Source(source, tiktok_query())
    sign = np.sign(rows.ragged("ip_lengths").values)
    times = seconds(rows.ragged("ip_timestamps"))
    out, mask = times.with_values(times.values * sign).padded(length, np.float32)
    faults = ("the direction of the first packet is lost",) if exact else ()
    return Inputs("tiktok", exact, {"times": out}, {"times": mask}, np.arange(len(times)), rows.names(), faults)


# ---- CESNET ----


def cesnet_ppi_query(push: bool = False, **_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`cesnet_ppi`."""
    asked = _query("payload_lengths", "payload_timestamps", "protocol", *(["tcp_flags"] if push else []))
    return {**asked, "payload_only": True} if push else asked


def cesnet_ppi(source: Any, *, length: int = 30, push: bool = False, exact: bool = False) -> Inputs:
    """CESNET's PPI: (flows, 3, length) int32 of the first `length` packets with payload, filled with 0.

    Rows: whole milliseconds since the packet before (0 first), direction (1 from the client, -1), bytes of payload. Beside it
    `ppi_len` (int32), `ppi_duration` (float32, seconds), and the histograms `size_hist` and `gap_hist`, (flows, 2, 8) int32: of all packets
    with payload, from the client and from the server, the bytes of payload and the whole milliseconds since the packet before of that direction, in
    the bins [0, 16), [16, 32), [32, 64) ... [1024, ...). The exporter's option to skip repeated packets (skipdup) is not made: the
    engine's clean-up leaves out retransmissions. PPI_ROUNDTRIPS is not made, because its rule is not published. The exporter of the published sets cuts flows at 300 s of age and 30 s of
    pause: policy="timeout", idle=30, active=300. exact=True is the same array. The first lengths tell the length of the server's name.

    :param push: a fourth row: 1 where TCP's PSH flag is set; 0, and masked, for flows of other protocols. Rows that were read before need
        scan(payload_only=True), and a recipe payload_only = true. Raises ValueError if they have other packets
    """
    rows = Source(source, cesnet_ppi_query(push))
    lengths, times = rows.ragged("payload_lengths"), seconds(rows.ragged("payload_timestamps"))
    out, mask = ppi(lengths, times, length)
    if push:
        parts = zip((out, mask), _push(rows.ragged("tcp_flags"), lengths, length))
        out, mask = (np.concatenate([part, row[:, None]], 1) for part, row in parts)
    count = mask[:, 0].sum(1).astype(np.int32)
    last = np.where(count > 0, times.padded(length, np.float64)[0][np.arange(len(count)), np.maximum(count - 1, 0)], 0)
    arrays = {"ppi": out, "ppi_len": count, "ppi_duration": last.astype(np.float32)}
    arrays["size_hist"], arrays["gap_hist"] = ppi_histograms(lengths, times)
    masks = {name: np.ones(array.shape, bool) for name, array in arrays.items()}
    return Inputs(
        "cesnet_ppi",
        exact,
        arrays,
        {**masks, "ppi": mask},
        np.arange(len(lengths)),
        rows.names(),
    )


def _push(flags: Ragged, lengths: Ragged, length: int) -> tuple[Array, Array]:
    """The row of PSH flags and its mask, of rows with the flags of packets with payload alone, or without flags."""
    if ((flags.counts != lengths.counts) & (flags.counts > 0)).any():
        raise ValueError("push needs the flags of packets with payload alone: scan(..., payload_only=True)")
    return flags.with_values((flags.values.astype(np.int64) >> 3) & 1).padded(length, np.int32)


def ppi(lengths: Ragged, times: Ragged, length: int) -> tuple[Array, Array]:
    """The three rows of PPI from signed lengths and seconds, and their mask."""
    gaps = np.diff(times.values, prepend=times.values[:1])
    gaps[times.place == 0] = 0
    rows = (np.rint(gaps * 1000), np.sign(lengths.values), np.abs(lengths.values))
    parts = [lengths.with_values(values).padded(length, np.int32) for values in rows]
    return np.stack([part for part, _ in parts], 1), np.stack([mask for _, mask in parts], 1)


def ppi_histograms(lengths: Ragged, times: Ragged) -> tuple[Array, Array]:
    """The histograms of payload bytes and of gaps, (flows, 2, 8) int32, from signed lengths and seconds."""
    made = []
    for sign in (1, -1):
        mine = np.sign(lengths.values) == sign
        size, time = lengths.where(mine), times.where(mine)
        gaps = np.rint(np.diff(time.values, prepend=time.values[:1]) * 1000)
        later = time.place > 0
        made.append((_eighths(size.row, np.abs(size.values), len(lengths)), _eighths(time.row[later], gaps[later], len(lengths))))
    sizes, gap = (np.stack([pair[i] for pair in made], 1) for i in (0, 1))
    return sizes, gap


def _eighths(row: Array, values: Array, count: int) -> Array:
    """Counts of each row's values in eight bins that double from 16."""
    place = np.searchsorted(16 << np.arange(7), values, side="right")
    return np.bincount(row * 8 + place, minlength=count * 8).reshape(count, 8).astype(np.int32)
