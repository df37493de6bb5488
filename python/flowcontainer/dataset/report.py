"""`flowcontainer dataset report`: one HTML file, which needs no network and no script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from . import charts, findings

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2129; max-width: 1040px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.7em; margin-bottom: 0 } h2 { font-size: 1.15em; margin-top: 2.2em; border-bottom: 1px solid #d8dce3 }
svg { width: 100%; height: auto; display: block; margin-bottom: 1em } svg text { font: 13px system-ui, sans-serif; fill: #1d2129 }
table { border-collapse: collapse; width: 100%; font-size: 14px; margin-bottom: 1.5em } td, th { text-align: left; padding: 3px 12px 3px 0; border-bottom: 1px solid #eceef2; vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums } pre { background: #f5f6f8; padding: 1em; overflow-x: auto; font-size: 13px }
.key i { display: inline-block; width: 12px; height: 12px; margin-right: 5px } .key { margin-right: 16px } .dim { color: #5b6472 }
li.bad::marker { color: #c92a2a; content: "●  " } li.doubt::marker { color: #e08700; content: "●  " } li.note::marker { color: #9498a0; content: "●  " }
"""


def html(told: dict[str, Any]) -> str:
    """The report of a manifest."""
    labels = [label for label in told["counts"] if label]
    head = (
        f"<h1>{escape(told['name'])}</h1><p class=dim>{_number(told['rows'], 'flow')}, {_number(len(labels), 'label')}, {_number(len(told['captures']), 'capture')}, "
        f"split by {escape(told['split']['by'])} with seed {told['split']['seed']}; made {escape(told['made'])} by flowcontainer {escape(told['flowcontainer'])}</p>"
    )
    body = [
        head,
        _findings(told),
        _counts(told),
        _leaks(told),
        _shortcuts(told),
        _ranges(told),
        _left_out(told),
        _captures(told),
        _origin(told),
    ]
    title = escape(told["name"])
    return f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head><body>{"".join(body)}</body></html>\n'


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    rows = list(rows)
    numbers = [bool(rows) and isinstance(cell, int) for cell in (rows[0] if rows else head)]
    names = "".join(f"<th{_kind(i, numbers[i])}>{escape(name)}</th>" for i, name in enumerate(head))
    lines = (
        "<tr>"
        + "".join(f"<td{_kind(i, isinstance(cell, int))}>{_cell(cell)}</td>" for i, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f"<table><tr>{names}</tr>{''.join(lines)}</table>"


def _kind(column: int, number: bool) -> str:
    return " class=n" if column and number else ""


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _findings(told: dict[str, Any]) -> str:
    found = findings.of(told)
    if not found:
        return _section("What may be wrong", "<p>Nothing was found.</p>")
    return _section(
        "What may be wrong", "<ul>", *(f"<li class={weight}>{escape(text)}</li>" for weight, text in found), "</ul>"
    )


def _counts(told: dict[str, Any]) -> str:
    names = list(told["split"]["parts"])
    table = {label or "(no label)": counts for label, counts in told["counts"].items()}
    rows = ((label, *counts.values(), sum(counts.values())) for label, counts in table.items())
    return _section(
        "Flows of each label",
        charts.legend(names),
        charts.bars(table, "Flows of each label and part"),
        _table(["label", *names, "all"], rows),
    )


def _leaks(told: dict[str, Any]) -> str:
    names = list(told["split"]["parts"])
    rows = (
        (kind.replace("_", " "), one["values"], one["on_several_sides"], *one["rows"].values())
        for kind, one in told["leaks"].items()
    )
    return _section(
        "On both sides of the split",
        "<p class=dim>Values that stand in more than one part, and the flows that have such a value.</p>",
        _table(["kind", "values", "in several parts", *(f"flows of {name}" for name in names)], rows),
    )


def _shortcuts(told: dict[str, Any]) -> str:
    known = {one["column"]: one["score"] for one in told["shortcuts"] if one["score"] is not None}
    if not known:
        return _section("Shortcuts", "<p>No column could be judged: at least two labels and two parts are needed.</p>")
    last = list(told["split"]["parts"])[-1]
    text = f"The mean share of flows of part {last!r} whose label one column alone predicts. A high score of a column that says nothing about the application means that a model can pass without learning it."
    return _section(
        "Shortcuts",
        f"<p class=dim>{escape(text)}</p>",
        charts.scores(known, told["shortcuts"][0]["chance"], "Scores of single columns"),
    )


def _ranges(told: dict[str, Any]) -> str:
    labels = told["labels"]
    return _section(
        "Flows by size and time",
        "<p class=dim>Packets of a flow: least, quartiles and most, on a scale of powers of ten; the number at the right is the median.</p>",
        charts.ranges({label: one["packets"] for label, one in labels.items()}, "Packets of a flow"),
        "<p class=dim>Bytes of a flow.</p>",
        charts.ranges({label: one["bytes"] for label, one in labels.items()}, "Bytes of a flow"),
        "<p class=dim>First to last packet of each label. Labels that were recorded at different times can be told apart by time alone.</p>",
        charts.times({label: one["time"] for label, one in labels.items()}, "Times of each label"),
    )


def _left_out(told: dict[str, Any]) -> str:
    total = sum(told["accounting"].values())
    frames = _table(
        ["what became of the frames", "frames"],
        ((name.replace("_", " "), count) for name, count in told["accounting"].items()),
    )
    flows = _table(
        ["why a flow is left out", "flows"],
        ((name.replace("_", " "), count) for name, count in told["left_out"].items()),
    )
    return _section(
        "Left out",
        flows if told["left_out"] else "<p>No flow was left out.</p>",
        f"<p class=dim>{total:,} frames were read.</p>",
        frames,
    )


def _captures(told: dict[str, Any]) -> str:
    most = 100
    some = ((one["name"], one["size"], one["flows"], one["sha256"][:16]) for one in told["captures"][:most])
    more = (
        f"<p class=dim>The first {most} of {len(told['captures']):,}; manifest.json has all.</p>"
        if len(told["captures"]) > most
        else ""
    )
    bad = (
        _table(["damaged capture", "message"], ((one["capture"], one["message"]) for one in told["problems"]))
        if told["problems"]
        else ""
    )
    return _section("Captures", bad, _table(["capture", "bytes", "flows", "SHA-256"], some), more)


def _origin(told: dict[str, Any]) -> str:
    recipe = told["recipe_text"] or json.dumps(told["recipe"], indent=1)
    engine = f"<p>{escape(told['engine'])}</p>"
    return _section("Recipe and engine", engine, f"<pre>{escape(recipe)}</pre>")
