#!/usr/bin/env python3
"""Compares src/base/ports.def with `tshark -G decodes`: every port of udp.port and tcp.port is a row, under the name
of its owner, and no other row has a name.

Only the rows of tshark's own release are compared. Without --check it mends the table: the row of an owner that is gone
or has another name ends with the release before, and a new owner gets a row from this release on, whose other columns
claim nothing until they are looked at by hand: it is not read natively, and what it takes is not known. For the first
release a name is replaced.

Exit status: 0 all equal, 1 something differs (one line each), 77 no tshark to ask.
"""
import pathlib
import re
import shutil
import subprocess
import sys

TABLE = pathlib.Path(__file__).resolve().parent.parent / "src/base/ports.def"
ROW = re.compile(r'^(UDP|TCP)\((\d+), (\d+), "([^"]*)", (.*), (EVERY_RELEASE|(?:SINCE|UNTIL)\(\d_\d\)|FROM_TO\(\d_\d, \d_\d\))\)$')
NEW = {"UDP": "UNREAD, SOME, UNKNOWN, NOTHING, KEEPS", "TCP": "UNREAD, NOTHING, KEEPS"}
RELEASES = ("4_0", "4_2", "4_4", "4_6")  # of src/base/release.h


def release():
    """The last one that is not newer than tshark."""
    text = subprocess.run(["tshark", "--version"], capture_output=True, check=True).stdout.decode()
    version = tuple(map(int, re.search(r"(\d+)\.(\d+)\.\d+", text).groups()))
    return max(i for i, name in enumerate(RELEASES) if tuple(map(int, name.split("_"))) <= version)


def bounds(text):
    """The first and last release of a column, as numbers: (0, 1) for UNTIL(4_2)."""
    named = [RELEASES.index(word) for word in re.findall(r"\d_\d", text)]
    return named[0] if text.startswith(("SINCE", "FROM")) else 0, named[-1] if text.startswith(("UNTIL", "FROM")) else len(RELEASES) - 1


def column(since, until):
    """The column of a first and last release."""
    if until == len(RELEASES) - 1:
        return f"SINCE({RELEASES[since]})" if since else "EVERY_RELEASE"
    return f"FROM_TO({RELEASES[since]}, {RELEASES[until]})" if since else f"UNTIL({RELEASES[until]})"


def holds(row, at):
    since, until = bounds(row[5])
    return since <= at <= until


def tshark_owners():
    run = subprocess.run(["tshark", "-G", "decodes"], capture_output=True, check=True)
    owners = {}
    for line in run.stdout.decode().split("\n"):
        table, *rest = line.split("\t")
        if table in ("udp.port", "tcp.port"):
            owners[table[:3].upper(), int(rest[0])] = rest[1]
    return owners


def table_rows():
    """(transport, first, last, name, columns, releases), and all lines of the table."""
    rows, lines = [], TABLE.read_text().split("\n")
    for line in lines:
        match = ROW.match(line)
        if match:
            transport, first, last, *rest = match.groups()
            rows.append((transport, int(first), int(last), *rest))
        elif re.match(r"(UDP|TCP)\(\d", line):
            raise SystemExit(f"not a row: {line}")
    return rows, lines


def row_text(row):
    transport, first, last, name, columns, releases = row
    return f'{transport}({first}, {last}, "{name}", {columns}, {releases})'


def compare(rows, owners, at):
    """What differs in words, and the ports by row that the table has."""
    problems, names = [], {}
    for i, row in enumerate(rows):
        if i and rows[i - 1][0] == row[0] and rows[i - 1][1] > row[1]:
            problems.append(f"{row_text(row)}: not in the order of ports")
        for port in range(row[1], row[2] + 1) if holds(row, at) else ():
            if (row[0], port) in names:
                problems.append(f"{row[0]} {port}: stands in two rows")
            names[row[0], port] = row[3]
    for key in sorted(set(owners) | set(names)):
        ours, theirs = names.get(key), owners.get(key, "")
        if ours is None or ours != theirs:
            problems.append(f"{key[0]} {key[1]}: {'no row' if ours is None else repr(ours)}, tshark: {theirs!r}")
    return problems, names


def successors(row, port, name, at):
    """The rows of one port of a row that differs from tshark: what held before this release stays."""
    one = (row[0], port, port)
    if at == 0:
        return [(*one, name, *row[4:])] if name else [(*one, *row[3:])]
    since, until = bounds(row[5])
    old = [] if since == at else [(*one, *row[3:5], column(since, at - 1))]
    return old + ([(*one, name, row[4] if since == at else NEW[row[0]], column(at, until))] if name else [])


def mended(rows, owners, names, at):
    """All rows in order, those that differ port by port."""
    out = []
    for row in rows:
        ports = range(row[1], row[2] + 1)
        if holds(row, at) and any(owners.get((row[0], port), "") != row[3] for port in ports):
            for port in ports:
                name = owners.get((row[0], port), "")
                out += [(row[0], port, port, *row[3:])] if name == row[3] else successors(row, port, name, at)
        else:
            out.append(row)
    out += [(*key, key[1], name, NEW[key[0]], column(at, len(RELEASES) - 1)) for key, name in owners.items() if key not in names]
    return sorted(out, key=lambda row: (row[0], row[1]))


def write(rows, lines):
    """Each transport's rows stand where its first one stood."""
    text, done = [], set()
    for line in lines:
        transport = line[:4] if ROW.match(line) else None
        if transport is None:
            text.append(line)
        elif transport not in done:
            done.add(transport)
            text += [row_text(row) for row in rows if row_text(row).startswith(transport)]
    TABLE.write_text("\n".join(text))


def main():
    if not shutil.which("tshark"):
        print("tshark is not installed: ports.def is not checked")
        return 77
    rows, lines = table_rows()
    owners, at = tshark_owners(), release()
    problems, names = compare(rows, owners, at)
    if "--check" not in sys.argv[1:] and problems:
        write(mended(rows, owners, names, at), lines)
    print("\n".join(problems + [f"{len(names)} ports compared, {len(problems)} differ"]))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
