#!/usr/bin/env python3
"""Writes docs/internals/filter-opcodes.md from the comments above the cases of src/filter/vm.c; with --check it only reports
whether the page is up to date."""
import pathlib
import re
import sys

import generated

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/internals/filter-opcodes.md"
CASE = re.compile(r"/\* ([A-Z_]+)( [^:]*)?: ((?:[^*]|\*(?!/))*)\*/\s*case OP_([A-Z_]+):")
NAMES = re.compile(r"enum opcode \{(.*?)\}", re.S)
HEAD = """# Opcodes of display filters

`flowcontainer explain -Y FILTER` prints the program into which a filter is compiled. This page describes its instructions.
`tools/gen_opcodes.py` makes it from the comments in `src/filter/vm.c`.

A program runs once per frame. A *slot* is a field or protocol that the filter names, a *register* (r0, r1, ...) holds the
values of one frame in Wireshark's order, and the *verdict* is the result of the last test. Instructions that compare say `any`
(at least one pair of values must match) or `all` (every pair must). Numbers are unsigned with 32 bits until a subtraction or a
minus makes them signed; an unsigned number on the left never matches a negative one on the right.

| opcode | operands | effect |
| --- | --- | --- |
"""


def page():
    found = CASE.findall((ROOT / "src/filter/vm.c").read_text())
    listed = re.findall(r"OP_([A-Z_]+)", NAMES.search((ROOT / "src/filter/code.h").read_text()).group(1))
    if sorted(name for name, *_ in found) != sorted(listed) or any(name != case for name, _, _, case in found):
        raise SystemExit("vm.c does not describe every opcode above its case")
    found.sort(key=lambda row: listed.index(row[0]))
    rows = []
    for name, operands, text, _ in found:
        text = re.sub(r"\s*\n\s*\* ?", " ", text).strip()
        rows.append(f"| {name} | {operands.strip()} | {text[0].upper()}{text[1:]} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(generated.keep(PAGE, page()))
