#!/usr/bin/env python3
"""Writes docs/fields.md from src/field/fields.def; with --check it only reports whether the page is up to date."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/fields.md"
ROW = re.compile(r'^FIELD\((\w+),\s*"([^"]+)",\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*"([^"]*)",\s*"((?:[^"\\]|\\.)*)"\)',
                 re.M | re.S)
HEAD = """# Fields

The fields that the native engine answers, under Wireshark's names and with Wireshark's types. `tools/gen_fields.py` makes this
page; `flowcontainer fields --native` prints the same list at the command line.

A field marked *one* has at most one value per packet. A packet can have several values of the other fields (tunnels, options),
so their columns are lists. *Hex* means that Wireshark prints the values in base 16.

Fields of frame, eth, vlan, ip, ipv6, tcp, udp and udplite are exact in every capture. Fields of the protocols above are exact up to
the first frame of something that is not read natively and may carry them, such as OpenVPN, or a stream that Wireshark decrypts with
keys in the capture. From that frame on libwireshark answers (the note `handed_over`). Without libwireshark, or with
`--engine native`, the note `protocols_not_followed` counts such captures. libwireshark also answers the fields that may need a
second pass over the capture (`dns.retransmit_response_in`, `http.prev_request_in`, `http.prev_response_in`), unless you ask for the
native engine.
"""


def page():
    text = re.sub(r'"\s*\n\s*"', "", (ROOT / "src/field/fields.def").read_text())
    rows = ROW.findall(text)
    if len(rows) != len(re.findall(r"^FIELD\(", text, re.M)):
        raise SystemExit("a row of fields.def has another form than the others")
    out, group = [HEAD], None
    for _, name, kind, base, _, many, unit, description in sorted(rows, key=lambda row: row[1]):
        if name.split(".")[0] != group:
            group = name.split(".")[0]
            out.append(f"\n## {group}\n\n| field | type | | meaning |\n| --- | --- | --- | --- |")
        marks = ", ".join(mark for mark, on in (("one", many == "ONE"), ("hex", base == "BASE_HEX"), (unit, unit)) if on)
        description = description.replace('\\"', '"').replace("|", "\\|")
        out.append(f"| `{name}` | {kind} | {marks} | {description} |")
    return "\n".join(out) + "\n"


def main():
    text = page()
    if "--check" in sys.argv:
        if not PAGE.is_file() or PAGE.read_text() != text:
            print("docs/fields.md is out of date: run tools/gen_fields.py")
            return 1
        return 0
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
