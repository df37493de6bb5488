"""Consecutive captures read as one: the rows are those of `mergecap -a`."""

from __future__ import annotations

import gzip
import shutil
import subprocess

import pytest

from flowcontainer import UnsupportedError, scan

FRAMES = ["--level", "frames", "-T", "csv", "-C", "frame,time,flow,protocol,stream,src,dst,frame_length,reason,frame.cap_len"]
FLOWS = ["-T", "csv", "-C", "protocol,stream,src,sport,dst,dport,time_start,time_end,packets,bytes,payload_bytes,frames"]


def rows(cli, *args) -> list[str]:
    done = cli(*args)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def parts(tmp_path, root):
    """A capture in pieces, whose names are not in the order of their packets, and the capture."""
    whole = root / "tests" / "pcaps" / "demo.pcap"
    head, cut = whole.read_bytes()[:24], []
    data, at = whole.read_bytes(), 24
    while at < len(data):
        n = 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        cut.append(data[at : at + n])
        at += n
    paths = []
    for name, piece in (("c.pcap", cut[:50]), ("a.pcap.gz", cut[50:51]), ("d.pcap", []), ("b.pcap", cut[51:])):
        path = tmp_path / name
        bytes_of = head + b"".join(piece)
        path.write_bytes(gzip.compress(bytes_of) if name.endswith("gz") else bytes_of)
        paths.append(path)
    return whole, paths


@pytest.mark.parametrize("jobs", ["1", "2", "8"])
def test_the_parts_are_the_whole(cli, parts, jobs):
    whole, paths = parts
    for args in (FRAMES, FLOWS, [*FLOWS, "-e", "dns.qry.name", "--engine", "native"], [*FLOWS, "--policy", "timeout", "--idle", "1s"]):
        want = rows(cli, *args, whole)
        assert rows(cli, "--join", "-j", jobs, *args, *paths) == want
        assert rows(cli, "--join", "-j", jobs, *args, *reversed(paths)) == want
    done = cli("--join", *FLOWS, paths[0].parent)
    assert done.stdout.splitlines() == rows(cli, *FLOWS, whole) and "of 4 captures" in done.stderr


def test_a_damaged_part_does_not_end_it(cli, parts, tmp_path):
    whole, (first, single, empty, rest) = parts
    first.write_bytes(first.read_bytes()[:-7])
    text = tmp_path / "e.pcap"
    text.write_text("this is no capture")
    done = cli("--join", *FRAMES, first, single, empty, rest, text)
    assert done.returncode == 1
    assert f"damaged: {first}: " in done.stderr and "(49 frames before it are used)" in done.stderr
    assert f"unreadable: {text}: " in done.stderr
    assert len(done.stdout.splitlines()) == len(rows(cli, *FRAMES, whole)) - 1


def test_link_types_and_formats_may_differ(cli, root, tmp_path):
    if not shutil.which("mergecap"):
        pytest.skip("mergecap is missing (package wireshark-common): joining was not compared with it")
    names = ("any_sll.pcap", "format_pcapng_little.pcapng", "demo.pcap", "eth_vlan.pcap", "format_pcap_ns_big.pcap")
    paths = [root / "tests" / "pcaps" / name for name in names]
    merged = tmp_path / "merged.pcapng"
    order = sorted(paths, key=lambda path: rows(cli, "--level", "frames", "-T", "csv", "-C", "time", path)[1])
    subprocess.run(["mergecap", "-a", "-w", merged, *order], check=True)
    for args in (FRAMES, FLOWS):
        assert rows(cli, "--join", *args, *paths) == rows(cli, *args, merged)


def test_the_corpus_joined_is_mergecap(cli, shared, tmp_path):
    if not shutil.which("mergecap"):
        pytest.skip("mergecap is missing (package wireshark-common): joining was not compared with it")
    found = [p for p in sorted((shared / "corpus").rglob("*.pcap*")) if p.stat().st_size < 300_000][::40]
    good = [p for p in found if cli("-q", *FRAMES, "-c", "1", p).returncode == 0 and len(rows(cli, *FRAMES, "-c", "1", p)) > 1]
    good = [p for p in good if cli("-q", *FRAMES, p).returncode == 0 and subprocess.run(["mergecap", "-a", "-w", "/dev/null", p], capture_output=True).returncode == 0]
    order = sorted(good, key=lambda p: rows(cli, "--level", "frames", "-T", "csv", "-C", "time", "-c", "1", p)[1])
    merged = tmp_path / "merged.pcapng"
    assert len(order) > 3
    subprocess.run(["mergecap", "-a", "-w", merged, *order], check=True)
    assert rows(cli, "--join", *FRAMES, *good) == rows(cli, *FRAMES, merged)


def test_what_cannot_be_joined_says_why(cli, parts, tmp_path):
    _, paths = parts
    done = cli("--join", *paths, "-", "--engine", "native")
    assert done.returncode == 2 and "read only once" in done.stderr
    done = cli("--join", "--features", "nfstream", *paths)
    assert done.returncode == 2 and "mergecap" in done.stderr
    with pytest.raises((UnsupportedError, ValueError), match="read only once"):
        scan(["-"], join=True)


def test_python_joins_too(parts):
    whole, paths = parts
    table = scan(paths, join=True, columns=["stream", "packets"])
    want = scan(whole, columns=["stream", "packets"])
    assert [b.to_pydict() for b in table] == [b.to_pydict() for b in want]
    assert table.accounting == want.accounting
