"""The wireshark engine against the stock tshark: which frames a display filter passes, and every value of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

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


def theirs(capture: Path, fields: list[str], text: str = "") -> dict[int, list[str]]:
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", f"separator={CELL}", "-E", "occurrence=a",
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


def differences(capture: Path, fields: list[str], text: str = "") -> list[str]:
    """One line a difference."""
    want, (got, answer) = theirs(capture, fields, text), mine(capture, fields, text)
    found = [f"{capture.name}: {text!r} passes frame {n} in tshark" for n in sorted(want.keys() - got.keys())]
    found += [f"{capture.name}: {text!r} passes frame {n} here" for n in sorted(got.keys() - want.keys())]
    for n in sorted(want.keys() & got.keys()):
        for field, a, b in zip(fields, want[n], got[n]):
            if a != b:
                found.append(f"{capture.name}: frame {n}, {field}: tshark {a[:200]!r}, here {b[:200]!r}")
    # what tshark cannot read either (damage at the end) is no difference
    found += [f"{capture.name}: {problem}" for problem in answer.problems if problem[1] in ("unsupported", "io")]
    return found
