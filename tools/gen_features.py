#!/usr/bin/env python3
"""Writes docs/features.md; with --check it only tells whether the page is up to date.

The families of flowcontainer's own flows come from src/feature/*.def, the feature sets of other programs from the newest command
in build/*, or that of FLOWCONTAINER_BUILD (`flowcontainer features NAME`)."""
import json
import os
import pathlib
import re
import subprocess
import sys

import generated

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/features.md"
ROW = re.compile(r'^FEATURE\("(\w+)", (\w+), \w+, \w+, "([^"]*)", "([^"]*)"\)$', re.M)
HEAD = """# Features

What `--features` and `features=` take: families of columns of flowcontainer's own flows (`basic`, `stats`, `entropy`), and
[feature sets of other programs](#feature-sets-of-other-programs) (`cic-classic`, `cic-corrected`, `nfstream`, `nprint`, `zeek-conn`,
`netflow`). `flowcontainer features` lists all.

# Statistics of flows

Numbers that are made of all kept packets of a flow. Made by `tools/gen_features.py`; `flowcontainer columns` lists the same.
`--features stats,entropy` and `features=["stats", "entropy"]` add whole families behind the other columns; `-C` and `columns=`
take single ones by name. The engine makes those that are asked for, and remembers only what they need.

- A name without a prefix is about both directions. `fwd_` is client to server, `bwd_` server to client ([columns.md](columns.md)
  says how the client is found).
- Lengths are bytes, times integer nanoseconds. **A value that is not defined is null**: the mean of nothing, the deviation of one
  value, the skewness of values that are all equal.
- `iat` is the time between successive packets of the selection, in capture order: `fwd_iat` between successive packets of the
  client. A packet without a time has no part in it. It is negative where the capture goes back in time.
- `payload_len` is about packets with payload alone.
- Sums are integers and are divided once at the end: means, variances (divisor n - 1) and standard deviations are the doubles
  nearest to the exact values, whatever the number of threads. Skewness (m3 / m2^1.5) and excess kurtosis (m4 / m2^2 - 3) are of the
  population, made of exact differences from the mean. Quartiles are linear between ranks, h = (n - 1) p.
- With a limit on packets (`packets=N`) statistics are still about all packets of the flow, unless `limit="all"`.

## Family `basic`

`duration` and the columns of the group `totals` in [columns.md](columns.md): `packets`, `bytes`, `payload_packets`,
`payload_bytes`, each also with `fwd_` and `bwd_`.
"""

SETS = """
# Feature sets of other programs

`--features NAME` and `features="NAME"` give the table that another program gives, under its column names, in its order and with its
types and values. Published data sets and papers stand on these columns.

**These tables never mix with flowcontainer's own flows.** The programs disagree about which frame is a packet, how long it is, which
flow it belongs to and when a flow ends: a VLAN tag loses a packet in one and is a part of the key in another, a fragment is a flow of
its own here and a part of one there, the size of a packet is payload, IP packet or frame. A column of one program over the flows of
another would be a number that nobody published. So each program has a reader of frames, a flow table and an arithmetic of its own, and
a column of `cic-classic` never stands beside one of `stats`. Several tables can come from one reading (`tables()` in Python).

| family | program | what is promised |
| --- | --- | --- |
| `cic-classic` | CICFlowMeter, ahlashkari 98a5eba | the same text, except where Java before release 19 writes a digit too many; times in UTC |
| `cic-corrected` | CICFlowMeter of Engelen and others, GintsEngelen 4dd5319 | the same |
| `nfstream` | NFStream 6.6.0 without nDPI, one meter | the same text and order of rows |
| `nprint` | nPrint 1.2.1 with `-O 4 -R -A` | the same text |
| `zeek-conn` | conn.log of Zeek a13de64 | the same text; `uid` is a hash; `service`, `local_orig`, `local_resp`, `tunnel_parents` are unset; no `#open` and `#close` |
| `netflow` | none: nProbe, which made the sets NF-*-v2 and v3, is not free | this project's definition of each name |

Rows leave when their flow ends. The flows that are open at the end come in the order in which they began (`cic-*`; the original prints
them in the order of a Java HashMap) or in that of their last packets (`netflow`). An undefined value is the filling that the original
writes; `--nulls` and `nulls=True` make it null. [The internals](internals/feature-sets.md) say what is not reproduced.

Papers: Engelen, Rimmer, Joosen, *Troubleshooting an Intrusion Detection Dataset: the CICIDS2017 Case Study*, WTMC 2021; Rosay et al.,
*Network Intrusion Detection: A Comprehensive Analysis of CIC-IDS2017*, 2022 (LycoSTand); Liu et al., *Error Prevalence in NIDS
Datasets*, CNS 2022; Lanvin et al., CRiSIS 2022.
"""
OPTIONS = {"nfstream": ["--splt", "1"], "nprint": ["--layers", "e46tui", "--payload-bytes", "1"]}
NOTES = {
    "cic-classic": "`--names cic-ids2017` and `--names cse-cic-ids2018` give the columns of these data sets under their names.",
    "cic-corrected": "`--names hieulw` gives the columns of the Python program cicflowmeter, whose own values are no definition.",
    "nfstream": "The three lists of the first packets are there with `--splt N`.",
    "nprint": "By default the bits of `--layers 46tui`; a bit is 1, 0, or -1 where it is not there. With `--payload-bytes N` there are "
              "N times 8 bits of payload.",
    "netflow": "`--netflow-version 2` gives the first 43 columns without the times and gaps that v3 added.",
}


def command():
    """The newest command in the build folders."""
    named = os.environ.get("FLOWCONTAINER_BUILD")
    places = [pathlib.Path(named)] if named else [ROOT / "build", *sorted((ROOT / "build").glob("*"))]
    built = [place / "flowcontainer" for place in places if (place / "flowcontainer").is_file()]
    if not built:
        raise SystemExit("docs/features.md is made with the command, which is not built")
    return max(built, key=lambda path: path.stat().st_mtime)


def ask(program, *words):
    done = subprocess.run([program, "features", *words, "--json"], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def other(program, name):
    """A feature set: its columns and its faults."""
    rows = ask(program, name, *OPTIONS.get(name, []))
    columns = [row for row in rows if "column" in row]
    faults = [row for row in rows if "fault" in row]
    text = f"\n## `{name}`\n\n" + (NOTES[name] + "\n\n" if name in NOTES else "")
    text += "| column | type | unit | meaning |\n| --- | --- | --- | --- |\n"
    text += "".join(f"| `{c['column']}` | {c['type']} | {c['unit']} | {c['description']} |\n" for c in columns)
    if faults:
        text += "\nKnown faults of the program, which the values carry; * `--faults corrected` repairs it:\n\n"
        text += "| columns | fault | paper |\n| --- | --- | --- |\n"
        text += "".join(f"| {f['columns']} | {'* ' * f['corrected']}{f['fault']} | {f['source']} |\n" for f in faults)
    return text


def sets():
    program = command()
    return SETS + "".join(other(program, f["family"]) for f in ask(program) if not f["own"])


def family(name):
    text = (ROOT / f"src/feature/{name}.def").read_text()
    rows = ROW.findall(text)
    if len(rows) != len(re.findall(r"^FEATURE\(", text, re.M)):
        raise SystemExit(f"a row of {name}.def has another form than the others")
    lines = "\n".join(f"| `{stem}` | {kind.lower()} | {unit} | {meaning} |" for stem, kind, unit, meaning in rows)
    return (f"\n## Family `{name}`\n\nEach also with `fwd_` and `bwd_`.\n\n"
            f"| column | type | unit | meaning |\n| --- | --- | --- | --- |\n{lines}\n")


if __name__ == "__main__":
    sys.exit(generated.keep(PAGE, HEAD + family("stats") + family("entropy") + sets()))
