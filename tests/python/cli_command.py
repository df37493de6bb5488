"""Runs the command as a user would; conftest.py makes it the fixture `cli`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def find_command() -> str | None:
    """The command: FLOWCONTAINER_CLI, else the built executable, else the command of the installed package."""
    candidates = [
        os.environ.get("FLOWCONTAINER_CLI"),
        ROOT / "build" / "flowcontainer",
        Path(sys.executable).parent / "flowcontainer",
        shutil.which("flowcontainer"),
    ]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return str(Path(candidate).absolute())
    return None


class Command:
    """`cli("-T", "csv", path)` runs the command to its end; `cli.path` is for tests that start it themselves."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
        self.env.update(LC_ALL="C.UTF-8", TERM="xterm-256color")

    def __call__(self, *args: object, **kwargs) -> subprocess.CompletedProcess:
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        options |= {"text": True, "env": self.env, "timeout": 60} | kwargs
        return subprocess.run([self.path, *map(str, args)], **options)


@pytest.fixture(scope="session")
def cli() -> Command:
    path = find_command()
    if path is None:
        pytest.fail("no command: build it, or set FLOWCONTAINER_CLI")
    return Command(path)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
