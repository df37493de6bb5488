"""Captures as a polars LazyFrame: a query reads only the columns, captures and rows that it needs.

What reaches the engine changes no answer:

- the columns that the query uses, at any level;
- a limit on rows, after which the reading is cancelled;
- every condition on ``capture`` alone, because the rows of a capture depend on no other capture;
- at the level of packets, comparisons of whole numbers, as a display filter. Not if the query uses ``flow``, which
  counts flows by their first kept packets, or ``direction``, which depends on the first kept packet.

At the level of flows no other predicate reaches it: a display filter drops packets, a predicate drops flows. polars
applies the whole predicate itself, so that what was left out before only has to be a part of what it drops.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from . import _core
from .captures import Capture, Source, name_of
from .names import ShortName
from .rows import _Held, need
from .table import Scan, scan

_COMPARISONS = {"Eq": "==", "NotEq": "!=", "Lt": "<", "LtEq": "<=", "Gt": ">", "GtEq": ">="}
_NUMBERS = {"frame": "frame.number", "frame_length": "frame.len"}  # columns of packets with the value of a field
_OF_FLOWS = {"flow", "direction"}
_WHOLE = set("cCsSiIlL")  # Arrow formats of whole numbers


def scan_captures(
    paths: Source | Iterable[Source], fields: ShortName | str | Iterable[ShortName | str] = (), **options: Any
) -> Any:
    """A polars.LazyFrame over captures, which are read when the query is collected, and each time anew.

    The arguments are those of :func:`scan`. The engine makes only the columns that the query uses, and stops when a
    limit is reached; conditions on `capture` choose the captures that are read, and at level="packets" comparisons of whole numbers
    (``frame_length > 1000``, or those of a field that a packet has once, such as ``frame.cap_len``) are display filters,
    where the query uses neither `flow` nor `direction`.
    Damaged captures give a :class:`CaptureWarning`, as with :func:`scan`.

    Raises ImportError without polars, or with one that has no sources in Python, and the errors of :func:`scan`.
    """
    polars = need("polars", "polars")
    plugins = need("polars.io.plugins", "polars")
    whole = scan(paths, fields, **options)
    schema = polars.DataFrame(_Held(whole.schema, [])).schema
    return plugins.register_io_source(_Query(polars, whole, schema), schema=schema)


class _Query:
    """The function that polars calls for the rows of a query."""

    def __init__(self, polars: Any, whole: Scan, schema: Any) -> None:
        self._polars, self._whole, self._schema = polars, whole, schema

    def __call__(
        self, with_columns: list[str] | None, predicate: Any, n_rows: int | None, batch_size: int | None
    ) -> Iterator[Any]:
        shown = list(self._whole.column_names) if with_columns is None else with_columns
        used = set(shown) | (set(predicate.meta.root_names()) if predicate is not None else set())
        parts = _parts_of(predicate)
        paths = self._captures(parts)
        if not paths or n_rows == 0:
            return
        rows = [n for n in (n_rows, batch_size) if n]
        for batch in narrowed(self._whole, paths, used, list(filter(None, map(_condition, parts))), rows):
            frame = self._polars.DataFrame(batch)
            frame = frame if predicate is None else frame.filter(predicate)
            frame = frame.select(shown) if n_rows is None else frame.select(shown).head(n_rows)
            yield frame
            n_rows = None if n_rows is None else n_rows - len(frame)
            if n_rows == 0:
                return  # the end of the generator ends the reading

    def _captures(self, parts: Sequence[Any]) -> Sequence[bytes | Capture]:
        """The captures for which the parts of the predicate about captures alone are true."""
        whole = self._whole
        about = [part for part in parts if set(_columns_in(part)) == {"capture"}]
        if not about or whole._sets or whole._options.get("join") or whole._options.get("live") or b"-" in whole._paths:
            return whole._paths or (b"",)
        found = whole._captures()
        names = self._polars.Series("capture", [name_of(one) for one in found]).cast(self._schema["capture"])
        kept = self._polars.DataFrame([names]).with_row_index("at")
        try:
            for part in about:
                kept = kept.filter(self._polars.Expr.deserialize(json.dumps(part).encode(), format="json"))
        except Exception:  # the form is no promise of polars
            return whole._paths
        return [found[i] for i in kept["at"]]


def narrowed(
    whole: Scan,
    paths: Sequence[bytes | Capture],
    used: set[str],
    conditions: Sequence[tuple[str, str, int]],
    rows: Sequence[int],
) -> Scan:
    """A scan of these captures that makes the used columns alone, in batches of at most `rows` rows, and that may leave
    out rows that the conditions drop."""
    options = dict(whole._options)
    options["batch_rows"] = min([options["batch_rows"], *rows])
    for narrow in (_with_columns, _with_filter):
        options = _tried(options, narrow(whole, used, conditions, options), whole, used)
    return Scan(whole._paths if paths == (b"",) else paths, options, checked=True)


# ---- rows that can be left out ----


def _with_columns(whole: Scan, used: set[str], _: object, options: dict[str, Any]) -> dict[str, Any] | None:
    """The options that make the used columns alone."""
    names = whole.column_names
    kept = [i for i, name in enumerate(names) if name in used] or [_cheapest(whole)]
    if whole._sets or len(kept) == len(names):
        return None
    chosen = options.get("columns")
    if chosen is None:
        columns = [(names[i], None, "") for i in kept]
    else:
        every = [*chosen, *((field, None, "") for field in options["fields"])]
        if len(every) != len(names):  # a group or a family among them, which are several columns
            return None
        columns = [every[i] for i in kept]
    return {**options, "columns": tuple(columns), "fields": (), "features": ()}


def _cheapest(whole: Scan) -> int:
    """A column for queries that need rows alone."""
    formats = [whole.schema.child(i).format for i in range(len(whole.column_names))]
    return min(range(len(formats)), key=lambda i: formats[i].startswith("+"))


def _with_filter(
    whole: Scan, used: set[str], conditions: Sequence[tuple[str, str, int]], options: dict[str, Any]
) -> dict[str, Any] | None:
    """The options that drop packets before they are rows."""
    if options["level"] != "packets" or used & _OF_FLOWS or whole._options.get("columns") is not None or whole._sets:
        return None
    formats = {name: whole.schema.child(i).format for i, name in enumerate(whole.column_names)}
    fields = set(options["fields"]) | set(whole._options["fields"])
    clauses = [options["filter"]] if options["filter"] else []
    before = len(clauses)
    for column, how, value in conditions:
        field = _NUMBERS.get(column) or (column if column in fields and "." in column else None)
        if field and how in _COMPARISONS.values() and 0 <= value < 2**31 and formats[column] in _WHOLE:
            clauses.append(f"{field} {how} {value}")
    if len(clauses) == before:
        return None
    return {**options, "filter": " && ".join(f"({clause})" for clause in clauses)}


def _tried(
    old: dict[str, Any], new: dict[str, Any] | None, whole: Scan, used: set[str]
) -> dict[str, Any]:
    """The new options, if the engine answers them with the same columns; else the old ones."""
    if new is None:
        return old
    try:
        schema = _core.open((b"/dev/null",), **{**new, "join": False, "live": None}).schema
    except (ValueError, OSError):
        return old
    formats = {name: schema.child(i).format for i, name in enumerate(schema.names)}
    same = all(
        formats.get(name) == whole.schema.child(i).format
        for i, name in enumerate(whole.column_names)
        if name in used
    )
    return new if same else old


# ---- predicates ----


def _parts_of(predicate: Any) -> list[Any]:
    """The parts of a predicate that must all be true, as JSON."""
    if predicate is None:
        return []
    try:
        return list(_split(json.loads(predicate.meta.serialize(format="json"))))
    except Exception:  # polars does not promise this form; a condition that is not understood leaves out nothing
        return []


def _split(node: Any) -> Iterator[Any]:
    binary = node.get("BinaryExpr") if isinstance(node, dict) else None
    if binary and binary.get("op") in ("And", "LogicalAnd"):
        yield from _split(binary["left"])
        yield from _split(binary["right"])
    else:
        yield node


def _columns_in(node: Any) -> Iterator[str]:
    """The names of the columns that a part uses; "" for something else that may depend on rows."""
    if isinstance(node, dict):
        for kind, inner in node.items():
            if kind in ("Column", "Literal", "Scalar"):
                yield from ([inner] if kind == "Column" and isinstance(inner, str) else [])
            else:
                yield from ([""] if kind in ("Len", "Over", "Window", "Selector", "AnonymousFunction") else [])
                yield from _columns_in(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _columns_in(inner)
    elif isinstance(node, str) and node == "Len":
        yield ""


def _condition(node: Any) -> tuple[str, str, int] | None:
    """(column, comparison of display filters, number), if the part is that."""
    binary = node.get("BinaryExpr") if isinstance(node, dict) else None
    if not isinstance(binary, dict) or not isinstance(binary.get("left"), dict):
        return None
    column, how = binary["left"].get("Column"), _COMPARISONS.get(str(binary.get("op")))
    value = _number(binary.get("right"))
    return (column, how, value) if isinstance(column, str) and how and value is not None else None


def _number(node: Any) -> int | None:
    """The whole number of a literal, such as {"Literal": {"Dyn": {"Int": 5}}}."""
    path = []
    while isinstance(node, dict) and len(node) == 1:
        ((kind, node),) = node.items()
        path.append(kind)
    whole = path[:1] == ["Literal"] and re.fullmatch(r"U?Int\d*", path[-1])
    return node if whole and isinstance(node, int) and not isinstance(node, bool) else None
