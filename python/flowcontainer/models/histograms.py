"""FlowPic and mini-FlowPic: two-dimensional histograms of sizes and times."""

from __future__ import annotations

from typing import Any

import numpy as np

from .inputs import Array, Inputs, Ragged, Source, seconds


def flowpic_query(**_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`flowpic` and :func:`mini_flowpic`."""
    return {"columns": ["flow_id", "ip_lengths", "ip_timestamps"]}


mini_flowpic_query = flowpic_query


def histogram(row: Array, x: Array, y: Array, count: int, dim: int) -> Array:
    """Counts of the items of `count` rows in dim x dim unit cells, the last one closed; items outside are left out. int64."""
    inside = (x >= 0) & (x <= dim) & (y >= 0) & (y <= dim)
    cell_x, cell_y = (np.minimum(axis[inside].astype(np.int64), dim - 1) for axis in (x, y))
    cells = np.bincount((row[inside] * dim + cell_x) * dim + cell_y, minlength=count * dim * dim)
    return cells.reshape(count, dim, dim)


def flowpic(
    source: Any, *, direction: str = "both", window: float | None = None, dim: int = 1500, exact: bool = False
) -> Inputs:
    """FlowPic: (flows, 1500, 1500) uint16, row = IP length, column = time since the first packet, scaled to the flow's last packet or
    to `window` seconds. Larger packets are left out. The mask is true for cells with packets. 4.5 MB a flow: give few flows at a
    time.

    :param direction: "both", "fwd" or "bwd"; the published input has one direction
    :param exact: one direction ("fwd" if both), counts above 65535 wrap, and a flow whose times are all equal is left out, because the
        published code divides by zero there; the sound form puts it into the first column and stops counting at 65535
    """
    rows = Source(source, flowpic_query())
    wanted = "fwd" if exact and direction == "both" else direction
    lengths, times = _direction(rows.ragged("ip_lengths"), seconds(rows.ragged("ip_timestamps")), wanted)
    counts, keep = flowpic_counts(lengths, times, window, dim)
    if not exact:
        keep = np.arange(len(lengths))
    out = (counts if exact else np.minimum(counts, 65535)).astype(np.uint16)[keep]
    names = rows.names()
    faults = (
        ("one direction", "counts above 65535 wrap", "flows whose times are all equal are left out") if exact else ()
    )
    return Inputs("flowpic", exact, {"image": out}, {"image": out > 0}, keep, [names[i] for i in keep], faults)


def flowpic_counts(lengths: Ragged, times: Ragged, window: float | None, dim: int) -> tuple[Array, Array]:
    """Counts before they are cut to 16 bits, and the rows whose times differ."""
    first = np.repeat(_at(times, 0), times.counts)
    span = _at(times, -1) - _at(times, 0) if window is None else np.full(len(times), float(window))
    keep = np.flatnonzero(span > 0)
    scale = np.repeat(np.where(span > 0, span, 1), times.counts)
    x = np.abs(lengths.values).astype(np.float64)
    return histogram(lengths.row, x, ((times.values - first) / scale) * dim, len(lengths), dim), keep


def _at(times: Ragged, end: int) -> Array:
    """The first (0) or last (-1) item of each row; 0 for an empty row."""
    place = times.offsets[:-1] if end == 0 else times.offsets[1:] - 1
    values = np.append(times.values, 0.0)
    found: Array = np.where(times.counts > 0, values[place], 0.0)
    return found


def _direction(lengths: Ragged, times: Ragged, direction: str) -> tuple[Ragged, Ragged]:
    if direction not in ("both", "fwd", "bwd"):
        raise ValueError(f"direction must be both, fwd or bwd, not {direction!r}")
    if direction == "both":
        return lengths, times
    keep = lengths.values > 0 if direction == "fwd" else lengths.values < 0
    return lengths.where(keep), times.where(keep)


def mini_flowpic(
    source: Any, *, dim: int = 32, window: float = 15, direction: str = "both", exact: bool = False
) -> Inputs:
    """mini-FlowPic: (flows, dim, dim) uint8, row = IP length up to 1500, column = time in the first `window` seconds; counts end at 255.

    The mask is true for cells with packets. Both directions are in one picture. exact=True is the form of tcbench, which is the same array; the notebook of the paper instead
    wraps counts modulo 256 (:func:`mini_flowpic_counts` gives them uncut).
    """
    rows = Source(source, flowpic_query())
    lengths, times = _direction(rows.ragged("ip_lengths"), seconds(rows.ragged("ip_timestamps")), direction)
    out = np.minimum(mini_flowpic_counts(lengths, times, dim, window), 255).astype(np.uint8)
    return Inputs("mini_flowpic", exact, {"image": out}, {"image": out > 0}, np.arange(len(lengths)), rows.names())


def mini_flowpic_counts(lengths: Ragged, times: Ragged, dim: int, window: float) -> Array:
    """Counts before they are cut to 8 bits."""
    early = times.values < window
    y = (times.values[early] / window) * dim
    x = (np.clip(np.abs(lengths.values[early]), 0, 1500) / 1500) * dim
    return histogram(lengths.row[early], x, y, len(lengths), dim)
