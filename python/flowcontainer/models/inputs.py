"""The arrays of a layout, and the rows from which it is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..held import Table
from ..rows import Rows
from ..table import scan

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Inputs:
    """The arrays of a layout. The first axis of each array is a sample."""

    layout: str  #: name of the layout
    exact: bool  #: whether it is the published code's form
    arrays: dict[str, Array]
    masks: dict[str, Array]  #: {array: true where a value comes from a packet, false where it is filled}
    rows: Array  #: int64: the row of each sample's flow in the source; of a session, its place among the sessions
    names: list[str]  #: flow_id of each sample; of a session, the file name that SplitCap gives it
    faults: tuple[str, ...] = ()  #: of the exact form: the faults of the published code that it keeps
    texts: dict[str, list[str]] = field(default_factory=dict)  #: layouts of text: one text a sample

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Any:
        return self.arrays[name] if name in self.arrays else self.texts[name]


class Ragged:
    """Sequences of rows: values[offsets[i]:offsets[i + 1]] is row i."""

    def __init__(self, values: Array, offsets: Array) -> None:
        self.values, self.offsets = np.asarray(values), np.asarray(offsets, np.int64)

    @classmethod
    def of(cls, rows: Any) -> Ragged:
        """From any sequence of sequences."""
        counts = [len(row) for row in rows]
        values = np.concatenate([np.asarray(row) for row in rows]) if sum(counts) else np.zeros(0, np.int64)
        return cls(values, np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def counts(self) -> Array:
        """Items of each row."""
        return np.diff(self.offsets)

    @property
    def row(self) -> Array:
        """For each item its row."""
        return np.repeat(np.arange(len(self)), self.counts)

    @property
    def place(self) -> Array:
        """For each item its place in its row."""
        return np.arange(len(self.values)) - np.repeat(self.offsets[:-1], self.counts)

    def where(self, keep: Array) -> Ragged:
        """The items for which `keep` is true."""
        kept = np.bincount(self.row[keep], minlength=len(self))
        return Ragged(self.values[keep], np.concatenate([[0], np.cumsum(kept)]))

    def with_values(self, values: Array) -> Ragged:
        """Other items in the same rows."""
        return Ragged(values, self.offsets)

    def padded(self, length: int, kind: Any, fill: Any = 0) -> tuple[Array, Array]:
        """rows x length, and the mask of its items."""
        out, mask = np.full((len(self), length), fill, kind), np.zeros((len(self), length), bool)
        row, place = self.row, self.place
        inside = place < length
        out[row[inside], place[inside]] = self.values[inside]
        mask[row[inside], place[inside]] = True
        return out, mask


def is_dataset(source: Any) -> bool:
    """Whether this is a :class:`flowcontainer.dataset.Dataset`; that module needs pyarrow, so it is not imported for the question."""
    return hasattr(source, "recipe") and hasattr(source, "to_arrow")


class Source:
    """The columns of flows: of captures, of a Scan, of a Table, of a Dataset, or of anything with ``__arrow_c_stream__``."""

    def __init__(self, source: Any, query: Mapping[str, Any]) -> None:
        names = [*query["columns"], *(part for name in query.get("bytes", ()) for part in (name, f"{name}_sizes"))]
        if isinstance(source, (str, bytes, os.PathLike, list, tuple)):
            source = scan(source, **query)
        if is_dataset(source):
            source = source.to_arrow()
        if not isinstance(source, Rows):
            source = Table.from_arrow(source)
        missing = [name for name in names if name not in source.column_names]
        if missing:
            raise ValueError(
                f"the layout needs the column {missing[0]!r}; scan(..., **flowcontainer.models.query(...)) gives all that it needs"
            )
        held = source.read() if hasattr(source, "read") else source
        self._columns = held.to_numpy(names)

    def ragged(self, name: str) -> Ragged:
        """A column of lists."""
        values, offsets = self._columns[name]
        return Ragged(np.ma.getdata(values), offsets)

    def flat(self, name: str) -> Array:
        """A column of single values."""
        found: Array = np.ma.getdata(self._columns[name])
        return found

    def matrix(self, name: str) -> tuple[Array, Array]:
        """Bytes (flows, packets, length), and the real number of each packet (flows, packets), cut to the length."""
        content = self.flat(name)
        return content, np.minimum(self.flat(f"{name}_sizes").astype(np.int64), content.shape[2])

    def header_lengths(self, ip: str, payload: str) -> Array:
        """Bytes of the headers of each packet: those from the IP header on, without those of the payload."""
        lengths: Array = self.flat(f"{ip}_sizes").astype(np.int64) - self.flat(f"{payload}_sizes").astype(np.int64)
        return lengths

    def protocol(self) -> Array:
        """Name of each row's protocol."""
        return np.array(self._columns["protocol"], object)

    def names(self) -> list[str]:
        """flow_id of each row."""
        return [name or "" for name in self._columns["flow_id"]]


def seconds(times: Ragged) -> Ragged:
    """Times in seconds since the first item of each row; a missing time counts as the first."""
    ns = times.values.astype("datetime64[ns]").astype(np.int64)
    first = ns[np.minimum(times.offsets[:-1], max(len(ns) - 1, 0))] if len(ns) else ns
    since = ns - np.repeat(first, times.counts)
    since[ns == np.iinfo(np.int64).min] = 0
    return times.with_values(since / 1e9)
