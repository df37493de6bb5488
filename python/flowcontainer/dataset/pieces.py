"""The rows of all tasks in the order of captures, which does not depend on the order in which captures were read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.ipc

from .store import Known


class Piece(NamedTuple):
    """Neighbouring rows of one task."""

    task: int
    first: int
    rows: int


def in_order(known: Iterable[Known]) -> list[Piece]:
    """The rows of captures, sorted by their names."""
    pieces: list[Piece] = []
    for capture in sorted(known):
        last = pieces[-1] if pieces else None
        if last and last.task == capture.task and last.first + last.rows == capture.first:
            pieces[-1] = Piece(last.task, last.first, last.rows + capture.rows)
        elif capture.rows:
            pieces.append(Piece(capture.task, capture.first, capture.rows))
    return pieces


class Reader:
    """Reads the files of tasks; one file of a kind is open at a time, and of it one batch is in memory.

    :param columns: names of the columns that are read; None: all
    """

    def __init__(self, folder: Path, kind: str, columns: Collection[str] | None = None) -> None:
        self._folder, self._kind, self._columns = folder, kind, columns
        self._task, self._file, self._starts = -1, None, [0]
        self._held: tuple[int, pa.RecordBatch] | None = None

    def _open(self, task: int) -> Any:
        if task != self._task:
            path = str(self._folder / f"{task}.{self._kind}")
            self._file = pa.ipc.open_file(pa.OSFile(path))
            if self._columns is not None:
                names = self._file.schema.names
                some = [i for i, name in enumerate(names) if name in self._columns]
                options = pa.ipc.IpcReadOptions(included_fields=some, use_threads=False)
                self._file = pa.ipc.open_file(pa.OSFile(path), options=options)
            self._task, self._held, self._starts = task, None, [0]
        return self._file

    def _batch(self, index: int) -> pa.RecordBatch:
        if self._held is None or self._held[0] != index:
            self._held = index, self._file.get_batch(index)  # type: ignore[attr-defined]
            if len(self._starts) == index + 1:
                self._starts.append(self._starts[-1] + self._held[1].num_rows)
        return self._held[1]

    def read(self, piece: Piece) -> Iterator[pa.RecordBatch]:
        """The rows of a piece, as parts of the batches in its file."""
        file = self._open(piece.task)
        first, end = piece.first, piece.first + piece.rows
        for index in range(file.num_record_batches):
            if index + 1 < len(self._starts) and self._starts[index + 1] <= first:
                continue
            batch = self._batch(index)
            start = self._starts[index]
            low, high = max(first, start), min(end, start + batch.num_rows)
            if low < high:
                yield batch.slice(low - start, high - low)
            if high == end:
                return


def even(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of `size` rows, so that files do not depend on the batches of tasks."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        while batch.num_rows + count >= size:
            held.append(batch.slice(0, size - count))
            batch = batch.slice(size - count)
            yield pa.concat_batches(held)
            held, count = [], 0
        if batch.num_rows:
            held.append(batch)
            count += batch.num_rows
    if held:
        yield pa.concat_batches(held)
