"""Labels of flows. Each source of the recipe gives a row any number of labels; a row with several different ones is doubly labelled."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import rules
from .errors import RecipeError
from .patterns import Pattern
from .recipe import Recipe

Array = np.ndarray[Any, Any]

Answer = tuple[list["set[str] | None"], Array]  #: sets of labels (None: none), and for each row the index of its set


class Labels:
    """All sources of a recipe. Making it reads their files and checks them; no capture is read."""

    def __init__(self, recipe: Recipe, captures: Sequence[str]) -> None:
        self._default = [label["default"] for label in recipe.labels]
        self._paths = _PathLabels(recipe, captures)
        self.extras = self._paths.extras
        self._sources = [self._source(recipe, i) for i in range(len(recipe.labels))]

    def _source(self, recipe: Recipe, index: int) -> Callable[..., Answer]:
        label = recipe.labels[index]
        if label["path"] is not None:
            return self._paths.labels(index)
        if label["rules"] is not None:
            return _rule_source(rules.read_csv(recipe.base / label["rules"], label["offset"]))
        if label["zeek"] is not None:
            paths = label["zeek"] if isinstance(label["zeek"], list) else [label["zeek"]]
            return _zeek_source(rules.Connections([recipe.base / path for path in paths], label["column"]))
        if label["field"] is not None:
            return _field_source(_suffixes(recipe, index), f"label{index}")
        return _function_source(recipe, index)

    def of(self, keys: pa.RecordBatch, rows: Callable[[], pa.RecordBatch]) -> tuple[list[list[str]], Array]:
        """Lists of different labels, in the order of the sources, and for each row the index of its list.

        :param rows: gives the columns of the data set for the same rows, for functions
        """
        choices: list[list[str]] = [[]]
        index = np.zeros(keys.num_rows, np.int64)
        for source, default in zip(self._sources, self._default):
            found, mine = source(keys, rows)
            pairs, index = np.unique(index * max(len(found), 1) + mine, return_inverse=True)
            before = choices
            choices = []
            for pair in pairs.tolist():
                names, more = before[pair // len(found)], found[pair % len(found)]
                more = more or ({default} if default else set())
                choices.append([*names, *sorted(more.difference(names))])
        return choices, index


# ---- paths ----


class _PathLabels:
    """The patterns of a recipe, applied to the names of captures. Other groups than {label} are columns: `extras`."""

    def __init__(self, recipe: Recipe, captures: Sequence[str]) -> None:
        self._labels: dict[int, dict[str, str]] = {}
        self.extras: dict[str, dict[str, str]] = {}
        for i, label in enumerate(recipe.labels):
            if label["path"] is not None:
                found = self._matched(recipe, i, label["path"], captures)
                self._labels[i] = found.pop("label")
                for name, values in found.items():
                    self.extras.setdefault(name, {}).update(values)

    @staticmethod
    def _matched(recipe: Recipe, index: int, text: str, captures: Sequence[str]) -> dict[str, dict[str, str]]:
        """{name in the pattern: {capture: value}}."""
        try:
            pattern = Pattern(text)
        except RecipeError as error:
            raise recipe.wrong(str(error), "labels", "path", index) from None
        if "label" not in pattern.names:
            raise recipe.wrong(
                f"the pattern {text!r} has no {{label}}; it has {', '.join(pattern.names) or 'no names'}",
                "labels",
                "path",
                index,
            )
        found: dict[str, dict[str, str]] = {name: {} for name in pattern.names}
        for capture in captures:
            for name, value in (pattern.groups(capture) or {}).items():
                found[name][capture] = sys.intern(value)
        if not found["label"]:
            seen = ", ".join(captures[:3])
            raise recipe.wrong(
                f"the pattern {text!r} matches none of {len(captures)} captures, such as {seen}",
                "labels",
                "path",
                index,
            )
        return found

    def labels(self, index: int) -> Callable[..., Answer]:
        """The source of one pattern."""
        known = self._labels[index]

        def source(keys: pa.RecordBatch, rows: object) -> Answer:
            coded = keys["capture"].dictionary_encode()
            each = [{known[name]} if name in known else None for name in coded.dictionary.to_pylist()]
            return each, coded.indices.to_numpy()

        return source


# ---- rules, Zeek, fields, functions ----


def _each(labels: list[set[str] | None]) -> Answer:
    """The answer of a source that looks at each row."""
    known: dict[frozenset[str], int] = {}
    index = [known.setdefault(frozenset(names or ()), len(known)) for names in labels]
    return [set(names) for names in known], np.array(index, np.int64)


def _rule_source(given: list[rules.Rule]) -> Callable[..., Answer]:
    def source(keys: pa.RecordBatch, rows: object) -> Answer:
        out: list[set[str] | None] = [None] * keys.num_rows
        compared = rules.Rows(keys)
        for rule in given:
            for i in rules.matching(rule, compared).tolist():
                out[i] = (out[i] or set()) | {rule.label}
        return _each(out)

    return source


def _zeek_source(connections: rules.Connections) -> Callable[..., Answer]:
    def source(keys: pa.RecordBatch, rows: object) -> Answer:
        return _each(list(connections.labels(rules.Rows(keys), keys)))

    return source


def _suffixes(recipe: Recipe, index: int) -> dict[str, str]:
    given = recipe.labels[index]["suffixes"]
    if isinstance(given, str):
        given = _suffix_file(recipe.base / given)
    for suffix, label in given.items():
        if not isinstance(label, str) or not label:
            raise recipe.wrong(
                f"the label of suffix {suffix!r} must be a text, not {label!r}", "labels", "suffixes", index
            )
    return {suffix.lower().lstrip("."): label for suffix, label in given.items()}


def _suffix_file(path: Path) -> dict[str, str]:
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            lines = list(csv.reader(file))
    except OSError as error:
        raise RecipeError(f"{path}: the suffixes cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, 1):
        if line and (len(line) != 2 or not all(cell.strip() for cell in line)):
            raise RecipeError(f"{path}, line {number}: a line must be suffix,label, not {','.join(line)!r}")
    return {line[0].strip(): line[1].strip() for line in lines if line}


def suffix_label(suffixes: dict[str, str], name: str) -> str | None:
    """The label of the longest suffix of a name that begins at a dot or at its start."""
    rest = name.lower().rstrip(".")
    while rest not in suffixes:
        _, dot, rest = rest.partition(".")
        if not dot:
            return None
    return suffixes[rest]


def _field_source(suffixes: dict[str, str], key: str) -> Callable[..., Answer]:
    def source(keys: pa.RecordBatch, rows: object) -> Answer:
        values = keys[key].to_pylist()
        return _each(
            [{label for value in found or () if (label := suffix_label(suffixes, str(value)))} for found in values]
        )

    return source


def _function_source(recipe: Recipe, index: int) -> Callable[..., Answer]:
    function = recipe.functions[index] or _function(recipe, index)

    def source(keys: pa.RecordBatch, rows: Callable[[], pa.RecordBatch]) -> Answer:
        found = list(function(rows()))
        if len(found) != keys.num_rows:
            raise RecipeError(f"the function of labels gave {len(found)} labels for {keys.num_rows} rows")
        return _each([None if label is None else {str(label)} for label in found])

    return source


def _function(recipe: Recipe, index: int) -> Callable[[pa.RecordBatch], Any]:
    module, colon, name = recipe.labels[index]["function"].rpartition(":")
    try:
        if module.endswith(".py"):
            spec = importlib.util.spec_from_file_location("flowcontainer_labels", recipe.base / module)
            assert spec and spec.loader
            loaded = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded)
        else:
            loaded = importlib.import_module(module)
        return getattr(loaded, name)  # type: ignore[no-any-return]
    except (ImportError, AttributeError, OSError, ValueError) as error:
        raise recipe.wrong(
            f"function must be file.py:name or module:name: {error}", "labels", "function", index
        ) from None


def extra_columns(extras: dict[str, dict[str, str]], captures: pa.Array) -> dict[str, pa.Array]:
    """The columns of the named groups of paths, for rows of these captures."""
    coded = captures.dictionary_encode()
    names = coded.dictionary.to_pylist()
    return {
        column: pc.take(pa.array([found.get(name) for name in names], pa.utf8()), coded.indices)
        for column, found in extras.items()
    }
