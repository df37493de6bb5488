"""The law of the hand-over: a query that starts natively and is handed over has libwireshark's answer, in every capture
of today's part of the corpus (captures.py) and through a pipe."""

from __future__ import annotations

import gzip
import random
import shutil
import subprocess
from pathlib import Path

import captures
import mutants
import ours
import pytest
from tshark import CELL

HEADERS = ("frame.", "eth.", "vlan.", "ip.", "ipv6.", "tcp.", "udp.", "udplite.")
TWICE = {"dns.retransmit_response_in", "http.prev_request_in", "http.prev_response_in"}  # known after a second pass
OURS = {f"{p}tls.handshake.ja4{r}" for p in ("", "d") for r in ("", "_r")}  # this Wireshark has none
CHUNK = 20
FAMILIES = ["tls.", "dtls.", "x509", "http.", "dns.", "ssh.", "quic.", ("ntp.", "dhcp.")]
CAPTURES = captures.chosen()
EVERY = captures.default()


@pytest.fixture(scope="module")
def options(built: Path) -> list[str]:
    if not (built.parent / "flowcontainer-worker").exists():
        pytest.skip("flowcontainer-worker is not built: libwireshark's headers are missing")
    names = [name for name in ours.fields() if not name.startswith(HEADERS) and name not in TWICE | OURS]
    assert len(names) > 500
    return [word for name in names for word in ("-e", name)]


def differences(one: ours.Answer, other: ours.Answer) -> list[tuple[str, ...]]:
    assert one.columns == other.columns and len(one.rows) == len(other.rows)
    pairs = ((a.split(ours.CELL), b.split(ours.CELL)) for a, b in zip(one.rows, other.rows) if a != b)
    return [(column, *a[:2], a[i], b[i]) for a, b in pairs for i, column in enumerate(one.columns) if a[i] != b[i]]


def limited(names: list[str], asked: list[str], answer: ours.Answer) -> tuple[list[str], ours.Answer]:
    """The query and its answer, with some of the requested fields."""
    left_out = {*asked} - {*names}
    kept = [i for i, column in enumerate(answer.columns) if column not in left_out]
    rows = [CELL.join(cells[i] for i in kept) for cells in (row.split(CELL) for row in answer.rows)]
    return [word for name in names for word in ("-e", name)], ours.Answer([answer.columns[i] for i in kept], rows)


@pytest.mark.parametrize("first", range(0, len(CAPTURES), CHUNK))
def test_the_answer_is_libwiresharks(first: int, options: list[str], monkeypatch) -> None:
    paths = CAPTURES[first : first + CHUNK]
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "wireshark")
    whole = ours.run(paths, "-j1", *options)
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "auto")
    assert not differences(ours.run(paths, "-j1", *options), whole)[:5]
    monkeypatch.setenv("FLOWCONTAINER_BUCKETS", "2")  # only the flows that raise doubts are handed over
    names = options[1::2]
    whole_capture, content = "quic.connection.number", "tls.app_data"  # without which other ways are taken
    apart = [name for name in names if name not in (whole_capture, content)]
    some, rest = limited(apart, names, whole)
    assert not differences(ours.run(paths, "-j1", *some), rest)[:5]
    clear = [name for name in names if name.startswith(("dns.", "http.", "ssh."))]  # encrypted streams are left out
    some, rest = limited(clear, names, whole)
    assert not differences(ours.run(paths, "-j1", *some), rest)[:5]


@pytest.mark.parametrize("length", [97, 301, 803])
def test_of_captures_that_were_cut(length: int, options: list[str], monkeypatch, tmp_path: Path) -> None:
    """A snap length cuts the ends of messages."""
    if not shutil.which("editcap"):
        pytest.skip("editcap is not installed")
    words = ("tls", "http", "ssh", "quic", "dns", "smtp")
    small = [path for path in captures.under(captures.CORPUS) if path.stat().st_size < 100_000
             and any(word in path.name for word in words)]
    if len(small) < 25:
        pytest.skip(f"{captures.CORPUS} has too few captures")
    for i, path in enumerate(random.Random(length).sample(small, 25)):
        subprocess.run(["editcap", "-F", "pcap", "-s", str(length), path, tmp_path / f"{i}.pcap"], capture_output=True)
    paths = sorted(tmp_path.glob("*.pcap"))
    assert len(paths) > 15
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "auto")
    chosen = ours.run(paths, "-j1", *options)
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "wireshark")
    assert not differences(chosen, ours.run(paths, "-j1", *options))[:5]


@pytest.mark.parametrize("seed", range(40) if captures.LONG else [captures.PART])
def test_of_captures_that_were_damaged(seed: int, options: list[str], monkeypatch, tmp_path: Path) -> None:
    small = [path for path in EVERY if 200 < path.stat().st_size < 60_000]
    made = mutants.make(tmp_path, small, 40, seed)
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "auto")
    chosen = ours.run(list(made), "-j1", *options)
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "wireshark")
    theirs = ours.run(list(made), "-j1", *options)
    wrong = differences(chosen, theirs)
    assert not [(made[Path(path)], *rest) for column, path, *rest in wrong][:5], wrong[:5]
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "auto")
    for family in FAMILIES:  # protocols that no query names are not read
        names = options[1::2]
        some, rest = limited([name for name in names if name.startswith(family)], names, theirs)
        wrong = differences(ours.run(list(made), "-j1", *some), rest)
        assert not [(made[Path(path)], *rest) for column, path, *rest in wrong][:5], wrong[:5]


def test_of_a_pipe(options: list[str], monkeypatch) -> None:
    """A pipe cannot be read again, so libwireshark answers from its first frame."""
    capture = captures.OWN / "tls_null.pcap"
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "wireshark")
    whole = ours.run(capture, "-j1", *options)
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "auto")
    with subprocess.Popen(["cat", capture], stdout=subprocess.PIPE) as cat:
        done = subprocess.run([ours.program(), "-j1", *options, "--", "-"], stdin=cat.stdout, capture_output=True, check=True)
    piped = ours.read(done.stdout.decode("utf-8", "surrogateescape"))
    assert [row.split(ours.CELL)[1:] for row in piped.rows] == [row.split(ours.CELL)[1:] for row in whole.rows]


def test_without_a_worker_it_is_told(options: list[str], monkeypatch) -> None:
    capture = captures.OWN / "tls_null.pcap"
    assert ours.run(capture, *options).notes["handed_over"] == 1
    monkeypatch.setenv("FLOWCONTAINER_WORKER", "/nonexistent/worker")
    alone = ours.run(capture, *options)
    assert alone.notes["protocols_not_followed"] == 1 and not alone.notes.get("handed_over")


def test_a_hand_over_that_fails_costs_no_frame(options: list[str], monkeypatch, tmp_path: Path) -> None:
    """libwireshark needs an uncompressed copy, and there is no room for it."""
    packed = tmp_path / "null.pcap.gz"
    packed.write_bytes(gzip.compress((captures.OWN / "tls_null.pcap").read_bytes()))
    whole = ours.run(packed, *options)
    assert whole.notes["handed_over"] == 1
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    alone = ours.run(packed, *options)
    assert len(alone.rows) == len(whole.rows) and not alone.problems
    assert alone.notes["protocols_not_followed"] == 1 and not alone.notes.get("handed_over")
