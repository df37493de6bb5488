#!/usr/bin/env python3
"""Compares the wireshark engine with the stock tshark: the frames that pass a display filter, and all their values.

    python tests/diff/wireshark.py --all [--filters] [CAPTURE...]

compares every field that occurs in the corpus, in every capture (default: all of ../shared/corpus and tests/pcaps), with
one pass and with two, and prints the differences. It takes an hour. With --filters it also compares every filter of
wireshark_filters.txt."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import captures
import occurring
import ours
import tshark
from tshark import CELL


def _by_number(rows: list[str], base: int, n: int) -> dict[int, list[str]]:
    """The cells of the frames that passed. Those have a frame.number, the first cell after the base columns."""
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
    """One line per difference."""
    want, (got, answer) = theirs(capture, fields, text, twice), mine(capture, fields, text)
    found = [f"{capture.name}: {text!r} passes frame {n} in tshark" for n in sorted(want.keys() - got.keys())]
    found += [f"{capture.name}: {text!r} passes frame {n} here" for n in sorted(got.keys() - want.keys())]
    for n in sorted(want.keys() & got.keys()):
        for field, a, b in zip(fields, want[n], got[n]):
            if a != b:
                found.append(f"{capture.name}: frame {n}, {field}: tshark {a[:200]!r}, here {b[:200]!r}")
    # a frame that tshark cannot read either (damage at the end) is no difference
    found += [f"{capture.name}: {problem}" for problem in answer.problems if problem[1] in ("unsupported", "io")]
    return found


# ---- many captures, many fields ----


@dataclass
class Compared:
    differences: list[str] = field(default_factory=list)
    occurred: set[str] = field(default_factory=set)  # fields that have values


Values = dict[int, dict[str, str]]  # by frame and field; fields without values are left out


def values_of(capture: Path, fields: list[str], twice: bool = False) -> Values:
    """All answers of tshark, without frames that have the separator of cells in a value."""
    fields = ["frame.number", *(name for name in fields if name != "frame.number")]
    command = ["tshark", "-n", *(["-2"] if twice else []), "-r", str(capture), "-T", "fields", "-E", f"separator={CELL}",
               "-E", "occurrence=a", "-E", "aggregator=,", *(word for name in fields for word in ("-e", name))]
    found: Values = {}
    with subprocess.Popen(command, env=tshark.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        kept = b""
        for line in run.stdout or []:
            kept += line
            if kept.count(b"\x1f") < len(fields) - 1:
                continue
            cells = kept[:-1].decode("utf-8", "surrogateescape").split(CELL)
            kept = b""
            if len(cells) == len(fields):
                found[int(cells[0])] = {name: cell for name, cell in zip(fields, cells) if cell}
    if run.returncode not in (0, 2):
        raise tshark.Broken(f"{capture}: tshark ended with {run.returncode}")
    return found


def values_here(paths: list[Path], fields: list[str], *options: str) -> dict[str, Values]:
    """The answers of the engine by capture, one capture after another in one process."""
    words = [word for name in fields for word in ("-e", name)]
    answer = ours.run(paths, "-l", "frames", "-d", "none", "-j1", *options, *words)
    at = answer.columns.index("frame")
    found: dict[str, Values] = defaultdict(dict)
    for row in answer.rows:
        cells = row.split(CELL)
        if len(cells) == len(answer.columns):
            own = cells[len(cells) - len(fields):]
            found[cells[0]][int(cells[at])] = {name: cell for name, cell in zip(fields, own) if cell}
    return found


def compare_values(capture: Path, fields: list[str], want: Values, got: Values, out: Compared) -> None:
    name = captures.name_of(capture)
    for frame, every in want.items():
        cells = {one: every[one] for one in fields if one in every}
        out.occurred |= cells.keys()
        mine = got.get(frame)
        if mine is None:
            out.differences.append(f"{name}: frame {frame} is missing")
        elif mine != cells:
            out.differences += [f"{name}: frame {frame}, {one}: tshark {cells.get(one, '')[:200]!r}, here "
                                f"{mine.get(one, '')[:200]!r}" for one in sorted(cells.keys() | mine.keys())
                                if cells.get(one) != mine.get(one)]


def compare(paths: list[Path], fields: list[str], twice: bool = False) -> Compared:
    result = Compared()
    got = values_here(paths, fields)
    for path in paths:
        compare_values(path, fields, values_of(path, fields, twice), got[str(path)], result)
    return result


def changed_by_a_second_pass(capture: Path, fields: list[str]) -> set[str]:
    one, two = values_of(capture, fields), values_of(capture, fields, twice=True)
    return {name for frame in one for name in one[frame].keys() | two.get(frame, {}).keys()
            if one[frame].get(name) != two.get(frame, {}).get(name)}


# ---- filters ----

JUDGE = Path(__file__).with_name("judge.lua")
FILTERS = Path(__file__).with_name("wireshark_filters.txt")


def filters() -> list[tuple[str, str]]:
    """Filters, each with a capture that has frames that pass it."""
    lines = (line for line in FILTERS.read_text().splitlines() if line and not line.startswith("#"))
    return [(text, capture) for capture, text in (line.split(": ", 1) for line in lines)]


def judged(capture: Path, texts: list[str]) -> list[set[int]]:
    """For each filter the frames that pass it in the stock tshark, from one run."""
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
    """The frames that pass a filter in the engine, by capture: those with a frame.number."""
    answer = ours.run(paths, "-l", "frames", "-d", "none", "-j1", "-Y", text, "-e", "frame.number", *options)
    found: dict[str, set[int]] = defaultdict(set)
    for row in answer.rows:
        capture, *_, number = row.split(CELL)
        if number:
            found[capture].add(int(number))
    return found


# ---- everything of everything ----


def kind_of(name: str, kind: str) -> str:
    if kind == "FT_PROTOCOL" or name.startswith("_ws."):
        return "labels"
    return "twice" if kind == "FT_FRAMENUM" or name.startswith("tcp.completeness") else "plain"


def ask_all(paths: list[Path], batch: int = 200) -> int:
    """Every field that occurs, by kind and in batches, in every capture; prints differences as they come."""
    types, n = tshark.every_field(), 0
    names = sorted({*occurring.load(), *(name for name, kind in types.items() if kind == "FT_FRAMENUM")} - {"text"})
    for kind in ("plain", "labels", "twice"):
        fields = [name for name in names if kind_of(name, types[name]) == kind]
        wants = {path: values_of(path, fields, kind == "twice") for path in paths}
        for at in range(0, len(fields), batch):
            some = fields[at : at + batch]
            used = [path for path in paths if any(name in cells for cells in wants[path].values() for name in some)]
            got = values_here(used, some) if used else {}
            result = Compared()
            for path in used:
                compare_values(path, some, wants[path], got[str(path)], result)
            print(f"{kind} {at + len(some)}/{len(fields)}: {len(result.occurred)} occur in {len(used)} captures",
                  *result.differences[:50], sep="\n    ", flush=True)
            n += len(result.differences)
    return n


def ask_filters(paths: list[Path]) -> int:
    """Every filter on every capture."""
    texts, n = [text for text, _ in filters()], 0
    with ThreadPoolExecutor(2) as pool:
        wants = dict(zip(paths, pool.map(lambda path: judged(path, texts), paths)))
    for i, text in enumerate(texts):
        got = passed_here(paths, text)
        wrong = [captures.name_of(path) for path in paths if got[str(path)] != wants[path][i]]
        print(f"{text}: {'differs in ' + ', '.join(wrong) if wrong else 'ok'}", flush=True)
        n += len(wrong)
    return n


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE")
    parser.add_argument("--all", action="store_true", required=True, help="every field that occurs")
    parser.add_argument("--filters", action="store_true", help="every filter of wireshark_filters.txt too")
    options = parser.parse_args()
    os.environ["FLOWCONTAINER_ENGINE"] = "wireshark"
    paths = options.captures or captures.default()
    return 1 if ask_all(paths) + (ask_filters(paths) if options.filters else 0) else 0


if __name__ == "__main__":
    sys.exit(main())
