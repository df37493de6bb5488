"""Reading: brings the store up to date with the captures. Finished tasks stay finished, also when the program is killed."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple

import pyarrow as pa

from . import task
from .captures import Capture, digest
from .query import Query
from .store import Known, Store
from .task import Done

Say = Callable[[str], None]


class Work(NamedTuple):
    """The difference between the store and the captures."""

    read: list[Capture]  #: to be read
    forget: list[str]  #: names of captures whose rows are no longer right
    why: list[str]  #: sentences for the user


def work(store: Store, captures: list[Capture], query: Query) -> Work:
    """Compares names, sizes, times and inodes; a file with a new time or inode is read for its SHA-256."""
    known = store.known()
    why: list[str] = []
    if known and store.meta("query") != query.digest:
        why.append("The query or the engine has changed: all captures are read anew.")
        return Work(captures, list(known), why)
    names = {capture.name for capture in captures}
    gone = [name for name in known if name not in names]
    changed = [
        capture.name for capture in captures if capture.name in known and _changed(store, capture, known[capture.name])
    ]
    stale = {known[name].task for name in gone + changed}
    again = {name for name, one in known.items() if one.task in stale}
    fresh = [capture for capture in captures if capture.name not in known or capture.name in again]
    for text, count in (
        ("new", sum(capture.name not in known for capture in captures)),
        ("changed", len(changed)),
        ("gone", len(gone)),
    ):
        if count and known:
            why.append(f"captures that are {text}: {count}")
    return Work(fresh, gone + changed, why)


def _give_back() -> None:
    """Gives freed memory back to the system: the C library keeps that of the reading threads, which is most of a build's memory."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)


def threads(jobs: int) -> int:
    """The number of threads; 0: one per core."""
    return jobs or os.cpu_count() or 1


def _changed(store: Store, capture: Capture, known: Known) -> bool:
    if (capture.size, capture.mtime_ns, capture.inode) == (known.size, known.mtime_ns, known.inode):
        return False
    if capture.size == known.size and digest(capture.path) == known.sha256 != "":
        store.touch(capture)
        return False
    return True


def read(store: Store, todo: Work, query: Query, jobs: int, say: Say) -> None:
    """Reads all new and changed captures, `jobs` of them at a time. Ctrl-C loses the tasks that run."""
    store.forget(todo.forget)
    store.sweep()
    store.set_meta("query", query.digest)
    tasks = task.divided(todo.read)
    stop = task.Stop()
    first, done = store.next_number(), 0
    with ThreadPoolExecutor(threads(jobs)) as pool:
        running: dict[Future[Done], int] = {}
        waiting = iter(enumerate(tasks, first))
        try:
            while True:
                while len(running) < 2 * threads(jobs) and (next_one := next(waiting, None)):
                    number, captures = next_one
                    running[pool.submit(task.run, captures, query, store.folder, number, stop)] = number
                if not running:
                    return _give_back()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    answer = future.result()
                    store.add(running.pop(future), query.digest, answer)
                    done += len(answer.captures)
                    say(f"read {done} of {len(todo.read)} captures")
        except BaseException:
            stop.set()
            for future, number in running.items():
                if not future.cancel() and future.done() and not future.exception():
                    store.add(number, query.digest, future.result())
            raise
