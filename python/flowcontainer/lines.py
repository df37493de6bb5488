"""The text that another program writes, made by the engine, into a file."""

from __future__ import annotations

import os
import tempfile

from . import _core
from .arguments import StrPath
from .problems import finish


def write_lines(run: _core.Run, path: StrPath) -> None:
    """Writes the head and the lines of a run of one table, whole or not at all. Raises OSError for the file."""
    target = os.fsdecode(path)
    folder, name = os.path.split(os.path.realpath(target))
    handle, hidden = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with open(handle, "wb") as file:
            file.write(run.tables[0][1].encode())
            while (batch := run.next_batch()) is not None:
                file.write(_column_bytes(batch.child(0)))
        finish(run)
        os.chmod(hidden, 0o666 & ~_umask())
        os.replace(hidden, target)
    except BaseException:
        os.unlink(hidden)
        raise


def _column_bytes(column: _core.Array) -> bytes:
    return "".join(column.to_list()).encode()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
