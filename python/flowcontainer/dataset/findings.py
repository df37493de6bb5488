"""Possible faults of a data set, in sentences, the gravest first."""

from __future__ import annotations

from typing import Any

FEW = 10  #: rows of a label in a part
UNEVEN = 20  #: ratio of the largest label to the smallest
STRONG = 0.3  #: part of the way from a guess to certainty

_MEANING = {
    "captures": "rows of one capture are alike: same hosts, same minutes",
    "clients": "a model may recognise the client instead of the label",
    "servers": "a model may recognise the server instead of the label",
    "connections": "the same addresses and ports are on both sides",
    "flows": "the same flow is in several captures",
    "server_names": "the name of the server may be the label",
    "certificates": "the certificate may be the label",
    "exact_duplicates": "the test part repeats what was learnt",
    "near_duplicates": "the test part repeats sequences of lengths that were learnt",
}


def of(told: dict[str, Any]) -> list[tuple[str, str]]:
    """(weight, sentence) of each finding; the weight is "bad", "doubt" or "note"."""
    found = _unsound(told) + _parts(told) + _leaks(told) + _shortcuts(told) + _rest(told)
    return sorted(found, key=lambda one: ("bad", "doubt", "note").index(one[0]))


def _unsound(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [("bad", f"{one['why']}. The recipe says: {one['i_know']}") for one in told["unsound"].values()]


def _parts(told: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    totals = {label: sum(counts.values()) for label, counts in told["counts"].items() if label}
    for part in told["split"]["parts"]:
        counts = {label: some[part] for label, some in told["counts"].items() if label}
        if none := [label for label, count in counts.items() if not count]:
            found.append(("bad", f"labels without rows in part {part!r}: {', '.join(none)}"))
        if few := [f"{label} ({count})" for label, count in counts.items() if 0 < count < FEW]:
            found.append(("doubt", f"labels with fewer than {FEW} rows in part {part!r}: {', '.join(few)}"))
    if totals and max(totals.values()) > UNEVEN * max(min(totals.values()), 1):
        found.append(
            (
                "doubt",
                f"labels are uneven: {max(totals, key=lambda k: totals[k])} has {max(totals.values()):,} rows, {min(totals, key=lambda k: totals[k])} {min(totals.values()):,}",
            )
        )
    return found


def _leaks(told: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    last = list(told["split"]["parts"])[-1]
    in_last = sum(counts[last] for counts in told["counts"].values()) or 1
    for kind, one in told["leaks"].items():
        if one["on_several_sides"]:
            share = one["rows"][last] / in_last
            weight = (
                "bad" if kind in ("captures", "connections", "flows", "exact_duplicates") and share > 0.01 else "doubt"
            )
            found.append(
                (
                    weight,
                    f"{one['on_several_sides']:,} of {one['values']:,} {kind.replace('_', ' ')} stand in several parts ({share:.0%} of the rows of {last!r}): {_MEANING[kind]}",
                )
            )
    return found


def _shortcuts(told: dict[str, Any]) -> list[tuple[str, str]]:
    strong = [
        one
        for one in told["shortcuts"]
        if one["score"] is not None and one["score"] > one["chance"] + STRONG * (1 - one["chance"])
    ]
    found = [
        (
            "doubt",
            f"{one['column']} alone predicts the label with a score of {one['score']:.2f} (a guess has {one['chance']:.2f})",
        )
        for one in strong
    ]
    if any(one["score"] is None for one in told["shortcuts"]):
        found.append(("note", "scikit-learn is not installed, so some shortcut columns were not judged"))
    return found


def _rest(told: dict[str, Any]) -> list[tuple[str, str]]:
    found = [
        ("note", f"flows left out ({reason.replace('_', ' ')}): {count:,}")
        for reason, count in told["left_out"].items()
    ]
    found += [
        ("doubt", f"flows with the labels {names} together: {count:,}")
        for names, count in told["doubly_labelled"].items()
    ]
    if told["problems"]:
        found.append(
            (
                "doubt",
                f"captures that are damaged or unreadable: {len(told['problems'])}; the flows before the damage are used",
            )
        )
    twice = told["duplicates"].get("near_across_labels", 0)
    if twice:
        found.append(("doubt", f"{twice:,} rows have the same lengths as a row of another label"))
    for note, count in told["notes"].items():
        found.append(("note", f"the engine's note {note}: {count:,}"))
    return found
