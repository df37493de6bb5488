"""Flows computed from tshark's text alone, as the original computes them, for any fields, filter and options."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import flowcontainer
import pytest

CLEAN = (
    "(ip or ipv6) and not icmp and not icmpv6 and not tcp.analysis.retransmission and not tcp.analysis.out_of_order "
    "and not mdns and not ssdp"
)
NO_ICMP = "(ip or ipv6) and not icmp and not icmpv6"
PROTOCOL = "_ws.col.Protocol"
BASE = [
    "frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.len", "ipv6.plen",
    "tcp.srcport", "tcp.dstport", "tcp.len", "tcp.stream", "udp.srcport", "udp.dstport", "udp.length", "udp.stream",
]  # fmt: skip
CELL = "\x1f"


def environment() -> dict[str, str]:
    nowhere = "/nonexistent/flowcontainer"
    return {"PATH": os.environ["PATH"], "HOME": nowhere, "XDG_CONFIG_HOME": nowhere, "WIRESHARK_CONFIG_DIR": nowhere,
            "TZ": "UTC", "LC_ALL": "C.UTF-8"}  # fmt: skip


def rows(path: Path, names: Sequence[str], display_filter: str, words: Sequence[str] = ()) -> list[dict[str, str]]:
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed: nothing to compare with")
    fields = [word for name in names for word in ("-e", name)]
    command = ["tshark", "-n", "-r", str(path), *words, "-Y", display_filter, "-T", "fields", "-E", f"separator={CELL}"]
    done = subprocess.run([*command, *fields], capture_output=True, text=True, check=True, env=environment())
    return [dict(zip(names, line.split(CELL), strict=True)) for line in done.stdout.split("\n")[:-1]]


def last(values: str) -> str:
    return values.rsplit(",", 1)[-1]


def rendering(names: Sequence[str]) -> set[str]:
    """Fields with names for their integers: `extract` prints the integers in decimal."""
    return {field.name for name in names for field in flowcontainer.fields(name) if field.named}


def flows(
    path: Path, extension: Sequence[str], filter: str = "", rule: str = CLEAN, words: Sequence[str] = ()
) -> dict[tuple[str, str, str], dict[str, object]]:
    """The flows by key. They have ext_protocol if PROTOCOL is among the extensions (and -2 among the words)."""
    found: dict[tuple[str, str, str], dict[str, object]] = {}
    names = [*BASE, *(name for name in extension if name not in BASE)]
    decimal = rendering([name for name in extension if name != PROTOCOL])
    for packet in rows(path, names, f"{rule} and ({filter})" if filter else rule, words):
        kind = "tcp" if packet["tcp.stream"] else "udp"
        if not packet[f"{kind}.stream"]:
            continue
        src, dst = (last(packet[f"ip.{end}"] or packet[f"ipv6.{end}"]) for end in ("src", "dst"))
        sport, dport = (int(last(packet[f"{kind}.{end}port"])) for end in ("src", "dst"))
        flow = found.setdefault(
            (str(path), kind, last(packet[f"{kind}.stream"])),
            {"source": (src, sport) if sport > dport else (dst, dport), "ip_lengths": [], "ip_timestamps": [],
             "payload_lengths": [], "payload_timestamps": [], "extension": {}, "ext_protocol": [],
             "destination": (dst, dport) if sport > dport else (src, sport)},
        )  # fmt: skip
        sign = 1 if flow["source"] == (src, sport) else -1
        time = float(packet["frame.time_epoch"])
        for name in extension:
            text = packet[name]
            if name in decimal and text:
                text = ",".join(str(int(one, 0)) for one in text.split(","))
            if text:
                flow["extension"].setdefault(name, []).append((text, len(flow["ip_lengths"])))  # type: ignore
        if PROTOCOL in packet and packet[PROTOCOL] not in flow["ext_protocol"]:  # type: ignore
            flow["ext_protocol"].append(packet[PROTOCOL])  # type: ignore
        flow["ip_lengths"].append(sign * int(last(packet["ip.len"] or packet["ipv6.plen"])))  # type: ignore
        flow["ip_timestamps"].append(time)  # type: ignore
        length = int(last(packet["tcp.len"] if kind == "tcp" else packet["udp.length"]) or 0)
        if length > (0 if kind == "tcp" else 8):
            flow["payload_lengths"].append(sign * length)  # type: ignore
            flow["payload_timestamps"].append(time)  # type: ignore
    return {key: flow for key, flow in found.items() if flow["payload_lengths"]}


def assert_equal(got: dict, want: dict) -> None:
    assert list(got) == list(want)
    for key, flow in got.items():
        for name, value in want[key].items():
            if name == "ext_protocol":
                assert not value or flow.ext_protocol == "|".join(value), key
            else:
                assert getattr(flow, name) == value, (key, name)
