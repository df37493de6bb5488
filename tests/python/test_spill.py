"""max_memory: the state of flows beyond it lies in a temporary file, and the rows are the same."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import made
import pytest

from flowcontainer import scan

pyarrow = pytest.importorskip("pyarrow")
PCAPS = sorted((Path(__file__).resolve().parents[1] / "pcaps").glob("*.pcap"))

QUERIES = {
    "flows": [],
    "sequences": ["-C", "default,frames,frame_lengths,tcp_flags,ip_gaps", "--features", "basic"],
    "fields": ["-e", "ip.ttl", "-e", "tcp.seq", "-e", "tls.handshake.extensions_server_name", "-e", "http.host", "--engine", "native"],
    "bytes": ["--bytes", "head=ip:5x60"],
    "timeout": ["--policy", "timeout", "--idle", "1s"],
    "evicted": ["--max-flows", "3"],
    "packets": ["--level", "packets", "-e", "ip.ttl", "--engine", "native"],
}


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4,000 flows, so that the file has some megabytes and its pages leave the memory."""
    path = tmp_path_factory.mktemp("busy") / "busy.pcap"
    made.write(path, made.many(4000) + made.many(4000))
    return path


@pytest.mark.parametrize("query", QUERIES)
def test_rows_do_not_depend_on_the_limit(cli, busy: Path, query: str) -> None:
    captures = [busy, *PCAPS[::12]]
    args = ["-q", "-T", "ndjson", *QUERIES[query], *captures]
    plain = cli("-j", "1", *args)
    assert plain.stdout.count("\n") > (100 if query == "evicted" else 4000)
    for limit, jobs in (("1", 1), ("1", 8), ("300K", 2)):
        assert cli("--max-memory", limit, "-j", jobs, *args).stdout == plain.stdout, (limit, jobs)


@pytest.mark.parametrize("options", [{}, {"fields": ["ip.ttl", "tcp.seq", "dns.qry.name", "tls.handshake.ja3"]}, {"policy": "timeout"}])
def test_real_captures(shared: Path, options: dict) -> None:
    captures = [p for p in sorted((shared / "corpus").rglob("*.pcap"))[::8] if p.stat().st_size < 2_000_000]
    asked = {"engine": "native"} | options
    plain = scan(captures, **asked).to_arrow()
    assert plain.num_rows > 300
    assert scan(captures, max_memory=1, jobs=2, **asked).to_arrow().to_pylist() == plain.to_pylist()


def test_the_file_is_counted(busy: Path) -> None:
    with_file = scan(busy, max_memory=100_000)
    assert with_file.to_arrow().num_rows == 4000
    assert with_file.notes["spilled_bytes"] >= 1 << 20
    without = scan(busy, max_memory="1G")
    without.to_arrow()
    assert "spilled_bytes" not in without.notes


def test_a_folder_that_is_not_there_is_named(cli, busy: Path, tmp_path: Path) -> None:
    lost = cli("--max-memory", "1", "-T", "ndjson", busy, env={**cli.env, "TMPDIR": f"{tmp_path}/nowhere"})
    assert lost.returncode == 4
    assert f"{tmp_path}/nowhere" in lost.stderr and "TMPDIR" in lost.stderr


def test_a_full_folder_is_named(cli, busy: Path, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    def run(capture: Path) -> subprocess.CompletedProcess:
        return cli("--max-memory", "1", "-T", "ndjson", capture, env={**cli.env, "TMPDIR": str(tmp_path)}, preexec_fn=limit)

    full = run(busy)
    assert full.returncode == 4
    assert str(tmp_path) in full.stderr and "TMPDIR" in full.stderr
    assert run(PCAPS[0]).returncode == 0  # it needs no more than the first megabyte


def test_nothing_is_left_behind(cli, busy: Path, tmp_path: Path) -> None:
    run = subprocess.Popen(
        [cli.path, "-q", "--max-memory", "1", "-T", "ndjson", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={**cli.env, "TMPDIR": str(tmp_path)},
    )
    try:
        run.stdin.write(busy.read_bytes())
        run.stdin.flush()
        deadline = time.monotonic() + 20
        while str(tmp_path) not in Path(f"/proc/{run.pid}/maps").read_text():
            assert time.monotonic() < deadline, "no file was made"
            time.sleep(0.01)
        assert os.listdir(tmp_path) == []
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stdin.close()
    assert os.listdir(tmp_path) == []


def test_a_child_leaves_the_memory_of_its_parent_alone(busy: Path) -> None:
    want = scan(busy).to_arrow()
    batches = iter(scan(busy, max_memory=1, batch_rows=100))
    got = [pyarrow.record_batch(next(batches))]
    child = os.fork()
    if not child:
        try:
            batches.close()
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    got += map(pyarrow.record_batch, batches)
    assert pyarrow.Table.from_batches(got).cast(want.schema).to_pylist() == want.to_pylist()
