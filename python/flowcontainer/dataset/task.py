"""A task: some captures, read with one scan into two files, the rows and their keys."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from .. import _core
from ..problems import problems_of
from . import family, hashing
from .captures import Capture, digest
from .query import Query
from .rows import HASH, HASHED, mixed

FEW = 500  #: captures of a task
MUCH = 64 << 20  #: bytes of a task, unless it is one capture


class Done(NamedTuple):
    """The answer of a task."""

    captures: list[tuple[Capture, str, int]]  #: with SHA-256 and number of rows, in the order of rows
    accounting: dict[str, int]
    notes: dict[str, int]
    problems: list[dict[str, Any]]


class Stop:
    """Ends all readings soon, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readings: set[_core.Run] = set()
        self._set = False

    def add(self, reading: _core.Run) -> None:
        """Remembers a reading. Raises Cancelled if all were ended before."""
        with self._lock:
            if self._set:
                raise _core.Cancelled("the build was stopped")
            self._readings.add(reading)

    def remove(self, reading: _core.Run) -> None:
        """Forgets a reading that is at its end."""
        with self._lock:
            self._readings.discard(reading)

    def set(self) -> None:
        """Ends the readings: they raise Cancelled."""
        with self._lock:
            self._set = True
            for reading in self._readings:
                reading.cancel()


def divided(captures: Sequence[Capture]) -> list[list[Capture]]:
    """Neighbouring captures together, in tasks that take seconds."""
    tasks: list[list[Capture]] = []
    size = 0
    for capture in captures:
        if not tasks or len(tasks[-1]) == FEW or size + capture.size > MUCH:
            tasks.append([])
            size = 0
        tasks[-1].append(capture)
        size += capture.size
    return tasks


def run(captures: list[Capture], query: Query, folder: Path, number: int, stop: Stop) -> Done:
    """Reads the captures and writes the files `number`.rows and `number`.keys, each whole or not at all.

    :param stop: ends the task from another thread; it then raises Cancelled
    """
    with ThreadPoolExecutor(1) as beside:
        digests = beside.submit(lambda: [digest(capture.path) for capture in captures])
        if len(captures) > 1:  # the hash of one large capture takes as long as its reading, and needs no lock of Python
            digests.result()
        counts, reading = _read(captures, query, folder, number, stop)
    names = {capture.path: capture.name for capture in captures}
    problems = [_problem(problem, names) for problem in problems_of(reading)]
    rows = [(capture, sha, counts[capture.name]) for capture, sha in zip(captures, digests.result())]
    return Done(rows, dict(reading.accounting or {}), dict(reading.notes or {}), problems)


def _read(
    captures: list[Capture], query: Query, folder: Path, number: int, stop: Stop
) -> tuple[dict[str, int], _core.Run]:
    """Writes the files; the number of rows by capture, and the reading at its end."""
    paths = tuple(os.fsencode(capture.path) for capture in captures)
    names = {capture.path: capture.name for capture in captures}
    counts = dict.fromkeys((capture.name for capture in captures), 0)
    reading = _core.open(paths, **query.options)
    stop.add(reading)
    try:
        with Files(folder, number) as files:
            for columns, keys in (_family if query.family else _flows)(reading, paths, query, names, stop):
                _count(counts, keys)
                files.write(columns, _hashed(keys))
    finally:
        stop.remove(reading)
    return counts, reading


Pair = tuple[pa.RecordBatch, pa.RecordBatch]  # columns and keys of the same rows


def _flows(
    reading: _core.Run, paths: tuple[bytes, ...], query: Query, names: dict[str, str], stop: Stop
) -> Iterator[Pair]:
    """The flows of the engine."""
    for batch in iter(reading.next_batch, None):
        plain = _plain(pa.record_batch(batch), query.keys["capture"], names)
        yield plain.select([*query.joined, *query.hidden()]), keys_of(plain, query)


def _family(
    reading: _core.Run, paths: tuple[bytes, ...], query: Query, names: dict[str, str], stop: Stop
) -> Iterator[Pair]:
    """The rows of another program, with the columns of their flows."""
    schema = pa.schema(reading.schema)
    nothing = _plain(
        pa.record_batch([pa.array([], kind) for kind in schema.types], schema.names), query.keys["capture"], names
    )
    known = [(nothing.select(query.joined), keys_of(nothing, query)), *_flows(reading, paths, query, names, stop)]
    flows = family.Flows(known)
    rows = _core.open(paths, **query.family_options)
    stop.add(rows)
    try:
        for batch in iter(rows.next_batch, None):
            columns, keys = family.joined(query.family, _plain(pa.record_batch(batch), "capture", names), flows)
            yield columns.select(query.columns), keys
    finally:
        stop.remove(rows)


class Files:
    """The two files of a task. Leaving the block renames them to their names; an error removes them."""

    def __init__(self, folder: Path, number: int) -> None:
        self._paths = [folder / f"{number}.{kind}" for kind in ("rows", "keys")]
        self._writers: list[Any] = []

    def __enter__(self) -> Files:
        return self

    def write(self, *batches: pa.RecordBatch) -> None:
        """Adds a batch to each file."""
        if not self._writers:
            options = pyarrow.ipc.IpcWriteOptions(compression="lz4")
            paths = zip(self._paths, batches)
            self._writers = [pa.ipc.new_file(f"{path}.part", batch.schema, options=options) for path, batch in paths]
        for writer, batch in zip(self._writers, batches):
            writer.write_batch(batch)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for writer, path in zip(self._writers, self._paths):
            writer.close()
            if kind is None:
                os.replace(f"{path}.part", path)
            else:
                os.unlink(f"{path}.part")


def _plain(batch: pa.RecordBatch, capture: str, names: dict[str, str]) -> pa.RecordBatch:
    """The batch without dictionaries, its captures by their names in the data set."""
    arrays = []
    for name, column in zip(batch.schema.names, batch.columns):
        if name == capture:
            column = pa.DictionaryArray.from_arrays(
                column.indices, pa.array([names[path] for path in column.dictionary.to_pylist()], pa.utf8())
            )
        arrays.append(column.dictionary_decode() if pa.types.is_dictionary(column.type) else column)
    return pa.record_batch(arrays, batch.schema.names)


def _count(counts: dict[str, int], keys: pa.RecordBatch) -> None:
    for entry in pc.value_counts(keys["capture"]).to_pylist():
        counts[entry["values"]] += entry["counts"]


def _problem(problem: Any, names: dict[str, str]) -> dict[str, Any]:
    name = names.get(problem.capture, problem.capture)
    return {**problem._asdict(), "capture": name, "message": problem.message.replace(problem.capture, name)}


# ---- keys ----


def keys_of(batch: pa.RecordBatch, query: Query) -> pa.RecordBatch:
    """The key columns of a batch by their names; sequences are replaced by the hash of their items."""
    columns = {key: batch[column] for key, column in query.keys.items() if key not in ("frames", "ip_lengths")}
    if not query.family:
        lengths = hashing.lists(batch[query.keys["ip_lengths"]])
        columns["lengths_hash"] = pa.array(mixed(lengths ^ hashing.repeated(columns["protocol"]), 9))
    return pa.record_batch(columns)


def _hashed(keys: pa.RecordBatch) -> pa.RecordBatch:
    """The keys, with the hashes of texts behind them."""
    columns = dict(zip(keys.schema.names, keys.columns))
    for name in HASHED:
        if name in columns:
            of = hashing.texts if name in ("flow_id", "community_id") else hashing.repeated
            columns[name + HASH] = pa.array(of(columns[name]))
    return pa.record_batch(columns)
