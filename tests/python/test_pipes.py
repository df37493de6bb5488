"""Pipes that bring their packets slowly: rows come in time, are the same as those of a file, and every wait ends when it should."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import cli_captures as captures
import pytest

from flowcontainer import Cancelled, scan

LATE = 3.0  # seconds; it takes 0.1, or 1 where a second is promised, unless the machine has much else to do


class Fed:
    """The command reads a pipe that the test writes."""

    def __init__(self, cli, *args: object, stdout=subprocess.PIPE, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [cli.path, *map(str, args), "-"], stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE,
            env={**cli.env, **(env or {})},
        )
        self.lines: list[tuple[float, str]] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        if stdout is subprocess.PIPE:
            self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line.decode().rstrip("\n")))

    def feed(self, data: bytes) -> float:
        self.process.stdin.write(data)
        self.process.stdin.flush()
        return time.monotonic()

    def wait_for(self, n: int, seconds: float = 10) -> float:
        """The time at which line n came."""
        deadline = time.monotonic() + seconds
        while len(self.lines) < n:
            assert time.monotonic() < deadline, f"{len(self.lines)} of {n} lines came"
            time.sleep(0.005)
        return self.lines[n - 1][0]

    def end(self) -> int:
        self.process.stdin.close()
        status = self.process.wait(20)
        if self.reader.is_alive():
            self.reader.join(5)
        self.process.stdout and self.process.stdout.close()
        self.process.stderr.close()
        return status


def records(frames: list[bytes]) -> tuple[bytes, list[bytes]]:
    """The file header, and the record of each frame."""
    data = captures.pcap(frames)
    out, at = [], 24
    while at < len(data):
        n = 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        out.append(data[at : at + n])
        at += n
    return data[:24], out


@pytest.mark.parametrize("level", ["packets", "frames"])
def test_rows_of_packets_come_at_once(cli, level):
    head, parts = records(captures.many_flows(6))
    fed = Fed(cli, "--level", level, "-T", "ndjson")
    fed.feed(head)
    for i, part in enumerate(parts[:6]):
        sent = fed.feed(part)
        assert fed.wait_for(i + 1) - sent < LATE
        time.sleep(0.1)
    assert fed.end() == 0 and len(fed.lines) == 6


def test_flush_bounds_the_wait(cli):
    head, parts = records(captures.many_flows(6))
    fed = Fed(cli, "--level", "packets", "--flush", "700ms", "-T", "ndjson")
    first = fed.feed(head + parts[0])
    time.sleep(0.3)
    fed.feed(parts[1])
    assert 0.5 < fed.wait_for(1) - first < 0.7 + LATE
    assert fed.wait_for(2) - fed.lines[0][0] < LATE  # both leave in one batch
    assert fed.end() == 0


@pytest.mark.parametrize("flush", [[], ["--flush", "1ms"]])
def test_rows_of_feature_sets_come_in_time(cli, flush):
    head, parts = records(captures.many_flows(6))
    fed = Fed(cli, "--features", "nprint", "-T", "ndjson", *flush)
    fed.feed(head)
    for n, part in enumerate(parts[:2], 1):
        fed.feed(part)
        fed.wait_for(n)
    fed.feed(b"".join(parts[2:]))
    fed.wait_for(len(parts))
    assert fed.end() == 0 and len(fed.lines) == len(parts)


def test_a_busy_pipe_of_feature_sets_ends_in_order(cli):
    head, parts = records(captures.many_flows(50))
    fed = Fed(cli, "--features", "cic-corrected", "-T", "csv", "--flush", "1ms")
    fed.feed(head)
    busy = threading.Event()

    def write() -> None:
        while not busy.is_set():
            try:
                fed.feed(b"".join(parts))
            except BrokenPipeError:
                return

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.5)
    fed.process.send_signal(signal.SIGINT)
    try:
        assert fed.process.wait(10) == 0
    finally:
        busy.set()
        fed.process.kill()
        writer.join(5)
    fed.reader.join(5)
    assert len(fed.lines) > 1


def test_a_compressed_pipe_is_read_as_it_comes(cli):
    head, parts = records(captures.many_flows(3))
    fed = Fed(cli, "--level", "packets", "-T", "ndjson")
    fed.feed(gzip.compress(head))
    for i, part in enumerate(parts[:3]):
        sent = fed.feed(gzip.compress(part))
        assert fed.wait_for(i + 1) - sent < LATE
    assert fed.end() == 0


@pytest.mark.parametrize("flush", [None, "1ms", "50ms", "1h"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_rows_are_those_of_the_file(cli, tmp_path, flush, packed):
    data = captures.pcap(captures.many_flows(300))
    path = tmp_path / "file.pcap"
    path.write_bytes(data)
    for level in ("flows", "packets"):
        want = cli("--level", level, "-C", "src,dst,sport,dport", "-T", "csv", path).stdout.splitlines()
        fed = Fed(cli, "--level", level, "-C", "src,dst,sport,dport", "-T", "csv", *(["--flush", flush] if flush else []))
        sent = gzip.compress(data) if packed else data
        for at in range(0, len(sent), 7001):
            fed.feed(sent[at : at + 7001])
            time.sleep(0.002)
        assert fed.end() == 0
        assert [line for _, line in fed.lines] == want


def test_every_cut_of_a_pipe_gives_the_same_rows(cli, tmp_path, root):
    """Records, blocks and members that arrive in two parts with a pause between them."""
    for name in ("format_pcapng_blocks.pcapng", "format_pcap_modified_little.pcap", "format_gz_members.pcapng"):
        path = root / "tests" / "pcaps" / name
        data = path.read_bytes()
        want = cli("--level", "frames", "-C", "frame,time,frame_length,reason", "-T", "csv", path).stdout.splitlines()
        for cut in range(1, len(data), max(1, len(data) // 5)):
            fed = Fed(cli, "--level", "frames", "-C", "frame,time,frame_length,reason", "-T", "csv")
            fed.feed(data[:cut])
            time.sleep(0.03)
            fed.feed(data[cut:])
            assert fed.end() == 0
            assert [line for _, line in fed.lines] == want, (name, cut)


@pytest.mark.parametrize("sent", ["nothing", "head", "half", "all"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_quiet_pipe_is_given_up_at_once(cli, sent, number):
    data = captures.pcap(captures.many_flows(50))
    fed = Fed(cli, "-T", "csv")
    fed.feed(data[: {"nothing": 0, "head": 24, "half": len(data) // 2 + 5, "all": len(data)}[sent]])
    time.sleep(0.4)
    asked = time.monotonic()
    fed.process.send_signal(number)
    assert fed.process.wait(5) == 128 + number
    assert time.monotonic() - asked < LATE
    fed.end()


def test_a_named_pipe_without_a_writer_is_given_up(cli, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen([cli.path, "-T", "csv", pipe], stdout=subprocess.DEVNULL, env=cli.env)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130


def test_a_named_pipe_waits_for_its_writer(cli, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen([cli.path, "-T", "csv", pipe], stdout=subprocess.PIPE, env=cli.env, text=True)
    time.sleep(0.3)
    pipe.write_bytes(captures.pcap(captures.many_flows(5)))
    assert len(process.communicate(timeout=10)[0].splitlines()) == 6 and process.returncode == 0


@pytest.mark.parametrize("args", [["-e", "rtp.seq"], ["-e", "http.host"]])
def test_a_worker_that_does_not_greet_is_given_up(cli, tmp_path, args):
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 60\n")
    silent.chmod(0o755)
    fed = Fed(cli, *args, "-T", "csv", env={"FLOWCONTAINER_WORKER": str(silent)})
    fed.feed(captures.pcap(captures.many_flows(5)))
    time.sleep(0.4)
    asked = time.monotonic()
    fed.process.send_signal(signal.SIGINT)
    assert fed.process.wait(5) == 130 and time.monotonic() - asked < LATE
    fed.end()


def test_the_progress_counts_frames_of_a_slow_pipe(cli):
    head, parts = records(captures.many_flows(6))
    fed = Fed(cli, "--progress", "-T", "csv", stdout=subprocess.DEVNULL)
    fed.feed(head + b"".join(parts[:4]))
    time.sleep(1.6)
    fed.process.stdin.close()
    said = fed.process.stderr.read().decode()
    assert fed.process.wait(10) == 0
    assert "4 frames" in said
    fed.process.stderr.close()


def test_with_flush_a_signal_ends_it_in_order(cli):
    head, parts = records(captures.many_flows(6))
    fed = Fed(cli, "--flush", "1s", "-T", "ndjson")
    fed.feed(head + b"".join(parts) + parts[0][:20])
    time.sleep(0.5)
    fed.process.send_signal(signal.SIGTERM)
    assert fed.process.wait(5) == 0
    assert b"damaged" not in fed.process.stderr.read()
    fed.end()
    assert len(fed.lines) == 6


# ---- Python ----


@pytest.fixture
def pipe(tmp_path: Path):
    """A named pipe and its writing end."""
    path = tmp_path / "pipe.pcap"
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR)  # the pipe stays open, and opening it does not wait
    yield path, end
    os.close(end)


def test_batches_come_in_time(pipe):
    path, end = pipe
    head, parts = records(captures.many_flows(4))
    os.write(end, head + parts[0])
    batches = iter(scan(path, level="packets"))
    assert len(next(batches)) == 1
    os.write(end, parts[1] + parts[2])
    assert sum(len(next(batches)) for _ in range(1)) in (1, 2)
    batches.close()


def test_finish_ends_a_scan_in_order(pipe):
    path, end = pipe
    os.write(end, captures.pcap(captures.many_flows(5)))
    reading = scan(path)
    threading.Timer(0.3, reading.finish).start()
    assert sum(len(batch) for batch in reading) == 5
    assert reading.accounting["kept"] > 0 and reading.problems == []


def test_cancel_ends_a_quiet_scan(pipe):
    path, end = pipe
    os.write(end, captures.pcap(captures.many_flows(5)))
    reading = scan(path)
    threading.Timer(0.3, reading.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        list(reading)
    assert time.monotonic() - began < LATE


def test_flush_is_a_number_of_seconds(small):
    assert len(list(scan(small, flush=0.5))) == 1
    for wrong, error in ((0, ValueError), (-1, ValueError), ("1s", TypeError)):
        with pytest.raises(error, match="flush"):
            scan(small, flush=wrong)
