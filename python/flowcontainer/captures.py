"""Captures that are no local paths: bytes in memory, file objects, objects of a store.

`captures` makes the tuple that a :class:`flowcontainer.Scan` holds: bytes are paths, which the engine expands;
everything else is a :class:`Capture`, whose ``core`` is the input that `_core.open` takes. All of them can be pickled
that mean the same thing in another process.
"""

from __future__ import annotations

import fnmatch
import importlib
import io
import os
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol, Union

from .ahead import Ranges, Slices, Stream
from .arguments import StrPath
from .arguments import path as path_bytes
from .problems import missing


class Readable(Protocol):
    """A file object. With `seek` it can be read again; without, it is read once, as a pipe is."""

    def read(self, size: int = -1, /) -> bytes: ...


Source = Union[StrPath, bytearray, memoryview, Readable, "Capture"]

#: where the file system of a protocol comes from
_PACKAGES = {"gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs", "hdfs": "pyarrow"}
_PACKAGES |= dict.fromkeys(("s3", "s3a", "http", "https"), '"flowcontainer[cloud]"')

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)((::[A-Za-z][A-Za-z0-9+.-]*)*)://")


class Capture:
    """One capture."""

    name: str  #: the value in the column `capture`, and in problems
    size = 0  #: bytes as stored; 0 if that is not known
    changed: float = 0.0  #: time of the last change in seconds since 1970; 0 if it is not known

    @property
    def core(self) -> tuple[Any, ...]:
        """The input for `_core.open`."""
        raise NotImplementedError

    @property
    def reads_once(self) -> bool:
        return False


class LocalFile(Capture):
    """A file by its whole path, which is not looked at before its turn."""

    def __init__(self, name: str, size: int = 0) -> None:
        self.name, self.size = name, size

    @property
    def changed(self) -> float:  # type: ignore[override]
        """As it is now; 0 if the file is gone."""
        try:
            return os.stat(self.name).st_mtime
        except OSError:
            return 0.0

    @property
    def core(self) -> tuple[Any, ...]:
        return "file", os.fsencode(self.name)


class Memory(Capture):
    """A whole capture as bytes, or as something that has bytes."""

    def __init__(self, name: str, data: bytes | bytearray | memoryview) -> None:
        self.name, self._data = name, data
        self.size = len(data) if isinstance(data, bytes) else memoryview(data).nbytes

    @property
    def core(self) -> tuple[Any, ...]:
        if isinstance(self._data, bytes):
            return "memory", self.name, self._data
        view = memoryview(self._data)
        if not view.contiguous:
            raise ValueError(f"{self.name}: a memoryview must be contiguous")
        return "reader", self.name, self.size, lambda: Slices(view.cast("B"))

    def __reduce__(self) -> tuple[Any, ...]:
        return Memory, (self.name, bytes(self._data))


class Opened(Capture):
    """A file object. It is read from where it stands when the scan is made, by threads of the scan."""

    def __init__(self, name: str, file: Any) -> None:
        if isinstance(file, io.TextIOBase):
            raise TypeError(f'{name} was opened as text; it must be opened as bytes, such as with open(path, "rb")')
        self.name, self._file, self._lock = name, file, threading.Lock()
        seekable = getattr(file, "seekable", None)
        self._seeks = hasattr(file, "seek") and (seekable is None or bool(seekable()))
        self._start = file.tell() if self._seeks else 0

    @property
    def reads_once(self) -> bool:
        return not self._seeks

    @property
    def core(self) -> tuple[Any, ...]:
        if self._seeks:
            return "reader", self.name, self.size, lambda: Stream(lambda: _Position(self), again=False)
        return "pipe", self.name, 0, lambda: Stream(lambda: self._file, again=False)

    def read_at(self, at: int, n: int) -> bytes:
        """Several readings share the one position of the file."""
        with self._lock:
            self._file.seek(self._start + at)
            block: bytes = self._file.read(n)
            return block

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(f"{self.name} is a file object, which cannot be sent to another process; give its path")


class _Position:
    """A position of its own in a file object that others read too."""

    def __init__(self, opened: Opened) -> None:
        self._opened, self._at = opened, 0

    def read(self, n: int) -> bytes:
        block = self._opened.read_at(self._at, n)
        self._at += len(block)
        return block


class Found(NamedTuple):
    """An object of a store."""

    path: str
    name: str
    size: int  #: -1: not known
    changed: float = 0.0  #: time of the last change in seconds since 1970; 0: not known


def _changed(info: Mapping[str, Any]) -> float:
    """The time of the last change, under the name that the file system of fsspec gives it."""
    for key in ("LastModified", "last_modified", "mtime", "updated", "modified"):
        if (time := info.get(key)) is not None:
            return float(time.timestamp()) if hasattr(time, "timestamp") else float(time)
    return 0.0


class Store:
    """A file system of fsspec."""

    def __init__(self, filesystem: Any, whole: bool) -> None:
        #: whole: names are URLs; else they are paths inside the file system, as the user writes them
        self._fs, self._whole = filesystem, whole
        protocol = filesystem.protocol
        self._protocols = {protocol} if isinstance(protocol, str) else set(protocol)
        self._streams = bool(self._protocols & {"http", "https"})  # a server may know no ranges, but sends all at once

    def _found(self, info: Mapping[str, Any], name: str | None = None) -> Found:
        path = str(info["name"])
        size = info.get("size")
        url = name or (self._fs.unstrip_protocol(path) if self._whole else path)
        return Found(path, url, -1 if size is None else int(size), _changed(info))

    def _below(self, folder: str) -> list[Found]:
        entries = self._fs.find(folder, detail=True)
        below = {path: info for path, info in entries.items() if not _is_hidden(path[len(folder) :])}
        return [self._found(below[path]) for path in sorted(below, key=os.fsencode)]

    def find(self, path: str, name: str) -> list[Found]:
        """The object of this path, those below a folder, or those that match a pattern."""
        if "*" in path or (not self._streams and set(path) & set("?[")):
            return self._matches(path, name)
        try:
            info = self._fs.info(path)
        except FileNotFoundError:
            raise FileNotFoundError(f"{name}: no such file or folder") from None
        except Exception:  # a wrong credential, no connection: a problem of this capture, when its turn comes
            return [Found(path, name, -1)]
        if info.get("type") != "directory":
            return [self._found({**info, "name": path}, name)]
        found = self._below(str(info["name"]))
        if not found:
            raise FileNotFoundError(f"{name}: no file in this folder")
        return found

    def _matches(self, pattern: str, name: str) -> list[Found]:
        entries = self._fs.glob(pattern, detail=True)
        found: list[Found] = []
        for path in sorted(entries, key=os.fsencode):
            is_folder = entries[path].get("type") == "directory"
            found += self._below(path) if is_folder else [self._found(entries[path])]
        if not found:
            raise FileNotFoundError(f"{name}: matches no file")
        return found

    def open(self, path: str, size: int) -> Any:
        """A new reading of an object."""
        if self._streams:
            return Stream(lambda: self._fs.open(path, "rb", block_size=0), again=True)
        if size < 0:
            return Stream(lambda: self._fs.open(path, "rb"), again=True)
        threads = 3 if getattr(self._fs, "async_impl", False) else 1
        return Ranges(lambda start, n: self._fs.cat_file(path, start=start, end=start + n), size, threads)


class ArrowStore:
    """A file system of pyarrow."""

    def __init__(self, filesystem: Any) -> None:
        self._fs = filesystem

    def find(self, path: str, name: str) -> list[Found]:
        fs = importlib.import_module("pyarrow.fs")
        if set(path) & set("*?["):
            return self._matches(path, name)
        try:
            info = self._fs.get_file_info(path)
        except OSError:  # a problem of this capture, when its turn comes
            return [Found(path, name, -1)]
        if info.type == fs.FileType.NotFound:
            raise FileNotFoundError(f"{name}: no such file or folder")
        if info.type != fs.FileType.Directory:
            return [Found(path, name, -1 if info.size is None else info.size)]
        found = self._below(path)
        if not found:
            raise FileNotFoundError(f"{name}: no file in this folder")
        return found

    def _below(self, folder: str) -> list[Found]:
        fs = importlib.import_module("pyarrow.fs")
        entries = self._fs.get_file_info(fs.FileSelector(folder, recursive=True))
        files = [e for e in entries if e.type == fs.FileType.File and not _is_hidden(e.path[len(folder) :])]
        return [Found(e.path, e.path, e.size) for e in sorted(files, key=lambda e: os.fsencode(e.path))]

    def _matches(self, pattern: str, name: str) -> list[Found]:
        folder = re.split(r"[*?\[]", pattern, maxsplit=1)[0].rpartition("/")[0]
        matches = _glob(pattern)
        found = [one for one in self._below(folder) if matches(one.path)]
        if not found:
            raise FileNotFoundError(f"{name}: matches no file")
        return found

    def open(self, path: str, size: int) -> Any:
        if size < 0:
            return Stream(lambda: self._fs.open_input_file(path), again=True)
        opened: list[Any] = []  # by the first thread that reads, since opening asks the store

        def fetch(start: int, n: int) -> bytes:
            opened or opened.append(self._fs.open_input_file(path))
            block: bytes = opened[0].read_at(n, start)
            return block

        return Ranges(fetch, size)


class Stored(Capture):
    """An object of a store."""

    def __init__(self, store: Any, found: Found) -> None:
        self._store, self._found = store, found
        self.name, self.size, self.changed = found.name, max(0, found.size), found.changed

    @property
    def core(self) -> tuple[Any, ...]:
        return "reader", self.name, self.size, lambda: self._store.open(self._found.path, self._found.size)


# ---- arguments of callers ----


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _glob(pattern: str) -> Any:
    """A test of whole paths, in which * and ? stand for no slash, and ** for anything."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]*\])", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    text = "".join(
        words[part] if part in words else fnmatch.translate(part)[4:-3] if part.startswith("[") else re.escape(part)
        for part in parts
    )
    return re.compile(text).fullmatch


def is_url(given: object) -> bool:
    """Whether it is the URL of an object of a store. file:// is a local path."""
    return isinstance(given, str) and _URL.match(given) is not None


def _of_url(url: str, storage_options: Mapping[str, Any] | None) -> list[Capture | bytes]:
    if url.lower().startswith("file://"):
        return [os.fsencode(url[len("file://") :])]
    try:
        fsspec = importlib.import_module("fsspec")
    except ImportError:
        raise missing("fsspec", "cloud") from None
    try:
        filesystem, path = fsspec.core.url_to_fs(url, **dict(storage_options or {}))
    except ImportError as error:  # of s3fs, gcsfs, adlfs, aiohttp
        package = _PACKAGES.get(url.partition("://")[0].lower())
        raise ImportError(f"{error}: pip install {package}" if package else str(error), name=error.name) from None
    except ValueError as error:
        raise ValueError(f"{url}: {error}") from None
    store = Store(filesystem, whole=True)
    return [Stored(store, found) for found in store.find(path, url)]


def _of_filesystem(filesystem: Any, path: str) -> list[Capture | bytes]:
    if hasattr(filesystem, "get_file_info"):
        arrow = ArrowStore(filesystem)
        return [Stored(arrow, found) for found in arrow.find(path, path)]
    if hasattr(filesystem, "cat_file"):
        store = Store(filesystem, whole=False)
        return [Stored(store, found) for found in store.find(path, path)]
    raise TypeError(f"filesystem must be one of pyarrow.fs or of fsspec, not {type(filesystem).__name__}")


def _unnamed(kind: str, taken: dict[str, int]) -> str:
    """A name for something that has none: "<BytesIO>", "<BytesIO 2>"."""
    taken[kind] = taken.get(kind, 0) + 1
    return f"<{kind}>" if taken[kind] == 1 else f"<{kind} {taken[kind]}>"


def _one(given: Any, storage_options: Any, filesystem: Any, taken: dict[str, int]) -> list[Capture | bytes]:
    if isinstance(given, Capture):
        return [given]
    if isinstance(given, (bytearray, memoryview)):
        return [Memory(_unnamed("memory", taken), given)]
    if hasattr(given, "read"):
        name = getattr(given, "name", None)
        return [Opened(name if isinstance(name, str) and name else _unnamed(type(given).__name__, taken), given)]
    if filesystem is not None:
        return _of_filesystem(filesystem, os.fsdecode(path_bytes(given)))
    if is_url(given):
        return _of_url(given, storage_options)
    return [path_bytes(given)]


def captures(
    given: Source | Iterable[Source], storage_options: Mapping[str, Any] | None = None, filesystem: Any = None
) -> tuple[Capture | bytes, ...]:
    """The captures that a caller gave, as a tuple of paths and captures."""
    single = isinstance(given, (str, bytes, os.PathLike, bytearray, memoryview, Capture)) or hasattr(given, "read")
    several = (given,) if single or not isinstance(given, Iterable) else tuple(given)
    if not several:
        raise ValueError("no path given")
    taken: dict[str, int] = {}
    out = [one for item in several for one in _one(item, storage_options, filesystem, taken)]
    if storage_options and filesystem is not None:
        raise ValueError("storage_options are for URLs; a filesystem has its options already")
    if storage_options and not any(is_url(item) for item in several):
        raise ValueError("storage_options are for URLs such as s3://bucket/day.pcap, and there is none")
    if out.count(b"-") > 1:
        raise ValueError('standard input ("-") can be read only once, but is given more than once')
    return tuple(out)


def inputs(captures: Iterable[Capture | bytes]) -> tuple[Any, ...]:
    """The inputs that `_core.open` takes."""
    return tuple(one if isinstance(one, bytes) else one.core for one in captures)


def local_paths(captures: Iterable[Capture | bytes]) -> tuple[bytes, ...]:
    """The paths among them: files that nobody may overwrite."""
    return tuple(
        one if isinstance(one, bytes) else os.fsencode(one.name)
        for one in captures
        if isinstance(one, (bytes, LocalFile))
    )


def name_of(capture: Capture | bytes) -> str:
    return os.fsdecode(capture) if isinstance(capture, bytes) else capture.name
