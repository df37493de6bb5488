"""The split: the part of each row. Rows of one unit never stand on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np

from .recipe import Recipe
from .rows import Rows, concatenated, hash64, mixed

Array = np.ndarray[Any, Any]
DAY = 86_400 * 10**9


def parts(recipe: Recipe) -> dict[str, float]:
    """{part: share}, the shares adding up to 1."""
    folds = recipe.split["folds"]
    given = {f"fold{i}": 1.0 for i in range(folds)} if folds else recipe.split["parts"]
    total = sum(given.values())
    return {name: share / total for name, share in given.items()}


def assigned(recipe: Recipe, rows: Rows, kept: Array) -> Array:
    """For each row the index of its part in :func:`parts`; -1 for rows that are left out."""
    out = np.full(len(rows), -1, np.int16)
    some = np.flatnonzero(kept)
    if len(some):
        shares = np.array(list(parts(recipe).values()))
        if recipe.split["by"] == "time":
            out[some] = _by_time(rows["time_start"][some], shares)
        else:
            labels = rows["label"][some] if recipe.split["stratify"] else np.zeros(len(some), np.int32)
            out[some] = _by_unit(units(recipe.split["by"], rows)[some], labels, shares, recipe.split["seed"])
    return out


def units(by: str, rows: Rows) -> Array:
    """A 64-bit hash of each row's unit."""
    if by == "capture":
        return np.array([hash64(name) for name in rows.captures], np.uint64)[rows["capture"]]
    if by == "day":
        return mixed(rows["time_start"] // DAY, 0)
    if by in ("client", "server"):
        return rows["src" if by == "client" else "dst"]
    if by == "flow":
        return np.where(rows["community_id"] != 0, rows["community_id"], rows["flow_id"])
    captures = np.array([hash64(name) for name in rows.captures], np.uint64)[rows["capture"]]
    return concatenated((captures, rows["flow_id"], np.arange(len(rows), dtype=np.uint64)))


def _by_time(start: Array, shares: Array) -> Array:
    """Earlier rows in earlier parts; rows that begin at the same time stay together."""
    order = np.argsort(start, kind="stable")
    ends = np.cumsum(shares)[:-1]
    limits = start[order][np.minimum((ends * len(start)).astype(np.int64), len(start) - 1)]
    found: Array = np.searchsorted(limits, start, side="right").astype(np.int16)
    return found


def _by_unit(unit: Array, label: Array, shares: Array, seed: int) -> Array:
    """Units in a random order that depends on the seed and their names alone. Each label's rows are shared out in this order; a unit
    with several labels counts for the label of most of its rows."""
    names, index, size = np.unique(unit, return_inverse=True, return_counts=True)
    stratum = _most(index, label, len(names))
    order = mixed(names, seed)
    part = np.zeros(len(names), np.int16)
    for one in np.unique(stratum):
        some = np.flatnonzero(stratum == one)
        some = some[np.argsort(order[some], kind="stable")]
        part[some] = _shared(size[some], shares)
    return part[index]


def _most(index: Array, label: Array, count: int) -> Array:
    """The label of most rows of each unit; of several the first."""
    pairs, rows = np.unique(np.stack([index, label]), axis=1, return_counts=True)
    order = np.lexsort((-pairs[1], rows))  # the last that is written wins: most rows, then the smallest label
    out = np.zeros(count, np.int64)
    out[pairs[0][order]] = pairs[1][order]
    return out


def _shared(size: Array, shares: Array) -> Array:
    """Parts of units in their order: a unit goes where its middle row falls. With enough units no part stays empty."""
    middle = np.cumsum(size) - size / 2
    part = np.searchsorted(np.cumsum(shares)[:-1], middle / size.sum(), side="right").astype(np.int16)
    for empty in range(len(shares)):
        counts = np.bincount(part, minlength=len(shares))
        if counts[empty] == 0 and counts.max() > 1:
            part[np.flatnonzero(part == counts.argmax())[-1 if empty > counts.argmax() else 0]] = empty
    return part
