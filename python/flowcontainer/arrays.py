"""Arrow columns as numpy arrays. Arrays of numbers are views of Arrow's own buffers and keep them alive."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .problems import missing

if TYPE_CHECKING:
    from ._core import Array

_ORDER = "<" if sys.byteorder == "little" else ">"
_NUMBERS = {"c": "i1", "C": "u1", "s": "i2", "S": "u2", "i": "i4", "I": "u4", "l": "i8", "L": "u8", "f": "f4",
            "g": "f8"}  # fmt: skip


class Ragged(NamedTuple):
    """Rows of different lengths, one after the other. Row i is values[offsets[i]:offsets[i + 1]]."""

    values: Any  #: an array; for a field's column: {"packet": array, "value": array}
    offsets: Any  #: int64, one more than the number of rows


class Padded(NamedTuple):
    """Rows of equal length."""

    values: Any  #: rows x length
    mask: Any  #: the same shape; true where a value is, false where padding is


class _View:
    """A buffer of an array for numpy. numpy keeps this object alive, and this object keeps the array."""

    def __init__(self, array: Array, buffer: int, kind: str, n: int) -> None:
        self.array = array
        self.__array_interface__ = {
            "version": 3,
            "shape": (n,),
            "typestr": ("|" if kind[-1] == "1" else _ORDER) + kind,
            "data": (array.address(buffer), True),
        }


def _buffer(np: Any, array: Array, buffer: int, kind: str, n: int) -> Any:
    if n == 0 or not array.address(buffer):
        return np.zeros(n, _ORDER + kind)
    return np.asarray(_View(array, buffer, kind, n))


def _bits(np: Any, array: Array, buffer: int) -> Any:
    """A bitmap as booleans, one per value."""
    first, n = array.offset, len(array)
    packed = _buffer(np, array, buffer, "u1", (first + n + 7) // 8)
    return np.unpackbits(packed, count=first + n, bitorder="little")[first:].astype(bool)


def _objects(np: Any, values: list[Any]) -> Any:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _numbers(np: Any, array: Array, kind: str) -> Any:
    return _buffer(np, array, 1, kind, array.offset + len(array))[array.offset :]


def _dictionary(np: Any, array: Array, dictionary: Array) -> Any:
    words = _objects(np, [*dictionary.to_list(), None])  # the last one is for nulls
    indices = _numbers(np, array, _NUMBERS[array.format])
    if array.null_count and array.address(0):
        indices = np.where(_bits(np, array, 0), indices, -1)
    return words[indices]


def _fixed(np: Any, array: Array) -> Any:
    """Lists of fixed size as one array: of rows x size, of lists in lists rows x size x size."""
    size = int(array.format[3:])
    first, n = array.offset * size, len(array) * size
    values = _flat(np, array.child(0))[first : first + n]
    return values.reshape(len(array), size, *values.shape[1:])


def _fixed_bytes(np: Any, array: Array) -> Any:
    """Bytes of fixed size as an array of rows x size."""
    size = int(array.format[2:])
    first, n = array.offset * size, len(array) * size
    values = _buffer(np, array, 1, "u1", first + n)[first:].reshape(len(array), size)
    if array.null_count and array.address(0):
        return np.ma.MaskedArray(values, np.broadcast_to(~_bits(np, array, 0)[:, None], values.shape))
    return values


def _flat(np: Any, array: Array) -> Any:
    """One array of the values; for a struct: {name: array}."""
    form = array.format
    if form.startswith("+w:"):
        return _fixed(np, array)
    if form.startswith("w:"):
        return _fixed_bytes(np, array)
    if (dictionary := array.dictionary) is not None:
        return _dictionary(np, array, dictionary)
    if form == "+s":
        span = slice(array.offset, array.offset + len(array))
        return {name: _flat(np, array.child(i))[span] for i, name in enumerate(array.names)}
    if form[0] in "uUzZvn+":
        return _objects(np, array.to_list())
    if form == "b":
        values = _bits(np, array, 1)
    elif form.startswith(("ts", "tD")):
        kind = "datetime64[ns]" if form[1] == "s" else "timedelta64[ns]"
        values = _numbers(np, array, "i8").view(kind)
    else:
        values = _numbers(np, array, _NUMBERS[form])
    if array.null_count and array.address(0):
        return np.ma.MaskedArray(values, ~_bits(np, array, 0))
    return values


def _ragged(np: Any, array: Array) -> Ragged:
    wide = array.format == "+L"
    n = len(array)
    offsets = _buffer(np, array, 1, "i8" if wide else "i4", array.offset + n + 1)[array.offset :].astype(np.int64)
    child = _flat(np, array.child(0))
    first, last = (int(offsets[0]), int(offsets[-1])) if n else (0, 0)
    if isinstance(child, dict):
        return Ragged({name: values[first:last] for name, values in child.items()}, offsets - first)
    return Ragged(child[first:last], offsets - first)


# ---- batches together ----


def _join(np: Any, pieces: list[Any]) -> Any:
    if len(pieces) == 1:
        return pieces[0]
    if isinstance(pieces[0], dict):
        return {name: _join(np, [piece[name] for piece in pieces]) for name in pieces[0]}
    if any(isinstance(piece, np.ma.MaskedArray) for piece in pieces):
        return np.ma.concatenate(pieces)
    return np.concatenate(pieces)


def _join_ragged(np: Any, pieces: list[Ragged]) -> Ragged:
    if len(pieces) == 1:
        return pieces[0]
    offsets, end = [np.zeros(1, np.int64)], 0
    for piece in pieces:
        offsets.append(piece.offsets[1:] + end)
        end += int(piece.offsets[-1])
    return Ragged(_join(np, [piece.values for piece in pieces]), np.concatenate(offsets))


# ---- padding ----


def _longest(np: Any, ragged: Ragged) -> int:
    return int(np.diff(ragged.offsets).max(initial=0))


def _filled(np: Any, shape: tuple[int, int], dtype: Any) -> Any:
    if dtype == object:
        return np.full(shape, None, object)
    return np.full(shape, "NaT", dtype) if dtype.kind in "mM" else np.zeros(shape, dtype)


def _place(np: Any, shape: tuple[int, int], rows: Any, columns: Any, values: Any) -> Padded:
    out, mask = _filled(np, shape, values.dtype), np.zeros(shape, bool)
    out[rows, columns] = np.ma.getdata(values)
    mask[rows, columns] = ~np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else True
    return Padded(out, mask)


def _padded(np: Any, ragged: Ragged, length: int) -> Padded:
    """Puts value j of a row at column j, or a field's value at the column of its packet."""
    counts = np.diff(ragged.offsets)
    rows = np.repeat(np.arange(len(counts)), counts)
    values, first = ragged.values, None
    if isinstance(values, dict):
        columns, values = values["packet"].astype(np.int64), values["value"]
        first = np.ones(len(rows), bool)
        first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    else:
        columns = np.arange(len(rows)) - np.repeat(ragged.offsets[:-1], counts)
    keep = columns < length if first is None else (columns < length) & first
    return _place(np, (len(counts), length), rows[keep], columns[keep], values[keep])


# ---- a table ----


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        raise missing("numpy", "numpy") from None
    return numpy


def table(
    batches: Sequence[Array], every: Sequence[str], names: Sequence[str], layout: str, length: int | None
) -> dict[str, Any]:
    """The columns `names`, which are among `every`, as {name: array}."""
    np = _numpy()
    if layout not in ("ragged", "padded"):
        raise ValueError(f'layout must be "ragged" or "padded", not {layout!r}')
    if length is not None and (layout != "padded" or length < 0):
        raise ValueError("length must be 0 or more, and needs the padded layout")
    unknown = [name for name in names if name not in every]
    if unknown:
        raise ValueError(f"no column {unknown[0]!r}; there are {', '.join(every)}")
    return {name: _column(np, batches, every, name, layout, length) for name in names}


def _column(
    np: Any, batches: Sequence[Array], every: Sequence[str], name: str, layout: str, length: int | None
) -> Any:
    pieces = [batch.child(every.index(name)) for batch in batches]
    if not pieces[0].format.startswith(("+l", "+L")):
        return _join(np, [_flat(np, piece) for piece in pieces])
    ragged = _join_ragged(np, [_ragged(np, piece) for piece in pieces])
    if layout == "ragged":
        return ragged
    if length is None and isinstance(ragged.values, dict) and "ip_lengths" in every:
        lengths = [_ragged(np, batch.child(every.index("ip_lengths"))) for batch in batches]
        length = max(_longest(np, piece) for piece in lengths)
    return _padded(np, ragged, _longest(np, ragged) if length is None else length)
