"""Captures as a dataset of Ray Data.

    from flowcontainer.ray import read_captures
    flows = read_captures("/data/captures", ["tls.handshake.extensions_server_name"])
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from .captures import is_url
from .problems import missing

try:
    import pyarrow as pa
    import ray.data
    from ray.data.block import BlockMetadata
    from ray.data.datasource import Datasource, ReadTask
except ImportError as error:
    raise missing("pyarrow" if error.name == "pyarrow" else "Ray Data", "ray") from error

from .plain import part_tables
from .table import Scan, scan


class CaptureSource(Datasource):  # type: ignore[misc] # Ray has no types
    """A scan, of which each task reads some captures."""

    def __init__(self, whole: Scan, errors: str) -> None:
        super().__init__()
        self._whole, self._errors = whole, errors

    def get_name(self) -> str:
        return "Captures"

    def estimate_inmemory_data_size(self) -> None:
        """Not known: the rows depend on the query."""
        return None

    def get_read_tasks(
        self, parallelism: int, per_task_row_limit: int | None = None, data_context: Any = None
    ) -> list[ReadTask]:
        """One task for each of at most `parallelism` parts."""
        tasks = []
        for part in self._whole.partitions(parallelism):
            size = part.estimate().bytes
            metadata = BlockMetadata(num_rows=None, size_bytes=size, input_files=None, exec_stats=None)
            tasks.append(ReadTask(_reader(part, self._errors), metadata))
        return tasks


def _reader(part: Scan, errors: str) -> Callable[[], Iterable[pa.Table]]:
    return lambda: part_tables(part, errors)


def _absolute(paths: Any) -> Any:
    """Workers run in other folders."""
    if isinstance(paths, (str, os.PathLike)):
        return paths if isinstance(paths, str) and is_url(paths) else os.path.abspath(paths)
    return [_absolute(one) for one in paths] if isinstance(paths, (list, tuple)) else paths


def read_captures(
    paths: Any,
    fields: str | Iterable[str] = (),
    *,
    override_num_blocks: int | None = None,
    concurrency: int | None = None,
    ray_remote_args: dict[str, Any] | None = None,
    errors: str = "warn",
    **options: Any,
) -> ray.data.Dataset:
    """The rows of captures as a dataset of Ray, read by its tasks. Types are those of :func:`scan`, with text instead of
    dictionaries.

    :param paths: as for :func:`scan`; relative ones become absolute, and the nodes of a cluster must see them
    :param errors: "warn": a capture that is damaged or cannot be read is a warning in the log of its task; "fail": it is an
        error of the dataset
    :param override_num_blocks: at most so many tasks; a capture is never divided. Without it, Ray decides
    :param concurrency: at most so many tasks at a time
    :param ray_remote_args: resources of each task, as for Ray's own readers
    :param options: options of :func:`scan`
    """
    if errors not in ("warn", "fail"):
        raise ValueError(f'errors must be "warn" or "fail", not {errors!r}')
    return ray.data.read_datasource(
        CaptureSource(scan(_absolute(paths), fields, **options), errors),
        override_num_blocks=override_num_blocks,
        concurrency=concurrency,
        ray_remote_args=ray_remote_args,
    )
