"""Flow.ext_protocol: the texts of Wireshark's column Protocol for a flow's packets.

libwireshark must dissect the whole capture twice for it, which can take a hundred times as long as the flows
themselves. So it is computed when a script first uses the attribute, for all flows of that `extract` at once, and a
script that does not use it loses no time. A parameter instead would break the scripts written for the original."""

from __future__ import annotations

import os
import threading
from typing import Any

from . import _core
from .captures import Capture, inputs, name_of
from .problems import finish

_COLUMN = "_ws.col.Protocol"


def _stamp(path: bytes) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


class Protocols:
    """The texts of one `extract`, by protocol and stream. Can be pickled, with the texts if they are known."""

    def __init__(
        self, capture: bytes | Capture, options: dict[str, Any], stamp: tuple[int, int] | None = None, found: Any = None
    ) -> None:
        is_path = isinstance(capture, bytes)
        self._capture = os.path.abspath(capture) if is_path else capture  # the script may change its working folder later
        self._options, self._stamp = options, stamp or (_stamp(self._capture) if is_path else None)
        self._found: dict[tuple[str, int], str] | None = found
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Protocols, (self._capture, self._options, self._stamp, self._found)

    def of(self, protocol: str, stream: int) -> str:
        """Each name once, in the order of the packets, as in "TCP|TLSv1.3"."""
        with self._lock:
            if self._found is None:
                self._found = self._read()
        return self._found.get((protocol, stream), "")

    def _read(self) -> dict[tuple[str, int], str]:
        name = name_of(self._capture)
        if isinstance(self._capture, bytes):
            if _stamp(self._capture) != self._stamp:
                raise RuntimeError(f"{name} has changed since extract(), so ext_protocol cannot be computed")
        if self._capture.reads_once if isinstance(self._capture, Capture) else not os.path.isfile(self._capture):
            raise _core.UnsupportedError(f"{name} is not a file that can be read again")
        options = {**self._options, "passes": "2R", "engine": "wireshark"}
        run = _core.open(inputs((self._capture,)), (_COLUMN,), **options)
        (rule,) = run.text_rules
        found: dict[tuple[str, int], str] = {}
        while (array := run.next_batch()) is not None:
            protocol, stream, column = map(array.names.index, ("protocol", "stream", _COLUMN))
            for row in range(len(array)):
                names = (text for text, _ in array.texts(column, row, rule))
                found[array.cell(protocol, row), array.cell(stream, row)] = "|".join(dict.fromkeys(names))
        finish(run)
        return found
