"""The rows of flowcontainer as text, from the program diff_rows (rows.c)."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from captures import ROOT
from tshark import CELL, lines_of

TAIL = "\x1e"
BETWEEN = "\x1d"


class Missing(Exception):
    """diff_rows is not built."""


class Failed(Exception):
    """diff_rows failed, for example with a crash."""


@dataclass
class Answer:
    columns: list[str]
    rows: list[str]
    counts: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    problems: list[list[str]] = field(default_factory=list)


def program() -> Path:
    """The newest diff_rows in the build folders, or that of FLOWCONTAINER_BUILD."""
    named = os.environ.get("FLOWCONTAINER_BUILD")
    places = [Path(named)] if named else [ROOT / "build", *sorted((ROOT / "build").glob("*"))]
    built = [place / "diff_rows" for place in places if (place / "diff_rows").is_file()]
    if not built:
        raise Missing("diff_rows is not built: cmake -S . -B build/checked -DFC_TESTS=ON && cmake --build build/checked "
                      "(or name another folder in FLOWCONTAINER_BUILD)")
    return max(built, key=lambda path: path.stat().st_mtime)


def types() -> dict[str, str]:
    """Every native field with its Wireshark type, in the order of the names."""
    done = subprocess.run([program(), "-F"], capture_output=True, text=True, check=True)
    return dict(line.split() for line in done.stdout.splitlines())


def fields() -> list[str]:
    return list(types())


@functools.cache
def protocols() -> list[str]:
    """The protocols that a native filter may name."""
    return re.findall(r'^PROTOCOL\(\w+, "(\w+)"', (ROOT / "src/filter/protocols.def").read_text(), re.M)


def shown(capture: Path) -> tuple[int, dict[str, set[int]]]:
    """The first frame with a doubt, or 0; and the frames that the native engine says have each of the protocols."""
    done = subprocess.run([program().with_name("diff_verdicts"), capture], input="\n".join([*protocols(), ""]).encode(),
                          capture_output=True, timeout=900)
    if done.returncode:
        raise Failed(f"diff_verdicts ended with {done.returncode}: {done.stderr.decode(errors='replace')[-3000:]}")
    head, *rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    frames = {name: {frame for part in row[1].split(",") if part for first, last in [part.split("-")]
                     for frame in range(int(first), int(last) + 1)}
              for name, row in zip(protocols(), rows, strict=head[2] != "ERR") if row[1] not in ("ERR", "NOT_NATIVE")}
    return (int(head[2]) if head[2] != "ERR" else 0), frames


def read(text: str) -> Answer:
    head, _, body = text.partition("\n")
    cut = 0 if body.startswith(TAIL) else body.find("\n" + TAIL) + 1
    has_tail = cut > 0 or body.startswith(TAIL)
    answer = Answer(head.split(CELL), [])
    answer.rows = lines_of(body[:cut] if has_tail else body, len(answer.columns))
    for line in body[cut:].split("\n") if has_tail else []:
        cells = line[1:].split(CELL)
        if cells[0] == "count":
            answer.counts[cells[1]] = int(cells[2])
        elif cells[0] == "note":
            answer.notes[cells[1]] = int(cells[2])
        elif cells[0] == "problem":
            answer.problems.append(cells[1:])
    return answer


def text_of(captures: list[Path], *options: str) -> str:
    done = subprocess.run([program(), *options, "--", *map(str, captures)], capture_output=True, timeout=900)
    if done.returncode:
        raise Failed(f"diff_rows {' '.join(options)} ended with {done.returncode}: "
                     f"{done.stderr.decode(errors='replace')[-3000:]}")
    return done.stdout.decode("utf-8", "surrogateescape")


def run(captures: list[Path] | Path, *options: str) -> Answer:
    return read(text_of(captures if isinstance(captures, list) else [captures], *options))


def run_all(capture: Path) -> dict[str, Answer]:
    """Frames with every field and no packet dropped; then frames, packets, flows and classic with the usual options."""
    texts = text_of([capture], "-A").split("\n" + BETWEEN + "\n")
    return dict(zip(("bare", "frames", "packets", "flows", "classic"), map(read, texts), strict=True))
