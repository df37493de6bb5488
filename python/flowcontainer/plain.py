"""Rows for engines that share out the parts of a scan (:meth:`Scan.partitions`): tables without dictionaries, and Spark's types."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .problems import CaptureError, CaptureWarning

# ---- one part ----


def part_tables(part: Any, errors: str = "warn") -> Iterator[pa.Table]:
    """The batches of one part as tables of :func:`plain_schema`. Captures that cannot be read are a warning, also if the
    part has no others: the error that a scan raises then would end the whole work, to which other parts belong.

    :param errors: "fail": a capture that is damaged or cannot be read is a CaptureError
    """
    try:
        for batch in part:
            yield without_dictionaries(batch)
    except (OSError, ValueError) as error:
        if not part.problems:  # not about a capture
            raise
        if errors != "fail":
            warnings.warn(str(error), CaptureWarning, stacklevel=2)
    if errors == "fail" and part.problems:
        raise CaptureError("; ".join(f"{one.capture}: {one.message}" for one in part.problems[:10]))


def part_table(part: Any) -> pa.Table:
    """All rows of one part as a table of :func:`plain_schema`."""
    return pa.concat_tables([plain_schema(part).empty_table(), *part_tables(part)])


# ---- without dictionaries ----


def plain_schema(scan: Any) -> pa.Schema:
    """The schema of a scan in which columns of words are text: each part of a scan has dictionaries of its own, and without them all
    parts have the same types."""
    schema = pa.schema(scan.schema)
    words = [field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in schema]
    return pa.schema(words, schema.metadata)


def without_dictionaries(batch: Any) -> pa.Table:
    """A batch as a table of :func:`plain_schema`."""
    batch = pa.record_batch(batch)
    columns = [one.dictionary_decode() if pa.types.is_dictionary(one.type) else one for one in batch.columns]
    fields = [field.with_type(column.type) for field, column in zip(batch.schema, columns)]
    return pa.table(columns, schema=pa.schema(fields, batch.schema.metadata))


# ---- Spark's types ----


def spark_type(given: pa.DataType, times: str) -> pa.DataType:
    """The Arrow type that Spark takes for one of ours: no unsigned integers, dictionaries, large or fixed-size types, and times in
    microseconds, or as whole numbers of nanoseconds with times="ns"."""
    types = pa.types
    if types.is_dictionary(given):
        return spark_type(given.value_type, times)
    if types.is_timestamp(given):
        return pa.timestamp("us", "UTC") if times == "us" else pa.int64()
    if types.is_duration(given):
        return pa.duration("us") if times == "us" else pa.int64()
    if types.is_list(given) or types.is_large_list(given) or types.is_fixed_size_list(given):
        return pa.list_(pa.field("element", spark_type(given.value_type, times)))
    if types.is_struct(given):
        return pa.struct([pa.field(one.name, spark_type(one.type, times)) for one in given])
    return _PLAIN.get(given, pa.binary() if types.is_fixed_size_binary(given) else given)


_PLAIN = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),
    pa.large_string(): pa.string(),
    pa.large_binary(): pa.binary(),
}


def spark_schema(scan: Any, times: str = "us") -> pa.Schema:
    """The schema of a scan in Spark's types; every column may hold nulls."""
    return pa.schema([pa.field(one.name, spark_type(one.type, times)) for one in pa.schema(scan.schema)])


def spark_batch(batch: Any, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of `schema`, by name, in its types. Times are cut to microseconds.

    :param batch: a :class:`Batch`, or another object with ``__arrow_c_array__``
    """
    batch = pa.record_batch(batch)
    return pa.record_batch([_cast(batch.column(one.name), one.type) for one in schema], schema=schema)


def _cast(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    if column.type == wanted:
        return column
    if pa.types.is_dictionary(column.type):
        return _cast(column.dictionary_decode(), wanted)
    return pc.cast(column, wanted, safe=False)  # safe would refuse to cut nanoseconds off
