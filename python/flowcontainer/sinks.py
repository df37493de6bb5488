"""File formats that the command writes through pyarrow, batch by batch, never with the whole table in memory.

Each function takes the capsule of an Arrow stream, the path of a file that is renamed when it is whole, and the engine's text
(:meth:`Scan.explain`). The schema has the metadata ``flowcontainer.version`` and ``flowcontainer.engine``.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from . import _core
from .problems import missing


class _Stream:
    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._capsule


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise missing("pyarrow", "arrow") from None
    return pyarrow


def write_parquet(capsule: object, path: str, engine: str) -> None:
    """Writes a Parquet file with zstd."""
    pa = _pyarrow()
    import pyarrow.parquet

    reader = pa.RecordBatchReader.from_stream(_Stream(capsule))
    schema = _marked(reader.schema, engine)
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(reader):
            table = pa.Table.from_batches(group, reader.schema).replace_schema_metadata(schema.metadata)
            writer.write_table(table, row_group_size=_GROUP_ROWS)


_GROUP_ROWS = 65536


def _groups(reader: Any) -> Any:
    """Batches in groups of some 65,536 rows: those of a pipe may have few."""
    held: list[Any] = []
    rows = 0
    for batch in reader:
        held.append(batch)
        rows += batch.num_rows
        if rows >= _GROUP_ROWS:
            yield held
            held, rows = [], 0
    if held:
        yield held


def write_ipc(capsule: object, path: str, engine: str) -> None:
    """Writes an Arrow IPC file (Feather 2) with lz4. Dictionaries become plain text, because the format allows one
    dictionary per column and each batch has its own."""
    pa = _pyarrow()
    import pyarrow.ipc

    reader = pa.RecordBatchReader.from_stream(_Stream(capsule))
    schema = _marked(pa.schema([_plain(pa, field) for field in reader.schema], reader.schema.metadata), engine)
    options = pyarrow.ipc.IpcWriteOptions(compression="lz4")
    with pyarrow.ipc.new_file(path, schema, options=options) as writer:
        for batch in reader:
            columns = [column.cast(field.type) for column, field in zip(batch.columns, schema)]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def _marked(schema: Any, engine: str) -> Any:
    marks = {"flowcontainer.version": _core.version, "flowcontainer.engine": engine}
    return schema.with_metadata({**(schema.metadata or {}), **marks})


def _plain(pa: Any, field: Any) -> Any:
    return field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field


# Without pyarrow there are no sinks, and the command says how to install it.
SINKS = (
    ((".parquet", write_parquet), (".arrow", write_ipc), (".feather", write_ipc), (".ipc", write_ipc))
    if find_spec("pyarrow")
    else ()
)
