"""The columns of a table: which there are, and which a caller chooses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Union

from . import _core, arguments
from .names import ColumnName, ShortName
from .families import family_columns

LEVELS = ("flows", "packets", "frames")


class Column(NamedTuple):
    """A column that can be chosen."""

    name: str
    type: str  #: Arrow type, such as "list<int32>"; of a short name: the field of Wireshark that it stands for
    group: str  #: "identity", "times", "totals", "sequences", "lengths"; "short names"
    default: bool  #: it is there if no columns are chosen
    unit: str
    description: str


class Values(NamedTuple):
    """A field, and how its values stand in its column: what :func:`first`, :func:`listed`, :func:`distinct` return."""

    field: str
    values: str


Chosen = Union[ColumnName, str, Values]


def first(field: ShortName | str) -> Values:
    """The first value of a field in each row; null if there is none."""
    return Values(field, "first")


def listed(field: ShortName | str) -> Values:
    """The list of all values of a field in each row."""
    return Values(field, "list")


def distinct(field: ShortName | str) -> Values:
    """The list of the different values of a field in each row, in the order in which they first appear."""
    return Values(field, "set")


def columns(level: str = "flows", family: str | None = None, **options: Any) -> list[Column]:
    """The columns of a level that `columns` of :func:`scan` can name, then the short names of fields.

    Every field of :func:`fields` can be chosen too, and so can a group; "default" is the group of the default columns.

    :param family: list the columns of this family of :func:`families` instead
    :param options: with `family`: `splt`, `layers` and the other options of :func:`scan` for it
    """
    if family is not None:
        return [Column(*column) for column in family_columns(family, **options)]
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}, not {level!r}")
    named = [Column(name, field, "short names", False, "", text) for name, field, text in _core.short_names()]
    return [Column(*column) for column in _core.columns(LEVELS.index(level))] + named


def chosen(
    given: Chosen | Iterable[Chosen] | Mapping[str, Chosen] | None,
) -> tuple[tuple[str, str | None, str], ...] | None:
    """Columns as `_core.open` takes them: (source, name or None, values). None: the default columns."""
    if given is None:
        return None
    if isinstance(given, (str, Values)):
        given = (given,)
    if isinstance(given, Mapping):
        for name in given:
            if not isinstance(name, str):
                raise TypeError(f"columns must map new names, which are texts, to columns, not {name!r}")
        return tuple((source, name, values) for name, one in given.items() for source, values in [_source(one)])
    if isinstance(given, (set, frozenset)):
        raise TypeError("columns must have an order, such as a list; a set has none")
    if not isinstance(given, Iterable):
        raise TypeError(f"columns must be names, or a mapping of new names to names, not {given!r}")
    return tuple((source, None, values) for source, values in map(_source, given))


def _source(one: Chosen) -> tuple[str, str]:
    if isinstance(one, Values):
        return one.field, one.values
    if not isinstance(one, str):
        raise TypeError(f"a column must be a name, or first(), listed() or distinct() of a field, not {one!r}")
    if hint := _command_spelling(one):
        raise ValueError(f"{one!r} is the spelling of the command; in Python: {hint}")
    return one, ""


_WAYS = {"first": "first({!r})", "list": "listed({!r})", "set": "distinct({!r})", "packets": 'Values({!r}, "packets")'}


def _command_spelling(text: str) -> str | None:
    """The Python form of a text of the command's option -C; None for a plain name."""
    if "," in text:
        return f"columns={[part.strip() for part in text.split(',')]!r}"
    if "=" in text:
        name, source = (part.strip() for part in text.split("=", 1))
        return f"columns={{{name!r}: {_command_spelling(source) or repr(source)}}}"
    way, bracket, field = text.strip().partition("(")
    if bracket and way in _WAYS and field.endswith(")"):
        return _WAYS[way].format(field[:-1].strip())
    return None


def field_names(given: str | Iterable[str]) -> tuple[str, ...]:
    """The names of `fields`, to which first() and the like do not apply."""
    if isinstance(given, Values):
        given = (given,)  # type: ignore[assignment] # a tuple of texts, but one choice
    if not isinstance(given, str) and isinstance(given, Iterable):
        given = tuple(given)
        for one in given:
            if isinstance(one, Values):
                raise TypeError(f"fields takes names; {one!r} is for columns, such as columns=[\"default\", ...]")
    return arguments.words("fields", given)
