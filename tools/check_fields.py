#!/usr/bin/env python3
"""Compares src/field/fields.def with the tshark that is installed: name, type, base, whether values have names, and releases.

Exit status: 0 all equal, 1 something differs (one line each), 77 no tshark to ask.
A base is hexadecimal when `tshark -T fields` prints hexadecimal, that is for BASE_HEX and BASE_HEX_DEC. A row whose releases
do not hold the installed one must be a name that tshark does not know, or has with another type. tshark does not say whether a field looks ahead, nor
how many values it can have.
"""
import re
import shutil
import subprocess
import sys

from fields_table import RELEASES, rows

NAMED = {"V", "V64", "R", "E"}
READERS = {"FRAME": "frame", "ETH": "eth", "VLAN": "vlan", "IP": "ip", "IP4": "ip", "IP4_OPTION": "ip", "IP6": "ipv6",
           "IP6_OPTION": "ipv6", "ICMP": "icmp icmpv6", "TCP": "tcp", "TCP_OPTION": "tcp", "UDP": "udp", "UDPLITE": "udplite",
           "TLS": "tls", "DTLS": "dtls", "X509": "x509af x509ce x509if x509sat", "QUIC": "quic", "HTTP": "http", "DNS": "dns",
           "SSH": "ssh", "NTP": "ntp", "DHCP": "dhcp"}  # protocols in whose names the fields of each reader stand


def tshark(*arguments):
    run = subprocess.run(["tshark", *arguments], capture_output=True, check=True)
    for line in run.stdout.decode("utf-8", "replace").split("\n"):
        yield line.split("\t")


def installed_release():
    """The newest release of the table that is not newer than the installed tshark: "4_0"."""
    version = [int(part) for part in re.search(r"(\d+)\.(\d+)", next(tshark("--version"))[0]).groups()]
    return max((r for r in RELEASES if [int(part) for part in r.split("_")] <= version), default=RELEASES[0])


def wanted(row, kind, display, named):
    """(id, type, base, named) that the row should have, by tshark's type and display of the field."""
    integer = kind.startswith(("FT_UINT", "FT_INT"))
    base = ("BASE_HEX" if display in ("BASE_HEX", "BASE_HEX_DEC") else "BASE_DEC") if integer else "BASE_NONE"
    if kind == "FT_UINT64" and named:
        base = "BASE_DEC"  # `-T fields` prints them in decimal, whatever the base
    if kind == "FT_ABSOLUTE_TIME" and row.name.startswith("ntp."):
        base = "BASE_NTP"  # tshark does not tell this
    kind = {"FT_STRINGZ": "FT_STRING"}.get(kind, kind)  # both print alike
    return re.sub("[^A-Z0-9]", "_", row.name.upper()), kind, base, "true" if named else "false"


def problem(row, fields, named, release):
    """How the row differs from tshark, or None."""
    if row.name.split(".")[0] not in READERS[row.reader].split():
        return f"{row.reader} is not the reader of such a name"
    want = wanted(row, *fields[row.name], row.name in named) if row.name in fields else None
    have = (row.id, row.type, row.base, row.named)
    if not row.in_wireshark(release):
        return "the row says that this tshark has no such field, but it has" if want == have else None
    if not want:
        return "tshark has no such field"
    return f"{have}, tshark: {want}" if have != want else None


def main():
    if not shutil.which("tshark"):
        print("tshark is not installed: fields.def is not checked")
        return 77
    fields = {}
    for part in tshark("-G", "fields"):
        if part[0] == "F":
            fields.setdefault(part[2], (part[3], part[5]))
    named = {part[1] for part in tshark("-G", "values") if part[0] in NAMED and len(part) > 1}
    release, table = installed_release(), rows()
    problems = [f"{row.line}: {row.name}: {text}" for row in table if (text := problem(row, fields, named, release))]
    print("\n".join(problems + [f"{len(table)} fields compared, {len(problems)} differ"]))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
