"""-o writes the whole file or none, and a failure to write is an error."""

from __future__ import annotations

import csv
import json
import os
import signal
import stat
import subprocess
import time

import cli_captures as captures
import pytest


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return captures.write(tmp_path_factory.mktemp("captures") / "mixed.pcap", captures.mixed_frames())


@pytest.fixture
def fed(cli, tmp_path):
    """A run that has written nothing yet and waits for more standard input."""
    running = []

    def start(*args):
        process = subprocess.Popen(
            [cli.path, *map(str, args), "-"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=cli.env,
            cwd=tmp_path,
        )
        running.append(process)
        process.stdin.write(captures.pcap(captures.many_flows(2000)))
        process.stdin.flush()
        deadline = time.monotonic() + 10
        while not any(".part" in name for name in os.listdir(tmp_path)):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.01)
        return process

    yield start
    for process in running:
        process.kill()
        process.stdin.close()
        process.stderr.close()
        process.wait()


def test_endings_choose_the_format(cli, mixed, tmp_path):
    endings = ("csv", "ndjson", "jsonl", "json", "txt")
    for ending in endings:
        done = cli("-o", tmp_path / f"out.{ending}", mixed)
        assert done.returncode == 0 and done.stdout == ""
    assert sorted(os.listdir(tmp_path)) == sorted(f"out.{ending}" for ending in endings)
    assert len(list(csv.DictReader(open(tmp_path / "out.csv", newline="")))) == 2
    assert (tmp_path / "out.ndjson").read_text() == (tmp_path / "out.jsonl").read_text()
    assert len(json.loads((tmp_path / "out.json").read_text())) == 2
    assert "\x1b" not in (tmp_path / "out.txt").read_text()
    assert cli("-T", "ndjson", "-o", "-", mixed).stdout == (tmp_path / "out.ndjson").read_text()
    assert cli("-T", "csv", "-o", tmp_path / "odd.ending", mixed).returncode == 0
    assert (tmp_path / "odd.ending").read_text() == (tmp_path / "out.csv").read_text()


def test_an_older_file_is_replaced_and_keeps_its_mode(cli, mixed, tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old")
    path.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to("out.csv")
    assert cli("-o", link, mixed).returncode == 0
    assert link.is_symlink() and path.read_text().startswith("capture,")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_kill_leaves_no_file_of_that_name(fed, tmp_path):
    (tmp_path / "out.csv").write_text("old")
    process = fed("-o", "out.csv")
    process.kill()
    process.wait()
    assert (tmp_path / "out.csv").read_text() == "old"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_removes_what_was_begun(fed, tmp_path, number):
    process = fed("-o", "out.csv")
    process.send_signal(number)
    process.stdin.close()  # a read that goes on after the signal ends here
    assert process.wait(20) == 128 + number
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there(cli, mixed, tmp_path):
    done = cli("-o", tmp_path / "no" / "out.csv", mixed)
    assert done.returncode == 4 and "No such file or directory" in done.stderr
    done = cli("-T", "csv", "-o", tmp_path, mixed)
    assert done.returncode == 4 and "directory" in done.stderr


def test_a_device_is_written_to_and_stays(cli, mixed):
    assert cli("-T", "csv", "-o", "/dev/null", mixed).returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize(
    "args", [["-T", "csv"], ["-T", "table"], ["-T", "json"], ["--help"], ["fields"], ["explain"]]
)
def test_a_full_disk_is_an_error(cli, mixed, args):
    with open("/dev/full", "w") as full:
        done = cli(*args, *([] if args[0] in ("--help", "fields", "explain") else [mixed]), stdout=full)
    assert done.returncode == 4 and "No space left on device" in done.stderr
    if args[0] == "-T":
        assert cli(*args, "-o", "/dev/full", mixed).returncode == 4


def test_a_file_that_may_not_grow(cli, tmp_path):
    """A write that fails half way, because of a limit on the size of files."""
    capture = captures.write(tmp_path / "many.pcap", captures.many_flows(20000))
    script = 'ulimit -f 100; trap "" XFSZ; exec "$0" "$@"'
    done = subprocess.run(
        ["bash", "-c", script, cli.path, "-o", "out.csv", str(capture)],
        capture_output=True, text=True, cwd=tmp_path, env=cli.env, timeout=60,
    )
    assert done.returncode == 4 and "File too large" in done.stderr
    assert os.listdir(tmp_path) == ["many.pcap"]


def test_head_ends_it_quietly(cli, tmp_path):
    capture = captures.write(tmp_path / "many.pcap", captures.many_flows(20000))
    for form in ("ndjson", "csv", "table", "json"):
        script = f'set -o pipefail; "$0" -T {form} "$1" | head -n 2'
        argv = ["bash", "-c", script, cli.path, str(capture)]
        done = subprocess.run(argv, capture_output=True, text=True, env=cli.env, timeout=60)
        assert done.returncode == 0 and done.stderr == ""
        assert len(done.stdout.splitlines()) == 2
