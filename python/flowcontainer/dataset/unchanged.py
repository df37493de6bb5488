"""The quick check of a build: whether the recipe, its files and the captures are those of the last build. It imports neither numpy nor
pyarrow, and reads no capture: 100,000 captures take less than a second."""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from pathlib import Path
from typing import Any, NamedTuple

from .. import _core
from .captures import Capture, digest
from .recipe import Recipe


class Summary(NamedTuple):
    """The parts of a manifest that the command prints."""

    rows: int
    left_out: int
    problems: list[dict[str, Any]]  #: the first five
    read: bool  #: whether any frame was read


def mark(recipe: Recipe, found: list[Capture]) -> str:
    """A digest of everything that the data set depends on: the recipe, its files, and the names, sizes, times and inodes of captures."""
    running = hashlib.sha256(json.dumps([recipe.sections(), _core.version], sort_keys=True, default=str).encode())
    for path in recipe.files():
        running.update(digest(path).encode())
    running.update("\0".join([one.name for one in found]).encode(errors="surrogateescape"))
    for place in (2, 3, 4):  # size, time and inode; without a text for each of 100,000 captures
        running.update(array("Q", [one[place] % 2**64 for one in found]))
    return running.hexdigest()


def summary(manifest: dict[str, Any]) -> Summary:
    """The summary of a manifest."""
    left = sum(manifest["left_out"].values())
    return Summary(manifest["rows"], left, manifest["problems"][:5], bool(manifest["accounting"]))


def remember(recipe: Recipe, mark: str, manifest: dict[str, Any]) -> None:
    """Remembers a finished build."""
    text = json.dumps({"mark": mark, **summary(manifest)._asdict()})
    path = _file(recipe)
    path.with_suffix(".part").write_text(text, encoding="utf-8")
    os.replace(path.with_suffix(".part"), path)


def forget(recipe: Recipe) -> None:
    """Forgets the last build, because its files will change."""
    _file(recipe).unlink(missing_ok=True)


def found(recipe: Recipe, mark: str) -> Summary | None:
    """The summary of the last build if nothing has changed since, else None."""
    try:
        told = json.loads(_file(recipe).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if told.pop("mark") != mark or not (recipe.out / "manifest.json").exists():
        return None
    return Summary(**told)


def _file(recipe: Recipe) -> Path:
    return recipe.out / ".flowcontainer" / "built.json"
