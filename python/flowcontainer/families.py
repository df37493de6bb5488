"""Families of features: which there are, and the options of those that are tables of other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from . import _core, arguments


class Family(NamedTuple):
    """A name for `features` of :func:`scan` that stands for several columns."""

    name: str
    program: str  #: the program that defines the values, and its version
    row: str  #: the thing that one row of its table describes: "flow" or "packet"
    own: bool  #: columns of flowcontainer's own flows; else a table of its own


def families() -> list[Family]:
    """The families, those of flowcontainer's own flows first."""
    return [Family(*entry) for entry in _core.families()]


def tables_among(features: tuple[str, ...]) -> list[str]:
    """Those of the names that are tables of other programs."""
    others = {family.name for family in families() if not family.own}
    return [name for name in features if name in others]


def options(given: Mapping[str, Any], form: str = "values") -> tuple[Any, ...]:
    """The options of feature sets in the order in which `_core` takes them."""
    idle, active = given.get("idle"), given.get("active")
    return (
        form,
        given.get("faults", "as-published"),
        given.get("names"),
        given.get("layers"),
        given.get("server_ports"),
        0 if idle is None else arguments.nanoseconds("idle", idle),
        0 if active is None else arguments.nanoseconds("active", active),
        arguments.count("accounting_mode", given.get("accounting_mode", 0), 4),
        arguments.count("splt", given.get("splt", 0), 256),
        arguments.count("payload", given.get("payload", 0), 1501),
        arguments.count("netflow_version", given.get("netflow_version") or 0, 4),
        bool(given.get("phantoms", True)),
        bool(given.get("nulls", False)),
        bool(given.get("capture", False)),
        bool(given.get("checksums", True)),
    )


def family_columns(name: str, **given: Any) -> list[tuple[str, str, str, bool, str, str]]:
    """The columns of one family; the options are those of :func:`scan`."""
    return _core.family_columns(name, options(given))
