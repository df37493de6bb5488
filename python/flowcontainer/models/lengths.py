"""AppScanner: 54 statistics of packet lengths."""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

import numpy as np

from .inputs import Array, Inputs, Ragged, Source
from .sessions import Frame, captures_of, frames

NAMES = tuple(
    f"{group}_{name}"
    for group in ("in", "out", "all")
    for name in (
        "min",
        "max",
        "mean",
        "mad",
        "std",
        "var",
        "skew",
        "kurtosis",
        *(f"p{p}" for p in range(10, 100, 10)),
        "count",
    )
)


def appscanner_query(**_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`appscanner`."""
    return {"columns": ["flow_id", "ip_lengths"]}


def appscanner(source: Any, *, exact: bool = False) -> Inputs:
    """AppScanner: (flows, 54) float64, their names in :data:`NAMES`: for the packets to the client, to the server, and all: least, most,
    mean, mean absolute deviation about the mean, deviation and variance (n - 1), skew and kurtosis (bias-corrected), percentiles 10 to
    90 (linear), number. Lengths of IP packets in bytes, negative to the client. A statistic that is not defined is 0, and the mask is
    false.

    exact=True takes paths of captures and follows the published program: bursts instead of flows, cut where the whole capture pauses for
    more than a second; the first packet of a capture is lost; "incoming" is a packet to a private address. A capture with IPv6, or with
    a pause right behind its first packet, raises ValueError, where the program stops.
    """
    if exact:
        return _exact(source)
    rows = Source(source, appscanner_query())
    lengths = rows.ragged("ip_lengths")
    out, mask = features(lengths)
    return Inputs("appscanner", False, {"features": out}, {"features": mask}, np.arange(len(lengths)), rows.names())


def features(lengths: Ragged) -> tuple[Array, Array]:
    """The 54 statistics of signed lengths, and where they are defined."""
    groups = [lengths.where(lengths.values < 0), lengths.where(lengths.values >= 0), lengths]
    parts = [_statistics(group) for group in groups]
    return np.concatenate([part for part, _ in parts], 1), np.concatenate([mask for _, mask in parts], 1)


def _statistics(rows: Ragged) -> tuple[Array, Array]:
    n, row = rows.counts.astype(np.float64), rows.row
    values = rows.values.astype(np.float64)
    ordered = values[np.lexsort((values, row))]

    def total(items: Array) -> Array:
        return np.bincount(row, items, len(rows))

    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total(values) / n
        apart = values - mean[row]
        m2, m3, m4 = (total(apart**power) for power in (2, 3, 4))
        var = m2 / (n - 1)
        flat = m2 <= 1e-14
        skew = np.where(flat, 0, n * np.sqrt(n - 1) / (n - 2) * m3 / np.where(flat, 1, m2) ** 1.5)
        kurtosis = np.where(
            flat,
            0,
            n * (n + 1) * (n - 1) * m4 / ((n - 2) * (n - 3) * np.where(flat, 1, m2) ** 2)
            - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3)),
        )
        some = [mean, total(np.abs(apart)) / n, np.sqrt(var), var, skew, kurtosis]
    places = [percentile(ordered, rows, p) for p in (0, 100, *range(10, 100, 10))]
    out = np.stack([*places[:2], *some, *places[2:], n], 1)
    least = np.array([1, 1, 1, 1, 2, 2, 3, 4, *[1] * 9, 0])
    mask = n[:, None] >= least
    return np.where(mask, out, 0), mask


def percentile(ordered: Array, rows: Ragged, p: int) -> Array:
    """numpy's linear percentile of each row, whose items are in order."""
    place = np.maximum(rows.counts - 1, 0) * (p / 100)
    low = np.floor(place).astype(np.int64)
    part = place - low
    items = np.append(ordered, 0.0)
    last = np.maximum(rows.offsets[1:] - 1, 0)
    a, b = (
        items[np.minimum(rows.offsets[:-1] + low, len(ordered))],
        items[np.minimum(rows.offsets[:-1] + low + 1, last)],
    )
    found: Array = np.where(part >= 0.5, b - (b - a) * (1 - part), a + (b - a) * part)
    return found


# ---- the published program ----


class Burst(NamedTuple):
    """A row of the published program."""

    time: float  #: of the burst's first packet, in seconds
    ends: tuple[str, int, str, int]
    lengths: list[int]


def bursts(path: Any, threshold: float = 1.0) -> list[Burst]:
    """The rows of one capture. Raises ValueError where the program stops."""
    packets = sorted((packet for packet in map(_packet, frames(path)) if packet), key=lambda packet: packet[0])
    times = np.array([packet[0] for packet in packets])
    cuts = [0, *np.flatnonzero(np.diff(times) > threshold).tolist(), len(packets)]
    found: dict[tuple[Any, ...], list[int]] = {}
    for start, end in zip(cuts, cuts[1:]) if packets else ():
        burst = packets[start + 1 : end + 1]
        if not burst:
            raise ValueError(f"{path}: a pause right behind the first packet, where the published program stops")
        for _, src, sport, dst, dport, length, incoming in burst:
            ends = (dst, dport, src, sport) if incoming else (src, sport, dst, dport)
            found.setdefault((burst[0][0], ends), []).append(-length if incoming else length)
    return [Burst(time, ends, lengths) for (time, ends), lengths in found.items()]


def _packet(frame: Frame) -> tuple[float, str, int, str, int, int, bool] | None:
    if frame.protocol != 6:
        return None
    if frame.version != 4:
        raise ValueError("TCP over IPv6, where the published program stops")
    src, dst = (str(ipaddress.ip_address(side)) for side in (frame.src, frame.dst))
    time = float(f"{frame.time // 10**9}.{frame.time % 10**9 // 1000:06}")
    length = int.from_bytes(frame.data[frame.ip + 2 : frame.ip + 4], "big")
    return time, src, frame.sport, dst, frame.dport, length, ipaddress.ip_address(dst).is_private


def _exact(source: Any) -> Inputs:
    paths = captures_of(source)
    rows = [burst for path in paths for burst in bursts(path)]
    out, mask = features(Ragged.of([burst.lengths for burst in rows]))
    faults = (
        "the first packet of a capture is lost",
        "packets between private hosts are all incoming",
        "bursts are cut by the pauses of the whole capture",
    )
    names = [f"{burst.time!r} {' '.join(map(str, burst.ends))}" for burst in rows]
    return Inputs("appscanner", True, {"features": out}, {"features": mask}, np.arange(len(rows)), names, faults)
