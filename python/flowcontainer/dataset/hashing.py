"""64-bit hashes of the values of Arrow columns, the same in every run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

Array = np.ndarray[Any, Any]
PLACES = 256  #: places in a text or a list that have random factors of their own; behind them the factors come again, times another
_ODD = np.uint64(0x9E3779B97F4A7C15)


def _numbers(count: int, seed: int) -> Array:
    """The output of splitmix64."""
    with np.errstate(over="ignore"):
        x = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed << 32)) * _ODD
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        out: Array = x ^ (x >> np.uint64(31))
    return out


_FACTORS = _numbers(PLACES, 1) | np.uint64(1)
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)  # of the first so many bytes of a word


def texts(column: pa.Array) -> Array:
    """A hash of each text or bytes of a column; 0 for null."""
    column = column.cast(pa.large_binary())
    offsets = np.frombuffer(column.buffers()[1], np.int64)[column.offset : column.offset + len(column) + 1]
    data = np.zeros(int(offsets[-1] - offsets[0]) + 8, np.uint8)
    data[:-8] = np.frombuffer(column.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    words = np.ndarray(len(data) - 7, np.dtype("<u8"), data, 0, (1,))  # the eight bytes from each place on
    start, size = offsets[:-1] - offsets[0], np.diff(offsets)
    out = size.astype(np.uint64)
    rows, place = np.flatnonzero(size), 0
    while len(rows):
        left = size[rows] - 8 * place
        out[rows] += _mixed(words[start[rows] + 8 * place] & _MASKS[np.minimum(left, 8)], place)
        rows, place = rows[left > 8], place + 1
    out = _ended(out)
    if column.null_count:
        out[column.is_null().to_numpy(zero_copy_only=False)] = 0
    return out


def repeated(column: pa.Array) -> Array:
    """The same for a column of few different texts."""
    coded = column.dictionary_encode()
    known = np.append(texts(coded.dictionary), np.uint64(0))
    found: Array = known[coded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)]
    return found


def text(value: str) -> int:
    """The hash of one text."""
    return int(texts(pa.array([value], pa.utf8()))[0])


def lists(column: pa.ListArray) -> Array:
    """A hash of the numbers of each list of a column without nulls."""
    offsets = column.offsets.to_numpy().astype(np.int64)
    values = column.values.to_numpy(zero_copy_only=False)[offsets[0] : offsets[-1]].astype(np.int64).view(np.uint64)
    size = np.diff(offsets)
    place = np.arange(len(values)) - np.repeat(offsets[:-1] - offsets[0], size)
    total = np.append(np.uint64(0), np.cumsum(_mixed(values, place), dtype=np.uint64))
    at = offsets - offsets[0]
    return _ended(total[at[1:]] - total[at[:-1]] + size.astype(np.uint64))


def add(total: Array, numbers: Array, place: int) -> None:
    """Adds the hashes of 64-bit numbers in column `place` to those of their rows."""
    total += _mixed(numbers, place)


def _mixed(words: Array, place: Any) -> Array:
    """Hashes of 64-bit words at a place, or each at a place of its own."""
    with np.errstate(over="ignore"):
        turn = np.asarray(place // PLACES, np.uint64) * np.uint64(2) + np.uint64(1)
        out: Array = (words + _ODD) * (_FACTORS[place % PLACES] * turn)
    out ^= out >> np.uint64(32)
    out *= _ODD
    return out


def _ended(sums: Array) -> Array:
    """The hashes of sums; never 0."""
    out = (sums ^ (sums >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    out ^= out >> np.uint64(32)
    return np.where(out == 0, np.uint64(1), out)
