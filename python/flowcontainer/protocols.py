"""Flow.ext_protocol: what Wireshark's column Protocol says of a flow's packets.

It is worked out when it is first touched, for all flows of that `extract` at once. Wireshark must dissect the whole
capture twice for it, which can take a hundred times as long as the flows themselves; a parameter would have every
script of the original changed, and whoever reads the attribute now and then would pay always. Who touches it pays one
more reading of the capture; who does not pays nothing."""

from __future__ import annotations

import os
import threading
from typing import Any

from . import _core
from .problems import finish

_COLUMN = "_ws.col.Protocol"


def _stamp(path: bytes) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


class Protocols:
    """The texts of one `extract`, by protocol and stream. Can be pickled; the texts go along once they are known."""

    def __init__(
        self, path: bytes, options: dict[str, Any], stamp: tuple[int, int] | None = None, found: Any = None
    ) -> None:
        self._path = os.path.abspath(path)  # the script may change its folder before it asks
        self._options, self._stamp = options, stamp or _stamp(self._path)
        self._found: dict[tuple[str, int], str] | None = found
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Protocols, (self._path, self._options, self._stamp, self._found)

    def of(self, protocol: str, stream: int) -> str:
        """"TCP|TLSv1.3": each name once, in the order of the packets."""
        with self._lock:
            if self._found is None:
                self._found = self._read()
        return self._found.get((protocol, stream), "")

    def _read(self) -> dict[tuple[str, int], str]:
        if _stamp(self._path) != self._stamp:
            name = os.fsdecode(self._path)
            raise RuntimeError(f"{name} has changed since extract(): ext_protocol would be another's")
        if not os.path.isfile(self._path):
            raise _core.UnsupportedError(f"{os.fsdecode(self._path)} is no file that can be read again")
        options = {**self._options, "passes": "2", "engine": "wireshark"}
        run = _core.open((self._path,), (_COLUMN,), **options)
        (rule,) = run.text_rules
        found: dict[tuple[str, int], str] = {}
        while (array := run.next_batch()) is not None:
            protocol, stream, column = map(array.names.index, ("protocol", "stream", _COLUMN))
            for row in range(len(array)):
                names = (text for text, _ in array.texts(column, row, rule))
                found[array.cell(protocol, row), array.cell(stream, row)] = "|".join(dict.fromkeys(names))
        finish(run)
        return found
