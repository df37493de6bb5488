#!/usr/bin/env python3
"""Compares src/field/fields.def with tshark: name, type, base and whether values have names.

Exit status: 0 all equal, 1 something differs (one line each), 77 no tshark to ask.
A base is hexadecimal when `tshark -T fields` prints hexadecimal, that is for BASE_HEX and BASE_HEX_DEC.
"""
import pathlib
import re
import shutil
import subprocess
import sys

TABLE = pathlib.Path(__file__).resolve().parent.parent / "src/field/fields.def"
ROW = re.compile(r'^FIELD\((\w+), "([^"]+)", (FT_\w+), (BASE_\w+), (true|false), (ONE|MANY), "([^"]*)", "([^"]+)"\)$')
# Of later Wiresharks than the one that is compared with.
LATER = {"tls.handshake.ja4", "tls.handshake.ja4_r", "dtls.handshake.ja4", "dtls.handshake.ja4_r"}
NAMED = {"V", "V64", "R", "E"}


def tshark(what):
    run = subprocess.run(["tshark", "-G", what], capture_output=True, check=True)
    for line in run.stdout.decode("utf-8", "replace").split("\n"):
        yield line.split("\t")


def main():
    if not shutil.which("tshark"):
        print("tshark is not installed: fields.def is not checked")
        return 77
    fields = {}
    for part in tshark("fields"):
        if part[0] == "F":
            fields.setdefault(part[2], (part[3], part[5]))
    named = {part[1] for part in tshark("values") if part[0] in NAMED and len(part) > 1}
    problems, rows = [], 0
    for number, line in enumerate(TABLE.read_text().split("\n"), 1):
        if not line.startswith("FIELD"):
            continue
        match = ROW.match(line)
        if not match:
            problems.append(f"{number}: not a row: {line}")
            continue
        rows += 1
        identifier, name, kind, base, has_names = match.groups()[:5]
        if name not in fields and name in LATER:
            continue
        if name not in fields:
            problems.append(f"{number}: {name}: tshark has no such field")
            continue
        want_kind, display = fields[name]
        integer = want_kind.startswith(("FT_UINT", "FT_INT"))
        want_base = ("BASE_HEX" if display in ("BASE_HEX", "BASE_HEX_DEC") else "BASE_DEC") if integer else "BASE_NONE"
        if want_kind == "FT_UINT64" and name in named:
            want_base = "BASE_DEC"  # `-T fields` prints these in decimal for every base
        if want_kind == "FT_ABSOLUTE_TIME" and name.startswith("ntp."):
            want_base = "BASE_NTP"  # which tshark does not tell
        want_kind = {"FT_STRINGZ": "FT_STRING"}.get(want_kind, want_kind)  # they print alike
        want = (re.sub("[^A-Z0-9]", "_", name.upper()), want_kind, want_base, "true" if name in named else "false")
        if (identifier, kind, base, has_names) != want:
            problems.append(f"{number}: {name}: {(identifier, kind, base, has_names)}, tshark: {want}")
    print("\n".join(problems + [f"{rows} fields compared, {len(problems)} differ"]))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
