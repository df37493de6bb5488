"""The files of a data set. Each writer takes the kept rows in their order, with part and label beside them, and holds few of them."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

Array = np.ndarray[Any, Any]
ALL = 16 << 20  #: bytes of rows that wait for a file of Parquet


class Plan:
    """The facts that a writer needs before the first row."""

    def __init__(
        self,
        folder: Path,
        schema: pa.Schema,
        counts: dict[str, int],
        labels: list[str],
        length: int,
        row_group: int,
        metadata: dict[str, str],
        jobs: int = 1,
    ) -> None:
        self.folder, self.schema, self.counts, self.labels = folder, schema, counts, labels
        self.length, self.row_group, self.metadata, self.jobs = length, row_group, metadata, jobs


class Parquet:
    """`parquet/part=P/label=L/00000.parquet`, zstd. The partitions are the columns part and label; the files do not repeat them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._schema = plan.schema.remove(plan.schema.get_field_index("part"))
        self._schema = self._schema.remove(self._schema.get_field_index("label")).with_metadata(plan.metadata)
        self._texts = [field.name for field in self._schema if pa.types.is_string(field.type)]
        self._waiting: list[pa.RecordBatch] = []
        self._size = 0
        self._files: dict[tuple[str, str | None], int] = {}

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        self._waiting.append(batch)
        self._size += batch.nbytes
        if self._size >= ALL:
            self._flush(self._size // 2)

    def _flush(self, least: int) -> None:
        """Writes the largest partitions, until rows of `least` bytes are written. The others wait for more rows."""
        waiting = pa.Table.from_batches(self._waiting)
        self._waiting, self._size = [], 0
        parts, labels = (waiting[name].combine_chunks().dictionary_encode() for name in ("part", "label"))
        code = parts.indices.to_numpy() * (len(labels.dictionary) + 1)
        code = code + labels.indices.fill_null(len(labels.dictionary)).to_numpy(zero_copy_only=False)
        order = np.argsort(code, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(code[order])) + 1, len(order))
        waiting = waiting.take(order)
        groups = [waiting.slice(start, end - start) for start, end in zip([0, *ends[:-1]], ends)]
        written, left = 0, []
        tasks = []
        with ThreadPoolExecutor(self._plan.jobs) as pool:
            for rows in sorted(groups, key=lambda rows: -rows.nbytes):
                if written >= least:
                    left.append(rows)
                    continue
                written += rows.nbytes
                tasks.append(pool.submit(self._file, rows, self._path(rows["part"][0].as_py(), rows["label"][0].as_py())))
        for task in tasks:
            task.result()
        if left:
            # a copy without offsets: pyarrow 26 takes wrong items from slices of nested fixed-size lists
            self._waiting = [pa.concat_batches([batch for rows in left for batch in rows.to_batches()])]
            self._size = self._waiting[0].nbytes

    def _path(self, part: str, label: str | None) -> Path:
        name = "__HIVE_DEFAULT_PARTITION__" if label is None else quote(label, safe="")
        folder = self._plan.folder / "parquet" / f"part={part}" / f"label={name}"
        folder.mkdir(parents=True, exist_ok=True)
        number = self._files[part, label] = self._files.get((part, label), -1) + 1
        return folder / f"{number:05}.parquet"

    def _file(self, rows: pa.Table, path: Path) -> None:
        """Writes a file. Numbers have no dictionary, because statistics seldom repeat: it costs a third of the time and saves no space."""
        chosen = rows.select(self._schema.names).combine_chunks().cast(self._schema)
        pa.parquet.write_table(
            chosen, path, compression="zstd", row_group_size=self._plan.row_group, use_dictionary=self._texts
        )

    def close(self) -> None:
        """Writes the rows that wait."""
        if self._waiting:
            self._flush(self._size + 1)


class Arrow:
    """`arrow/P.arrow`: one IPC file a part, with lz4; `datasets` and pyarrow map it into memory."""

    def __init__(self, plan: Plan) -> None:
        folder = plan.folder / "arrow"
        folder.mkdir(parents=True)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        schema = plan.schema.with_metadata(plan.metadata)
        self._schema = schema
        self._files = {
            part: pa.ipc.new_file(str(folder / f"{part}.arrow"), schema, options=options) for part in plan.counts
        }

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        for part, rows in by_part(batch):
            self._files[part].write_batch(rows.cast(self._schema))

    def close(self) -> None:
        """Ends the files."""
        for file in self._files.values():
            file.close()


class Csv:
    """`csv/P.csv`: the scalars of each row; times are RFC 3339, durations seconds."""

    def __init__(self, plan: Plan) -> None:
        folder = plan.folder / "csv"
        folder.mkdir(parents=True)
        self._names = scalars(plan.schema)
        self._paths = {part: folder / f"{part}.csv" for part in plan.counts}
        self._files: dict[str, Any] = {}

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        for part, rows in by_part(batch):
            self._add(part, pa.record_batch([_printed(rows[name]) for name in self._names], self._names))

    def _add(self, part: str, rows: pa.RecordBatch) -> None:
        if part not in self._files:
            self._files[part] = pa.csv.CSVWriter(str(self._paths[part]), rows.schema)
        self._files[part].write_batch(rows)

    def close(self) -> None:
        """Ends the files."""
        for file in self._files.values():
            file.close()


class Sqlite:
    """`data.sqlite`: a table `rows` with an index over part and label. Lists are JSON, matrices of
    bytes blobs, times nanoseconds since 1970, durations nanoseconds."""

    def __init__(self, plan: Plan) -> None:
        self._base = sqlite3.connect(plan.folder / "data.sqlite")
        self._base.execute("pragma journal_mode = off")
        self._base.execute("pragma synchronous = off")
        self._names = list(plan.schema.names)
        columns = ", ".join(f'"{field.name}" {_sql(field.type)}' for field in plan.schema)
        self._base.execute(f"create table rows ({columns})")
        self._base.execute("create table metadata (name text primary key, value text)")
        self._base.executemany("insert into metadata values (?, ?)", plan.metadata.items())

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        columns = [_sql_values(column) for column in batch.columns]
        self._base.executemany(f"insert into rows values ({', '.join('?' * len(columns))})", zip(*columns))

    def close(self) -> None:
        """Ends the file."""
        self._base.execute("create index rows_part_label on rows (part, label)")
        self._base.commit()
        self._base.close()


class Numpy:
    """`npy/P/COLUMN.npy`, which numpy maps into memory, and with the format npz the same arrays as `npz/P.npz`.

    Numbers keep their types; times and durations are int64 nanoseconds; null is 0, and -1 in a column that can be null. Sequences are
    rows x length, filled with 0, and COLUMN.mask says where there is a value; matrices of bytes are rows x packets x length. label is an index into labels.json. Addresses and
    flow_id are bytes; other texts and columns of {packet, value} are left out.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._next = dict.fromkeys(plan.counts, 0)
        self._arrays: dict[str, dict[str, Array]] = {part: self._made(part) for part in plan.counts}

    def _made(self, part: str) -> dict[str, Array]:
        folder = self._plan.folder / "npy" / part
        folder.mkdir(parents=True)
        rows, arrays = self._plan.counts[part], {}
        for name, (kind, shape) in self._shapes().items():
            arrays[name] = (
                np.lib.format.open_memmap(folder / f"{name}.npy", "w+", kind, (rows, *shape)) if rows else None
            )
            if not rows:
                np.save(folder / f"{name}.npy", np.zeros((0, *shape), kind))
        return arrays

    def _shapes(self) -> dict[str, tuple[Any, tuple[int, ...]]]:
        found: dict[str, tuple[Any, tuple[int, ...]]] = {"label": (np.int32, ())}
        for field in self._plan.schema:
            kind = field.type
            if field.name in ("flow_id", "src", "dst"):
                found[field.name] = (np.dtype("S32" if field.name == "flow_id" else "S45"), ())
            elif _number(_matrix_type(kind)[0]):
                found[field.name] = (_numpy_type(_matrix_type(kind)[0]), _matrix_type(kind)[1])
            elif pa.types.is_list(kind) and _number(kind.value_type):
                found[field.name] = (_numpy_type(kind.value_type), (self._plan.length,))
                found[field.name + ".mask"] = (np.dtype(bool), (self._plan.length,))
        return found

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        for part, rows in by_part(batch):
            first = self._next[part]
            self._next[part] = end = first + rows.num_rows
            for name, out in self._arrays[part].items():
                if name.endswith(".mask"):
                    continue
                column = rows[name]
                if pa.types.is_list(column.type):
                    out[first:end], self._arrays[part][name + ".mask"][first:end] = padded(
                        column, self._plan.length, out.dtype
                    )
                else:
                    out[first:end] = self._flat(name, column, out.dtype)

    def _flat(self, name: str, column: pa.Array, kind: Any) -> Array:
        if pa.types.is_fixed_size_list(column.type):
            return matrix(column)
        if name == "label":
            found = pc.index_in(column, pa.array(self._plan.labels, pa.utf8())).fill_null(-1)
            return found.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
        if kind.kind == "S":
            return np.array([(text or "").encode() for text in column.to_pylist()], kind)
        return numbers(column).astype(kind)

    def close(self) -> None:
        """Ends the files."""
        for arrays in self._arrays.values():
            for array in arrays.values():
                if array is not None:
                    array.flush()  # type: ignore[attr-defined]
        (self._plan.folder / "npy" / "labels.json").write_text(json.dumps(self._plan.labels))


def zipped(folder: Path, parts: Sequence[str]) -> None:
    """Writes npz/P.npz from the files of npy/P, with fixed times, so that equal arrays are equal files."""
    (folder / "npz").mkdir()
    for part in parts:
        with zipfile.ZipFile(folder / "npz" / f"{part}.npz", "w", zipfile.ZIP_STORED, allowZip64=True) as out:
            for path in sorted((folder / "npy" / part).iterdir()):
                entry = zipfile.ZipInfo(path.name, (1980, 1, 1, 0, 0, 0))
                with path.open("rb") as source, out.open(entry, "w", force_zip64=True) as target:
                    while block := source.read(1 << 20):
                        target.write(block)


WRITERS: dict[str, Any] = {"parquet": Parquet, "arrow": Arrow, "csv": Csv, "sqlite": Sqlite, "npy": Numpy}


# ---- columns ----


def by_part(batch: pa.RecordBatch) -> list[tuple[str, pa.RecordBatch]]:
    """The rows of each part that has some."""
    return [
        (part, batch.filter(pc.equal(batch["part"], part))) for part in sorted(pc.unique(batch["part"]).to_pylist())
    ]


def scalars(schema: pa.Schema) -> list[str]:
    """Names of the columns that have one value a row."""
    return [field.name for field in schema if not pa.types.is_nested(field.type)]


def numbers(column: pa.Array) -> Array:
    """A column of numbers or times; null is -1."""
    kind = column.type
    if pa.types.is_temporal(kind):
        column = column.cast(pa.int64())
    elif pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    if column.null_count:
        column = column.cast(pa.float64() if pa.types.is_floating(column.type) else pa.int64()).fill_null(-1)
    return column.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def measures(schema: pa.Schema, without: Sequence[str]) -> list[str]:
    """Names of the columns of numbers and durations, without some."""
    return [
        field.name
        for field in schema
        if _number(field.type) and not pa.types.is_timestamp(field.type) and field.name not in without
    ]


def numbers_or_nan(column: pa.Array) -> Array:
    """A column of numbers as float64; durations are seconds, null is NaN."""
    if pa.types.is_duration(column.type):
        return numbers_or_nan(column.cast(pa.int64())) / 1e9
    return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def matrix(column: pa.FixedSizeListArray) -> Array:
    """A column of fixed-size lists, nested or not, as rows x sizes."""
    rows, sizes = len(column), []
    while pa.types.is_fixed_size_list(column.type):
        sizes.append(column.type.list_size)
        column = column.flatten()
    return column.to_numpy(zero_copy_only=False).reshape(rows, *sizes)  # type: ignore[no-any-return]


def _matrix_type(kind: pa.DataType) -> tuple[pa.DataType, tuple[int, ...]]:
    sizes = []
    while pa.types.is_fixed_size_list(kind):
        sizes.append(kind.list_size)
        kind = kind.value_type
    return kind, tuple(sizes)


def padded(column: pa.ListArray, length: int, kind: Any) -> tuple[Array, Array]:
    """A column of lists as rows x length, and the mask of its values."""
    offsets = column.offsets.to_numpy()
    values = numbers(column.values)
    counts = np.minimum(np.diff(offsets), length)
    mask = np.arange(length) < counts[:, None]
    out = np.zeros(mask.shape, kind)
    rows, places = np.nonzero(mask)
    out[mask] = values[offsets[rows] + places]
    return out, mask


def _number(kind: pa.DataType) -> bool:
    return (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_temporal(kind)
    )


def _numpy_type(kind: pa.DataType) -> Any:
    return (
        np.dtype(np.int64)
        if pa.types.is_temporal(kind)
        else np.dtype(bool)
        if pa.types.is_boolean(kind)
        else np.dtype(kind.to_pandas_dtype())
    )


def _printed(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_duration(kind):
        return pc.divide(column.cast(pa.int64()).cast(pa.float64()), 1e9)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if value is None else value.hex() for value in column.to_pylist()], pa.utf8())
    return column


def _sql(kind: pa.DataType) -> str:
    if pa.types.is_floating(kind):
        return "real"
    return "integer" if _number(kind) else "blob" if pa.types.is_fixed_size_list(kind) else "text"


def _sql_values(column: pa.Array) -> list[Any]:
    kind = column.type
    if pa.types.is_temporal(kind):
        return column.cast(pa.int64()).to_pylist()  # type: ignore[no-any-return]
    if pa.types.is_fixed_size_list(kind):
        return [row.tobytes() for row in matrix(column)]
    if pa.types.is_nested(kind):
        if pa.types.is_list(kind) and pa.types.is_temporal(kind.value_type):
            column = column.cast(pa.list_(pa.int64()))
        return [None if value is None else json.dumps(value, default=_json) for value in column.to_pylist()]
    return [value if not isinstance(value, int) or value < 1 << 63 else str(value) for value in column.to_pylist()]


def _json(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)
