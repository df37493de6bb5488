"""The other end of the output: a disk that is full, a reader that is slow, one that goes away, a run that is killed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from made import CLIENT, SERVER, ethernet, ipv4, udp, write

N = 30_000


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30,000 one-packet flows."""
    path = tmp_path_factory.mktemp("consumers") / "flows.pcap"
    write(path, [ethernet(ipv4(CLIENT, SERVER, 17, udp(1000 + i % 30_000, 9999, b"x" * (i % 50)))) for i in range(N)])
    return path


def peak_of(pid: int) -> int:
    """Peak memory in kB; 0: the process has ended."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        found = None
    return int(found[1]) if found else 0


def limited(cli, *args: object, **kwargs) -> subprocess.CompletedProcess:
    """The command, which may write files of 1,000 kB."""
    script = 'ulimit -f 1000; exec "$0" "$@"'
    return subprocess.run(["bash", "-c", script, cli.path, *map(str, args)], text=True, env=cli.env, timeout=60,
                          stderr=subprocess.PIPE, **kwargs)


def test_a_full_disk_says_how_many_flows_are_lost(cli, flows, tmp_path) -> None:
    done = limited(cli, "-T", "ndjson", "-o", tmp_path / "out.ndjson", flows)
    assert done.returncode == 4 and "File too large" in done.stderr
    assert re.search(r"after \d+ flows, which are in no file", done.stderr)
    assert list(tmp_path.iterdir()) == []
    with (tmp_path / "out").open("w") as out:
        done = limited(cli, "-T", "ndjson", flows, stdout=out)
    read, lost = map(int, re.search(r"after (\d+) flows, of which at most (\d+) are lost", done.stderr).groups())
    whole = (tmp_path / "out").read_text().count("\n")
    assert done.returncode == 4 and 0 < read <= N and read - lost <= whole < N


def test_a_killed_run_leaves_no_file_of_that_name(cli, flows, tmp_path) -> None:
    pipe = subprocess.Popen([cli.path, "-T", "ndjson", "-o", str(tmp_path / "out.ndjson"), "-"], stdin=subprocess.PIPE, env=cli.env)
    pipe.stdin.write(flows.read_bytes()[:200_000])
    pipe.stdin.flush()
    time.sleep(0.2)
    pipe.send_signal(signal.SIGKILL)
    pipe.wait()
    assert not (tmp_path / "out.ndjson").exists()


def test_a_slow_reader_gets_all_rows_and_costs_no_memory(cli, tmp_path) -> None:
    """Rows of packets for a reader that takes 10 kB at a time, slower than they are made, and then all at once: the text of a batch is
    not gathered, but waits for the reader piece by piece."""
    frames = [ethernet(ipv4(CLIENT, SERVER, 17, udp(1000 + i % 500, 9999, b"x" * 20))) for i in range(60_000)]
    path = tmp_path / "many.pcap"
    write(path, frames)
    command = [cli.path, "--level", "packets", "-T", "csv", "-j", "1", "-q", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=cli.env) as process:
        taken, early = [], 0
        for i in range(100):
            taken.append(process.stdout.read(10_000))
            time.sleep(0.01)
            early = early or (i == 20 and peak_of(process.pid))
        late = peak_of(process.pid)
        taken.append(process.stdout.read())
    text = b"".join(taken)
    assert process.returncode == 0 and text.count(b"\n") == 60_001
    assert early and late < early + 4000  # kB; the rows wait in their capture, not in memory
    assert text == subprocess.run(command, stdout=subprocess.PIPE, env=cli.env, check=True).stdout


@pytest.mark.parametrize("more", [(), ("--policy", "timeout"), ("--level", "packets")])
def test_a_reader_that_goes_away_ends_it_quietly(cli, flows, more) -> None:
    with subprocess.Popen([cli.path, "-T", "ndjson", *more, str(flows)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=cli.env) as process:
        assert process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 0 and said == b""


def test_a_reader_of_a_pipe_that_goes_away_ends_it_at_its_next_row(cli, flows) -> None:
    """The writer of the pipe goes on for as long as somebody reads."""
    data = flows.read_bytes()
    command = [cli.path, "--level", "packets", "-T", "csv", "-q", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=cli.env) as process:

        def feed() -> None:
            try:
                process.stdin.write(data[:24])
                while True:
                    process.stdin.write(data[24:])
            except BrokenPipeError:
                pass

        writer = threading.Thread(target=feed)
        writer.start()
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=20) == 0 and process.stderr.read() == b""
        writer.join()
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass


CAPTURER = """#!{python}
import sys, time
data = open({capture!r}, "rb").read()
if "-D" in sys.argv:
    raise SystemExit
sys.stdout.buffer.write(data), sys.stdout.buffer.flush()
if {endless}:
    try:
        while True:
            sys.stdout.buffer.write(data[24:]), sys.stdout.buffer.flush(), time.sleep(0.01)
    except BrokenPipeError:
        raise SystemExit
print("Packets received/dropped on interface 'lo': 30000/1234 (pcap:1234/dumpcap:0/flushed:0/ps_ifdrop:0)", file=sys.stderr)
"""


def fake(flows: Path, folder: Path, endless: bool) -> dict[str, str]:
    """A dumpcap that gives these packets."""
    path = folder / "dumpcap"
    path.write_text(CAPTURER.format(python=sys.executable, capture=str(flows), endless=endless))
    path.chmod(0o755)
    return {"FLOWCONTAINER_CAPTURER": str(path)}


def test_packets_that_the_kernel_dropped_are_counted(cli, flows, tmp_path) -> None:
    done = cli("-i", "lo", "-T", "ndjson", env=cli.env | fake(flows, tmp_path, endless=False))
    assert done.returncode == 0 and done.stdout.count("\n") == N
    assert "1,234 packets that the kernel dropped" in done.stderr


def test_the_capturing_program_ends_with_the_reader(cli, flows, tmp_path) -> None:
    env = cli.env | fake(flows, tmp_path, endless=True)
    command = [cli.path, "-i", "lo", "--level", "packets", "-T", "csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        assert process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=20) == 0, said
    found = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True).stdout
    assert str(tmp_path / "dumpcap") not in found


@pytest.mark.parametrize("flush", ["1ms", "1s", "1h"])
def test_a_file_and_a_pipe_give_the_same_rows_at_any_flush_and_any_jobs(cli, flows, flush) -> None:
    args = ["--policy", "timeout", "--idle", "100ms", "--max-flows", "50", "-T", "csv", "-q", "-C", "stream,end,time_start,fwd_packets"]
    want = cli(*args, flows).stdout
    assert want.count("\n") == N + 1 and "evicted" in want
    for jobs in (1, 2, 8):
        with flows.open("rb") as pipe:
            feed = subprocess.Popen(["cat"], stdin=pipe, stdout=subprocess.PIPE)
        assert cli(*args, "--flush", flush, "-j", jobs, "-", stdin=feed.stdout).stdout == want
        feed.stdout.close()
        feed.wait()
