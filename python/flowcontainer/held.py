"""Rows that are held in memory: of one reading, of an Arrow table, or of a Parquet file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import _core
from .arguments import StrPath, refuse_capture
from .problems import Problem
from .rows import Rows, need


class Table(Rows):
    """Rows in memory, which may be taken in every shape any number of times. The shapes share its buffers where the
    other library allows it.

    :meth:`Scan.read`, :meth:`from_arrow` and :meth:`from_parquet` make it.
    """

    def __init__(
        self,
        schema: _core.Schema,
        batches: Sequence[_core.Array],
        accounting: Mapping[str, int] | None = None,
        notes: Mapping[str, int] | None = None,
        problems: Iterable[Problem] = (),
        rules: tuple[int | None, ...] | None = None,
        chosen: bool = False,
        captures: Iterable[bytes] = (),
    ) -> None:
        self._schema, self._batches = schema, tuple(batches)
        self._text_rules, self._chosen = rules, chosen
        self._captures = tuple(one if one == b"-" else os.path.abspath(one) for one in captures)
        self._accounting, self._notes, self._problems = dict(accounting or {}), dict(notes or {}), list(problems)

    @classmethod
    def from_arrow(cls, source: Any) -> Table:
        """The rows of anything that has ``__arrow_c_stream__``: a pyarrow.Table, a DataFrame of polars or pandas, a
        relation of DuckDB. The buffers are not copied. Its accounting, notes and problems are empty.

        Raises TypeError if the source has no such method or is a single column, and the source's error if it fails.
        """
        if not hasattr(source, "__arrow_c_stream__"):
            raise TypeError(f"an Arrow table is needed, with __arrow_c_stream__; {type(source).__name__} has none")
        return cls(*_core.take(source.__arrow_c_stream__()))

    @classmethod
    def from_parquet(cls, path: StrPath) -> Table:
        """The rows of a Parquet file, such as the command writes with ``-o flows.parquet``; the columns have the types
        of :func:`scan`. Raises OSError, pyarrow's error for a file that is not Parquet, ImportError without pyarrow."""
        need("pyarrow", "arrow")
        parquet = need("pyarrow.parquet", "arrow")
        with parquet.ParquetFile(os.fspath(path)) as file:
            return cls.from_arrow(file.read())

    # ---- description ----

    @property
    def schema(self) -> _core.Schema:
        """Names and Arrow types of the columns. Has ``__arrow_c_schema__``."""
        return self._schema

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return sum(map(len, self._batches))

    @property
    def num_columns(self) -> int:
        """Number of columns."""
        return len(self.column_names)

    @property
    def accounting(self) -> dict[str, int]:
        """{reason: frames} of the reading, as :attr:`Scan.accounting`."""
        return dict(self._accounting)

    @property
    def notes(self) -> dict[str, int]:
        """{note: count} of the reading, as :attr:`Scan.notes`."""
        return dict(self._notes)

    @property
    def problems(self) -> list[Problem]:
        """The damaged, cut and unreadable captures of the reading."""
        return list(self._problems)

    def __len__(self) -> int:
        return self.num_rows

    def __repr__(self) -> str:
        return f"<flowcontainer.Table of {self.num_rows} rows, {self.num_columns} columns>"

    # ---- rows ----

    def _ways(self) -> list[str | None]:
        """How each column prints in CSV, as the metadata of a table from elsewhere says."""
        return [self._schema.child(i).csv for i in range(self.num_columns)]

    def _rules(self) -> tuple[int | None, ...]:
        if self._text_rules is not None:
            return self._text_rules
        ways = self._ways()
        if not any(ways):
            raise ValueError(
                "write_csv is for the rows of scan(): a table from elsewhere does not say how fields print. The text of another "
                "program's feature set is written by scan(...).write_csv"
            )
        return tuple(int(way) if way and way.isdecimal() else None for way in ways)

    def _is_sequence(self, column: int) -> bool:
        return super()._is_sequence(column) if self._text_rules is not None else self._ways()[column] == "sequence"

    def _refuse_capture(self, path: StrPath) -> None:
        for capture in self._captures:
            try:
                run = _core.open((capture,), (), engine="native")
            except (OSError, ValueError):
                continue  # the capture is gone: nothing can overwrite it
            refuse_capture(run, path)

    def _arrays(self) -> Iterator[_core.Array]:
        return iter(self._batches)

    def __getitem__(self, column: str | int) -> Cells:
        """A column, by name or by index. Raises KeyError for an unknown name, IndexError for an index."""
        if isinstance(column, str):
            if column not in self.column_names:
                raise KeyError(column)
            column = self.column_names.index(column)
        return Cells(self._schema.child(column), [batch.child(column) for batch in self._batches])

    def to_pydict(self) -> dict[str, list[Any]]:
        """{column: list of values}. Times are ints of nanoseconds."""
        return {name: self[name].to_list() for name in self.column_names}


class Cells:
    """One column of a :class:`Table`. Has ``__arrow_c_stream__``: ``pyarrow.chunked_array(cells)``."""

    def __init__(self, schema: _core.Schema, pieces: Sequence[_core.Array]) -> None:
        self._schema, self._pieces = schema, tuple(pieces)

    @property
    def name(self) -> str:
        """Name of the column."""
        return self._schema.name

    @property
    def format(self) -> str:
        """Arrow's format string of the column's type."""
        return self._schema.format

    def __len__(self) -> int:
        return sum(map(len, self._pieces))

    def value(self, row: int) -> Any:
        """The value of a row; times are ints of nanoseconds. A negative row counts from the end. Raises IndexError."""
        at = row + len(self) if row < 0 else row
        for piece in self._pieces:
            if 0 <= at < len(piece):
                return piece.value(at)
            at -= len(piece)
        raise IndexError(f"no row {row} among {len(self)}")

    def to_list(self) -> list[Any]:
        """All values, as :meth:`value` gives them."""
        return [value for piece in self._pieces for value in piece.to_list()]

    def __arrow_c_schema__(self) -> object:
        return self._schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return _core.stream(self._schema, iter(self._pieces))

    def __repr__(self) -> str:
        return f"<flowcontainer.Cells {self.name}: {len(self)} values>"
