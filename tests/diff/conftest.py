"""Fixtures of this folder's tests. A test that cannot compare is skipped with its reason; it never passes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import captures
import known
import ours
import tshark


@pytest.fixture(scope="session")
def built() -> Path:
    try:
        return ours.program()
    except ours.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def stock(built: Path) -> str:
    """tshark's version; tests that need tshark are skipped without it."""
    if not tshark.found():
        pytest.skip("tshark is not installed: nothing to compare with")
    return tshark.version()


# ---- known.toml, once all workers are done ----

excused: list[list[int]] = []  # of each capture compared: how many values each row excused


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call":
        excused.extend(value for key, value in report.user_properties if key == "known")


def judge() -> list[str]:
    """The errors in known.toml; checked only if every capture of the corpus was compared."""
    rows = known.load()
    for counts in excused:
        for row, n in zip(rows, counts):
            row.excused += n
    whole = captures.CORPUS.is_dir() and len(excused) == len(captures.default())
    too_many = [f"{row} excuses {row.excused} values, not {row.max}" for row in rows if row.excused > row.max]
    return too_many + known.complaints(rows, whole)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ and judge():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for complaint in judge():
        terminalreporter.write_line(complaint, red=True)
    if excused and captures.CORPUS.is_dir() and not captures.LONG:
        terminalreporter.write_line(f"part {captures.PART + 1} of {captures.PARTS} of the corpus was compared "
                                    f"(FLOWCONTAINER_PART={captures.PART}); `make test-long` compares all of it")
    if excused and not captures.CORPUS.is_dir():
        terminalreporter.write_line(f"{captures.CORPUS} is missing: the project's own captures alone were compared")
