"""The memory of a data set: which captures were read, by which query, into which files. It makes a build resumable."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .captures import Capture
from .task import Done

_TABLES = """
create table if not exists meta (name text primary key, value text);
create table if not exists task (number integer primary key, query text, accounting text, notes text, problems text);
create table if not exists capture (
    name text primary key, size integer, mtime_ns integer, inode integer, sha256 text, task integer, first integer,
    rows integer);
"""
LAYOUT = 3  #: number of the layout of these tables; another number means that all captures are read anew


class Known(NamedTuple):
    """A capture that was read."""

    name: str
    size: int
    mtime_ns: int
    inode: int
    sha256: str
    task: int  #: number of its task
    first: int  #: its first row in the files of the task
    rows: int


class Store:
    """The folder `.flowcontainer` of a data set. A task is remembered in one transaction, when its files are whole."""

    def __init__(self, out: Path) -> None:
        self.folder = out / ".flowcontainer"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(self.folder / "state.sqlite")
        if self._base.execute("pragma user_version").fetchone()[0] != LAYOUT:
            for table in ("meta", "task", "capture"):
                self._base.execute(f"drop table if exists {table}")
            self._base.execute(f"pragma user_version = {LAYOUT}")
        self._base.executescript(_TABLES)

    def close(self) -> None:
        """Closes the file."""
        self._base.close()

    def meta(self, name: str) -> str:
        """A remembered text, "" if there is none."""
        found = self._base.execute("select value from meta where name = ?", (name,)).fetchone()
        return found[0] if found else ""

    def set_meta(self, name: str, value: str) -> None:
        """Remembers a text."""
        with self._base:
            self._base.execute("insert or replace into meta values (?, ?)", (name, value))

    def known(self) -> dict[str, Known]:
        """{name: capture} of all captures that were read."""
        return {row[0]: Known(*row) for row in self._base.execute("select * from capture")}

    def next_number(self) -> int:
        """A number that no task has."""
        return (self._base.execute("select max(number) from task").fetchone()[0] or 0) + 1

    def add(self, number: int, query: str, done: Done) -> None:
        """Remembers a task."""
        texts = [json.dumps(value) for value in (done.accounting, done.notes, done.problems)]
        rows, first = [], 0
        for capture, sha, count in done.captures:
            rows.append((capture.name, capture.size, capture.mtime_ns, capture.inode, sha, number, first, count))
            first += count
        with self._base:
            self._base.execute("insert into task values (?, ?, ?, ?, ?)", (number, query, *texts))
            self._base.executemany("insert or replace into capture values (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def touch(self, capture: Capture) -> None:
        """Remembers the new time and inode of a file with the same content."""
        with self._base:
            self._base.execute(
                "update capture set mtime_ns = ?, inode = ? where name = ?",
                (capture.mtime_ns, capture.inode, capture.name),
            )

    def forget(self, names: Iterable[str]) -> None:
        """Forgets the tasks of these captures, with all captures of the tasks, because their counts are of the task."""
        with self._base:
            for name in names:
                found = self._base.execute("select task from capture where name = ?", (name,)).fetchone()
                for table, column in (("task", "number"), ("capture", "task")) if found else ():
                    self._base.execute(f"delete from {table} where {column} = ?", found)

    def sweep(self) -> None:
        """Removes the files of forgotten tasks, and those of tasks that did not end."""
        numbers = {str(row[0]) for row in self._base.execute("select number from task")}
        for path in self.folder.iterdir():
            if path.suffix in (".rows", ".keys", ".part") and path.name.split(".")[0] not in numbers:
                path.unlink()

    def tasks(self) -> list[tuple[dict[str, int], dict[str, int], list[dict[str, object]]]]:
        """Accounting, notes and problems of each task."""
        rows = self._base.execute("select accounting, notes, problems from task order by number")
        return [tuple(json.loads(text) for text in row) for row in rows]  # type: ignore[misc]
