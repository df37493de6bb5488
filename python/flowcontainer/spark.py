"""Captures as a data source of Spark 4: batch and stream.

    from flowcontainer.spark import CaptureSource
    spark.dataSource.register(CaptureSource)
    flows = spark.read.format("flowcontainer").option("fields", "ip.ttl,tcp.flags").load("/data/captures")

The options are those of :func:`flowcontainer.scan`, as texts: a list is joined by commas, or JSON. Executors read the
captures, so flowcontainer must be installed there, and they must see the paths. docs/guide/engines.md has the other
options and the types.

The source has no pushFilters: Spark 4.3 gives wrong rows with it. Filters are the options `filter`, `protocols` and
`drop`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from . import captures as inputs
from .problems import Problem, missing

try:
    import pyarrow as pa
    from pyspark.sql.datasource import DataSource, DataSourceReader, DataSourceStreamReader, InputPartition
except ImportError as error:
    raise missing("pyarrow" if error.name == "pyarrow" else "PySpark 4", "spark") from error

from .options import Options, options_of, scan_of, scan_of_none
from .plain import spark_batch, spark_schema
from .table import Scan

# ---- accounting ----

ACCOUNTING = pa.schema(
    [
        pa.field("task", pa.string()),  # one value for one bin of captures; a task that is tried again has the same
        pa.field("kind", pa.string()),  # "frames", "note" or "problem"
        pa.field("name", pa.string()),  # the reason, the note; of a problem "damaged" or "unreadable"
        pa.field("capture", pa.string()),  # of a problem
        pa.field("message", pa.string()),
        pa.field("offset", pa.int64()),  # byte in the capture; null if there is none
        pa.field("count", pa.int64()),  # frames; of a note, its number; of a problem, the frames used before it
        pa.field("captures", pa.list_(pa.string())),  # of the task
    ]
)


def account_of(part: Scan, names: Sequence[str]) -> pa.Table:
    """The counts, notes and problems of one task; complete when its reading has ended."""
    rows: list[tuple[Any, ...]] = []
    for kind, counts in (("frames", part.accounting), ("note", part.notes)):
        rows += [(kind, name, None, None, None, count) for name, count in counts.items()]
    for one in part.problems:
        name, offset = ("damaged" if one.frames else "unreadable"), (None if one.offset < 0 else one.offset)
        rows.append(("problem", name, one.capture, one.message, offset, one.frames))
    whole = [(task_of(names), *row, list(names)) for row in rows]
    return pa.Table.from_pylist([dict(zip(ACCOUNTING.names, row)) for row in whole], ACCOUNTING)


def task_of(names: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def write_account(table: pa.Table, folder: str, storage_options: Mapping[str, Any]) -> None:
    """Writes one Parquet file, under the name of the task: a task that is tried again writes it anew."""
    import pyarrow.parquet as pq

    name = f"{table['task'][0].as_py()}.parquet"
    if "://" in folder and not folder.startswith("file://"):
        import fsspec

        with fsspec.open(f"{folder.rstrip('/')}/{name}", "wb", **storage_options) as file:
            pq.write_table(table, file)
        return
    folder = folder.removeprefix("file://")
    os.makedirs(folder, exist_ok=True)
    hidden = os.path.join(folder, f".{name}.{os.getpid()}")
    pq.write_table(table, hidden)
    os.replace(hidden, os.path.join(folder, name))


# ---- reading ----


@dataclass
class Bin(InputPartition):
    """The captures of one task, as a scan; None if there are none."""

    part: Scan | None


def bins(whole: Scan, n: int) -> list[Bin]:
    """At most n bins of neighbouring captures; 0: one for each 128 MB, and at least two. Smaller ones would cost more than
    they save: starting a task takes as long as reading 128 MB."""
    return [Bin(part) for part in whole.partitions(n or max(2, -(-whole.estimate().bytes // (128 << 20))))]


def read_part(given: Options, part: Scan, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of some captures. One that is gone, unreadable or damaged is a problem, and the others are read."""
    try:
        for batch in part:
            yield spark_batch(batch, schema)
    except (OSError, ValueError):  # no capture of the part could be read
        if not part.problems:
            raise
    if given.errors == "fail" and part.problems:
        raise RuntimeError("; ".join(map(_text, part.problems[:10])))
    account = account_of(part, [inputs.name_of(one) for one in part._paths])
    if given.accounting and account.num_rows:
        write_account(account, given.accounting, given.scan.get("storage_options") or {})


def _text(problem: Problem) -> str:
    return problem.message if problem.capture in problem.message else f"{problem.capture}: {problem.message}"


class CaptureReader(DataSourceReader):
    """Reads captures once, in bins of about the same size."""

    def __init__(self, given: Options, schema: pa.Schema) -> None:
        self.given, self.arrow = given, schema

    def partitions(self) -> Sequence[InputPartition]:
        return bins(scan_of(self.given, self.given.paths), self.given.partitions) or [Bin(None)]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        assert isinstance(partition, Bin)
        if partition.part is not None:
            yield from read_part(self.given, partition.part, self.arrow)


class Taken(NamedTuple):
    """A capture, as it was when a stream took it."""

    name: str
    size: int
    changed: float


class CaptureStream(DataSourceStreamReader):
    """Reads captures as they appear. An offset is the set of all captures that were taken, each by its name, size and
    time of change, so that names need no order. A capture must appear whole, by renaming; one that changes is read
    again."""

    def __init__(self, given: Options, schema: pa.Schema) -> None:
        self.given, self.arrow = given, schema

    def _whole(self) -> Scan | None:
        """All captures that are there; None if there is none yet."""
        try:
            return scan_of(self.given, self.given.paths)
        except FileNotFoundError:
            return None

    def _found(self) -> list[Taken]:
        whole = self._whole()
        return [Taken(one.name, one.size, one.changed) for one in whole._captures()] if whole else []

    def initialOffset(self) -> dict[str, Any]:
        return {"taken": []}

    def latestOffset(self, start: dict[str, Any] | None = None, limit: Any = None) -> dict[str, Any]:
        before = {Taken(*one) for one in (start or self.initialOffset())["taken"]}
        found = self._found()
        kept = [one for one in found if one in before]
        new = sorted((one for one in found if one not in before), key=lambda one: (one.changed, one.name))
        return {"taken": sorted(kept + new[: self.given.captures_per_batch])}

    def partitions(self, start: dict[str, Any], end: dict[str, Any]) -> Sequence[InputPartition]:
        before = {Taken(*one) for one in start["taken"]}
        new = [Taken(*one).name for one in end["taken"] if Taken(*one) not in before]
        if not new:
            return []
        whole = self._whole()
        found = {one.name: one for one in whole._captures()} if whole else {}
        options = (whole or scan_of_none(self.given))._options
        # A capture that is gone by now is a problem of its task.
        part = Scan([found.get(name) or inputs.LocalFile(name) for name in new], options, checked=True)
        return bins(part, self.given.partitions)

    read = CaptureReader.read


# ---- the source ----


class CaptureSource(DataSource):
    """The format "flowcontainer". Register it with ``spark.dataSource.register(CaptureSource)``."""

    @classmethod
    def name(cls) -> str:
        return "flowcontainer"

    def _given(self) -> tuple[Options, pa.Schema]:
        """The options, and all columns. These depend on the options alone: a stream may start without a capture."""
        given = options_of(self.options)
        return given, spark_schema(scan_of_none(given), given.times)

    def schema(self) -> Any:
        from pyspark.sql.pandas.types import from_arrow_schema

        return from_arrow_schema(self._given()[1])

    def _chosen(self, schema: Any) -> tuple[Options, pa.Schema]:
        """The options, and the columns that the schema names: all, unless the user gave a schema."""
        given, columns = self._given()
        for name in schema.fieldNames():
            if name not in columns.names:
                raise ValueError(f"the schema names a column {name!r}, which is none of {', '.join(columns.names)}")
        return given, pa.schema([columns.field(name) for name in schema.fieldNames()])

    def reader(self, schema: Any) -> CaptureReader:
        return CaptureReader(*self._chosen(schema))

    def streamReader(self, schema: Any) -> CaptureStream:
        return CaptureStream(*self._chosen(schema))
