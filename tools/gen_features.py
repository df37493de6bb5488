#!/usr/bin/env python3
"""Writes docs/features.md from src/feature/*.def; with --check it only tells whether the page is up to date."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/features.md"
ROW = re.compile(r'^FEATURE\("(\w+)", (\w+), \w+, \w+, "([^"]*)", "([^"]*)"\)$', re.M)
HEAD = """# Statistics

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


def family(name):
    text = (ROOT / f"src/feature/{name}.def").read_text()
    rows = ROW.findall(text)
    if len(rows) != len(re.findall(r"^FEATURE\(", text, re.M)):
        raise SystemExit(f"a row of {name}.def has another form than the others")
    lines = "\n".join(f"| `{stem}` | {kind.lower()} | {unit} | {meaning} |" for stem, kind, unit, meaning in rows)
    return (f"\n## Family `{name}`\n\nEach also with `fwd_` and `bwd_`.\n\n"
            f"| column | type | unit | meaning |\n| --- | --- | --- | --- |\n{lines}\n")


def main():
    text = HEAD + family("stats") + family("entropy")
    if "--check" in sys.argv:
        if not PAGE.is_file() or PAGE.read_text() != text:
            print("docs/features.md is not what tools/gen_features.py writes")
            return 1
        return 0
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
