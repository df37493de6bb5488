"""`flowcontainer dataset check`: compares a data set with its manifest and with a new build."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import _core
from . import build, manifest, recipe
from .captures import digest
from .errors import RecipeError

Say = Callable[[str], None]


def check(out: Path, rows: bool = True, say: Say = lambda text: None) -> list[str]:
    """Sentences about all differences; none if the data set is the same again. Raises FileNotFoundError without a manifest.

    :param rows: also build again from the captures, in a folder that is removed, and compare the files
    """
    told = manifest.read(out)
    base = out / told["base"]
    found = _contents("capture", told["captures"], base) + _contents("file", told["files"], out) + _engine(told)
    return found + (_rows(told, base, say) if rows else [])


def _contents(kind: str, entries: list[dict[str, Any]], folder: Path) -> list[str]:
    """The captures or files that are missing or have another SHA-256 than the manifest's."""
    differences = []
    for one in entries:
        path = folder / one["name"]
        if not path.exists():
            differences.append(f"{kind} {one['name']} is missing")
        elif digest(path) != one["sha256"]:
            differences.append(f"{kind} {one['name']} has another content")
    return differences


def _engine(told: dict[str, Any]) -> list[str]:
    if told["flowcontainer"] == _core.version:
        return []
    return [f"made by flowcontainer {told['flowcontainer']}, this is {_core.version}"]


def _rows(told: dict[str, Any], base: Path, say: Say) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="flowcontainer-check-") as folder:
        try:
            again = recipe.of_sections(told["recipe"], base, text=told["recipe_text"])
            made = build.build(replace(again, target=Path(folder) / "out"), say).manifest
        except (RecipeError, OSError) as error:
            return [f"the data set cannot be made again: {error}"]
    differences = []
    for key in ("engine", "rows", "counts", "left_out", "accounting", "problems"):
        if made[key] != told[key]:
            differences.append(f"{key}: {_short(told[key])} became {_short(made[key])}")
    then, now = ({one["name"]: one["sha256"] for one in side["files"]} for side in (told, made))
    return differences + [f"file {name} comes out otherwise" for name in sorted(then) if now.get(name) != then[name]]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) < 80 else text[:76] + " ..."
