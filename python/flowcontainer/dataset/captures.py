"""The captures of a data set: their paths, and the marks by which a changed file is noticed."""

from __future__ import annotations

import glob
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .recipe import Recipe


class Capture(NamedTuple):
    """A file that should hold a capture."""

    name: str  #: path from the folder of the recipe, with "/"
    path: str  #: path that opens it
    size: int
    mtime_ns: int


def listed(recipe: Recipe) -> list[Capture]:
    """All captures of the recipe, sorted by name, each once. Raises RecipeError if a path does not exist."""
    given = recipe.dataset["captures"]
    found: dict[str, Capture] = {}
    own = {os.path.abspath(path) for path in (recipe.out, *recipe.files())}
    for text in [given] if isinstance(given, str) else given:
        before = len(found)
        for path in _files(recipe, text, own):
            _add(found, recipe, path)
        if len(found) == before:
            raise recipe.wrong(f"no capture in {text!r} (looked in {recipe.base.resolve()})", "dataset", "captures")
    return [found[name] for name in sorted(found)]


def _files(recipe: Recipe, text: str, own: set[str]) -> Iterator[str]:
    """The files of one path; in a folder without the data set, the recipe and its files of labels, and hidden files."""
    start = os.path.abspath(os.path.join(recipe.base, text))
    if os.path.isdir(start):
        for folder, folders, files in os.walk(start):
            folders[:] = [name for name in folders if name[0] != "." and os.path.join(folder, name) not in own]
            paths = (os.path.join(folder, name) for name in files if name[0] != ".")
            yield from (path for path in paths if path not in own)
    elif os.path.exists(start):
        yield start
    else:
        yield from (path for path in glob.iglob(start, recursive=True) if os.path.isfile(path))


def _add(found: dict[str, Capture], recipe: Recipe, path: str) -> None:
    name = os.path.relpath(path, recipe.base).replace(os.sep, "/")
    if name not in found:
        status = os.stat(path)
        found[name] = Capture(name, path, status.st_size, status.st_mtime_ns)


_buffer = threading.local()  # one a thread, because a new one for each of 100,000 small files costs more than the hash


def digest(path: str | Path) -> str:
    """SHA-256 of a file, "" if it cannot be read."""
    if not hasattr(_buffer, "block"):
        _buffer.block = memoryview(bytearray(1 << 18))
    running = hashlib.sha256()
    try:
        with open(path, "rb", buffering=0) as file:
            while count := file.readinto(_buffer.block):
                running.update(_buffer.block[:count])
    except OSError:
        return ""
    return running.hexdigest()
