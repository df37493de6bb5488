"""What the tests of this folder share. What cannot be compared is skipped with its reason, never passed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import captures
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
    """Wireshark's version; tests that need tshark are skipped without it."""
    if not tshark.found():
        pytest.skip("tshark is not installed: nothing to compare with")
    return tshark.version()


def pytest_terminal_summary(terminalreporter) -> None:
    if not captures.CORPUS.is_dir():
        terminalreporter.write_line(f"{captures.CORPUS} is missing: the project's own captures alone were compared")
