#!/usr/bin/env python3
"""Writes python/flowcontainer/names.py, the names that editors complete, from the tables of columns, statistics, short
names and families; with --check it only tells whether the file is up to date."""
import pathlib
import re
import sys

import generated
from gen_columns import ROW, SHORT, rows

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "python/flowcontainer/names.py"
FAMILY = re.compile(r'^const struct set_family set_\w+ = \{\n    \.name = "([\w-]+)"', re.M)
HEAD = '''"""Names that the engine knows, for editors and type checkers. Made by tools/gen_names.py from the tables of the library."""

from __future__ import annotations

from typing import Literal, Union
'''


def statistics():
    names = []
    for family in ("stats", "entropy"):
        stems = re.findall(r'^FEATURE\("(\w+)"', (ROOT / f"src/feature/{family}.def").read_text(), re.M)
        names += [prefix + stem for prefix in ("", "fwd_", "bwd_") for stem in stems]
    return names


def families():
    names = [name for path in sorted((ROOT / "src/sets").glob("*.c")) for name in FAMILY.findall(path.read_text())]
    if len(names) != len(re.findall(r"\bset_\w+(?=[,;])", (ROOT / "src/sets/families.h").read_text().split(
            "extern const struct set_family")[1])):
        raise SystemExit("a family of src/sets/families.h has another form than the others")
    return ["basic", "stats", "entropy", *names]


def literal(name, meaning, values):
    lines = "".join(f'    "{value}",\n' for value in dict.fromkeys(values))
    return f"\n#: {meaning}\n{name} = Literal[\n{lines}]\n"


def page():
    columns = rows("src/table/columns.def", ROW, r"^(?:FLOW|PACKET)\(")
    flow = [row for row in columns if row[0] == "FLOW"]
    packet = [row for row in columns if row[0] == "PACKET"]
    short = [row[0] for row in rows("src/table/short_names.def", SHORT, r"^SHORT\(")]
    groups = ["default", *(row[5] for row in columns), "basic", "stats", "entropy"]
    return (HEAD + literal("FlowColumn", "Columns at the level of flows.", [row[2] for row in flow])
            + literal("PacketColumn", "Columns at the levels of packets and frames.", [row[2] for row in packet])
            + literal("Group", "Groups of columns.", groups)
            + literal("ShortName", "Short names of fields.", short)
            + literal("Statistic", "Statistics of flows: the families stats and entropy.", statistics())
            + literal("Family", "Families of statistics, and feature sets of other programs.", families())
            + "\n#: The names that `columns` of scan() takes, beside the fields of Wireshark.\n"
              "ColumnName = Union[FlowColumn, PacketColumn, Group, ShortName, Statistic]\n")


if __name__ == "__main__":
    sys.exit(generated.keep(PAGE, page()))
