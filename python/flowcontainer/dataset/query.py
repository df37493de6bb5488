"""The query of a data set: the columns that the recipe asks for, and the key columns that labels, cleaning, split and leak report need."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, NamedTuple

from .. import _core, models
from ..columns import Values, chosen
from ..families import tables_among
from ..models.sound import MASKS
from ..table import Scan, scan
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
BATCH = 8192  #: rows of a batch, so that memory stays small
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

    def hidden(self) -> list[str]:
        """Columns of the stream that the model alone needs."""
        return sorted({name for name in self.model.values() if name not in self.columns})


def of_recipe(recipe: Recipe, path: str) -> Query:
    """Checks the query; `path` is any capture, which is not read. Raises RecipeError."""
    features = recipe.query["features"]
    if others := tables_among((features,) if isinstance(features, str) else tuple(features)):
        raise recipe.wrong(
            f"{others[0]} is a feature set of another program, whose rows are not flows of the engine; a data set has those alone",
            "query",
            "features",
        )
    try:
        needs = model_needs(recipe)
        asked = scan(path, **_arguments(recipe, needs))
        wanted, keys = _with_keys(recipe, asked)
        wanted, model = _with_model(wanted, keys, asked, needs)
        options = {**asked._options, "columns": wanted}
        full = Scan(asked._paths, options)
    except (ValueError, TypeError, FileNotFoundError) as error:
        raise recipe.wrong(str(error), "query", _named_in(str(error), recipe)) from None
    names = full.schema.names
    columns = tuple(name for name in names if not name.startswith((HIDDEN, MODEL)))
    text = json.dumps([options, columns, keys, model, _core.version, full.explain()], sort_keys=True, default=repr)
    return Query(options, columns, keys, model, hashlib.sha256(text.encode()).hexdigest(), full.explain())


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


def _arguments(recipe: Recipe, needs: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in recipe.query.items() if value is not None}
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


def _with_keys(recipe: Recipe, asked: Scan) -> tuple[tuple[Any, ...], dict[str, str]]:
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
        keys["content"] = HIDDEN + "content"
    fields = {key: Values(field, "first") for key, field in (LEAKS if recipe.outputs["leaks"] else {}).items()}
    fields |= {f"label{i}": Values(label["field"], "set") for i, label in enumerate(recipe.labels) if label["field"]}
    for key, (field, values) in fields.items():
        keys[key] = HIDDEN + key
        added.append((field, keys[key], values))
    return (*wanted, *added), keys
