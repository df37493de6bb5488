"""What went wrong with a capture: told, never hidden, and an error only when nothing could be read."""

from __future__ import annotations

import os
import sys
import warnings
from typing import NamedTuple

from ._core import Run, UnsupportedError


class CaptureError(ValueError):
    """No capture could be read: none is one, each is damaged from its start, or no packet could be decoded."""


class CaptureWarning(UserWarning):
    """A capture was damaged or cut; what stands before the damage is in the answer."""


class Problem(NamedTuple):
    """A capture that was damaged, cut or not usable."""

    capture: str  #: path as given; of a folder: as found
    message: str
    offset: int  #: byte in the file, -1 when there is none
    frames: int  #: frames used before the damage


def missing(package: str, extra: str) -> ImportError:
    """The error of a package that something needs and that is not installed."""
    how = f'pip install "flowcontainer[{extra}]>=8", or ".[{extra}]" in a clone'
    return ImportError(f"{package} is needed for this: {how}", name=package)


_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_ERRORS = {"io": OSError, "not_found": FileNotFoundError, "memory": MemoryError, "unsupported": UnsupportedError}


def problems_of(run: Run) -> list[Problem]:
    """The run's problems; empty before its end."""
    return [Problem(*problem[:4]) for problem in run.problems or ()]


def finish(run: Run) -> None:
    """At the end of a run: raises when no capture was of any use, warns when some were damaged."""
    problems = run.problems
    if not problems:
        return
    lines = [_line(problem) for problem in problems]
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


def _levels_to_caller() -> int:
    """The stacklevel at which a warning points to the first line outside of this package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    return level
