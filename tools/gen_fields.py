#!/usr/bin/env python3
"""Makes from src/field/fields.def: the headers src/field/ids*.h with the ids of fields, and docs/fields.md.

With --check it writes nothing and tells which files are out of date; exit status 1 when one is.

Each protocol has a header of its own, and a range of ids with room for more rows, so that a new row changes the header of
its protocol alone and only the files that read this protocol are compiled again.
"""
import itertools
import sys

from fields_table import ROOT, rows

PAGE = """# Fields

The fields that the native engine answers, under Wireshark's names and with Wireshark's types. `tools/gen_fields.py` makes this
page; `flowcontainer fields --native` prints the same list at the command line.

A field marked *one* has at most one value per packet. A packet can have several values of the other fields (tunnels, options),
so their columns are lists. *Hex* means that Wireshark prints the values in base 16.

Fields of frame, eth, vlan, ip, ipv6, icmp, icmpv6, tcp, udp and udplite are exact in every capture. Fields of the protocols above
are exact up to the first frame of something that is not read natively and may carry them, such as OpenVPN, or a stream that
Wireshark decrypts with keys in the capture. From that frame on libwireshark answers (the note `handed_over`). Without
libwireshark, or with `--engine native`, the note `protocols_not_followed` counts such captures. libwireshark also answers the
fields marked *ahead*, which may need a second pass over the capture, unless you ask for the native engine.
"""


def room(n):
    """Ids that a protocol with n rows gets."""
    return (n + 8 + 63) // 64 * 64


def header(guard, comment, body):
    return (f"/* {comment} Made by tools/gen_fields.py from fields.def. */\n"
            f"#ifndef FC_FIELD_{guard}_H\n#define FC_FIELD_{guard}_H\n\n{body}\n\n#endif\n")


def id_headers(table):
    """{file name: content} of the headers with ids."""
    files, base = {}, 0
    for group, members in itertools.groupby(table, key=lambda row: row.group):
        members = list(members)
        name = f"ids_{group}.h"
        if name in files:
            raise SystemExit(f"fields.def: the rows of {group} do not stand together")
        lines = [f"    F_{members[0].id} = {base},"] + [f"    F_{row.id}," for row in members[1:]]
        files[name] = header(f"IDS_{group.upper()}", f"Ids of fields: {group}.",
                             f"enum ids_{group} {{\n" + "\n".join(lines) + "\n};")
        base += room(len(members))
    includes = "\n".join(f'#include "field/{name}"' for name in sorted(files))
    files["ids_all.h"] = header("IDS_ALL", "The ids of all fields.", includes)
    files["ids_count.h"] = header("IDS_COUNT", "The range of ids.",
                                  f"enum {{\n    F_COUNT = {base} /* every id is below; not every number is an id */\n}};")
    return {ROOT / "src/field" / name: text for name, text in files.items()}


def release_mark(row):
    kind, _, rest = row.releases.partition("(")
    bounds = rest.strip(")").replace("_", ".").split(", ")
    return {"EVERY_RELEASE": "", "EARLY": "", "SINCE": f"from {bounds[0]} on", "UNTIL": f"up to {bounds[0]}",
            "FROM_TO": f"{bounds[0]} to {bounds[-1]}"}[kind]


def page(table):
    out = [PAGE]
    for protocol, members in itertools.groupby(table, key=lambda row: row.name.split(".")[0]):
        out.append(f"\n## {protocol}\n\n| field | type | | meaning |\n| --- | --- | --- | --- |")
        for row in members:
            marks = ["one"] * (row.many == "ONE") + ["hex"] * (row.base == "BASE_HEX") + ["ahead"] * (
                row.ahead == "LOOKS_AHEAD") + [mark for mark in (row.unit, release_mark(row)) if mark]
            description = row.description.replace('\\"', '"').replace("|", "\\|")
            out.append(f"| `{row.name}` | {row.type} | {', '.join(marks)} | {description} |")
    return {ROOT / "docs/fields.md": "\n".join(out) + "\n"}


def main():
    table = rows()
    files = id_headers(table) | page(table)
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text() != text]
    stale += set((ROOT / "src/field").glob("ids_*.h")) - set(files)
    for path in stale:
        if "--check" in sys.argv:
            print(f"{path.relative_to(ROOT)} is not what tools/gen_fields.py writes")
        elif path in files:
            path.write_text(files[path])
        else:
            path.unlink()
    return int("--check" in sys.argv and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
