#!/usr/bin/env python3
"""Writes docs/fields.md from src/field/fields.def; with --check it only tells whether the page is up to date."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/fields.md"
ROW = re.compile(r'^FIELD\((\w+),\s*"([^"]+)",\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*"([^"]*)",\s*"((?:[^"\\]|\\.)*)"\)',
                 re.M | re.S)
HEAD = """# Fields

The fields that the native engine answers, under Wireshark's names and with Wireshark's types. Made by
`tools/gen_fields.py`; `flowcontainer fields 'tcp.*'` prints the same at the command line.

A field marked *one* has at most one value in a packet; of the others a packet can have several (tunnels, options), and
columns are lists. Hex: Wireshark prints it in base 16.

Fields of frame, eth, vlan, ip, ipv6, tcp, udp and udplite are exact in every capture, and always answered natively. Those of
protocols above are answered natively on request (`--engine native`, `engine="native"`): they equal Wireshark's where such
messages come over TCP, in QUIC, in DTLS or in plain datagrams, but what other carriers hold is not read (the note
`protocols_not_followed` is counted where such a one, OpenVPN for instance, was seen), and where a snap length has cut
segments, values may differ. Without that request libwireshark answers them.
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
            out.append(f"\n## {group}\n\n| field | type | | what it holds |\n| --- | --- | --- | --- |")
        marks = ", ".join(mark for mark, on in (("one", many == "ONE"), ("hex", base == "BASE_HEX"), (unit, unit)) if on)
        description = description.replace('\\"', '"').replace("|", "\\|")
        out.append(f"| `{name}` | {kind} | {marks} | {description} |")
    return "\n".join(out) + "\n"


def main():
    text = page()
    if "--check" in sys.argv:
        if not PAGE.is_file() or PAGE.read_text() != text:
            print("docs/fields.md is not what tools/gen_fields.py writes")
            return 1
        return 0
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
