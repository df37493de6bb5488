"""Charts as inline SVG, without any script: bars, ranges and times."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from html import escape

COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0", "#ff8ab7")
LEFT, WIDTH, ROW = 190, 760, 22
DIGITS = 40  # room for a score


def _svg(height: int, body: Sequence[str], title: str) -> str:
    return f'<svg viewBox="0 0 {LEFT + WIDTH + 90} {height}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(body)}</svg>'


def _name(text: str, y: int) -> str:
    shown = text if len(text) < 28 else text[:26] + "…"
    return f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(shown)}<title>{escape(text)}</title></text>'


def legend(names: Sequence[str]) -> str:
    """Names of the series in their colours."""
    marks = (
        f'<span class="key"><i style="background:{COLOURS[i % len(COLOURS)]}"></i>{escape(name)}</span>'
        for i, name in enumerate(names)
    )
    return f"<p>{' '.join(marks)}</p>"


def bars(table: Mapping[str, Mapping[str, int]], title: str) -> str:
    """One bar a row, its parts beside each other."""
    most = max((sum(values.values()) for values in table.values()), default=0) or 1
    body = []
    for i, (name, values) in enumerate(table.items()):
        y, x = i * ROW, float(LEFT)
        body.append(_name(name, y))
        for j, (part, value) in enumerate(values.items()):
            width = WIDTH * value / most
            tip = f"<title>{escape(name)}, {escape(part)}: {value:,}</title>"
            body.append(
                f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="16" fill="{COLOURS[j % len(COLOURS)]}">{tip}</rect>'
            )
            x += width
        body.append(f'<text x="{x + 6:.1f}" y="{y + 15}">{sum(values.values()):,}</text>')
    return _svg(len(table) * ROW + 4, body, title)


def scores(table: Mapping[str, float], chance: float, title: str) -> str:
    """Scores from 0 to 1, with a line at that of a guess."""
    body = []
    guess = LEFT + WIDTH * chance
    for i, (name, score) in enumerate(table.items()):
        y, end = i * ROW, LEFT + WIDTH * score
        strong = score > chance + 0.3 * (1 - chance)
        body.append(_name(name, y))
        body.append(
            f'<rect x="{LEFT}" y="{y + 3}" width="{WIDTH * score:.1f}" height="16" fill="{COLOURS[2 if strong else 0]}"/>'
        )
        place = guess if end <= guess < end + DIGITS else end  # the line does not cross the number
        body.append(f'<text x="{place + 6:.1f}" y="{y + 15}">{score:.2f}</text>')
    bottom = len(table) * ROW
    body.append(
        f'<line x1="{guess:.1f}" x2="{guess:.1f}" y1="0" y2="{bottom + 4}" stroke="#1d2129" stroke-width="1.5"/>'
        f'<text x="{guess:.1f}" y="{bottom + 18}" text-anchor="middle">guess {chance:.2f}</text>'
    )
    return _svg(bottom + 24, body, title)


def ranges(table: Mapping[str, Sequence[float]], title: str) -> str:
    """Least, quartiles and most of each row, on a scale of powers of ten."""
    first_power = math.floor(math.log10(max(min((values[0] for values in table.values()), default=1), 1)))
    top = max(math.log10(max((values[4] for values in table.values()), default=1) or 1), first_power + 1)

    def x(value: float) -> float:
        return LEFT + WIDTH * max(math.log10(max(value, 1)) - first_power, 0) / (top - first_power)

    body = []
    for i, (name, values) in enumerate(table.items()):
        y = i * ROW
        low, first, middle, third, high = map(x, values)
        body.append(_name(name, y))
        body.append(f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y + 11}" y2="{y + 11}" stroke="#5b6472"/>')
        body.append(
            f'<rect x="{first:.1f}" y="{y + 4}" width="{max(third - first, 1):.1f}" height="14" fill="{COLOURS[6]}"/>'
        )
        body.append(
            f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{y + 3}" y2="{y + 19}" stroke="#1d2129" stroke-width="1.5"/>'
        )
        body.append(f'<text x="{LEFT + WIDTH + 8}" y="{y + 15}">{values[2]:,.0f}</text>')
    return _svg(len(table) * ROW + 24, _powers(first_power, top, len(table) * ROW, x) + body, title)


def _powers(first: int, top: float, bottom: int, x: Callable[[float], float]) -> list[str]:
    marks = []
    for power in range(first, int(top) + 1):
        place = x(10**power)
        marks.append(
            f'<line x1="{place:.1f}" x2="{place:.1f}" y1="0" y2="{bottom}" stroke="#d8dce3" stroke-dasharray="2 3"/>'
            f'<text x="{place:.1f}" y="{bottom + 16}" text-anchor="middle">{10**power:,}</text>'
        )
    return marks


def times(table: Mapping[str, Sequence[int]], title: str) -> str:
    """First to last time of each row, in ns since 1970; the scale is in UTC."""
    known = [values for values in table.values() if values[0] > 0]
    start, end = min((values[0] for values in known), default=0), max((values[1] for values in known), default=1)
    span = max(end - start, 1)
    body = []
    for i, (name, values) in enumerate(table.items()):
        y = i * ROW
        left, right = (WIDTH * (max(value, start) - start) / span for value in values)
        body.append(_name(name, y))
        body.append(
            f'<rect x="{LEFT + left:.1f}" y="{y + 5}" width="{max(right - left, 2):.1f}" height="12" fill="{COLOURS[3]}"/>'
        )
    bottom = len(table) * ROW
    for place, anchor, ns in ((LEFT, "start", start), (LEFT + WIDTH, "end", end)):
        told = datetime.fromtimestamp(ns // 10**9, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        body.append(f'<text x="{place}" y="{bottom + 16}" text-anchor="{anchor}">{told}</text>')
    return _svg(bottom + 24, body, title)
