"""The manifest: everything that a reader of the data set needs to trust it, and to make it again."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa

from .. import _core
from . import cleaning, leaks, split
from .captures import digest
from .query import Query
from .recipe import Recipe, unsound
from .rows import Rows
from .store import Store

Array = np.ndarray[Any, Any]
MOST = 1 << 16  #: bytes of a manifest that stands whole in the metadata of each file


def made(recipe: Recipe, query: Query, store: Store, rows: Rows, reasons: Array, part: Array) -> dict[str, Any]:
    """The manifest, without the files and the time."""
    names = list(split.parts(recipe))
    kept = part >= 0
    accounting, notes, problems = _totals(store)
    return {
        "name": recipe.dataset["name"] or Path(recipe.dataset["out"]).name,
        "flowcontainer": _core.version,
        "engine": query.explained,
        "query_digest": query.digest,
        "recipe": recipe.sections(),
        "recipe_text": recipe.text,
        "base": os.path.relpath(recipe.base, recipe.base / recipe.dataset["out"]),
        "rows": int(kept.sum()),
        "counts": _counts(rows, part, names),
        "labels": _summary(rows, kept),
        "left_out": _left_out(reasons),
        "doubly_labelled": dict(sorted(rows.doubles.items())),
        "duplicates": cleaning.duplicates(rows, kept, recipe.cleaning["near_packets"]),
        "split": {"by": recipe.split["by"], "seed": recipe.split["seed"], "parts": split.parts(recipe)},
        "unsound": {key: {"why": why, "i_know": recipe.split["i_know"]} for key, why in unsound(recipe).items()},
        "leaks": leaks.shared(rows, part, names, recipe.cleaning["near_packets"]) if len(rows) else {},
        "shortcuts": leaks.shortcuts(rows, part, recipe.split["seed"]) if len(rows) else [],
        "accounting": accounting,
        "notes": notes,
        "problems": problems,
        "captures": [
            {"name": one.name, "size": one.size, "sha256": one.sha256, "flows": one.rows}
            for one in sorted(store.known().values())
        ],
    }


def _totals(store: Store) -> tuple[dict[str, int], dict[str, int], list[dict[str, Any]]]:
    accounting: dict[str, int] = {}
    notes: dict[str, int] = {}
    problems: list[Any] = []
    for one, remarks, found in store.tasks():
        for total, counts in ((accounting, one), (notes, remarks)):
            for name, count in counts.items():
                total[name] = total.get(name, 0) + count
        problems += found
    return (
        dict(sorted(accounting.items())),
        dict(sorted(notes.items())),
        sorted(problems, key=lambda one: one["capture"]),
    )


def _counts(rows: Rows, part: Array, names: list[str]) -> dict[str, dict[str, int]]:
    """{label: {part: rows}}."""
    table = {}
    kept = part >= 0
    code, side = np.maximum(rows["label"][kept], -1) + 1, part[kept]
    each = np.bincount(code * len(names) + side, minlength=(len(rows.labels) + 1) * len(names))
    each = each.reshape(len(rows.labels) + 1, len(names))
    for code, label in [*enumerate(rows.labels), (-1, "")]:
        found = each[code + 1]
        if found.any() or code >= 0:
            table[label] = dict(zip(names, map(int, found)))
    return table


def _summary(rows: Rows, kept: Array) -> dict[str, dict[str, list[int]]]:
    """{label: least, quartiles and most of packets and bytes; first and last time in ns}."""
    table = {}
    packets, size, start, end = (rows[name] for name in ("packets", "bytes", "time_start", "time_end"))
    order = np.argsort(rows["label"], kind="stable")
    order = order[kept[order]]
    first, last = (np.searchsorted(rows["label"][order], range(len(rows.labels)), side) for side in ("left", "right"))
    for label, low, high in zip(rows.labels, first, last):
        mine = order[low:high]
        if len(mine):
            ranges = {
                name: np.quantile(values[mine], (0, 0.25, 0.5, 0.75, 1), method="nearest").tolist()
                for name, values in (("packets", packets), ("bytes", size))
            }
            table[label] = {**ranges, "time": [int(start[mine].min()), int(end[mine].max())]}
    return table


def _left_out(reasons: Array) -> dict[str, int]:
    found = np.bincount(reasons, minlength=len(cleaning.REASONS))
    return {reason: int(count) for reason, count in zip(cleaning.REASONS, found) if reason and count}


def metadata(manifest: dict[str, Any]) -> dict[str, str]:
    """The manifest as metadata of a file. Where it is long, a digest stands for the list of captures."""
    captures = manifest["captures"]
    text = json.dumps({**manifest, "captures": captures[: MOST // 100]})
    if len(text) > MOST or len(captures) > MOST // 100:
        running = hashlib.sha256()
        for one in captures:
            running.update(json.dumps([one["name"], one["sha256"]]).encode() + b"\n")
        short = {"number": len(captures), "sha256_of_list": running.hexdigest()}
        text = json.dumps({**manifest, "captures": short})
    return {"flowcontainer.dataset": text}


def write(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Adds the files of the folder and the time, and writes manifest.json."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = [
        {"name": str(path.relative_to(folder)), "size": path.stat().st_size, "sha256": digest(path)} for path in paths
    ]
    made_with = {"python": platform.python_version(), "pyarrow": pa.__version__, "numpy": np.__version__}
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    whole = {**manifest, "files": files, "made_with": made_with, "made": now}
    with (folder / "manifest.json").open("w", encoding="utf-8") as out:
        _print(whole, out)
    return whole


def _print(manifest: dict[str, Any], out: TextIO) -> None:
    """Prints a manifest with a line for each capture and each file, because there may be 100,000."""
    long = {name: manifest[name] for name in ("captures", "files")}
    text = json.dumps({name: value for name, value in manifest.items() if name not in long}, indent=1)
    out.write(text.removesuffix("\n}"))
    for name, entries in long.items():
        between = f',\n "{name}": [\n  '
        for entry in entries:
            out.write(between + json.dumps(entry))
            between = ",\n  "
        out.write("\n ]" if entries else f"{between.rstrip()}]")
    out.write("\n}\n")


def read(out: Path) -> dict[str, Any]:
    """The manifest of a data set. Raises FileNotFoundError."""
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return found
