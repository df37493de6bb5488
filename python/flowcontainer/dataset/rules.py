"""Rules that label flows by time, addresses, ports and protocol: from a CSV, or from Zeek's conn.log.labeled."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from .addresses import Addresses, Network, addresses, network
from .errors import RecipeError, choices

Array = np.ndarray[Any, Any]
COLUMNS = ("label", "start", "end", "address", "src", "dst", "port", "sport", "dport", "protocol", "direction")
DIRECTIONS = ("either", "forward")
_NUMBERS = {"6": "tcp", "17": "udp", "132": "sctp", "1": "icmp", "58": "icmpv6", "47": "gre", "50": "esp"}
SLACK = 1_000_000  #: ns around the times of Zeek, which are rounded microseconds


class Rule(NamedTuple):
    """A rule. None stands for every value."""

    label: str
    start: int | None = None  #: ns; flows that begin at this time or later
    end: int | None = None  #: ns; flows that begin before this time
    address: Network | None = None
    src: Network | None = None
    dst: Network | None = None
    port: tuple[int, int] | None = None
    sport: tuple[int, int] | None = None
    dport: tuple[int, int] | None = None
    protocol: str | None = None
    forward: bool = False  #: src is the client and dst is the server; else the rule holds for both directions


class Rows:
    """The keys of rows, in the form that rules compare."""

    def __init__(self, keys: pa.RecordBatch) -> None:
        self.src, self.dst = addresses(keys["src"]), addresses(keys["dst"])
        self.sport, self.dport = keys["sport"].to_numpy(), keys["dport"].to_numpy()
        self.protocol = np.array(keys["protocol"].to_pylist(), object)
        self.start = keys["time_start"].cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        self.end = keys["time_end"].cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        self.order = np.argsort(self.start, kind="stable")
        self.sorted = self.start[self.order]

    def between(self, start: int | None, end: int | None) -> Array:
        """Indices of the rows that begin in [start, end), by time."""
        low = 0 if start is None else np.searchsorted(self.sorted, start)
        high = len(self.sorted) if end is None else np.searchsorted(self.sorted, end)
        found: Array = self.order[low:high]
        return found


def matching(rule: Rule, rows: Rows) -> Array:
    """Indices of the rows to which a rule applies."""
    some = rows.between(rule.start, rule.end)
    if rule.protocol:
        some = some[rows.protocol[some] == rule.protocol]
    if not len(some):
        return some
    src, dst = _taken(rows.src, some), _taken(rows.dst, some)
    sport, dport = rows.sport[some], rows.dport[some]
    there = _ends(rule, src, dst, sport, dport)
    if not rule.forward:
        there |= _ends(rule, dst, src, dport, sport)
    return some[there]


def _taken(given: Addresses, some: Array) -> Addresses:
    return Addresses(*(part[some] for part in given))


def _ends(rule: Rule, src: Addresses, dst: Addresses, sport: Array, dport: Array) -> Array:
    right = np.ones(len(sport), bool)
    if rule.address:
        right &= rule.address.holds(src) | rule.address.holds(dst)
    if rule.port:
        right &= _in(sport, rule.port) | _in(dport, rule.port)
    for limit, ports in ((rule.sport, sport), (rule.dport, dport)):
        if limit:
            right &= _in(ports, limit)
    for net, side in ((rule.src, src), (rule.dst, dst)):
        if net:
            right &= net.holds(side)
    return right


def _in(ports: Array, limit: tuple[int, int]) -> Array:
    inside: Array = (ports >= limit[0]) & (ports <= limit[1])
    return inside


# ---- CSV ----


def read_csv(path: Path, offset: float) -> list[Rule]:
    """The rules of a CSV. Raises RecipeError with file, line and choices."""
    try:
        file = open(path, newline="", encoding="utf-8-sig")
    except OSError as error:
        raise RecipeError(f"{path}: the rules cannot be read: {error.strerror}") from None
    with file:
        reader = csv.DictReader(file, restkey="")
        names = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        if "label" not in names:
            raise RecipeError(
                f"{path}, line 1: a file of rules has a column label, and any of {', '.join(COLUMNS[1:])}; this has {', '.join(names) or 'nothing'}"
            )
        for name in names:
            if name not in COLUMNS:
                raise RecipeError(f"{path}, line 1: unknown column {name!r}{choices(name, COLUMNS)}")
        return [_rule(path, reader.line_num, row, offset) for row in reader]


def _rule(path: Path, line: int, row: Mapping[str, Any], offset: float) -> Rule:
    where = f"{path}, line {line}"
    if row.get(""):
        raise RecipeError(f"{where}: more cells than columns ({', '.join(COLUMNS)} are known)")
    cells = {name: (value or "").strip() for name, value in row.items()}
    if not cells["label"]:
        raise RecipeError(f"{where}: the rule has no label")
    made: dict[str, Any] = {"label": cells["label"]}
    for name, value in cells.items():
        if value and name not in ("label", "direction"):
            try:
                made[name] = _READERS[name](value, offset)
            except ValueError:
                raise RecipeError(f"{where}: {name} = {value!r} is not {_FORMS[name]}") from None
    direction = cells.get("direction") or "either"
    if direction not in DIRECTIONS:
        raise RecipeError(f"{where}: direction = {direction!r} is unknown{choices(direction, DIRECTIONS)}")
    return Rule(**made, forward=direction == "forward")


def time_of(text: str, offset: float) -> int:
    """Nanoseconds of a time: seconds since 1970, or ISO 8601; `offset` seconds are added where it has no zone."""
    if re.fullmatch(r"\d+(\.\d*)?", text):
        whole, _, part = text.partition(".")
        return int(whole) * 10**9 + int((part + "0" * 9)[:9])
    given = datetime.fromisoformat(text.replace("Z", "+00:00"))
    late = 0.0 if given.tzinfo else offset
    moment = given if given.tzinfo else given.replace(tzinfo=timezone.utc)
    return round((moment - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds() * 10**6 + late * 10**6) * 1000


def _ports(text: str, _: float) -> tuple[int, int]:
    low, dash, high = text.partition("-")
    limits = int(low), int(high if dash else low)
    if not 0 <= limits[0] <= limits[1] <= 65535:
        raise ValueError
    return limits


def _protocol(text: str, _: float) -> str:
    name = _NUMBERS.get(text, text.lower())
    if name not in _NUMBERS.values():
        raise ValueError
    return name


def _network(text: str, _: float) -> Network:
    return network(text)


_READERS: dict[str, Any] = {
    "start": time_of, "end": time_of, "address": _network, "src": _network, "dst": _network,
    "port": _ports, "sport": _ports, "dport": _ports, "protocol": _protocol,
}  # fmt: skip
_TIME, _NET, _PORT = (
    "a time (seconds since 1970, or 2017-07-05T09:30:00)",
    "an address or a network",
    "a port or a range such as 8000-8100",
)
_FORMS = {
    "start": _TIME, "end": _TIME, "address": _NET, "src": _NET, "dst": _NET, "port": _PORT, "sport": _PORT,
    "dport": _PORT, "protocol": f"one of {', '.join(_NUMBERS.values())}, or its number",
}  # fmt: skip


# ---- Zeek ----


class Connection(NamedTuple):
    """A labelled line of Zeek's conn.log."""

    label: str
    start: int  #: ns
    end: int


class Connections:
    """The lines of conn.log.labeled by addresses, ports and protocol. A line labels the flows of either direction whose time
    overlaps its own."""

    def __init__(self, paths: list[Path], column: str) -> None:
        self._found: dict[tuple[Any, ...], list[Connection]] = {}
        for path in paths:
            for key, connection in _zeek(path, column):
                self._found.setdefault(key, []).append(connection)

    def labels(self, rows: Rows, keys: pa.RecordBatch) -> Iterator[set[str]]:
        """For each row the labels of its lines."""
        sides = [keys[name].to_pylist() for name in ("src", "sport", "dst", "dport", "protocol")]
        for i, (src, sport, dst, dport, protocol) in enumerate(zip(*sides)):
            found = self._found.get(_key(src, sport, dst, dport, protocol), ())
            yield {one.label for one in found if one.start - SLACK <= rows.end[i] and rows.start[i] <= one.end + SLACK}


def _key(src: str, sport: int, dst: str, dport: int, protocol: str) -> tuple[Any, ...]:
    if protocol.startswith("icmp"):
        return protocol[:4], *sorted((src, dst))
    return protocol, *sorted(((src, sport), (dst, dport)))


def _zeek(path: Path, column: str) -> Iterator[tuple[tuple[Any, ...], Connection]]:
    names: list[str] = []
    try:
        file = open(path, encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"{path}: the log cannot be read: {error.strerror}") from None
    with file:
        for number, line in enumerate(file, 1):
            cells = re.split(r"\t|  +", line.rstrip("\n"))
            if cells[0] == "#fields":
                names = _zeek_names(path, number, cells[1:], column)
            elif line.strip() and not line.startswith("#"):
                yield _zeek_line(path, number, names, cells, column)


def _zeek_names(path: Path, number: int, names: list[str], column: str) -> list[str]:
    needed = ["ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "duration", column or "label"]
    for name in needed:
        if name not in names:
            raise RecipeError(f"{path}, line {number}: the log has no column {name!r}{choices(name, names)}")
    return names


def _zeek_line(
    path: Path, number: int, names: list[str], cells: list[str], column: str
) -> tuple[tuple[Any, ...], Connection]:
    if not names:
        raise RecipeError(
            f"{path}, line {number}: a line before #fields; a conn.log.labeled of Zeek begins with its header"
        )
    if len(cells) != len(names):
        raise RecipeError(f"{path}, line {number}: {len(cells)} cells under {len(names)} fields")
    row = dict(zip(names, cells))
    try:
        start = time_of(row["ts"], 0)
        end = start + (0 if row["duration"] == "-" else time_of(row["duration"], 0))
        ports = int(row["id.orig_p"]), int(row["id.resp_p"])
    except ValueError:
        raise RecipeError(f"{path}, line {number}: ts, duration or a port is not a number") from None
    fine = row.get("detailed-label", "-")
    label = row[column] if column else row["label"] if fine in ("-", "(empty)", "") else fine
    key = _key(row["id.orig_h"], ports[0], row["id.resp_h"], ports[1], row["proto"])
    return key, Connection(label, start, end)
