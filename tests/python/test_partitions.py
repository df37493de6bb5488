"""Parts of a scan: their sizes, their rows, and their way to other processes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import flowcontainer
from flowcontainer.partitions import bins_of_bytes, bins_of_number

PCAPS = Path(__file__).parents[1] / "pcaps"
DEMO, OTHER = PCAPS / "demo.pcap", PCAPS / "dhcp.pcap"


def rows(scan) -> list[dict]:
    return [row for batch in scan for row in zip(*batch.to_pydict().values())]


@pytest.fixture()
def day(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.pcap").symlink_to(DEMO)
    (tmp_path / "d.pcap").symlink_to(OTHER)
    return tmp_path


def test_estimate_reads_sizes_alone(day: Path) -> None:
    scan = flowcontainer.scan([day, OTHER])
    assert scan.estimate() == (5, 3 * os.path.getsize(DEMO) + 2 * os.path.getsize(OTHER))
    assert scan.accounting == {}
    missing = day / "gone"
    missing.write_bytes(b"")
    assert flowcontainer.scan(missing).estimate() == (1, 0)


@pytest.mark.parametrize("n", [None, 1, 2, 3, 4, 100])
def test_parts_have_the_rows_of_the_whole_in_order(day: Path, n: int | None) -> None:
    scan = flowcontainer.scan([day / "*.pcap", OTHER], ["ip.ttl"], jobs=2)
    parts = scan.partitions(n)
    assert len(parts) == min(n or 5, 5)
    assert [row for part in pickle.loads(pickle.dumps(parts)) for row in rows(part)] == rows(scan)
    assert sum(part.accounting["kept"] for part in parts for _ in [rows(part)]) == scan.accounting["kept"]


def test_parts_by_bytes(day: Path) -> None:
    size = os.path.getsize(DEMO)
    parts = flowcontainer.scan(day).partitions(bytes=2 * size)
    assert [part.estimate().captures for part in parts] == [2, 1, 1]
    assert [part.estimate().captures for part in flowcontainer.scan(day).partitions(bytes="1G")] == [4]


def test_bins() -> None:
    assert bins_of_number([1, 1, 1, 9, 1, 1, 1], 3) == [3, 1, 3]
    assert bins_of_number([5, 5, 5, 5], 2) == [2, 2]
    assert bins_of_number([0, 0, 0, 0], 2) == [2, 2]
    assert bins_of_number([100, 1, 1], 3) == [1, 1, 1]
    assert bins_of_number([100, 1, 1], 2) == [1, 2]
    assert bins_of_bytes([3, 3, 3, 10, 1], 6) == [2, 1, 1, 1]
    for n in range(1, 12):
        sizes = [(i * 7919) % 101 for i in range(10)]
        bins = bins_of_number(sizes, n)
        assert sum(bins) == 10 and len(bins) == min(n, 10) and min(bins) > 0


def test_a_part_knows_a_missing_capture_by_name(day: Path) -> None:
    part = flowcontainer.scan(day).partitions(1)[0]
    (day / "b.pcap").unlink()
    with pytest.warns(flowcontainer.CaptureWarning, match="b.pcap: No such file"):
        assert len(rows(part)) == len(rows(flowcontainer.scan([day / "a.pcap", day / "c.pcap", day / "d.pcap"])))
    assert [problem.capture for problem in part.problems] == [str(day / "b.pcap")]


def test_a_name_with_the_letters_of_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "a[1].pcap").symlink_to(DEMO)
    (tmp_path / "a1.pcap").symlink_to(OTHER)
    parts = flowcontainer.scan(tmp_path).partitions()
    assert {row[0] for row in rows(parts[1])} == {str(tmp_path / "a[1].pcap")}
    (tmp_path / "a[1].pcap").unlink()
    with pytest.raises(FileNotFoundError):  # not a1.pcap, which the name would match as a pattern
        rows(parts[1])


def test_a_part_has_all_methods(day: Path) -> None:
    part = pickle.loads(pickle.dumps(flowcontainer.scan(day, level="packets").partitions(2)[0]))
    assert part.progress() is None and part.problems == [] and part.notes == {}
    assert "native" in part.explain()
    assert part.column_names[0] == "capture"
    part.cancel()
    with pytest.raises(flowcontainer.Cancelled):
        rows(part)
    with pytest.raises(ValueError, match="one of the captures"):
        part.write_csv(day / "a.pcap")
    assert len(rows(part)) > 0


def test_joined_captures_are_one_part(day: Path) -> None:
    scan = flowcontainer.scan([day / "a.pcap", day / "b.pcap"], join=True)
    (part,) = scan.partitions(2)
    assert scan.estimate().captures == 2
    assert rows(part) == rows(scan)


def test_what_has_no_parts(day: Path) -> None:
    os.mkfifo(day / "pipe")
    for paths in ("-", [DEMO, day / "pipe"]):
        with pytest.raises(ValueError, match="can be read only once"):
            flowcontainer.scan(paths).partitions()
    for wrong in ({"n": 0}, {"n": 2, "bytes": 5}, {"bytes": 0}, {"bytes": "much"}):
        with pytest.raises(ValueError):
            flowcontainer.scan(day).partitions(**wrong)


def count(part: flowcontainer.Scan) -> int:
    return sum(map(len, part))


def test_processes_read_parts(day: Path) -> None:
    scan = flowcontainer.scan(day)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert sum(pool.map(count, scan.partitions(2))) == count(scan)


def test_parts_start_no_worker() -> None:
    """A scan of a thousand parts must not start a thousand processes."""
    script = (
        "import flowcontainer as f, sys; s = f.scan([sys.argv[1]] * 300, ['ip.ttl']); opened = f._core.open; n = []\n"
        "import flowcontainer.table as t\n"
        "t._core = type('C', (), {**vars(f._core), 'open': lambda *a, **k: n.append(1) or opened(*a, **k)})\n"
        "assert len(s.partitions()) == 300 and not n, n"
    )
    subprocess.run([sys.executable, "-c", script, str(DEMO)], check=True, timeout=60)
