"""Large inputs: a hundred thousand files, a file of five gigabytes, two million packets through a pipe; and their memory.
A peak is that of a separate process, with the memory of its interpreter."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from made import ethernet, exchange, ipv4, talk, udp, write

MB, GB = 10**6, 10**9
HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)

PREAMBLE = """
import json, resource, sys, warnings
import flowcontainer
def tell(**found):
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    peak = int(status["VmHWM"].split()[0]) * 1024  # ru_maxrss would begin with that of the process that forked
    print(json.dumps(found | {"peak": peak, "seconds": resource.getrusage(resource.RUSAGE_SELF).ru_utime}))
"""


def python(code: str, *args: object, feed=None) -> dict:
    """Runs the code in a separate process and returns the JSON of its last line. `feed` writes to its standard input."""
    command = [sys.executable, "-c", PREAMBLE + code, *map(str, args)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=False) as process:
        if feed:
            feed(process.stdin)
        out, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(out)


# ---- many files ----

MANY = """
rows = files = order_kept = 0
previous, ports = "", set()
table = flowcontainer.scan(sys.argv[1], jobs=0)
for batch in table:
    columns = [batch[name].to_list() for name in ("capture", "protocol", "sport")]
    rows += len(batch)
    for capture, protocol, sport in zip(*columns):
        ports.add((protocol, sport))
        files += capture != previous
        order_kept += capture >= previous
        previous = capture
tell(rows=rows, files=files, in_order=order_kept, ports=sorted(ports), accounting=table.accounting,
     problems=len(table.problems))
"""


def test_a_hundred_thousand_files(tmp_path: Path) -> None:
    n_folders, n_files = 20, 5000
    for i in range(4):  # a file system allows 65,000 names of one file
        write(tmp_path / f"{i}.pcap", talk() + exchange())
    tree = tmp_path / "tree"
    for folder in range(n_folders):
        (tree / f"{folder:02}").mkdir(parents=True)
        for file in range(n_files):
            os.link(tmp_path / f"{file % 4}.pcap", tree / f"{folder:02}" / f"{file:04}.pcap")
    found = python(MANY, tree)
    n = n_folders * n_files
    assert found.pop("peak") < 200 * MB and found.pop("seconds") < 30
    assert found == {"rows": 2 * n, "files": n, "in_order": 2 * n, "ports": [["tcp", 50000], ["udp", 40000]],
                     "accounting": {"kept": 8 * n}, "problems": 0}  # fmt: skip
    shutil.rmtree(tree)


# ---- a large file ----

LARGE = """
warnings.simplefilter("ignore")
table = flowcontainer.scan(sys.argv[1], ["frame.number"])
flows = []
for batch in table:
    numbers = [[value["value"] for value in row] for row in batch["frame.number"].to_list()]
    flows += zip(batch["stream"].to_list(), batch["sport"].to_list(), batch["ip_lengths"].to_list(), numbers)
tell(flows=flows, accounting=table.accounting, problems=table.problems)
"""


def write_large(path: Path, size: int) -> tuple[list[int], int, int]:
    """Writes connections at the start, in the middle and past 4 GB, a cut record at the end, and holes between them that
    read as large frames of zeros. Returns the numbers of the other frames, the number of all frames, and the offset of
    the cut record."""
    numbers, frames, zeros, now = [], 0, 262144, 1_700_000_000
    with open(path, "wb") as file:
        file.write(HEADER)
        for port, until in ((50001, size // 2), (50002, size - 100 * MB), (50003, size)):
            for data in talk(port):
                frames += 1
                numbers.append(frames)
                file.write(struct.pack("<IIII", now, frames, len(data), len(data)) + data)
            while file.tell() < until:
                frames += 1
                file.write(struct.pack("<IIII", now, frames, zeros, zeros))
                file.seek(zeros, os.SEEK_CUR)
        cut = file.tell()
        file.write(struct.pack("<IIII", now, frames, 60, 60) + b"cut")
    return numbers, frames, cut


def test_five_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "large.pcap"
    free = shutil.disk_usage(tmp_path).free
    if free < 500 * MB:
        pytest.skip(f"{tmp_path} has {free // MB} MB left: a capture of 5 GB was not tested")
    with open(path, "wb") as file:
        file.truncate(5 * GB)
    if path.stat().st_blocks * 512 > GB and free < 6 * GB:
        pytest.skip(f"{tmp_path} knows no files with holes: a capture of 5 GB was not tested")
    numbers, n_frames, cut = write_large(path, 5 * GB)
    assert path.stat().st_size >= 5 * GB and cut > 2**32
    found = python(LARGE, path)
    path.unlink()
    lengths = [40, -40, 40, 140, -340, 40]
    assert found["flows"] == [[i, 50001 + i, lengths, numbers[6 * i : 6 * i + 6]] for i in range(3)]
    assert sum(found["accounting"].values()) == n_frames and found["accounting"]["kept"] == len(numbers)
    ((_, _, offset, frames),) = found["problems"]
    assert (offset, frames) == (cut, n_frames)
    assert found["peak"] < 200 * MB
    assert found["seconds"] < 10  # user time of this process, without the system's time to make zeros


# ---- many packets ----

STREAM = """
rows = packets = 0
table = flowcontainer.scan("-", level=sys.argv[1], batch_rows=1000)
for batch in table:
    rows += len(batch)
    if sys.argv[1] == "flows":
        lengths = batch["ip_lengths"]
        packets += len(lengths.value(0)) * len(batch)
tell(rows=rows, packets=packets, kept=table.accounting["kept"])
"""
N_FLOWS, N_ROUNDS = 20_000, 100


def feed_packets(pipe) -> None:
    """Rounds of one packet per flow, one second apart."""
    records = []
    for i in range(N_FLOWS):
        data = ethernet(ipv4("10.0.0.1", "192.0.2.7", 17, udp(20000 + i, 9999, bytes(i % 50 + 1).ljust(50))))
        records.append(struct.pack("<IIII", 0, 40_000 * i, len(data), len(data)) + data)
    size = len(records[0])
    block = bytearray(b"".join(records))
    pipe.write(HEADER)
    for second in range(1_700_000_000, 1_700_000_000 + N_ROUNDS):
        for byte, value in enumerate(struct.pack("<I", second)):
            block[byte::size] = bytes([value]) * N_FLOWS
        pipe.write(block)


@pytest.mark.parametrize("level", ["flows", "packets"])
def test_memory_of_a_packet(level: str) -> None:
    n = N_FLOWS * N_ROUNDS
    found = python(STREAM, level, feed=feed_packets)
    assert found["kept"] == n
    assert found["rows"] == (N_FLOWS if level == "flows" else n)
    assert level != "flows" or found["packets"] == n
    most = 40 * MB + (16 * n + 400 * N_FLOWS if level == "flows" else 20 * MB)
    assert found["peak"] < most, f"{(found['peak'] - 40 * MB) / n:.0f} bytes a packet"
