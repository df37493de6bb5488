"""Problems of captures: always reported, and raised as an error only if nothing could be read."""

from __future__ import annotations

import os
import sys
import warnings
from typing import NamedTuple

from ._core import Run, UnsupportedError


class CaptureError(ValueError):
    """No capture could be read: the files are not captures, are damaged at their start, or have no packet that could be
    decoded."""


class CaptureWarning(UserWarning):
    """A capture was damaged or cut; the answer has the rows from before the damage."""


class Problem(NamedTuple):
    """A capture that was damaged, cut or unreadable."""

    capture: str  #: path as given; for a file of a folder, the path of the folder with that of the file
    message: str
    offset: int  #: offset in the file in bytes; -1 if there is none
    frames: int  #: frames used before the damage


def missing(package: str, extra: str) -> ImportError:
    """The error for a package that is needed and not installed."""
    how = f'pip install "flowcontainer[{extra}]>=8", or ".[{extra}]" in a clone'
    return ImportError(f"{package} is needed for this: {how}", name=package)


_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_ERRORS = {"io": OSError, "not_found": FileNotFoundError, "memory": MemoryError, "unsupported": UnsupportedError}


def problems_of(run: Run) -> list[Problem]:
    """The problems of the run; empty before its end."""
    return [Problem(*problem[:4]) for problem in run.problems or ()]


def finish(run: Run) -> None:
    """Called at the end of a run: raises an error if no capture was readable, warns if some were damaged."""
    problems = run.problems
    if not problems:
        return
    lines = [_printable(_line(problem)) for problem in problems]
    if _nothing_read(run):
        statuses = {problem[4] for problem in problems}
        error = _ERRORS.get(statuses.pop(), CaptureError) if len(statuses) == 1 else CaptureError
        raise error("; ".join(lines[:10]) + (f"; and {len(lines) - 10} more" if len(lines) > 10 else ""))
    text = lines[0] if len(lines) == 1 else f"{len(lines)} problems, the first: {lines[0]}"
    warnings.warn(text, CaptureWarning, stacklevel=_levels_to_caller())


def _nothing_read(run: Run) -> bool:
    useless = {problem[0] for problem in run.problems or () if problem[3] == 0 or problem[4] == "no_flows"}
    return len(useless) >= run.captures


def _line(problem: tuple[str, str, int, int, str]) -> str:
    capture, message, offset, _, _ = problem
    text = message if capture in message else f"{capture}: {message}"
    at = f"byte {offset}"
    return text if offset < 0 or str(offset) in message else f"{text} ({at})"


def _printable(text: str) -> str:
    """The text with escapes for control characters, which a file name may have."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def _levels_to_caller() -> int:
    """The stacklevel with which a warning points to the first line outside this package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    return level
