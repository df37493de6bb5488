"""The options of :func:`scan` as texts, for engines with options that are texts."""

from __future__ import annotations

import difflib
import inspect
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .captures import is_url
from .columns import Values
from .table import Scan, scan

DISSECTORS = {"enable_protocol", "disable_protocol", "enable_heuristic", "disable_heuristic"}
LISTS = {"fields", "drop", "protocols", "preferences", "decode_as", "features"} | DISSECTORS
NUMBERS = {"jobs", "max_frames", "max_flows", "batch_rows", "packets", "accounting_mode", "splt", "payload", "netflow_version"}
SECONDS = {"idle", "active"}
SWITCHES = {"exact", "payload_only", "phantoms", "checksums", "nulls", "capture"}
JSON = {"bytes", "storage_options"}
REFUSED = {"paths", "interface", "capture_filter", "snaplen", "promiscuous", "autostop", "flush", "join", "filesystem"}
OWN = {"times", "accounting", "errors", "partitions", "captures_per_batch"}
_WAY = re.compile(r"(?:([^=()]+)=)?(?:(first|list|set|packets)\(([^()]+)\)|([^()]+))")


@dataclass
class Options:
    """Checked options of a source over captures."""

    paths: tuple[str, ...]
    scan: dict[str, Any]  #: arguments of scan
    times: str = "us"  #: "us" or "ns"
    accounting: str = ""  #: the folder of the accounting table; "": none
    errors: str = "account"  #: "account" or "fail"
    partitions: int = 0  #: most tasks; 0: by the size of the captures
    captures_per_batch: int | None = None  #: of a stream


def options_of(given: Mapping[str, str]) -> Options:
    """Reads the options of a source. ValueError names one that is unknown or wrong."""
    texts = {name.lower(): text for name, text in given.items()}
    paths = tuple(json.loads(texts.pop("paths", "[]"))) + tuple(filter(None, [texts.pop("path", "")]))
    paths = tuple(map(_absolute, paths))
    if not paths:
        raise ValueError("no path given: load(path) names a file, a folder, a glob or a URL")
    own = {name: texts.pop(name) for name in OWN & texts.keys()}
    options = Options(paths, {name: _value(name, text) for name, text in texts.items()})
    options.scan.setdefault("batch_rows", 4096)
    options.times = _one_of("times", own.get("times", "us"), ("us", "ns"))
    options.errors = _one_of("errors", own.get("errors", "account"), ("account", "fail"))
    options.accounting = own.get("accounting", "")
    options.partitions = _number("partitions", own["partitions"]) if "partitions" in own else 0
    if "captures_per_batch" in own:
        options.captures_per_batch = _number("captures_per_batch", own["captures_per_batch"])
    return options


def scan_of(options: Options, paths: Sequence[str]) -> Scan:
    """The scan of these options over some captures."""
    return scan(list(paths), **options.scan)


def scan_of_none(options: Options) -> Scan:
    """The scan of these options over an empty file, for its columns; `scan` would refuse options of a store without a URL."""
    return scan(os.devnull, **{name: value for name, value in options.scan.items() if name != "storage_options"})


def _value(name: str, text: str) -> Any:
    if name in LISTS:
        return _list(name, text)
    if name == "columns":
        return _columns(text)
    if name in NUMBERS:
        return _number(name, text, least=0)
    if name in SECONDS:
        return _seconds(name, text)
    if name in SWITCHES:
        return _one_of(name, text.lower(), ("true", "false")) == "true"
    if name in JSON:
        return _json(name, text)
    known = inspect.signature(scan).parameters.keys() - REFUSED
    if name in known:
        return text
    near = difflib.get_close_matches(name, known | OWN, 1)
    hint = f"; near it: {near[0]}" if near else ""
    raise ValueError(f"there is no option {name!r} for captures{hint}")


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"the option {name} must be JSON, not {text!r}: {error}") from None


def _list(name: str, text: str) -> Any:
    if text.lstrip().startswith(("[", "{")):
        return _json(name, text)
    return () if text.strip() == "none" else [word.strip() for word in text.split(",") if word.strip()]


def _columns(text: str) -> Any:
    """Columns as the option -C of the command writes them: `src,sni,name=first(http.host)`."""
    columns, names = [], []
    for part in map(str.strip, text.split(",")):
        match = _WAY.fullmatch(part)
        if match is None:
            raise ValueError(f"the option columns has {part!r}; a column is NAME, first(FIELD), list(FIELD) or set(FIELD), or NEW=...")
        name, way, field, plain = match.groups()
        columns.append(Values(field, way) if way else plain)
        names.append(name)
    if not any(names):
        return columns
    if not all(names):
        raise ValueError("the option columns must give all columns new names, or none")
    return dict(zip(names, columns))


def _number(name: str, text: str, least: int = 1) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise ValueError(f"the option {name} must be a whole number from {least} on, not {text!r}")
    return int(text)


def _one_of(name: str, text: str, words: Sequence[str]) -> str:
    if text not in words:
        raise ValueError(f"the option {name} must be one of {', '.join(words)}, not {text!r}")
    return text


def _seconds(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"the option {name} must be a number of seconds, not {text!r}") from None


def _absolute(path: str) -> str:
    """Tasks may run in other folders."""
    if path == "-":
        raise ValueError('standard input ("-") cannot be read by several tasks')
    if path.startswith("file:/"):
        path = "/" + path.removeprefix("file:").lstrip("/")
    return path if is_url(path) else os.path.abspath(path)
