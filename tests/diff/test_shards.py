"""The shard law for libwireshark: the rows do not depend on the number of parts into which a capture is divided, nor on
the captures that a process has dissected before. Fields are drawn from those that occur. `make test-long` takes
every capture, and an hour."""

from __future__ import annotations

import random
from pathlib import Path

import captures
import occurring
import ours
import pytest
import tshark

BUCKETS = [2, 3, 8, 64]
N_FIELDS, N_CAPTURES, SMALL = 200, 12, 300_000
FILTERS = ["", "udp or tcp.flags.syn == 1", "dns or http or tls"]
CLEAR = ["http.host", "http.request.uri", "http.response.code", "dns.qry.name", "dns.a", "smtp.req.command"]


@pytest.fixture(scope="module")
def worker(built: Path, stock: str) -> None:
    if not (built.parent / "flowcontainer-worker").exists():
        pytest.skip("flowcontainer-worker is not built: libwireshark's headers are missing")
    if not captures.CORPUS.is_dir():
        pytest.skip(f"{captures.CORPUS} is missing")


@pytest.fixture(scope="module")
def fields(stock: str) -> list[str]:
    """Drawn from the fields that one pass without labels gives for a divided capture."""
    types = tshark.every_field()
    whole = (".stream", "time_delta", "sctp.assoc", "wlan_radio", "megaco.context", "arp.duplicate", "connection.number")
    names = sorted(name for name in occurring.load() if types[name] not in ("FT_PROTOCOL", "FT_FRAMENUM")
                   and not name.startswith(("_ws.", "text", "tcp.completeness")) and not any(w in name for w in whole))
    return random.Random(7).sample(names, N_FIELDS)


def chosen() -> list[Path]:
    every = [path for path in captures.under(captures.CORPUS) if captures.LONG or path.stat().st_size < SMALL]
    return every if captures.LONG else random.Random(11).sample(every, N_CAPTURES) + [
        captures.OWN / name for name in ("demo.pcap", "transports.pcap", "tunnels.pcap", "link_239_nflog_odd.pcap",
                                         "eth_mpls_pseudowire.pcap") if (captures.OWN / name).exists()]


def rows(monkeypatch, paths: list[Path], buckets: int, *options: str) -> list[str]:
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "wireshark")
    monkeypatch.setenv("FLOWCONTAINER_BUCKETS", str(buckets))
    return ours.text_of(paths, "-j1", *options).split("\n")


def differences(one: list[str], other: list[str]) -> list[tuple[str, str]]:
    """The first few differences: pytest would need minutes to show a difference of whole texts."""
    assert len(one) == len(other)
    return [(a[-300:], b[-300:]) for a, b in zip(one, other) if a != b][:5]


@pytest.mark.parametrize("text", FILTERS)
def test_parts_do_not_matter(text: str, fields: list[str], worker: None, monkeypatch) -> None:
    options = ["-l", "frames", *(["-Y", text] if text else []), *(word for name in fields for word in ("-e", name))]
    paths = chosen()
    whole = rows(monkeypatch, paths, 1, *options)
    assert len(whole) > 500
    for n in BUCKETS if not text else BUCKETS[-1:]:
        assert (n, differences(whole, rows(monkeypatch, paths, n, *options))) == (n, [])


@pytest.mark.parametrize("level", ["packets", "flows"])
def test_parts_do_not_matter_to_flows(level: str, fields: list[str], worker: None, monkeypatch) -> None:
    options = ["-l", level, *(word for name in fields[:40] for word in ("-e", name))]
    assert differences(*(rows(monkeypatch, chosen(), n, *options) for n in (1, 8))) == []


def test_parts_do_not_matter_twice(worker: None, monkeypatch) -> None:
    """With two passes, and with encrypted streams left out."""
    twice = ["-l", "frames", "-e", "dns.response_in", "-e", "tcp.completeness", "-e", "http.host"]
    clear = ["-l", "frames", *(word for name in CLEAR for word in ("-e", name))]
    for options in (twice, clear, [*clear, "-Y", "http or dns"]):
        assert differences(*(rows(monkeypatch, chosen(), n, *options) for n in (1, 8))) == []


def test_what_went_before_does_not_matter(fields: list[str], worker: None, monkeypatch) -> None:
    """One process for all captures against one process for each."""
    options = ["-l", "frames", *(word for name in fields for word in ("-e", name))]
    paths = chosen()
    together = [row for row in rows(monkeypatch, paths, 1, *options) if row.startswith("/")]
    alone = [row for path in paths for row in rows(monkeypatch, [path], 1, *options) if row.startswith("/")]
    assert len(alone) > 500 and differences(alone, together) == []
