"""The leak report: values that stand on both sides of the split, and columns that alone predict the label."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import cleaning
from .rows import Rows

Array = np.ndarray[Any, Any]

#: {kind: column of Rows}; a value that stands in several parts is a leak.
SHARED = {
    "captures": "capture",
    "clients": "src",
    "servers": "dst",
    "connections": "community_id",
    "flows": "flow_id",
    "server_names": "sni",
    "certificates": "certificate",
}
#: {column: (column of Rows, whether its values are names)}
SHORTCUTS = {
    "client address": ("src", True),
    "server address": ("dst", True),
    "client port": ("sport", False),
    "server port": ("dport", True),
    "server name (SNI)": ("sni", True),
    "certificate": ("certificate", True),
    "TTL": ("ttl", False),
    "hop limit": ("hop_limit", False),
    "IP id": ("ip_id", False),
    "start time": ("time_start", False),
    "TCP sequence number": ("tcp_seq", False),
}
MOST = 100_000  #: rows from which a shortcut is learnt, so that the report takes seconds


def shared(rows: Rows, part: Array, names: list[str], near_packets: int) -> dict[str, Any]:
    """{kind: {values on several sides, rows of each part that have such a value}}."""
    some = np.flatnonzero(part >= 0)
    columns = {kind: (lambda column=column: rows[column]) for kind, column in SHARED.items() if column in rows}
    if "bytes_hash" in rows:
        columns["exact_duplicates"] = lambda: cleaning.exact(rows)
    columns["near_duplicates"] = lambda: cleaning.near(rows, near_packets)
    return {kind: _sides(column()[some], part[some], names, kind == "captures") for kind, column in columns.items()}


def _sides(values: Array, part: Array, names: list[str], zero_is_a_value: bool) -> dict[str, Any]:
    known = np.ones(len(values), bool) if zero_is_a_value else values != 0
    values, part = values[known], part[known]
    distinct, index = np.unique(values, return_inverse=True)
    seen = np.zeros((len(distinct), len(names)), bool)
    seen[index, part] = True
    both = seen.sum(1) > 1
    counts = np.bincount(part[both[index]], minlength=len(names))
    return {"values": len(distinct), "on_several_sides": int(both.sum()), "rows": dict(zip(names, map(int, counts)))}


# ---- shortcuts ----


def shortcuts(rows: Rows, part: Array, seed: int) -> list[dict[str, Any]]:
    """How well each column alone predicts the label of the last part, learnt on the other parts: the mean over labels of the share
    of rows that are predicted right. `chance` is the score of a guess."""
    labelled = (part >= 0) & (rows["label"] >= 0)
    last = int(part[labelled].max(initial=0))
    train, test = (_some(np.flatnonzero(labelled & side), seed) for side in (part != last, part == last))
    classes = np.unique(rows["label"][train])
    if len(classes) < 2 or not len(test):
        return []
    return [
        _shortcut(name, rows, column, is_name, train, test)
        for name, (column, is_name) in SHORTCUTS.items()
        if column in rows
    ]


def _some(rows: Array, seed: int) -> Array:
    if len(rows) <= MOST:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))


def _shortcut(name: str, rows: Rows, column: str, is_name: bool, train: Array, test: Array) -> dict[str, Any]:
    labels = rows["label"]
    values = rows[column]
    guess = _names(values, labels, train, test) if is_name else _tree(values, labels, train, test)
    right = labels[test] == guess if guess is not None else None
    score = (
        None
        if right is None
        else float(np.mean([right[labels[test] == one].mean() for one in np.unique(labels[test])]))
    )
    return {
        "column": name,
        "score": score,
        "chance": 1 / len(np.unique(labels[train])),
        "by": "name" if is_name else "tree",
    }


def _names(values: Array, labels: Array, train: Array, test: Array) -> Array:
    """The most frequent label of each value; of an unknown value that of all."""
    known, index = np.unique(values[train], return_inverse=True)
    table = np.zeros((len(known), int(labels[train].max()) + 1), np.int32)
    np.add.at(table, (index, labels[train]), 1)
    place = np.minimum(np.searchsorted(known, values[test]), len(known) - 1)
    guess = table.argmax(1)[place]
    guess[known[place] != values[test]] = np.bincount(labels[train]).argmax()
    return guess


def _tree(values: Array, labels: Array, train: Array, test: Array) -> Array | None:
    """The prediction of a small decision tree; None without scikit-learn."""
    try:
        from sklearn.tree import DecisionTreeClassifier
    except ImportError:
        return None
    tree = DecisionTreeClassifier(max_leaf_nodes=64, class_weight="balanced", random_state=0)
    tree.fit(values[train].reshape(-1, 1), labels[train])
    found: Array = tree.predict(values[test].reshape(-1, 1))
    return found
