"""A recipe: the checked content of dataset.toml, or of the arguments of :class:`Dataset`."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import RecipeError, choices
from .keys import FORMATS, LABEL_SOURCES, SECTIONS, Key


@dataclass(frozen=True)
class Recipe:
    """The sections of a recipe. Every section has all of its keys; :func:`of_file` and :func:`of_sections` make it."""

    dataset: dict[str, Any]
    query: dict[str, Any]
    labels: tuple[dict[str, Any], ...]
    cleaning: dict[str, Any]
    split: dict[str, Any]
    outputs: dict[str, Any]
    model: dict[str, Any]
    base: Path  #: the folder from which relative paths start
    file: Path | None = None  #: the file of the recipe
    text: str = ""  #: the text of that file
    functions: tuple[Any, ...] = ()  #: for each source of labels its Python function, or None
    target: Path | None = None  #: the folder to write to, if it is not that of the recipe

    @property
    def out(self) -> Path:
        """The folder of the data set."""
        return self.target or self.base / self.dataset["out"]

    def files(self) -> list[Path]:
        """The files of the recipe: its own, and those of its labels."""
        named = [label[key] for label in self.labels for key in ("rules", "zeek", "suffixes")]
        texts = [
            text for value in named for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)
        ]
        texts += [
            label["function"].rpartition(":")[0]
            for label in self.labels
            if label["function"] and ".py:" in label["function"]
        ]
        return [self.base / text for text in texts] + ([self.file] if self.file else [])

    def sections(self) -> dict[str, Any]:
        """The recipe as plain values, for the manifest."""
        named = {name: getattr(self, name) for name in SECTIONS}
        return {**named, "labels": [dict(label) for label in self.labels]}

    def default(self, section: str, key: str) -> Any:
        """The value of a key that is not given."""
        return SECTIONS[section][key].default

    def digest(self, *sections: str) -> str:
        """SHA-256 of these sections."""
        chosen = {name: value for name, value in self.sections().items() if name in sections}
        return hashlib.sha256(json.dumps(chosen, sort_keys=True, default=str).encode()).hexdigest()

    def place(self, section: str, key: str = "", index: int = 0) -> str:
        """The file and line of a key, as a message names it."""
        if self.file is None:
            return f"{section}[{index}]" if section == "labels" else section
        return f"{self.file}, line {line_of(self.text, section, key, index)}"

    def wrong(self, message: str, section: str, key: str = "", index: int = 0) -> RecipeError:
        """The error for a key."""
        return RecipeError(f"{self.place(section, key, index)}: {message}")


def line_of(text: str, section: str, key: str = "", index: int = 0) -> int:
    """The line of a key in TOML, from 1; of its section if the key is not found; 1 if that is not found."""
    head = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+\s*(#.*)?$")
    found, inside, seen = 1, section == "", -1
    for number, line in enumerate(text.splitlines(), 1):
        if match := head.match(line):
            name = match[1].strip("\"'")
            seen += name == section
            inside = (name == section or name.startswith(section + ".")) and max(seen, 0) == index
            if inside and name == section:
                found = number
            if inside and name == f"{section}.{key}":
                return number
        elif inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
    return found


def of_file(path: str | Path) -> Recipe:
    """The recipe of a TOML file. Raises RecipeError, or OSError if the file cannot be read."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    file = Path(path)
    text = file.read_text(encoding="utf-8")
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{file}: not TOML: {error}") from None
    return of_sections(given, file.parent, file, text)


def of_sections(given: Mapping[str, Any], base: Path, file: Path | None = None, text: str = "") -> Recipe:
    """The recipe of sections as TOML has them. A label may have a Python function. Raises RecipeError."""
    blank: dict[str, Any] = {name: {} for name in SECTIONS}
    draft = Recipe(**{**blank, "labels": ()}, base=base, file=file, text=text)
    for name in given:
        if name not in SECTIONS:
            raise draft.wrong(f"unknown section [{name}]{choices(name, SECTIONS)}", name, "")
    labels = given.get("labels", [])
    labels = [labels] if isinstance(labels, Mapping) else list(labels)
    functions = tuple(label.get("function") if callable(label.get("function")) else None for label in labels)
    labels = [{key: _named(value) for key, value in label.items()} for label in labels]
    checked = {name: _section(draft, name, given.get(name, {})) for name in SECTIONS if name != "labels"}
    sources = tuple(_section(draft, "labels", label, i) for i, label in enumerate(labels))
    recipe = Recipe(**checked, labels=sources, base=base, file=file, text=text, functions=functions)
    _check(recipe)
    return recipe


def _named(value: Any) -> Any:
    return f"{value.__module__}:{value.__qualname__}" if callable(value) else value


def _section(recipe: Recipe, name: str, given: Any, index: int = 0) -> dict[str, Any]:
    keys = SECTIONS[name]
    if not isinstance(given, Mapping):
        raise recipe.wrong(f"[{name}] must be a table of keys", name, "", index)
    for key, value in given.items():
        if key not in keys:
            raise recipe.wrong(f"unknown key {key!r} in [{name}]{choices(key, keys)}", name, key, index)
        _value(recipe, name, key, keys[key], value, index)
    return {key: given.get(key, known.default) for key, known in keys.items()}


def _value(recipe: Recipe, name: str, key: str, known: Key, value: Any, index: int) -> None:
    right = isinstance(value, known.kinds) and (not isinstance(value, bool) or bool in known.kinds)
    if not right and not (value is None and known.default is None):
        kinds = " or ".join(kind.__name__ for kind in known.kinds)
        raise recipe.wrong(f"{key} must be {kinds}, not {value!r}", name, key, index)
    if known.choices and value not in known.choices:
        raise recipe.wrong(f"{key} = {value!r} is unknown{choices(value, known.choices)}", name, key, index)
    if isinstance(value, int) and value < 0 and key != "offset":
        raise recipe.wrong(f"{key} must not be negative, but is {value}", name, key, index)


# ---- checks of several keys together ----


def _check(recipe: Recipe) -> None:
    if not recipe.dataset["captures"]:
        raise recipe.wrong("captures is missing: name folders, files or globs", "dataset", "captures")
    for i, label in enumerate(recipe.labels):
        _check_label(recipe, i, label)
    for format in recipe.outputs["formats"]:
        if format not in FORMATS:
            raise recipe.wrong(f"unknown format {format!r}{choices(format, FORMATS)}", "outputs", "formats")
    if recipe.outputs["row_group"] < 1:
        raise recipe.wrong("row_group must be 1 or more", "outputs", "row_group")
    _check_split(recipe)


def _check_label(recipe: Recipe, index: int, label: dict[str, Any]) -> None:
    sources = [key for key in LABEL_SOURCES if label[key] is not None]
    if len(sources) != 1:
        said = " and ".join(sources) or "none"
        raise recipe.wrong(
            f"a source of labels has exactly one of {', '.join(LABEL_SOURCES)}, but this one has {said}",
            "labels",
            "",
            index,
        )
    if (label["field"] is None) != (label["suffixes"] is None):
        raise recipe.wrong("field and suffixes go together", "labels", "field", index)


def _check_split(recipe: Recipe) -> None:
    split = recipe.split
    if split["folds"] == 1:
        raise recipe.wrong("folds must be 2 or more", "split", "folds")
    if split["folds"] and split["scaling"] == "train":
        raise recipe.wrong("scaling is fitted on the first part, but there are folds", "split", "scaling")
    shares = split["parts"]
    if not shares or any(
        isinstance(share, bool) or not isinstance(share, (int, float)) or share <= 0 for share in shares.values()
    ):
        raise recipe.wrong(f"parts must be names with shares above 0, not {shares!r}", "split", "parts")
    if any(not re.fullmatch(r"[\w.-]+", part) for part in shares):
        raise recipe.wrong("the name of a part has letters, digits, '_', '.' and '-' only", "split", "parts")
    for key, why in unsound(recipe).items():
        if not split["i_know"].strip():
            raise recipe.wrong(f'{why}. If this is what you want, say why: i_know = "..." in [split]', "split", key)


def unsound(recipe: Recipe) -> dict[str, str]:
    """{key of [split]: the reason why its value is unsound}."""
    found = {}
    if recipe.split["by"] == "row":
        found["by"] = (
            'by = "row" puts rows of one connection on both sides, so a model recognises connections instead of labels; '
            'by = "flow" is the smallest sound unit'
        )
    if recipe.split["scaling"] == "all":
        found["scaling"] = 'scaling = "all" fits the scaling on the test part too; scaling = "train" is sound'
    return found
