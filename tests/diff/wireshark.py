#!/usr/bin/env python3
"""The wireshark engine against the stock tshark: which frames a display filter passes, and every value of them.

    python tests/diff/wireshark.py --all [--filters] [CAPTURE...]

asks of every capture (default: all of ../shared/corpus and tests/pcaps) every field that occurs in the corpus, with one
pass and with two, and tells what differs. It takes an hour. With --filters also every filter of filters.txt."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import captures
import known
import occurring
import ours
import tshark
from tshark import CELL


def _by_number(rows: list[str], base: int, n: int) -> dict[int, list[str]]:
    """Cells of the frames that passed, which have a frame.number: the first cell behind the base columns."""
    found: dict[int, list[str]] = {}
    for row in rows:
        cells = row.split(CELL)[base:]
        assert len(cells) == n + 1, row
        if cells[0]:
            found[int(cells[0])] = cells[1:]
    return found


def theirs(capture: Path, fields: list[str], text: str = "", twice: bool = False) -> dict[int, list[str]]:
    command = ["tshark", "-n", *(["-2"] if twice else []), "-r", str(capture), "-T", "fields", "-E", f"separator={CELL}", "-E", "occurrence=a",
               "-E", "aggregator=,", "-e", "frame.number"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command + (["-Y", text] if text else []), env=tshark.environment(), capture_output=True)
    if done.returncode not in (0, 2) or (not done.stdout and b"isn't valid" in done.stderr):
        raise tshark.Broken(done.stderr.decode(errors="replace"))
    rows = tshark.lines_of(done.stdout.decode("utf-8", "surrogateescape"), len(fields) + 1)
    return _by_number(rows, 0, len(fields))


def mine(capture: Path, fields: list[str], text: str = "") -> tuple[dict[int, list[str]], ours.Answer]:
    options = [word for field in ["frame.number", *fields] for word in ("-e", field)]
    answer = ours.run(capture, "-l", "frames", "-d", "none", *(["-Y", text] if text else []), *options)
    return _by_number(answer.rows, len(answer.columns) - len(fields) - 1, len(fields)), answer


def differences(capture: Path, fields: list[str], text: str = "", twice: bool = False) -> list[str]:
    """One line a difference."""
    want, (got, answer) = theirs(capture, fields, text, twice), mine(capture, fields, text)
    found = [f"{capture.name}: {text!r} passes frame {n} in tshark" for n in sorted(want.keys() - got.keys())]
    found += [f"{capture.name}: {text!r} passes frame {n} here" for n in sorted(got.keys() - want.keys())]
    for n in sorted(want.keys() & got.keys()):
        for field, a, b in zip(fields, want[n], got[n]):
            if a != b:
                found.append(f"{capture.name}: frame {n}, {field}: tshark {a[:200]!r}, here {b[:200]!r}")
    # what tshark cannot read either (damage at the end) is no difference
    found += [f"{capture.name}: {problem}" for problem in answer.problems if problem[1] in ("unsupported", "io")]
    return found


# ---- filters ----

JUDGE = Path(__file__).with_name("judge.lua")
FILTERS = Path(__file__).with_name("filters.txt")


def filters() -> list[tuple[str, str]]:
    """Filters, and of each a capture with frames that pass it."""
    lines = (line for line in FILTERS.read_text().splitlines() if line and not line.startswith("#"))
    return [(text, capture) for capture, text in (line.split(": ", 1) for line in lines)]


def judged(capture: Path, texts: list[str]) -> list[set[int]]:
    """Of each filter the frames that it passes in the stock tshark, in one run of it."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, found = Path(folder, "filters"), Path(folder, "judged")
        wanted.write_text("".join(text + "\n" for text in texts))
        command = ["tshark", "-n", "-X", f"lua_script:{JUDGE}", "-r", str(capture), "-T", "fields", "-e", "frame.number"]
        environment = {**tshark.environment(), "FLOWCONTAINER_FILTERS": str(wanted), "FLOWCONTAINER_JUDGED": str(found)}
        done = subprocess.run(command, env=environment, capture_output=True)
        if done.returncode not in (0, 2) or not found.exists():
            raise tshark.Broken(done.stderr.decode(errors="replace"))
        passed: list[set[int]] = [set() for _ in texts]
        for line in found.read_text().splitlines():
            number, frame = line.split()
            passed[int(number)].add(int(frame))
    return passed


def passed_here(paths: list[Path], text: str, *options: str) -> dict[str, set[int]]:
    """By capture the frames that a filter passes in the engine: those that have a number."""
    answer = ours.run(paths, "-l", "frames", "-d", "none", "-j1", "-Y", text, "-e", "frame.number", *options)
    found: dict[str, set[int]] = defaultdict(set)
    for row in answer.rows:
        capture, *_, number = row.split(CELL)
        if number:
            found[capture].add(int(number))
    return found
