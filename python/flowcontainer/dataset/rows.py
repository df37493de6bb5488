"""The facts of each row that labels, cleaning, split and leak report use: some 150 bytes, as arrays over all rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from .labels import Labels

Array = np.ndarray[Any, Any]
UNLABELLED, DOUBLE = -1, -2

#: Text keys that are kept as 64-bit hashes; 0 is null.
HASHED = ("src", "dst", "community_id", "flow_id", "protocol", "sni", "certificate")
#: Keys that are kept as numbers; null is -1.
NUMBERS = ("stream", "sport", "dport", "packets", "bytes", "ttl", "hop_limit", "ip_id", "tcp_seq")
TIMES = ("time_start", "time_end")
#: Types of numbers that need less than 64 bits, so that millions of rows stay small.
SMALL = {"sport": np.int32, "dport": np.int32, "ip_id": np.int32, "ttl": np.int16, "hop_limit": np.int16}


class Rows:
    """Arrays over all rows of the tasks, in the order of captures."""

    def __init__(self, labels: Labels, keep_first: bool) -> None:
        self._labels, self._keep_first = labels, keep_first
        self._pieces: dict[str, list[Array]] = {}
        self.labels: list[str] = []  #: names of the codes in `label`
        self.captures: list[str] = []  #: names of the codes in `capture`
        self.doubles: dict[str, int] = {}  #: {"a + b": rows} of the labels that rows have together
        self._codes: dict[str, int] = {}
        self._capture_codes: dict[str, int] = {}
        self.columns: dict[str, Array] = {}
        self.labels_of: dict[int, list[str]] = {}  #: {row: its labels} of doubly labelled rows
        self._count = 0

    def add(self, keys: pa.RecordBatch, rows: Callable[[], pa.RecordBatch]) -> None:
        """Adds the rows of a batch of keys."""
        self._put("label", self._label(keys, rows))
        self._put("capture", _codes(keys["capture"], self._capture_codes, self.captures))
        for name in HASHED:
            if name in keys.schema.names:
                self._put(name, hashed(keys[name]))
        for name in (*NUMBERS, *TIMES):
            if name in keys.schema.names:
                values = keys[name].cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
                self._put(name, values.astype(SMALL[name]) if name in SMALL else values)
        for name in keys.schema.names:
            if name.endswith("_hash"):
                self._put(name, keys[name].to_numpy(zero_copy_only=False))

    def _put(self, name: str, values: Array) -> None:
        self._pieces.setdefault(name, []).append(values)

    def _label(self, keys: pa.RecordBatch, rows: Callable[[], pa.RecordBatch]) -> Array:
        out = np.full(keys.num_rows, UNLABELLED, np.int32)
        for i, names in enumerate(self._labels.of(keys, rows)):
            if len(names) > 1:
                together = " + ".join(names)
                self.doubles[together] = self.doubles.get(together, 0) + 1
                self.labels_of[self._count + i] = names
            if len(names) == 1 or (names and self._keep_first):
                out[i] = self._code(names[0])
            elif names:
                out[i] = DOUBLE
        self._count += keys.num_rows
        return out

    def _code(self, name: str) -> int:
        if name not in self._codes:
            self._codes[name] = len(self.labels)
            self.labels.append(name)
        return self._codes[name]

    def finish(self) -> Rows:
        """Joins the batches. Codes of labels become those of the sorted names."""
        while self._pieces:
            name, pieces = self._pieces.popitem()
            self.columns[name] = np.concatenate(pieces)
        for name in () if self.columns else ("label", "capture", "lengths_hash", *HASHED, *NUMBERS, *TIMES):
            self.columns[name] = np.zeros(0, np.uint64 if name in HASHED or name == "lengths_hash" else np.int64)
        order = sorted(range(len(self.labels)), key=self.labels.__getitem__)
        place = np.empty(len(order) + 2, np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        place[-2:] = DOUBLE, UNLABELLED
        self.columns["label"] = place[self.columns["label"]]
        self.labels = [self.labels[i] for i in order]
        return self

    def forget_all_but(self, *names: str) -> None:
        """Frees the other columns."""
        self.columns = {name: self.columns[name] for name in names}

    def __len__(self) -> int:
        return len(self.columns["label"])

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns


def hash64(text: str) -> int:
    """A 64-bit hash of a text, the same in every run."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def hashed(column: pa.Array) -> Array:
    """64-bit hashes of a column of texts or bytes; 0 for null."""
    coded = column.dictionary_encode()
    numbers = [hash64(value if isinstance(value, str) else value.hex()) for value in coded.dictionary.to_pylist()]
    index = coded.indices.fill_null(len(numbers)).to_numpy(zero_copy_only=False)
    found: Array = np.array([*numbers, 0], np.uint64)[index]
    return found


def _codes(column: pa.Array, codes: dict[str, int], names: list[str]) -> Array:
    coded = column.dictionary_encode()
    for name in coded.dictionary.to_pylist():
        if name not in codes:
            codes[name] = len(names)
            names.append(name)
    table = np.array([codes[name] for name in coded.dictionary.to_pylist()], np.int32)
    out: Array = table[coded.indices.to_numpy()]
    return out


def mixed(values: Array, seed: int) -> Array:
    """Hashes of 64-bit numbers and a seed (splitmix64): an order at random that every machine repeats."""
    with np.errstate(over="ignore"):
        x = values.astype(np.uint64) + np.uint64(hash64(f"seed {seed}"))
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        out: Array = x ^ (x >> np.uint64(31))
    return out


def concatenated(columns: Iterable[Array]) -> Array:
    """One 64-bit hash of several columns, row by row."""
    out: Array | None = None
    for column in columns:
        out = mixed(column, 0) if out is None else mixed(out ^ mixed(column, 1), 2)
    assert out is not None
    return out
