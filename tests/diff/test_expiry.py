"""The rows of flows that leave early and their order, against expiry.py; and the same rows at any number of jobs, at any
size of a batch, and from a pipe."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import captures
import expiry
import pytest

flowcontainer = pytest.importorskip("flowcontainer")
pyarrow = pytest.importorskip("pyarrow")
SECOND = 10**9
MOST_BYTES = 400_000
SPREAD = 12  # one in so many captures of the corpus


def spread() -> dict[str, Path]:
    small = [path for path in captures.default() if path.stat().st_size <= MOST_BYTES]
    own = [path for path in small if path.is_relative_to(captures.OWN)]
    corpus = [path for path in small if not path.is_relative_to(captures.OWN)]
    return {captures.name_of(path): path for path in own + corpus[::SPREAD]}


def frames_of(path: Path) -> list[dict]:
    """All frames, with the pair of those that are in a flow."""
    table = flowcontainer.scan(path, ["tcp.flags"], level="frames", values="list", engine="native").to_arrow()
    frames = table.select(["frame", "protocol", "stream", "src", "sport", "reason", "tcp.flags"]).to_pylist()
    for frame, time in zip(frames, table["time"].cast("int64").to_pylist(), strict=True):
        frame["time"] = time
        kept = frame["reason"] is None
        frame["pair"] = (frame["protocol"], frame["stream"]) if kept else None
        flags = frame["tcp.flags"] or []
        frame["flags"] = flags[-1] & 0xFF if flags and frame["protocol"] == "tcp" else 0
    return frames


def table_of(path, policy: expiry.Policy, **options):
    options["max_flows"] = policy.most
    if policy.stream and policy.grace != expiry.NEVER:
        options |= {"close": "fin", "idle": policy.grace / SECOND}
    if not policy.stream:
        options |= {"policy": "timeout", "idle": policy.idle / SECOND, "active": policy.active / SECOND}
    table = flowcontainer.scan(path, columns=["end", "frames"], engine="native", **options).to_arrow()
    return table.set_column(0, "end", table["end"].cast("string")).combine_chunks()


def rows_of(path, policy: expiry.Policy) -> list[tuple[str, list[int]]]:
    table = table_of(path, policy)
    return [(row["end"], row["frames"]) for row in table.to_pylist()]


POLICIES = [
    expiry.Policy(SECOND // 100, SECOND),
    expiry.Policy(SECOND, 5 * SECOND),
    expiry.Policy(120 * SECOND, 1800 * SECOND),
    expiry.Policy(SECOND, 5 * SECOND, most=3),
    expiry.Policy(120 * SECOND, 1800 * SECOND, most=1),
    expiry.Policy(stream=True, most=2),
    expiry.Policy(stream=True, grace=SECOND // 10),
    expiry.Policy(stream=True, grace=5 * SECOND, most=4),
]


@pytest.mark.filterwarnings("ignore::flowcontainer.CaptureWarning")
@pytest.mark.parametrize("name", spread())
def test_flows_end_when_an_independent_implementation_says(name: str) -> None:
    path = spread()[name]
    try:
        frames = frames_of(path)
    except flowcontainer.CaptureError as error:
        pytest.skip(f"no capture: {error}")
    for policy in POLICIES:
        assert rows_of(path, policy) == expiry.flows(frames, policy), policy


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20,000 packets of 2,000 pairs in 100 seconds, some frames late by up to 50 ms."""
    chance = random.Random(1)
    now, records = 10**18, []
    for _ in range(20000):
        now += chance.randrange(10**7)
        late = chance.randrange(5 * 10**7) if chance.random() < 0.01 else 0
        records.append((now - late, datagram(chance.randrange(2000), chance.randrange(400))))
    path = tmp_path_factory.mktemp("expiry") / "many.pcap"
    path.write_bytes(pcap(records))
    return path


def datagram(pair: int, length: int, host: int = 0) -> bytes:
    udp = (20000 + pair).to_bytes(2, "big") + (30000).to_bytes(2, "big") + (8 + length).to_bytes(2, "big") + bytes(2)
    header = b"\x45\0" + (28 + length).to_bytes(2, "big") + bytes(4) + b"\x40\x11" + bytes(2) + bytes([10, 0, host, 1, 10, 0, 0, 2])
    return bytes(12) + b"\x08\0" + header + udp + bytes(length)


def pcap(records: list[tuple[int, bytes]]) -> bytes:
    parts = [0xA1B23C4D.to_bytes(4, "little"), b"\2\0\4\0", bytes(8), (65535).to_bytes(4, "little"), b"\1\0\0\0"]
    for time, data in records:
        for number in (time // SECOND, time % SECOND, len(data), len(data)):
            parts.append(number.to_bytes(4, "little"))
        parts.append(data)
    return b"".join(parts)


def test_the_clock_of_late_frames(capture: Path) -> None:
    frames = frames_of(capture)
    rows = rows_of(capture, expiry.Policy(SECOND, 20 * SECOND))
    assert len(rows) > 10000 and {end for end, _ in rows} == {"idle", "capture"}
    assert rows == expiry.flows(frames, expiry.Policy(SECOND, 20 * SECOND))


EARLY = [expiry.Policy(SECOND, SECOND), expiry.Policy(SECOND, SECOND, most=20), expiry.Policy(stream=True, most=20)]


@pytest.mark.parametrize("policy", EARLY)
def test_same_rows_at_any_number_of_jobs_and_any_size_of_a_batch(capture: Path, tmp_path: Path, policy) -> None:
    folder = tmp_path / "several"
    folder.mkdir()
    for i in range(3):
        (folder / f"{i}.pcap").write_bytes(capture.read_bytes())
    one = table_of(capture, policy)
    three = pyarrow.concat_tables([one] * 3).combine_chunks()
    for options in ({"jobs": 1}, {"jobs": 2}, {"jobs": 8, "batch_rows": 500}):
        assert table_of(folder, policy, **options).equals(three)
    few = table_of(folder, policy, max_frames=300)
    for options in ({"jobs": 2, "batch_rows": 1}, {"batch_rows": 7}):
        assert table_of(folder, policy, max_frames=300, **options).equals(few)


@pytest.mark.parametrize("policy", EARLY)
def test_same_rows_from_a_pipe(capture: Path, tmp_path: Path, policy) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(capture.read_bytes()))
    writer.start()
    assert table_of(pipe, policy).equals(table_of(capture, policy))
    writer.join()


def test_the_first_row_leaves_while_the_pipe_is_open(capture: Path, tmp_path: Path) -> None:
    """Whoever writes the capture waits for a row before it writes the rest."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    seen = threading.Event()
    data = capture.read_bytes()
    waited = []

    def write() -> None:
        with pipe.open("wb") as out:
            out.write(data[: len(data) // 2])
            out.flush()
            waited.append(seen.wait(60))
            out.write(data[len(data) // 2 :])

    writer = threading.Thread(target=write)
    writer.start()
    reader = flowcontainer.scan(pipe, columns=["frames"], policy="timeout", idle=1, batch_rows=10)
    for _ in reader:
        seen.set()
    writer.join()
    assert waited == [True]


READ = """
import pathlib, sys
from flowcontainer import scan
rows = 0
for batch in scan(sys.argv[1], ["udp.length"], columns=["default", "stats"], policy="timeout", idle=1, batch_rows=1000):
    rows += len(batch)
status = dict(line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
print(rows, status["VmHWM"].split()[0])  # not ru_maxrss: that of the parent counts in it
"""


def test_memory_depends_on_what_is_open_not_on_what_has_passed(tmp_path: Path) -> None:
    """One-packet flows of pairs that never come back, 10 ms apart: 10 minutes of them, and 30."""
    peaks = []
    for n in (60_000, 180_000):
        path = tmp_path / f"{n}.pcap"
        path.write_bytes(pcap([(i * 10**7, datagram(i % 40000, 20, i // 40000)) for i in range(n)]))
        done = subprocess.run([sys.executable, "-c", READ, path], check=True, capture_output=True, text=True)
        rows, peak = map(int, done.stdout.split())
        assert rows == n
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 8000  # kB
