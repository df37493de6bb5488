"""`extract` against tshark: flows computed from tshark's text alone, as the original flowcontainer computes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from flowcontainer.extractor import extract

FILTER = (
    "(ip or ipv6) and not icmp and not icmpv6 and not tcp.analysis.retransmission and not tcp.analysis.out_of_order "
    "and not mdns and not ssdp"
)
BASE = [
    "frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.len", "ipv6.plen",
    "tcp.srcport", "tcp.dstport", "tcp.len", "tcp.stream", "udp.srcport", "udp.dstport", "udp.length", "udp.stream",
]  # fmt: skip
EXTENSION = [
    "ip.ttl", "ip.id", "ip.addr", "ip.proto", "eth.src", "tcp.payload", "udp.payload", "tcp.flags", "tcp.flags.syn",
    "tcp.seq", "tcp.ack", "tcp.window_size_value", "tcp.options.mss_val", "frame.number", "frame.len", "udp.checksum",
]  # fmt: skip
OWN = Path(__file__).resolve().parents[1] / "pcaps"
SAMPLES = ["1592754322_clear.pcap", "1592993485_clear.pcap", "1592993485_noise.pcap", "1592993485_udp.pcap", "ssh.pcap",
           "ssl.pcapng", "tls.pcap", "l2tp.pcap"]  # fmt: skip


def packets_of(path: Path) -> list[dict[str, str]]:
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed: the facade was not compared with it")
    names = BASE + EXTENSION
    words = [word for name in names for word in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-Y", FILTER, "-T", "fields", "-E", "separator=/t", *words],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [dict(zip(names, line.split("\t"))) for line in done.stdout.splitlines()]


def last(values: str) -> str:
    return values.rsplit(",", 1)[-1]


def expected(path: Path) -> dict[tuple[str, str, str], dict[str, object]]:
    flows: dict[tuple[str, str, str], dict[str, object]] = {}
    for packet in packets_of(path):
        kind = "tcp" if packet["tcp.stream"] else "udp"
        if not packet[f"{kind}.stream"]:
            continue
        src, dst = (last(packet[f"ip.{end}"] or packet[f"ipv6.{end}"]) for end in ("src", "dst"))
        sport, dport = (int(last(packet[f"{kind}.{end}port"])) for end in ("src", "dst"))
        flow = flows.setdefault(
            (str(path), kind, last(packet[f"{kind}.stream"])),
            {"client": (src, sport) if sport > dport else (dst, dport), "ip": [], "ip_times": [], "payload": [],
             "times": [], "extension": {}, "server": (dst, dport) if sport > dport else (src, sport)},
        )  # fmt: skip
        sign = 1 if flow["client"] == (src, sport) else -1
        time = float(packet["frame.time_epoch"])
        for name in EXTENSION:
            if packet[name]:
                flow["extension"].setdefault(name, []).append((packet[name], len(flow["ip"])))  # type: ignore
        flow["ip"].append(sign * int(last(packet["ip.len"] or packet["ipv6.plen"])))  # type: ignore
        flow["ip_times"].append(time)  # type: ignore
        length = int(last(packet["tcp.len"] if kind == "tcp" else packet["udp.length"]) or 0)
        if length > (0 if kind == "tcp" else 8):
            flow["payload"].append(sign * length)  # type: ignore
            flow["times"].append(time)  # type: ignore
    return {key: flow for key, flow in flows.items() if flow["payload"]}


def compare(path: Path) -> None:
    want, got = expected(path), extract(str(path), extension=EXTENSION)
    assert list(got) == list(want)
    for key, flow in got.items():
        assert (flow.source, flow.destination) == (want[key]["client"], want[key]["server"]), key
        assert flow.ip_lengths == want[key]["ip"], key
        assert flow.ip_timestamps == want[key]["ip_times"], key
        assert flow.payload_lengths == want[key]["payload"], key
        assert flow.payload_timestamps == want[key]["times"], key
        assert flow.extension == want[key]["extension"], key


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_of_the_original(shared: Path, name: str) -> None:
    compare(shared / "corpus" / "flowcontainer" / name)


@pytest.mark.parametrize("name", ["demo.pcap", "eth_vlan.pcap", "link_113_sll.pcap", "link_101_raw.pcap", "frag4.pcap"])
def test_own_captures(name: str) -> None:
    compare(OWN / name)

