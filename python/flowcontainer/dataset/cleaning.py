"""Cleaning: which rows are left out of the data set, and why. Each row that is left out has exactly one reason."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import hashing
from .errors import choices
from .recipe import Recipe
from .rows import DOUBLE, UNLABELLED, Rows, mixed

Array = np.ndarray[Any, Any]


class Background(NamedTuple):
    """A protocol that hosts speak without the application."""

    protocol: tuple[str, ...]
    ports: tuple[int, ...]
    why: str


BACKGROUND = {
    "dns": Background(("udp", "tcp"), (53,), "names are asked for by every application; they name the label"),
    "mdns": Background(("udp",), (5353,), "hosts announce services to their neighbours"),
    "llmnr": Background(("udp",), (5355,), "Windows asks neighbours for names"),
    "nbns": Background(("udp",), (137, 138), "Windows asks for and announces names"),
    "ssdp": Background(("udp",), (1900,), "hosts look for devices nearby"),
    "dhcp": Background(("udp",), (67, 68), "a host asks for its address"),
    "dhcpv6": Background(("udp",), (546, 547), "a host asks for its address"),
    "ntp": Background(("udp",), (123,), "clocks are set"),
    "snmp": Background(("udp",), (161, 162), "devices are managed"),
    "syslog": Background(("udp",), (514,), "devices write logs"),
    "icmp": Background(("icmp", "icmpv6"), (), "errors and tests of the network"),
}


def guide_background() -> str:
    """The table of docs/guide/dataset.md."""
    lines = ["| `background` | ports | reason |", "|---|---|---|"]
    for name, rule in BACKGROUND.items():
        ports = ", ".join(map(str, rule.ports)) or "all"
        lines.append(f"| `{name}` | {' and '.join(rule.protocol)}: {ports} | {rule.why} |")
    return "\n".join(lines)


REASONS = ("", "unlabelled", "doubly_labelled", "few_packets", "few_bytes", *BACKGROUND, "duplicate",
           "duplicate_across_labels", "near_duplicate", "near_duplicate_across_labels", "cap")  # fmt: skip


def check(recipe: Recipe) -> None:
    """Refuses unknown protocols. Raises RecipeError."""
    for name in recipe.cleaning["background"]:
        if name not in BACKGROUND:
            raise recipe.wrong(
                f"unknown protocol {name!r} in background{choices(name, BACKGROUND)}", "cleaning", "background"
            )


def reasons(recipe: Recipe, rows: Rows) -> Array:
    """For each row the index of its reason in REASONS; 0 for a row that is kept."""
    out = np.zeros(len(rows), np.uint8)
    rule = recipe.cleaning
    if rule["unlabelled"] == "leave_out" and recipe.labels:
        _leave_out(out, rows["label"] == UNLABELLED, "unlabelled")
    _leave_out(out, rows["label"] == DOUBLE, "doubly_labelled")
    _leave_out(out, rows["packets"] < rule["min_packets"], "few_packets")
    _leave_out(out, rows["bytes"] < rule["min_bytes"], "few_bytes")
    for name in rule["background"]:
        _leave_out(out, background(rows, name), name)
    if rule["duplicates"] == "drop" and "bytes_hash" in rows:
        _duplicates(out, rows, exact(rows), "duplicate", rule["across_labels"] == "drop")
    if rule["near_duplicates"] == "drop":
        _duplicates(out, rows, near(rows, rule["near_packets"]), "near_duplicate", rule["across_labels"] == "drop")
    if rule["cap"]:
        _cap(out, rows, rule["cap"], recipe.split["seed"])
    return out


def _leave_out(out: Array, which: Array, reason: str) -> None:
    out[which & (out == 0)] = REASONS.index(reason)


def background(rows: Rows, name: str) -> Array:
    """Rows of a background protocol: by its ports, on either side."""
    rule = BACKGROUND[name]
    found: Array = np.isin(rows["protocol"], np.array([hashing.text(one) for one in rule.protocol], np.uint64))
    if rule.ports:
        found &= np.isin(rows["sport"], rule.ports) | np.isin(rows["dport"], rule.ports)
    return found


# ---- duplicates ----


def exact(rows: Rows) -> Array:
    """Hashes of masked bytes and lengths: equal for exact duplicates."""
    out: Array = mixed(rows["bytes_hash"] ^ mixed(rows["lengths_hash"], 3), 4)
    return out


def near(rows: Rows, packets: int) -> Array:
    """Hashes of lengths: equal for near duplicates; 0 for rows that are too short to tell."""
    out: Array = np.where(rows["packets"] >= packets, rows["lengths_hash"], np.uint64(0))
    return out


def _duplicates(out: Array, rows: Rows, hashes: Array, reason: str, drop_across: bool) -> None:
    """Of each label the first of equal rows stays; where equal rows have different labels, none or the first of each."""
    some = np.flatnonzero((out == 0) & (hashes != 0))
    _, group = np.unique(hashes[some], return_inverse=True)
    label = rows["label"][some].astype(np.int64)
    across = _several(group, label)[group]
    pair = np.unique(group * np.int64(len(rows.labels) + 2) + label + 2, return_index=True)[1]
    again = np.ones(len(some), bool)
    again[pair] = False
    if drop_across:
        out[some[across]] = REASONS.index(reason + "_across_labels")
        again &= ~across
    out[some[again]] = REASONS.index(reason)


def _several(group: Array, label: Array) -> Array:
    """For each group whether its rows have different labels."""
    count = int(group.max(initial=-1)) + 1
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(low, group, label)
    np.maximum.at(high, group, label)
    several: Array = low != high
    return several


def duplicates(rows: Rows, kept: Array, packets: int) -> dict[str, int]:
    """Numbers of kept rows that have an equal row, inside a label and across labels."""
    counts = {}
    kinds = {"exact": exact(rows)} if "bytes_hash" in rows else {}
    for kind, hashes in {**kinds, "near": near(rows, packets)}.items():
        some = np.flatnonzero(kept & (hashes != 0))
        _, group, size = np.unique(hashes[some], return_inverse=True, return_counts=True)
        across = _several(group, rows["label"][some].astype(np.int64))
        counts[f"{kind}_inside_a_label"] = int(size[(size > 1) & ~across].sum())
        counts[f"{kind}_across_labels"] = int(size[across].sum())
    return counts


# ---- cap ----


def _cap(out: Array, rows: Rows, most: int, seed: int) -> None:
    order = mixed(rows["flow_id"] ^ mixed(rows["stream"], 5), seed)
    for label in range(len(rows.labels)):
        some = np.flatnonzero((out == 0) & (rows["label"] == label))
        if len(some) > most:
            over = some[np.argsort(order[some], kind="stable")[most:]]
            out[over] = REASONS.index("cap")
