"""The bits of packets, as one matrix for each flow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from . import arrays

if TYPE_CHECKING:
    from ._core import Array

ENDS = ("flow", "rts", "tv_sec", "tv_usec")  # the columns of nprint that are no bits


class Bits(NamedTuple):
    """The first packets of each flow as bits: the result of :meth:`Rows.to_bits`."""

    values: Any  #: int8, rows x packets x bits: 1, 0, and -1 for a bit or a packet that is not there
    flows: list[str]  #: of each row: source, destination, ports and protocol of its first packet
    packets: Any  #: int64, of each row: how many packets the flow has, also beyond the matrix
    names: tuple[str, ...]  #: of the bits


def _flow_key(text: str) -> tuple[str, ...]:
    """The same key for both directions of "10.0.0.1_10.0.0.2_80_5000_TCP"."""
    source, destination, sport, dport, protocol = text.split("_")
    return (*sorted((f"{source} {sport}", f"{destination} {dport}")), protocol)


def matrix(np: Any, batches: Iterable[Array], columns: tuple[str, ...], packets: int) -> Bits:
    """The matrix of these batches of nprint. Raises ValueError if they have other columns."""
    names = tuple(name for name in columns if name not in (*ENDS, "capture"))
    if "flow" not in columns or not names:
        raise ValueError('to_bits is for scan(..., features="nprint")')
    rows: dict[object, int] = {}
    flows: list[str] = []
    counts: list[int] = []
    blocks: list[tuple[Any, Any, Any]] = []  # rows, places in the row, bits
    for batch in batches:
        at, place = [], []
        texts = batch.child(columns.index("flow")).to_list()
        captures = batch.child(columns.index("capture")).to_list() if "capture" in columns else [None] * len(texts)
        for capture, text in zip(captures, texts):
            row = rows.setdefault((capture, _flow_key(text)), len(flows))
            if row == len(flows):
                flows.append(text)
                counts.append(0)
            at.append(row)
            place.append(counts[row])
            counts[row] += 1
        kept = np.asarray(place, np.int64) < packets
        table = arrays.table([batch], columns, names, "ragged", None)
        bits = np.stack([table[name] for name in names], axis=1) if len(texts) else np.empty((0, len(names)), np.int8)
        blocks.append((np.asarray(at, np.int64)[kept], np.asarray(place, np.int64)[kept], bits[kept]))
    values = np.full((len(flows), packets, len(names)), -1, np.int8)
    for at, place, bits in blocks:
        values[at, place] = bits
    return Bits(values, flows, np.asarray(counts, np.int64), names)
