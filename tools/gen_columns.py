#!/usr/bin/env python3
"""Writes docs/columns.md from src/table/columns.def and short_names.def; with --check it only tells whether the page is
up to date."""
import pathlib
import re
import sys

import generated

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/columns.md"
ROW = re.compile(r'^(FLOW|PACKET)\((\w+), "(\w+)", (\w+), (\w+), "(\w+)", (\w+), "([^"]*)", "([^"]*)"\)', re.M)
SHORT = re.compile(r'^SHORT\("(\w+)", "([\w.]+)", "([^"]*)"\)', re.M)
TYPES = {"TIMESTAMP": "timestamp[ns, UTC]", "DURATION": "duration[ns]"}
SHAPES = {"PLAIN": "{}", "WORD": "dictionary<int32, {}>", "LIST": "list<{}>"}
WHEN = {"DEFAULT": "yes", "REQUEST": "", "FRAMES": "at level frames"}
HEAD = """# Columns

The columns of each level beside fields. Made by `tools/gen_columns.py`; `flowcontainer columns` prints the same at the command
line, and `flowcontainer.columns()` lists them in Python.

A caller who chooses nothing gets the columns marked *default*, then one column for each field that is asked for
([fields.md](fields.md)). `-C`/`columns=` chooses, orders and renames columns; the engine then makes these alone. A group
stands for all of its columns, and `default` for the default ones. Find a column by its name: the order of the default columns
is no promise, and later releases add some.

Lengths are those of Wireshark's fields. The payload of a fragmented datagram is that of the whole datagram, and its IP length is
that of the frame that completes it, so a flow of such datagrams may have more payload bytes than bytes.

## Values of fields

`T` is the type of one value: integers by their width in Wireshark (24 bits as 32, 40 to 56 as 64), `bool` for booleans and
labels, floats, `duration[ns]`, `timestamp[ns, UTC]`, `large_utf8`, `large_binary`, `utf8` for addresses, `uint32` for frame
numbers.

| values | level flows | levels packets and frames |
| --- | --- | --- |
| `packets` (default) | `list<struct<packet: uint32, value: T>>`; `packet` is an index into `ip_lengths` | `T` for a field with at most one value a packet, else `list<T>` |
| `list` | `list<T>` | `list<T>` |
| `first` | `T`: the first value, null where there is none | `T` |
| `set` | `list<T>`: each value once, in the order of first appearance | `list<T>`, each value once |
"""


def rows(path, pattern, start):
    text = re.sub(r'"\s*\n\s*"', "", (ROOT / path).read_text())
    text = re.sub(r",\n\s+", ", ", text)
    found = pattern.findall(text)
    if len(found) != len(re.findall(start, text, re.M)):
        raise SystemExit(f"a row of {path} has another form than the others")
    return found


def table(level):
    out = ["| column | type | group | default | unit | meaning |", "| --- | --- | --- | --- | --- | --- |"]
    for kind, _, name, shape, item, group, when, unit, meaning in rows(
            "src/table/columns.def", ROW, r"^(?:FLOW|PACKET)\("):
        if kind == level:
            form = SHAPES[shape].format(TYPES.get(item, item.lower()))
            out.append(f"| `{name}` | `{form}` | {group} | {WHEN[when]} | {unit} | {meaning} |")
    return "\n".join(out)


def page():
    short = "\n".join(f"| `{name}` | `{field}` | {meaning} |"
                      for name, field, meaning in rows("src/table/short_names.def", SHORT, r"^SHORT\("))
    return (f"{HEAD}\n## Level flows\n\n{table('FLOW')}\n\n## Levels packets and frames\n\n{table('PACKET')}\n\n"
            f"## Short names\n\nA short name stands for a field, as a column and in `-e`.\n\n"
            f"| short name | field | meaning |\n| --- | --- | --- |\n{short}\n")


if __name__ == "__main__":
    sys.exit(generated.keep(PAGE, page()))
