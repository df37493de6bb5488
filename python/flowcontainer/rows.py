"""Rows in batches, and every shape that they can take: the base of Scan and Table, and the Batch objects."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Iterator
from typing import Any

from . import _core, arguments, arrays, bits
from .arguments import StrPath
from .bits import Bits
from .problems import missing


class Rows:
    """The methods that a :class:`Scan` and a :class:`Table` share.

    Both have ``__arrow_c_stream__``, so pyarrow, polars, DuckDB, pandas and other libraries can take them directly.
    Iteration gives :class:`Batch` objects and needs no other package.
    """

    @property
    def schema(self) -> _core.Schema:
        """Names and Arrow types of the columns. Has ``__arrow_c_schema__``."""
        raise NotImplementedError

    def _arrays(self) -> Iterator[_core.Array]:
        """The batches, from the first one."""
        raise NotImplementedError

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.schema.names

    def __iter__(self) -> Iterator[Batch]:
        for array in self._arrays():
            yield Batch(array)

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return _core.stream(self.schema, self._arrays())

    def to_arrow(self) -> Any:
        """A pyarrow.Table. The buffers are not copied."""
        pa = need("pyarrow", "arrow")
        batches = [pa.record_batch(array) for array in self._arrays()]
        return pa.Table.from_batches(batches, pa.schema(self.schema))

    def to_reader(self, types: str = "exact") -> Any:
        """A pyarrow.RecordBatchReader, which holds one batch at a time: for writers of Delta, Iceberg and other tables.

        :param types: "exact": those of the columns; "portable": types that all table formats have: text instead of
            dictionaries, wider signed numbers instead of unsigned ones, microseconds instead of nanoseconds (cut off), and
            durations as numbers of nanoseconds. An unsigned number of 64 bits above 2**63 - 1 is an error
        """
        from .lake import reader

        return reader(self, types)

    def __array__(self, dtype: object = None, copy: object = None) -> Any:
        """Raises TypeError: numpy and pandas.DataFrame would take the rows for one object."""
        raise TypeError(
            "rows of several types are no array: to_pandas() or pandas.DataFrame.from_arrow() gives a DataFrame, "
            "to_numpy() gives arrays"
        )

    def to_pandas(self, **options: Any) -> Any:
        """A pandas.DataFrame. The options are those of pyarrow.Table.to_pandas."""
        need("pandas", "pandas")
        return self.to_arrow().to_pandas(**options)

    def to_polars(self) -> Any:
        """A polars.DataFrame. Needs no pyarrow."""
        polars = need("polars", "polars")
        return polars.DataFrame(_Held(self.schema, list(self._arrays())))

    def to_numpy(
        self, columns: str | Iterable[str] | None = None, layout: str = "ragged", length: int | None = None
    ) -> dict[str, Any]:
        """Columns as numpy arrays, {name: array}.

        A column of single values is one array with one element per row. Numbers with nulls are masked arrays; text and
        bytes are object arrays. A column of lists depends on the layout:

        - "ragged": :class:`Ragged` (values, offsets). Row i is values[offsets[i]:offsets[i + 1]]. The values of a
          field's column are {"packet": array, "value": array}.
        - "padded": :class:`Padded` (values, mask), both rows x length. The mask is true where there is a value. Longer
          rows are cut, shorter ones are filled with 0 (NaT, None). Column j of a field is packet j of ip_lengths; if a
          packet has several values, it is the first. With length None, the longest row decides.

        Integers stay integers. If there is one batch, only text, booleans and padding are copied, and the other arrays
        are read-only views. Raises ValueError for an unknown column or layout, ImportError without numpy.
        """
        names = self.column_names if columns is None else arguments.words("columns", columns)
        batches = list(self._arrays()) or [self.schema.empty()]
        return arrays.table(batches, self.column_names, names, layout, length)

    def to_bits(self, packets: int) -> Bits:
        """The first packets of each flow of ``features="nprint"`` as one int8 matrix: :class:`Bits`.

        A flow is both directions between two ends, in one capture where the rows have a column `capture`, else in all.
        nPrint itself has no flows. Raises ValueError for other rows, ImportError without numpy.

        :param packets: packets of each flow in the matrix; missing ones are -1
        """
        np = need("numpy", "numpy")
        packets = arguments.count("packets", packets, 2**31, least=1)
        return bits.matrix(np, self._arrays(), self.column_names, packets)

    def _rules(self) -> tuple[int | None, ...]:
        """For each column None, or the rule by which the values of its field are written."""
        raise NotImplementedError

    def _refuse_capture(self, path: StrPath) -> None:
        """Raises ValueError for a file that is one of the captures of the rows."""

    _chosen = False  # whether the columns are the caller's choice, sequences included

    def _is_sequence(self, column: int) -> bool:
        """Whether CSV leaves the column out unless it is asked for."""
        return self.schema.child(column).format.startswith("+") and self._rules()[column] is None

    def write_csv(self, path: StrPath, columns: str | Iterable[str] | None = None) -> None:
        """Writes the CSV of the command, whole or not at all. Columns stand in the order of the table.

        Sequences such as ip_lengths are left out unless `columns` names them, because readers of CSV refuse long
        cells. A table of :func:`scan` that went through Arrow or Parquet has the same text, as the metadata
        ``flowcontainer.csv`` of its columns say how they print. Raises ValueError for an unknown column, for a
        table without that metadata, and for a path that is one of the captures of the rows; OSError for the file.

        :param columns: the columns to write; None: all but the sequences, or, after `scan(columns=...)`, all
        """
        rules, every = self._rules(), self.column_names
        wanted = set(every if columns is None else arguments.words("columns", columns))
        if unknown := sorted(wanted.difference(every)):
            raise ValueError(f"no column {unknown[0]!r}; there are {', '.join(every)}")
        self._refuse_capture(path)
        kept = [name in wanted and (columns is not None or self._chosen or not self._is_sequence(i)) for i, name in enumerate(every)]
        asked = tuple(rule if keep else -1 for rule, keep in zip(rules, kept))
        _core.write_csv(self.schema, iter(self._arrays()), asked, os.fsencode(path))


class Batch:
    """Some rows of a :class:`Scan` or a :class:`Table`. Has ``__arrow_c_array__``. Its buffers live as long as anything refers to them."""

    __slots__ = ("_array", "column_names")

    def __init__(self, array: _core.Array) -> None:
        self._array = array
        self.column_names: tuple[str, ...] = array.names

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return len(self._array)

    @property
    def num_columns(self) -> int:
        """Number of columns."""
        return len(self.column_names)

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, column: str | int) -> _core.Array:
        """A column, by name or index. Has ``__arrow_c_array__``, ``value(i)`` and ``to_list()``. Raises KeyError."""
        if isinstance(column, str):
            if column not in self.column_names:
                raise KeyError(column)
            column = self.column_names.index(column)
        return self._array.child(column)

    def __arrow_c_schema__(self) -> object:
        return self._array.__arrow_c_schema__()

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return self._array.__arrow_c_array__(requested_schema)

    def to_pydict(self) -> dict[str, list[Any]]:
        """{column: list of values}. Times are ints of nanoseconds."""
        return {name: self[name].to_list() for name in self.column_names}

    def to_numpy(
        self, columns: str | Iterable[str] | None = None, layout: str = "ragged", length: int | None = None
    ) -> dict[str, Any]:
        """Like :meth:`Rows.to_numpy`, for this batch."""
        names = self.column_names if columns is None else arguments.words("columns", columns)
        return arrays.table([self._array], self.column_names, names, layout, length)

    def __repr__(self) -> str:
        return f"<flowcontainer.Batch of {self.num_rows} rows, {self.num_columns} columns>"


class _Held:
    """Batches in memory, as an Arrow stream."""

    def __init__(self, schema: _core.Schema, batches: list[_core.Array]) -> None:
        self._schema, self._batches = schema, batches

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return _core.stream(self._schema, iter(self._batches))


def need(module: str, extra: str) -> Any:
    """The module, or the error that says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise missing(module, extra) from None
