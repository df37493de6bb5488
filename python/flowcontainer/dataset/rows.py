"""The facts of each row that labels, cleaning, split and leak report use: some 150 bytes, as arrays over all rows. They lie in files, and
few of them are in memory at the same time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .labels import Labels

Array = np.ndarray[Any, Any]
UNLABELLED, DOUBLE = -1, -2

#: Text keys that are kept as 64-bit hashes; 0 is null. The tasks make them, in columns with the ending HASH.
HASHED = ("src", "dst", "community_id", "flow_id", "protocol", "sni", "certificate")
HASH = "_hash"
#: Keys that are kept as numbers; null is -1.
NUMBERS = ("stream", "sport", "dport", "packets", "bytes", "ttl", "hop_limit", "ip_id", "tcp_seq")
TIMES = ("time_start", "time_end")
#: All keys that Rows takes. Other sources of labels than paths read further keys.
KEYS = {"capture", *NUMBERS, *TIMES, "bytes_hash", "lengths_hash", *(name + HASH for name in HASHED)}
#: Types of numbers that need less than 64 bits, so that millions of rows stay small.
SMALL = {"sport": np.int32, "dport": np.int32, "ip_id": np.int32, "ttl": np.int16, "hop_limit": np.int16}


class Rows:
    """Arrays over all rows of the tasks, in the order of captures.

    :param folder: for the files of the arrays; :meth:`forget_all_but` removes them
    """

    def __init__(self, labels: Labels, keep_first: bool, folder: Path) -> None:
        self._labels, self._keep_first, self._folder = labels, keep_first, folder
        self._files: dict[str, Any] = {}
        self._types: dict[str, Any] = {}
        self.labels: list[str] = []  #: names of the codes in `label`
        self.captures: list[str] = []  #: names of the codes in `capture`
        self.doubles: dict[str, int] = {}  #: {"a + b": rows} of the labels that rows have together
        self._codes: dict[str, int] = {}
        self._capture_codes: dict[str, int] = {}
        self.columns: dict[str, Array] = {}  #: those in memory
        self.labels_of: dict[int, list[str]] = {}  #: {row: its labels} of doubly labelled rows
        self._count = 0

    def add(self, keys: pa.RecordBatch, rows: Callable[[], pa.RecordBatch]) -> None:
        """Adds the rows of a batch of keys."""
        self._put("label", self._label(keys, rows))
        self._put("capture", _codes(keys["capture"], self._capture_codes, self.captures))
        for name in (*NUMBERS, *TIMES):
            if name in keys.schema.names:
                values = keys[name].cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
                self._put(name, values.astype(SMALL[name]) if name in SMALL else values)
        for name in keys.schema.names:
            if name.endswith(HASH):
                text = name.removesuffix(HASH)
                self._put(text if text in HASHED else name, keys[name].to_numpy(zero_copy_only=False))

    def _put(self, name: str, values: Array) -> None:
        if name not in self._files:
            self._files[name] = open(self._path(name), "wb")  # noqa: SIM115 - finish() closes it
            self._types[name] = values.dtype
        self._files[name].write(np.ascontiguousarray(values).data)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.part"

    def _label(self, keys: pa.RecordBatch, rows: Callable[[], pa.RecordBatch]) -> Array:
        choices, index = self._labels.of(keys, rows)
        codes = np.array([self._one(names) for names in choices], np.int32)
        for i, names in enumerate(choices):
            if len(names) > 1:
                mine = np.flatnonzero(index == i).tolist()
                together = " + ".join(names)
                self.doubles[together] = self.doubles.get(together, 0) + len(mine)
                self.labels_of.update(dict.fromkeys([self._count + row for row in mine], names))
        self._count += keys.num_rows
        found: Array = codes[index] if len(codes) else np.zeros(0, np.int32)
        return found

    def _one(self, names: list[str]) -> int:
        """The code of a row with these labels."""
        if len(names) == 1 or (names and self._keep_first):
            return self._code(names[0])
        return DOUBLE if names else UNLABELLED

    def _code(self, name: str) -> int:
        if name not in self._codes:
            self._codes[name] = len(self.labels)
            self.labels.append(name)
        return self._codes[name]

    def finish(self) -> Rows:
        """Ends the files. Codes of labels become those of the sorted names."""
        for file in self._files.values():
            file.close()
        for name in () if self._files else ("label", "capture", "lengths_hash", *HASHED, *NUMBERS, *TIMES):
            self.columns[name] = np.zeros(0, np.uint64 if name in HASHED or name == "lengths_hash" else np.int64)
        order = sorted(range(len(self.labels)), key=self.labels.__getitem__)
        place = np.empty(len(order) + 2, np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        place[-2:] = DOUBLE, UNLABELLED
        self.columns["label"] = place[self["label"]]
        self.labels = [self.labels[i] for i in order]
        return self

    def forget_all_but(self, *names: str) -> None:
        """Frees the other columns."""
        self.columns = {name: self.columns[name] for name in names}
        for name in self._files:
            self._path(name).unlink()
        self._files = {}

    def __len__(self) -> int:
        return len(self.columns["label"])

    def __getitem__(self, name: str) -> Array:
        if name in self.columns:
            return self.columns[name]
        return np.fromfile(self._path(name), self._types[name])

    def __contains__(self, name: str) -> bool:
        return name in self.columns or name in self._files


def hash64(text: str) -> int:
    """A 64-bit hash of a text, the same in every run."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


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
