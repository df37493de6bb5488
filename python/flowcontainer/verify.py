"""`flowcontainer verify CAPTURE...` compares with the installed tshark, on a user's own captures, the
wireshark engine and the answers of the usual choice of engine (`auto`), with its hand-over to libwireshark.

It compares fields in the form of `tshark -T fields`, on every frame that the filter passes. It also compares those base
columns that a line of tshark's text determines: number, time and length of a frame, stream of a packet, addresses and
ports outside tunnels, and the reason why a packet is left out. A capture that flowcontainer cannot read is reported and
counts as a difference, unless tshark cannot read it either."""

from __future__ import annotations

import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from . import _core, arguments

NATIVE = """
    frame.len frame.protocols eth.src eth.type vlan.id ip.src ip.dst ip.id ip.flags ip.ttl ip.proto ipv6.src ipv6.nxt
    ipv6.hlim tcp.srcport tcp.flags tcp.seq tcp.ack tcp.window_size tcp.len tcp.stream tcp.options.mss_val
    tcp.options.timestamp.tsval tcp.payload udp.srcport udp.length udp.stream udp.payload
""".split()
OTHERS = """
    icmp.type arp.opcode http.host http.request.method http.request.uri http.user_agent http.response.code
    http.content_type dns.qry.name dns.qry.type dns.a dns.aaaa dns.resp.ttl tls.record.version tls.handshake.type
    tls.handshake.ciphersuite tls.handshake.extensions_server_name tls.handshake.ja3 x509sat.uTF8String x509ce.dNSName
    quic.version ssh.protocol smb2.cmd snmp.version dhcp.option.dhcp ntp.stratum
""".split()
BASE = ["frame.number", "frame.time_epoch", "frame.len", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
        "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "tcp.stream", "udp.stream",
        "tcp.analysis.retransmission", "tcp.analysis.out_of_order", "mdns", "ssdp", "icmp", "icmpv6"]  # fmt: skip
REASONS = {"retransmission": ["tcp.analysis.retransmission"], "out_of_order": ["tcp.analysis.out_of_order"],
           "mdns": ["mdns"], "ssdp": ["ssdp"], "icmp": ["icmp", "icmpv6"]}  # fmt: skip
ALL_PROTOCOLS = "tcp,udp,sctp,icmp,icmpv6,gre,esp"
CELL = "\x1f"
_NO_UTF8 = re.compile("[\udc80-\udcff]")
_NO_UTF8_OR_REPLACED = re.compile("[\udc80-\udcff\ufffd]+")
DISSECTORS = ("enable_protocol", "disable_protocol", "enable_heuristic", "disable_heuristic")

Cells = dict[str, str]


class Difference(NamedTuple):
    """A value of one engine that differs from tshark's."""

    capture: str
    frame: int
    field: str
    tshark: str
    ours: str
    engine: str

    def __str__(self) -> str:
        return f"{self.capture}: frame {self.frame}, {self.field}: tshark {self.tshark!r}, {self.engine} {self.ours!r}"


class Failed(Exception):
    """tshark or an engine could not answer at all."""


# ---- tshark ----


def _environment() -> dict[str, str]:
    """The environment of the wireshark engine: without the settings of the user's own Wireshark."""
    nowhere = "/nonexistent/flowcontainer"
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": nowhere, "XDG_CONFIG_HOME": nowhere,
            "WIRESHARK_CONFIG_DIR": nowhere, "TZ": "UTC", "LC_ALL": "C.UTF-8"}  # fmt: skip


def tshark_version() -> str:
    """The version, such as "4.0.17"."""
    if not shutil.which("tshark"):
        raise Failed("tshark is not installed, but verify compares with it (Debian: apt install tshark)")
    done = subprocess.run(["tshark", "--version"], env=_environment(), capture_output=True, text=True)
    words = done.stdout.split()
    if done.returncode or len(words) < 3:
        raise Failed(f"tshark --version failed: {done.stderr.strip()[:300]}")
    return words[2].rstrip(".")


def _lines(text: str, n_cells: int) -> Iterator[list[str]]:
    """Rows of cells. Values may hold line feeds, so a row continues until it has all its cells."""
    row = ""
    for line in text.split("\n")[: -1 if text.endswith("\n") else None]:
        row = f"{row}\n{line}" if row else line
        if row.count(CELL) >= n_cells - 1:
            yield row.split(CELL)
            row = ""


def _tshark(capture: str, fields: Sequence[str], words: Sequence[str], text: str = "") -> dict[int, Cells]:
    names = list(dict.fromkeys(["frame.number", *fields]))
    command = ["tshark", "-n", "-r", capture, *words, "-T", "fields", "-E", f"separator={CELL}", "-E", "occurrence=a"]
    command += [word for name in names for word in ("-e", name)] + (["-Y", text] if text else [])
    done = subprocess.run(command, env=_environment(), capture_output=True)
    if not done.stdout and done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        raise Failed(f"tshark: {reason[-1] if reason else done.returncode}")
    rows = _lines(done.stdout.decode("utf-8", "surrogateescape"), len(names))
    return {int(row[0]): dict(zip(names, row)) for row in rows}


# ---- flowcontainer ----


def _values(cell: str) -> str:
    """A list in the command's CSV as tshark prints it, separated by commas."""
    out, escaped = [], False
    for letter in cell:
        if escaped or letter not in ";\\":
            out.append(letter)
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            out.append(",")
    return "".join(out)


def _ours(capture: str, fields: Sequence[str], engine: str, options: dict[str, Any], bare: bool) -> dict[int, Cells]:
    """The cells of each frame: those of fields under the field's name, those of base columns under " " and their name.
    With `bare`, no packet is left out."""
    run = _core.open((os.fsencode(capture),), fields, engine=engine, level="frames", **options)
    empty = run.schema.empty()
    lists = {name for i, name in enumerate(empty.names) if empty.child(i).format.startswith("+")}
    with tempfile.TemporaryDirectory(prefix="flowcontainer-") as folder:
        path = Path(folder) / "rows.csv"
        status = _core.cli(_command(capture, fields, engine, options, bare, path), ())
        if not path.exists():
            raise Failed(f"the {engine} engine ended with status {status}")
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            rows = csv.reader(file)
            names = next(rows)
            first = len(names) - len(fields)
            found: dict[int, Cells] = {}
            for row in rows:
                cells = {f" {name}": cell for name, cell in zip(names[:first], row)}
                cells |= {n: _values(c) if n in lists else c for n, c in zip(names[first:], row[first:])}
                found[int(cells[" frame"])] = cells
    return found


def _dissector_words(texts: Sequence[str]) -> list[str]:
    """The options of tshark, which are the command's too."""
    return [f"--{kind}={name}" for kind, _, name in (text.partition(":") for text in texts)]


def _command(
    capture: str, fields: Sequence[str], engine: str, options: dict[str, Any], bare: bool, path: Path
) -> tuple[bytes, ...]:
    words = ["flowcontainer", "-q", "--no-progress", "--level", "frames"]
    words += ["--drop", "none", "--protocols", ALL_PROTOCOLS] if bare else []
    words += ["--engine", engine, "--passes", options["passes"], "-T", "csv", "-o", str(path)]
    words += [word for name in fields for word in ("-e", name)]
    words += ["-Y", options["filter"]] if options["filter"] else []
    words += [word for text in options["preferences"] for word in ("--preference", text)]
    words += [word for text in options["decode_as"] for word in ("-d", text)]
    words += _dissector_words(options["dissectors"])
    words += ["--keylog", os.fsdecode(options["keylog"])] if options["keylog"] else []
    return tuple(os.fsencode(word) for word in (*words, "--", capture))


# ---- comparing ----


def _is_same(theirs: str, ours: str) -> bool:
    """Whether two cells agree. Some texts of tshark have bytes that are no UTF-8, one "\\udcXX" each here; columns of
    text have U+FFFD for them, of which the number depends on the decoder."""
    if not _NO_UTF8.search(theirs):
        return theirs == ours
    return _NO_UTF8_OR_REPLACED.sub("\ufffd", theirs) == _NO_UTF8_OR_REPLACED.sub("\ufffd", ours)


def _fields_differ(
    capture: str, engine: str, fields: Sequence[str], theirs: dict[int, Cells], ours: dict[int, Cells]
) -> Iterator[Difference]:
    passed = {number: cells for number, cells in ours.items() if cells["frame.number"]}
    for number in sorted(theirs.keys() ^ passed.keys()):
        said = ("not passed", "passed") if number in passed else ("passed", "not passed")
        yield Difference(capture, number, "(frame)", *said, engine)
    for number in sorted(theirs.keys() & passed.keys()):
        for name in fields:
            if not _is_same(theirs[number][name], passed[number][name]):
                yield Difference(capture, number, name, theirs[number][name], passed[number][name], engine)


def _time(epoch: str) -> str:
    seconds, _, fraction = epoch.partition(".")
    if not seconds.isdigit():  # no time, or one before 1970
        return "?"
    return f"{datetime.fromtimestamp(int(seconds), timezone.utc):%Y-%m-%dT%H:%M:%S}.{fraction:0<9.9}Z"


def _ends(cells: Cells, kind: str) -> dict[str, str]:
    """Addresses and ports, if the line has one IP header and one TCP or UDP header; else nothing."""
    version = "ip" if cells["ip.src"] else "ipv6"
    found = {" src": cells[f"{version}.src"], " dst": cells[f"{version}.dst"],
             " sport": cells[f"{kind}.srcport"], " dport": cells[f"{kind}.dstport"]}  # fmt: skip
    layers = cells["frame.protocols"].split(":")
    alone = sum(layers.count(name) for name in ("ip", "ipv6")) == 1 and not any("," in text for text in found.values())
    return found if alone and "" not in found.values() else {}


def _base_differ(capture: str, theirs: dict[int, Cells], ours: dict[int, Cells]) -> Iterator[Difference]:
    for number in sorted(theirs.keys() | ours.keys()):
        if number not in theirs or number not in ours:
            said = ("none", "there") if number in ours else ("there", "none")
            yield Difference(capture, number, "(frame)", *said, "auto")
            continue
        cells, mine = theirs[number], ours[number]
        want = {" time": _time(cells["frame.time_epoch"]), " frame_length": cells["frame.len"]}
        kind = mine[" protocol"]
        if kind in ("tcp", "udp") and cells[f"{kind}.stream"]:
            want |= {" stream": cells[f"{kind}.stream"].rsplit(",", 1)[-1], **_ends(cells, kind)}
        for name, text in want.items():
            if text != mine[name] and text != "?":
                yield Difference(capture, number, name.strip(), text, mine[name], "auto")
        yield from _reasons_differ(capture, number, cells, mine)


def _reasons_differ(capture: str, number: int, cells: Cells, mine: Cells) -> Iterator[Difference]:
    """Differences between the reason why a packet is left out and the flags that tshark shows."""
    flagged = {reason for reason, names in REASONS.items() if any(cells[name] for name in names)}
    reason, kept = mine[" reason"], not mine[" reason"]
    if (reason in REASONS and reason not in flagged) or (kept and flagged):
        yield Difference(capture, number, "reason", ",".join(sorted(flagged)), reason or "kept", "auto")


# ---- a capture ----


class Plan(NamedTuple):
    """The fields, options and filter of a comparison."""

    fields: list[str]
    native: list[str]  # those of `fields` that the native engine answers
    options: dict[str, Any]
    words: list[str]  # options for tshark
    filter: str


def _name_today(name: str) -> str:
    """The current name of a field: tshark 4.0 takes old names (ssl.*) in filters, but not as fields."""
    entries = _core.fields(name, False) if name[:1].isalpha() else []
    return entries[0][0] if len(entries) == 1 else name


def plan(fields: Sequence[str], filter: str, dissection: dict[str, Any]) -> Plan:
    """Checks fields and filter. Raises ValueError."""
    options = {**dissection, "filter": filter}
    known = {entry[0] for entry in _core.fields("*", True)}
    asked = list(dict.fromkeys(map(_name_today, fields))) or NATIVE + OTHERS
    run = _core.open((os.fsencode(os.devnull),), ["frame.number", *(n for n in asked if n != "frame.number")],
                     engine="wireshark", **options)  # fmt: skip
    words = ["-2"] if "two passes" in run.explain else []
    words += [word for text in options["preferences"] for word in ("-o", text)]
    words += [word for text in options["decode_as"] for word in ("-d", text)]
    words += _dissector_words(options["dissectors"])
    words += ["-o", f"tls.keylog_file:{os.fsdecode(options['keylog'])}"] if options["keylog"] else []
    plain = not any(options[name] for name in ("preferences", "decode_as", "dissectors", "keylog"))
    return Plan(asked, [name for name in asked if name in known] if plain else [], options, words, filter)


def differences(capture: str, plan: Plan) -> tuple[list[Difference], int]:
    """All differences, and the number of frames."""
    named = ["frame.number", *(name for name in plan.fields if name != "frame.number")]
    theirs = _tshark(capture, plan.fields, plan.words, plan.filter)
    wireshark = _ours(capture, named, "wireshark", plan.options, bare=True)
    found = list(_fields_differ(capture, "wireshark", plan.fields, theirs, wireshark))
    plain = {"filter": "", "preferences": (), "decode_as": (), "dissectors": (), "keylog": b"", "passes": "auto"}
    if plan.native:
        whole = theirs if not plan.filter else _tshark(capture, plan.native, [])
        native = ["frame.number", *(name for name in plan.native if name != "frame.number")]
        bare = _ours(capture, native, "auto", plain, bare=True)
        found += _fields_differ(capture, "auto", plan.native, whole, bare)
    found += _base_differ(capture, _tshark(capture, BASE, []), _ours(capture, [], "auto", plain, bare=False))
    return found, len(wireshark)


# ---- the command ----


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "flowcontainer verify",
        description="Compares the wireshark engine, and what you get by default, with the installed tshark on your own captures. "
        "Exit status: 0 if all agree; 1 if there are differences; 2 if it could not compare.",
    )
    parser.add_argument("captures", nargs="+", metavar="CAPTURE", help="a capture, or a folder of them")
    parser.add_argument("-e", "--field", action="append", default=[], help="compare this field; may be repeated")
    parser.add_argument("-Y", "--filter", default="", help="compare the frames that pass this display filter")
    parser.add_argument("-o", "--preference", action="append", default=[], metavar="NAME:VALUE", help="as tshark -o")
    parser.add_argument("-d", "--decode-as", action="append", default=[], metavar="RULE", help="as tshark -d")
    for name in DISSECTORS:
        parser.add_argument(f"--{name}".replace("_", "-"), action="append", default=[], metavar="NAME", help="as tshark's")
    parser.add_argument("--keylog", metavar="FILE", help="TLS secrets")
    parser.add_argument("--passes", choices=["1", "2", "auto"], default="auto", help="dissect once or twice")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only the summary")
    return parser.parse_args(argv)


def _captures(given: Sequence[str]) -> list[str]:
    found: list[str] = []
    for text in given:
        path = Path(text)
        if not path.exists():
            raise Failed(f"{text}: no such file or folder")
        found += [str(p) for p in sorted(path.rglob("*")) if p.is_file()] if path.is_dir() else [text]
    return found


def _compare(captures: Sequence[str], wanted: Plan, quiet: bool) -> tuple[int, int, int]:
    """The numbers of differences, of frames, and of captures that neither program can read."""
    n_differences = n_frames = n_useless = 0
    for capture in captures:
        try:
            found, frames = differences(capture, wanted)
        except (Failed, ValueError, OSError) as error:
            try:
                _tshark(capture, ["frame.len"], [])
            except Failed:
                n_useless += 1
                print(f"{capture}: not compared, because tshark cannot read it: {error}")
                continue
            found, frames = [Difference(capture, 0, "(capture)", "read", str(error), "flowcontainer")], 0
        n_differences += len(found)
        n_frames += frames
        for difference in () if quiet else found:
            print(difference)
    return n_differences, n_frames, n_useless


def main(argv: Sequence[str]) -> int:
    """Runs the command and returns its exit status."""
    asked = _arguments(argv)
    csv.field_size_limit(2**31 - 1)
    try:
        version = tshark_version()
        captures = _captures(asked.captures)
        dissection = arguments.dissection(asked.preference, asked.decode_as, asked.keylog, asked.passes, 0,
                                          {name: getattr(asked, name) for name in DISSECTORS})
        wanted = plan(asked.field, asked.filter, {k: v for k, v in dissection.items() if k != "max_memory"})
    except (Failed, ValueError, OSError) as error:
        print(f"flowcontainer verify: {error}", file=sys.stderr)
        return 2
    n_differences, n_frames, n_useless = _compare(captures, wanted, asked.quiet)
    compared = len(captures) - n_useless
    print(f"{compared} of {len(captures)} captures, {n_frames} frames, {len(wanted.fields)} fields "
          f"({len(wanted.native)} native) against tshark {version}: "
          f"{n_differences or 'no'} difference{'' if n_differences == 1 else 's'}")  # fmt: skip
    return 1 if n_differences else 0 if compared else 2
