"""Bytes of slow places, read ahead of the engine: the objects that `_core` asks for blocks.

Each has ``next()``, which gives a block as bytes, b"" at the end, or None if there is none within a twentieth of a
second (the engine then looks whether it was cancelled and asks again); and ``close()``, which never waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

WAIT = 0.05  # seconds that next() waits
FIRST, LARGEST = 1 << 20, 8 << 20  # bytes of the first block, and of the blocks after some time
DEPTH = 3  # blocks that may wait or be under way
PAUSES = (0.2, 1.0, 3.0)  # seconds before each further attempt
FINAL = (FileNotFoundError, PermissionError, IsADirectoryError, MemoryError, TypeError, ValueError, ImportError)


def spans(size: int) -> Iterator[tuple[int, int]]:
    """(start, length) of the blocks of an object: small at first, so that the engine begins soon."""
    at, length = 0, FIRST
    while at < size:
        yield at, min(length, size - at)
        at += length
        length = min(length * 2, LARGEST)


class Ahead:
    """Blocks that threads of its own fetch before they are asked for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ready: dict[int, bytes | BaseException] = {}
        self._given = 0  # blocks that next() has given
        self._closed = False

    def _start(self, work: Callable[[], None], threads: int) -> None:
        for _ in range(threads):
            threading.Thread(target=work, name="flowcontainer-ahead", daemon=True).start()

    def next(self) -> bytes | None:
        with self._changed:
            if self._given not in self._ready and not self._changed.wait_for(lambda: self._given in self._ready, WAIT):
                return None
            block = self._ready[self._given]
            if isinstance(block, BaseException):
                raise block
            if block:
                del self._ready[self._given]
                self._given += 1
                self._changed.notify_all()
            return block

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._ready.clear()
            self._changed.notify_all()

    def _put(self, index: int, block: bytes | BaseException) -> bool:
        """Hands a block over once there is room for it. False: nobody wants more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or index < self._given + DEPTH)
            if not self._closed:
                self._ready[index] = block
                self._changed.notify_all()
            return not self._closed and not isinstance(block, BaseException)

    def _attempts(self, fetch: Callable[[], bytes]) -> bytes:
        """The answer of `fetch`, which is asked again after a failure that may pass."""
        for pause in PAUSES:
            try:
                return fetch()
            except FINAL:
                raise
            except Exception:
                with self._changed:
                    if self._changed.wait_for(lambda: self._closed, pause):
                        raise
        return fetch()


class Ranges(Ahead):
    """An object of known size, by ranges, several of them at the same time."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, threads: int = DEPTH) -> None:
        super().__init__()
        self._fetch, self._size = fetch, size
        self._spans = enumerate([*spans(size), (size, 0)])
        self._start(self._work, min(threads, max(1, -(-size // LARGEST))))

    def _whole(self, start: int, length: int) -> bytes:
        block = bytes(self._fetch(start, length))
        if len(block) != length:
            raise OSError(f"{len(block)} bytes came instead of {length}, from byte {start} on")
        return block

    def _take(self) -> tuple[int, tuple[int, int]] | None:
        with self._changed:
            # The queue is full: no thread fetches another block meanwhile, so that blocks in memory are bounded.
            span = next(self._spans, None)
            if span is not None:
                self._changed.wait_for(lambda: self._closed or span[0] < self._given + DEPTH)
            return None if self._closed else span

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            index, (start, length) = taken
            try:
                block: bytes | BaseException = self._attempts(lambda: self._whole(start, length)) if length else b""
            except BaseException as error:
                block = error
            if not self._put(index, block):
                return


class Stream(Ahead):
    """Something that is read in order. After a failure that may pass it is opened again where that is possible, and
    what was read before is skipped."""

    def __init__(self, open: Callable[[], Any], again: bool) -> None:
        super().__init__()
        self._open, self._again = open, again
        self._file: Any = None
        self._at = 0
        self._start(self._work, 1)

    def _read(self, file: Any, n: int) -> bytes:
        read = getattr(file, "read1", file.read)  # read1 gives the bytes that a pipe has now; read would wait for all
        block = read(n)
        if isinstance(block, str):
            raise TypeError('the file was opened as text; it must be opened as bytes, such as with open(path, "rb")')
        return bytes(block or b"")

    def _block(self) -> bytes:
        try:
            if self._file is None:
                self._file = self._open()
                left = self._at
                while left and (skipped := self._read(self._file, min(left, LARGEST))):
                    left -= len(skipped)
            block = self._read(self._file, LARGEST if self._at >= LARGEST else FIRST)
        except BaseException:
            if self._again:
                self._file = None
            raise
        self._at += len(block)
        return block

    def _work(self) -> None:
        index, block = 0, b"?"
        while block:
            try:
                block = self._attempts(self._block) if self._again else self._block()
            except BaseException as error:
                self._put(index, error)
                return
            if not self._put(index, block):
                return
            index += 1


class Slices:
    """Bytes in memory, copied block by block."""

    def __init__(self, view: memoryview) -> None:
        self._view, self._at = view, 0

    def next(self) -> bytes:
        block = bytes(self._view[self._at : self._at + FIRST])
        self._at += len(block)
        return block

    def close(self) -> None:
        pass
