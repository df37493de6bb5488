"""Link types and formats that only libwireshark reads: flows are tshark's at every level, and so are values, even those
of header fields that the native engine answers for other link types."""

from __future__ import annotations

import subprocess
from pathlib import Path

import captures
import compare
import ours
import pytest
import regroup
import tshark
import wireshark

LINKS = {path.name: path for path in captures.foreign()}
FORMATS = "5views commview-ncf k12text lanalyzer modpcap netmon1 netmon2 nettl ngsniffer ngwsniffer_1_1 ngwsniffer_2_0 " \
          "nokiapcap nsecpcap rh6_1pcap snoop suse6_3pcap visual".split()
HEADERS = """frame.len frame.cap_len frame.encap_type frame.time_relative eth.src eth.dst eth.type eth.trailer ip.src ip.ttl ip.len
    ip.id ipv6.plen ipv6.hlim tcp.stream tcp.seq tcp.len tcp.flags tcp.analysis.flags udp.stream udp.length icmp.type""".split()
FILTERS = ["tcp.flags.syn == 1 or udp", "ip.src == 10.1.0.1", "eth.src == 02:00:00:00:0a:01", "frame.number > 4", "ipv6"]


@pytest.fixture(scope="module")
def worker(built: Path) -> None:
    if not (built.parent / "flowcontainer-worker").exists():
        pytest.skip("flowcontainer-worker is not built: libwireshark's headers are missing")


def answers(path: Path) -> dict[str, ours.Answer]:
    options = {"bare": "-lframes -dnone -eframe.number", "frames": "-lframes", "packets": "-lpackets", "flows": "-lflows",
               "classic": "-lflows -c"}
    return {what: ours.run(path, *words.split()) for what, words in options.items()}


def base_differences(path: Path) -> str:
    """Frames, packets, flows and accounting against a regrouping of tshark's text."""
    result = compare.Result(path.name)
    extra = [name for name in regroup.NEEDS if name != "frame.number"]
    theirs, status = tshark.rows(path, extra + ["frame.number"])
    compare.compare_with(result, path, ["frame.number"], theirs, status, extra, answers(path))
    assert result.frames > 10
    return compare.tell_one(result) if result.groups else ""


@pytest.mark.parametrize("name", LINKS)
def test_flows_are_tsharks(name: str, stock: str, worker: None) -> None:
    assert base_differences(LINKS[name]) == ""


@pytest.mark.parametrize("index", range(len(LINKS)), ids=list(LINKS))
def test_values_are_tsharks(index: int, stock: str, worker: None) -> None:
    path = list(LINKS.values())[index]
    for text in ("", FILTERS[index % len(FILTERS)]) if index % 2 else ("",):
        assert wireshark.differences(path, HEADERS, text) == []


@pytest.mark.parametrize("kind", FORMATS)
def test_formats(kind: str, tmp_path: Path, stock: str, worker: None) -> None:
    path = tmp_path / f"demo.{kind}"
    done = subprocess.run(["editcap", "-F", kind, captures.OWN / "demo.pcap", path], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert base_differences(path) == ""
    assert wireshark.differences(path, HEADERS, "tcp") == []


def test_links_with_streams_of_their_own_have_libwiresharks_numbers(worker: None) -> None:
    notes = {name: ours.run(path, "-l", "flows").notes for name, path in LINKS.items()}
    assert [name for name, n in notes.items() if "stream_numbers_may_differ" in n] == []


def test_without_a_worker_frames_are_counted(worker: None, built: Path, monkeypatch) -> None:
    monkeypatch.setenv("FLOWCONTAINER_WORKER", "/nonexistent")
    late = ours.run(LINKS["foreign_late.pcapng"], "-l", "flows")
    assert late.rows and {"link_type_117", "link_type_258", "link_type_147"} <= late.counts.keys()
    (problem,) = ours.run(LINKS["foreign_117_pflog.pcap"]).problems
    assert "link type 117 is not known" in problem[-1]


def test_a_large_capture_is_not_divided(worker: None, stock: str, monkeypatch) -> None:
    """A flow may have packets on both kinds of links."""
    monkeypatch.setenv("FLOWCONTAINER_BUCKETS", "3")
    assert wireshark.differences(LINKS["foreign_late.pcapng"], [*HEADERS, "frame.protocols", "tcp.payload"]) == []
