"""Output in many files: each whole or not there, every row in exactly one of them."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import time

import cli_captures as captures
import pytest
from test_pipes import records

COLUMNS = ["-C", "src,sport,dst,dport,time_start,time_end", "-T"]


def files(folder) -> list[str]:
    return sorted(name for name in os.listdir(folder))


def rows(folder) -> list[str]:
    out = []
    for name in files(folder):
        out += (folder / name).read_text().splitlines()
    return out


@pytest.fixture
def minutes(tmp_path):
    """600 flows, one a second."""
    path = tmp_path / "in.pcap"
    path.write_bytes(captures.pcap(captures.many_flows(600), step_ns=10**9))
    return path


def test_files_by_the_time_of_their_rows(cli, minutes, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    done = cli("-o", out / "flows-%Y%m%d-%H%M%S.ndjson", "--rotate", "2m", minutes)
    assert done.returncode == 0, done.stderr
    assert files(out) == [f"flows-20231114-22{m:02}20.ndjson" for m in (13, 15, 17, 19, 21)]
    assert rows(out) == cli("-T", "ndjson", minutes).stdout.splitlines()
    assert len((out / "flows-20231114-221320.ndjson").read_text().splitlines()) == 120
    assert "600 packets in 600 flows" in done.stderr


def test_files_by_rows_and_by_size(cli, minutes, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for rotate in ("250rows", "20K", "1h,250rows"):
        assert cli("-o", out / "f-%s.ndjson", "--rotate", rotate, "--flush", "1h", minutes).returncode == 0
        assert sorted(rows(out)) == sorted(cli("-T", "ndjson", minutes).stdout.splitlines())
        if "rows" in rotate:
            assert [len((out / name).read_text().splitlines()) for name in files(out)] == [250, 250, 100]
        for name in files(out):
            (out / name).unlink()


def test_csv_files_have_heads_and_nothing_is_replaced(cli, minutes, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for _ in range(2):
        assert cli("-o", out / "day-%Y%m%d.csv", "--rotate", "500rows", minutes).returncode == 0
    assert files(out) == [f"day-20231114{n}.csv" for n in ("-2", "-3", "-4", "")]
    for name in files(out):
        assert len(list(csv.DictReader(open(out / name)))) in (500, 100)


def test_jobs_and_pipes_do_not_change_the_files(cli, minutes, tmp_path):
    want = None
    for i, args in enumerate((["-j1"], ["-j8"], ["-"])):
        out = tmp_path / f"out{i}"
        out.mkdir()
        given = [minutes, minutes] if args != ["-"] else []
        stdin = open(minutes, "rb") if args == ["-"] else subprocess.DEVNULL
        done = cli(*args, "-o", out / "%H%M%S.csv", "--rotate", "3m", *COLUMNS, "csv", *given, stdin=stdin)
        assert done.returncode == 0, done.stderr
        if args != ["-"]:
            want = want or {name: (out / name).read_text() for name in files(out)}
            assert {name: (out / name).read_text() for name in files(out)} == want


class Fed:
    def __init__(self, cli, folder, *args: object) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [cli.path, "-o", str(folder / "p-%s.ndjson"), *map(str, args), "--level", "packets", "-"],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=cli.env,
        )

    def feed(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait_for(self, n: int) -> None:
        deadline = time.monotonic() + 10
        while len([f for f in files(self.folder) if not f.startswith(".")]) < n:
            assert time.monotonic() < deadline, files(self.folder)
            time.sleep(0.02)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        if number:
            self.process.send_signal(number)
            said = self.process.stderr.read().decode()
        else:
            self.process.stdin.close()
            said = self.process.stderr.read().decode()
        status = self.process.wait(20)
        self.process.stdin.close()
        self.process.stderr.close()
        return status, said


def test_a_hangup_ends_a_file_and_sigterm_the_run(cli, tmp_path):
    head, parts = records(captures.many_flows(30))
    fed = Fed(cli, tmp_path, "--rotate", "1h")
    fed.feed(head + b"".join(parts[:10]))
    time.sleep(0.7)
    assert all(name.startswith(".") for name in files(tmp_path))  # nothing is there before it is whole
    fed.process.send_signal(signal.SIGHUP)
    fed.wait_for(1)
    fed.process.send_signal(signal.SIGHUP)  # no file is open: nothing to end
    fed.feed(b"".join(parts[10:]))
    time.sleep(0.7)
    status, said = fed.end()
    assert status == 0, said
    assert len(files(tmp_path)) == 2 and len(rows(tmp_path)) == 30
    assert not any(".part" in name for name in files(tmp_path))


def test_the_clock_ends_a_file_of_a_quiet_pipe(cli, tmp_path):
    head, parts = records(captures.many_flows(4))
    fed = Fed(cli, tmp_path, "--rotate", "1s")
    fed.feed(head + b"".join(parts[:4]))
    fed.wait_for(1)
    assert len(rows(tmp_path)) == 4
    assert fed.end(0)[0] == 0 and len(files(tmp_path)) == 1


def test_kill_leaves_only_whole_files(cli, tmp_path):
    head, parts = records(captures.many_flows(25))
    fed = Fed(cli, tmp_path, "--rotate", "10rows")
    fed.feed(head + b"".join(parts))
    fed.wait_for(2)
    time.sleep(0.3)
    fed.end(signal.SIGKILL)
    whole = [name for name in files(tmp_path) if not name.startswith(".")]
    assert len(whole) == 2 and all(len((tmp_path / name).read_text().splitlines()) == 10 for name in whole)


def test_a_full_disk_loses_what_could_not_be_written(cli, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    capture = captures.write(tmp_path / "in.pcap", captures.many_flows(20000))
    script = 'ulimit -f 1500; exec "$0" "$@"'
    done = subprocess.run(
        ["bash", "-c", script, cli.path, "-o", str(out / "f-%s.ndjson"), "--rotate", "1G", str(capture)],
        capture_output=True, text=True, env=cli.env, timeout=60,
    )
    assert done.returncode == 4 and "File too large" in done.stderr
    lost, kept = map(int, re.search(r"(\d+) flows are in no file, and (\d+) in files", done.stderr).groups())
    lines = rows(out)
    assert 0 < len(lines) == kept and lost > 0 and lines == cli("-T", "ndjson", capture).stdout.splitlines()[:kept]
    assert not any(name.startswith(".") for name in files(out))


def test_without_rows_there_is_no_file(cli, tmp_path):
    empty = captures.write(tmp_path / "in.pcap", [])
    out = tmp_path / "out"
    out.mkdir()
    assert cli("-o", out / "%s.csv", "--rotate", "1h", empty).returncode == 0 and files(out) == []


@pytest.mark.parametrize(
    "args, says",
    [
        (["--rotate", "1h"], "names with a time"),
        (["--rotate", "1h", "-o", "x.csv"], "names with a time"),
        (["--rotate", "soon", "-o", "%s.csv"], "takes a time"),
        (["--rotate", "1X", "-o", "%s.csv"], "takes a time"),
        (["--rotate", "0rows", "-o", "%s.csv"], "number of rows above 0"),
        (["--rotate", "1h", "-o", "%s.csv", "-C", "src"], "needs the column time_start"),
    ],
)
def test_wrong_use(cli, minutes, args, says):
    done = cli(*args, minutes)
    assert done.returncode == 2 and says in done.stderr


def test_parquet_files(minutes, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-m", "flowcontainer", "-q", "-o", str(out / "flows-%H%M%S.parquet"), "--rotate", "250rows",
               "--flush", "1s", str(minutes)]
    assert subprocess.run(command, timeout=60).returncode == 0
    tables = [parquet.read_table(out / name) for name in files(out)]
    assert [table.num_rows for table in tables] == [250, 250, 100]
    sports = [sport for table in tables for sport in table["sport"].to_pylist()]
    assert len(set(sports)) == 600
