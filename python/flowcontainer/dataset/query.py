"""The query of a data set: the columns that the recipe asks for, and the key columns that labels, cleaning, split and leak report need."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, NamedTuple

from .. import _core, arguments, models
from ..columns import Values, chosen
from ..models.sound import MASKS
from ..table import Scan, scan
from . import family
from .recipe import Recipe

#: Columns that every row has, because they lead back to the capture and its frames.
ORIGIN = ("capture", "flow_id", "frames")
#: Columns of the engine that are keys.
BASE = (
    *ORIGIN,
    "community_id",
    "protocol",
    "stream",
    "src",
    "dst",
    "sport",
    "dport",
    "time_start",
    "time_end",
    "packets",
    "bytes",
    "ip_lengths",
)
#: {key: field} of the leak report.
LEAKS = {
    "sni": "tls.handshake.extensions_server_name",
    "certificate": "x509af.serialNumber",
    "ttl": "ip.ttl",
    "hop_limit": "ipv6.hlim",
    "ip_id": "ip.id",
    "tcp_seq": "tcp.seq_raw",
}
#: The bytes by which exact duplicates are found: of the first packets, without the fields that name the connection.
CONTENT = {"packets": 10, "start": "ip", "length": 128, "mask": MASKS}
BATCH = 8192  #: rows of a batch
HIDDEN = "_key_"
MODEL = "_model_"
VERSION = _core.version


class Query(NamedTuple):
    """A query that was checked."""

    options: dict[str, Any]  #: of `_core.open`
    columns: tuple[str, ...]  #: of the stream that are columns of the data set
    keys: dict[str, str]  #: {key: column of the stream}
    model: dict[str, str]  #: {column of the model's layout: column of the stream}
    digest: str  #: SHA-256 of the options and of the engine's version; equal digests give equal rows
    explained: str  #: the engine that answers, and why
    joined: tuple[str, ...]  #: of `columns`: those of the stream; the others are those of the feature set
    family: str = ""  #: the feature set of another program that gives the rows
    family_options: dict[str, Any] = {}  #: of its `_core.open`

    def hidden(self) -> list[str]:
        """Columns of the stream that the model alone needs."""
        return sorted({name for name in self.model.values() if name not in self.columns})


def of_recipe(recipe: Recipe, path: str) -> Query:
    """Checks the query; `path` is any capture, which is not read. Raises RecipeError."""
    other = family.asked(recipe)
    try:
        needs = model_needs(recipe)
        asked = scan(path, **_arguments(recipe, needs, other))
        wanted, keys = _with_keys(recipe, asked, other)
        wanted, model = _with_model(wanted, keys, asked, needs)
        options = {**asked._options, "columns": wanted}
        full = Scan(asked._paths, options)
        rows = _family(recipe, path, other) if other else None
    except (ValueError, TypeError, FileNotFoundError) as error:
        raise recipe.wrong(str(error), "query", _named_in(str(error), recipe)) from None
    joined = tuple(name for name in full.schema.names if not name.startswith((HIDDEN, MODEL)))
    columns, explained = joined, full.explain()
    if rows:
        joined = tuple(name for name in joined if name != "capture")
        columns = (*(name for name in rows.schema.names if name != "Label"), *joined)
        explained += f" The rows are those of {other}."
        if twice := sorted(name for name in joined if name in rows.schema.names):
            raise recipe.wrong(f"{other} has a column {twice[0]!r} too: columns = {{ name = {twice[0]!r} }} renames", "query", "columns")
    parts = [options, columns, keys, model, _core.version, full.explain(), rows._options if rows else None]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=repr).encode()).hexdigest()
    return Query(options, columns, keys, model, digest, explained, joined, other, rows._options if rows else {})


def _family(recipe: Recipe, path: str, other: str) -> Scan:
    """The scan of another program's rows."""
    given = recipe.query["options"]
    for name in ("capture", "names"):
        if name in given:
            raise ValueError(f"{name} is no option of a data set: it has the columns of {other} and the column capture")
    return scan(path, features=other, capture=True, batch_rows=BATCH, max_frames=recipe.query["max_frames"], **given)


def model_needs(recipe: Recipe) -> dict[str, Any]:
    """The arguments of scan that the layout of [model] needs; none if its exact form reads the captures itself. Raises RecipeError."""
    name, options = recipe.model["name"], recipe.model["options"]
    if not name:
        return {}
    try:
        models.check(name, options)
        needs = models.query(name, **options)
    except (ValueError, TypeError) as error:
        raise recipe.wrong(str(error), "model", "name") from None
    if recipe.model["exact"] and name in models.OF_PACKETS:
        raise recipe.wrong(
            f"the exact form of {name} has rows of its own, which are no flows; flowcontainer.models.{name}(captures, exact=True) gives them",
            "model",
            "exact",
        )
    if needs.get("payload_only") and not recipe.query["payload_only"]:
        raise recipe.wrong(f"options of {name} need payload_only = true in [query]", "model", "options")
    return {"columns": []} if recipe.model["exact"] and name in models.OF_SESSIONS else needs


def _with_model(
    wanted: tuple[Any, ...], keys: dict[str, str], asked: Scan, needs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, str]]:
    """The columns with those of the model behind them, and the column of each that the model names."""
    there = {**{name: name for name in asked.schema.names}, **keys}
    model, added = {}, []
    for name in needs.get("columns", ()):
        model[name] = there.get(name, MODEL + name)
        if name not in there:
            added.append((name, model[name], ""))
    for name in needs.get("bytes", ()):
        model.update({name + end: MODEL + name + end for end in ("", "_sizes")})
    return (*wanted, *added), model


def _arguments(recipe: Recipe, needs: dict[str, Any], other: str) -> dict[str, Any]:
    given = {key: value for key, value in recipe.query.items() if value is not None and key != "options"}
    if other:
        features = arguments.words("features", given["features"])
        given |= {"features": [name for name in features if name != other], "drop": (), "protocols": [*family.PROTOCOLS.values()]}
        given.setdefault("columns", [])
    elif recipe.query["options"]:
        raise ValueError("options are for the feature set of another program, such as cic-corrected")
    if needs.get("bytes"):
        given["bytes"] = {**given.get("bytes", {}), **{MODEL + name: one for name, one in needs["bytes"].items()}}
    if recipe.outputs["leaks"] or recipe.cleaning["duplicates"] == "drop":
        given["bytes"] = {**(given.get("bytes") or {}), HIDDEN + "content": CONTENT}
    if needs.get("packets"):
        given.setdefault("packets", needs["packets"])
    if "keylog" in given:
        given["keylog"] = os.path.join(recipe.base, given["keylog"])
    return {**given, "jobs": 1, "batch_rows": BATCH}


def _named_in(message: str, recipe: Recipe) -> str:
    """The key of [query] that a message of the engine is about, as well as its words tell."""
    for key, value in recipe.query.items():
        texts = value if isinstance(value, (list, dict)) else [value]
        if any(isinstance(text, str) and text and f"{text}" in message for text in texts):
            return key
    return "filter" if recipe.query["filter"] and "filter" in message.lower() else ""


def _with_keys(recipe: Recipe, asked: Scan, other: str) -> tuple[tuple[Any, ...], dict[str, str]]:
    """The columns with those of the keys behind them, and the column of each key."""
    wanted = asked._options["columns"]
    wanted = chosen(["default"]) if wanted is None else wanted
    assert wanted is not None
    there = set(asked.schema.names)
    renamed = {source: name for source, name, values in wanted if name and not values}
    keys, added = {}, []
    for key in BASE:
        keys[key] = renamed.get(key, key)
        if keys[key] not in there:
            keys[key] = key if key in ORIGIN else HIDDEN + key
            added.append((key, keys[key], ""))
    if HIDDEN + "content" in there:
        keys["bytes_hash"] = HIDDEN + "content_hash"
        added.append((keys["bytes_hash"], keys["bytes_hash"], ""))
    fields = {key: Values(field, "first") for key, field in (LEAKS if recipe.outputs["leaks"] else {}).items()}
    fields |= {f"label{i}": Values(label["field"], "set") for i, label in enumerate(recipe.labels) if label["field"]}
    for key, (field, values) in fields.items():
        keys[key] = HIDDEN + key
        added.append((field, keys[key], values))
    return (*wanted, *added), keys
