"""Rows for tables that many programs share: types that Delta, Iceberg and Parquet readers know, and data sets in files.

The file systems and the writing are pyarrow's; here are the types, the size of the files, and the description in each
file of the query that made it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from . import arguments
from ._core import version
from .captures import is_url
from .problems import missing
from .rows import need

if TYPE_CHECKING:
    from .rows import Rows

_SAMPLE_ROWS = 65536  # rows of which the size in a file is measured
_OF_THE_RUN = ("jobs", "batch_rows", "flush_ns", "live", "max_memory")  # options that change no row

# ---- types ----


def portable_type(pa: Any, given: Any) -> Any:
    """The type without dictionaries, unsigned and nanoseconds, which Delta and Iceberg do not have."""
    types = pa.types
    if types.is_dictionary(given):
        return portable_type(pa, given.value_type)
    if types.is_timestamp(given):
        return pa.timestamp("us", given.tz)
    if types.is_duration(given):
        return pa.int64()
    if types.is_list(given) or types.is_large_list(given) or types.is_fixed_size_list(given):
        return pa.list_(pa.field("element", portable_type(pa, given.value_type)))
    if types.is_struct(given):
        return pa.struct([pa.field(one.name, portable_type(pa, one.type)) for one in given])
    if types.is_fixed_size_binary(given) or types.is_large_binary(given):
        return pa.binary()
    if types.is_large_string(given):
        return pa.string()
    wider = {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.int64()}
    return wider.get(given, given)


def _portable(pa: Any, column: Any, wanted: Any) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.type == wanted:
        return column
    cuts_time = not pa.types.is_integer(column.type)  # a cast may drop nanoseconds of a time, but a too large number is an error
    return column.cast(wanted, safe=not cuts_time)


def reader(rows: Rows, types: str = "exact", metadata: Mapping[str, str] | None = None) -> Any:
    """A pyarrow.RecordBatchReader; see :meth:`Rows.to_reader`."""
    pa = need("pyarrow", "arrow")
    if types not in ("exact", "portable"):
        raise ValueError(f'types must be one of "exact", "portable", not {types!r}')
    schema = pa.schema(rows.schema)
    if types == "portable":
        schema = pa.schema([pa.field(one.name, portable_type(pa, one.type)) for one in schema], schema.metadata)
    if metadata:
        schema = schema.with_metadata({**(schema.metadata or {}), **metadata})

    def batches() -> Iterator[Any]:
        for array in rows._arrays():
            batch = pa.record_batch(array)
            columns = batch.columns
            if types == "portable":
                columns = [_portable(pa, one, field.type) for one, field in zip(columns, schema)]
            yield pa.record_batch(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


# ---- files ----


def query_text(options: Mapping[str, Any]) -> str:
    """The options of a scan that decide its rows, as JSON: the same text for the same query, in every run."""
    kept = {name: value for name, value in options.items() if name not in _OF_THE_RUN}
    return json.dumps(kept, sort_keys=True, default=os.fsdecode)


def _place(path: Any, storage_options: Mapping[str, Any] | None, filesystem: Any) -> tuple[str, Any]:
    if not is_url(path) or filesystem is not None:
        if storage_options:
            raise ValueError("storage_options are for URLs such as s3://bucket/folder")
        return os.fspath(path), filesystem
    try:
        import fsspec
    except ImportError:
        raise missing("fsspec", "cloud") from None
    fs, inside = fsspec.core.url_to_fs(path, **dict(storage_options or {}))
    return inside, fs


def _bytes_of_row(pa: Any, batches: list[Any], schema: Any, partitions: tuple[str, ...], compression: str) -> float:
    """The size of a row in a Parquet file, by that of a sample."""
    parquet = need("pyarrow.parquet", "arrow")
    table = pa.Table.from_batches(batches, schema).drop_columns(list(partitions))
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression=compression)
    return max(1.0, sink.getvalue().size / max(1, table.num_rows))


def _sample(source: Any) -> list[Any]:
    held: list[Any] = []
    for batch in source:
        held.append(batch)
        if sum(one.num_rows for one in held) >= _SAMPLE_ROWS:
            break
    return held


def write_dataset(
    rows: Rows,
    path: Any,
    *,
    query: str,
    engine: str,
    partition_by: str | Iterable[str] = (),
    target_size: int | str = "256M",
    types: str = "exact",
    compression: str = "zstd",
    existing: str = "error",
    storage_options: Mapping[str, Any] | None = None,
    filesystem: Any = None,
) -> list[str]:
    """See :meth:`Scan.write_dataset`."""
    pa, ds = need("pyarrow", "arrow"), need("pyarrow.dataset", "arrow")
    partitions = arguments.words("partition_by", partition_by)
    if unknown := [name for name in partitions if name not in rows.column_names]:
        raise ValueError(f"no column {unknown[0]!r}; there are {', '.join(rows.column_names)}")
    if len(partitions) >= len(rows.column_names):
        raise ValueError("a file needs a column that is no partition")
    behaviours = {"error": "error", "add": "overwrite_or_ignore", "replace": "delete_matching"}
    if existing not in behaviours:
        raise ValueError(f'existing must be one of "error", "add", "replace", not {existing!r}')
    target = arguments.count("target_size", arguments.size("target_size", target_size), 2**63, least=1)
    folder, fs = _place(path, storage_options, filesystem)
    source = reader(rows, types, {"flowcontainer.version": version, "flowcontainer.query": query,
                                  "flowcontainer.engine": engine})  # fmt: skip
    schema = source.schema
    first = _sample(source)
    most = max(1, int(target / _bytes_of_row(pa, first, schema, partitions, compression)))
    written: list[str] = []
    ds.write_dataset(
        pa.RecordBatchReader.from_batches(schema, chain(first, source)),
        folder,
        format="parquet",
        filesystem=fs,
        partitioning=ds.partitioning(pa.schema([schema.field(name) for name in partitions]), flavor="hive"),
        file_options=ds.ParquetFileFormat().make_write_options(compression=compression),
        basename_template=f"part-{os.urandom(8).hex()}-{{i}}.parquet" if existing == "add" else "part-{i}.parquet",
        max_rows_per_file=most,
        min_rows_per_group=min(most, _SAMPLE_ROWS),  # batches of a run may be small
        max_rows_per_group=min(most, 1 << 20),
        existing_data_behavior=behaviours[existing],
        file_visitor=lambda file: written.append(file.path),
    )
    return sorted(written)
