"""The captures of a data set: their paths, and the marks by which a changed file is noticed."""

from __future__ import annotations

import glob
import hashlib
import os
import threading
from pathlib import Path
from typing import NamedTuple

from .recipe import Recipe


class Capture(NamedTuple):
    """A file that should hold a capture."""

    name: str  #: path from the folder of the recipe, with "/"
    path: str  #: path that opens it
    size: int
    mtime_ns: int
    inode: int


def listed(recipe: Recipe) -> list[Capture]:
    """All captures of the recipe, sorted by name, each once. Raises RecipeError if a path does not exist."""
    given = recipe.dataset["captures"]
    found: dict[str, Capture] = {}
    own = {os.path.abspath(path) for path in (recipe.out, *recipe.files())}
    base = os.path.abspath(recipe.base)
    for text in [given] if isinstance(given, str) else given:
        some = False
        for start in _starts(os.path.join(base, text)):
            name = os.path.relpath(start, base).replace(os.sep, "/")
            inside = _below(start, "" if name == "." else name, own)
            some = some or bool(inside)
            found = {**inside, **found} if found else inside
        if not some:
            raise recipe.wrong(f"no capture in {text!r} (looked in {base})", "dataset", "captures")
    return [found[name] for name in sorted(found)]


def _starts(text: str) -> list[str]:
    """The path itself, or the files that a glob names."""
    return (
        [os.path.abspath(text)]
        if os.path.exists(text)
        else sorted(path for path in glob.iglob(text, recursive=True) if os.path.isfile(path))
    )


def _below(path: str, name: str, own: set[str]) -> dict[str, Capture]:
    """The file, or the files of a folder: without the data set, the recipe and its files of labels, and hidden files. A folder is read once,
    however many links lead to it."""
    if not os.path.isdir(path):
        status = os.stat(path)
        return {name: Capture(name, path, status.st_size, status.st_mtime_ns, status.st_ino)}
    found: dict[str, Capture] = {}
    folders, seen = [(path, f"{name}/" if name else "")], set()
    while folders:
        folder, before = folders.pop()
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name[0] == "." or entry.path in own:
                    continue
                inside = before + entry.name
                if entry.is_file():
                    status = entry.stat()
                    found[inside] = Capture(inside, entry.path, status.st_size, status.st_mtime_ns, status.st_ino)
                elif entry.is_dir():
                    folders.append((entry.path, inside + "/"))
    return found


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
