"""The stock tshark: one pass, no user preferences, every field asked for at once."""

from __future__ import annotations

import functools
import hashlib
import operator
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

CELL = "\x1f"
LAST = "http.file_data"  # its text may hold that byte, so it stands last in every row


class Broken(Exception):
    """tshark cannot answer at all; a damaged capture is no such case."""


def found() -> bool:
    return shutil.which("tshark") is not None


def environment() -> dict[str, str]:
    nowhere = "/nonexistent/flowcontainer"
    return {"PATH": os.environ["PATH"], "HOME": nowhere, "WIRESHARK_CONFIG_DIR": nowhere,
            "XDG_CONFIG_HOME": nowhere, "TZ": "UTC", "LC_ALL": "C.UTF-8"}


@functools.cache
def version() -> str:
    text = subprocess.run(["tshark", "--version"], env=environment(), capture_output=True, text=True).stdout
    match = re.search(r"TShark \(Wireshark\) (\d+\.\d+\.\d+)", text)
    if not match:
        raise Broken(f"tshark --version says {text[:200]!r}")
    return match[1]


def lines_of(text: str, n_cells: int) -> list[str]:
    """Rows of text. Values may hold line feeds, so a row continues until it has all its cells."""
    rows = text.split("\n")
    if rows and not rows[-1]:
        rows.pop()
    if all(row.count(CELL) >= n_cells - 1 for row in rows):
        return rows
    whole: list[str] = []
    for row in rows:
        if whole and whole[-1].count(CELL) < n_cells - 1:
            whole[-1] += "\n" + row
        else:
            whole.append(row)
    return whole


def run(capture: Path, fields: list[str]) -> tuple[str, int]:
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", f"separator={CELL}", "-E", "occurrence=a",
               "-E", "aggregator=,"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, env=environment(), capture_output=True)
    if done.returncode not in (0, 2) or (done.returncode == 2 and b"aren't valid" in done.stderr):
        raise Broken(f"{capture}: tshark ended with {done.returncode}: {done.stderr.decode(errors='replace')[:2000]}")
    return done.stdout.decode("utf-8", "surrogateescape"), done.returncode


@functools.cache
def every_field() -> dict[str, str]:
    """Every name of a field or protocol with its type, or the first type if several fields share the name."""
    done = subprocess.run(["tshark", "-G", "fields"], env=environment(), capture_output=True)
    found: dict[str, str] = {}
    for line in done.stdout.decode(errors="replace").split("\n"):
        cells = line.split("\t")
        if cells[0] == "P":
            found[cells[2]] = "FT_PROTOCOL"
        elif len(cells) > 3:
            found.setdefault(cells[2], cells[3])
    return found


@functools.cache
def siblings(protocols: frozenset[str]) -> list[str]:
    """Every field of these protocols, so that a cached answer stays valid when the list of native fields grows."""
    text = subprocess.run(["tshark", "-G", "fields"], env=environment(), capture_output=True, text=True).stdout
    lines = (line.split("\t") for line in text.split("\n"))
    return sorted({line[2] for line in lines if line[0] == "F" and line[2].split(".")[0] in protocols})


def kept_rows(capture: Path, fields: list[str], cache: Path) -> tuple[list[str], int]:
    stat = capture.stat()
    key = repr((str(capture.resolve()), stat.st_size, stat.st_mtime_ns, version(), fields))
    kept = cache / hashlib.sha256(key.encode()).hexdigest()
    if not kept.exists():
        text, status = run(capture, fields)
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=cache, delete=False) as out:
            out.write(b"%d\n" % status + text.encode("utf-8", "surrogateescape"))
        os.replace(out.name, kept)
    status_text, text = kept.read_bytes().decode("utf-8", "surrogateescape").split("\n", 1)
    return lines_of(text, len(fields)), int(status_text)


def rows(capture: Path, fields: list[str], cache: Path | None = None) -> tuple[list[str], int]:
    """Every frame as a line of cells, and tshark's exit status (2: the file is damaged after the last row)."""
    if cache is None:
        text, status = run(capture, fields)
        return lines_of(text, len(fields)), status
    protocols = frozenset(name.split(".")[0] for name in fields if "." in name)
    every = sorted(set(siblings(protocols)) | set(fields), key=lambda name: (name == LAST, name))
    found, status = kept_rows(capture, every, cache)
    pick = operator.itemgetter(*(every.index(name) for name in fields))
    return [CELL.join(pick(row.split(CELL, len(every) - 1))) for row in found], status
