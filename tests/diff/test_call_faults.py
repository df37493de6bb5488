"""Calls of the system that fail, one after another, over whole runs of the command: the rows are right, or the command says that
something is missing and exits with a status of its own. Neither a file nor a process is left."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from pathlib import Path

import captures
import pytest

FUNCTIONS = ["read", "pread", "write", "open", "fork", "pipe2", "socketpair", "memfd_create", "sendmsg", "recvmsg", "pthread_create"]
DEMO, PACKED = captures.OWN / "demo.pcap", captures.OWN / "format_gz.pcap.gz"
QUERIES = {
    "native": ["-e", "ip.ttl", "-e", "tls.handshake.extensions_server_name", DEMO],
    "threads": ["-j2", "-e", "ip.ttl", DEMO, PACKED, captures.OWN / "frag4.pcap"],
    "wireshark": ["--engine", "wireshark", "-e", "ip.ttl", DEMO],
    "packed": ["--engine", "wireshark", "-e", "ip.ttl", PACKED],
}
MOST = 200  # calls of one function that fail in turn
STEP = 1 if captures.LONG else 5


@pytest.fixture(scope="module")
def command(built: Path) -> Path:
    path = built.parent / "flowcontainer"
    if not path.exists():
        pytest.skip("the command is not built")
    return path


@pytest.fixture(scope="module")
def preload(built: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("calls") / "calls.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", out, captures.ROOT / "tests" / "fault" / "calls.c", "-ldl"], check=True)
    return out


class Done:
    """A run with its output in a folder that had nothing else; a process that it left is an error, and so is another file."""

    def __init__(self, command: Path, words: list, folder: Path, environment: dict[str, str] | None = None, **how) -> None:
        out = folder / "out.csv"
        out.unlink(missing_ok=True)
        run = subprocess.Popen([command, "-T", "csv", "-o", out, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment or dict(os.environ), **how)
        try:
            _, self.told = run.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            raise
        self.status = run.returncode
        self.rows = out.read_text() if out.exists() else None
        with pytest.raises(ProcessLookupError):
            os.killpg(run.pid, 0)
        assert {path.name for path in folder.iterdir()} <= {"out.csv"}

    def judge(self, whole: str, what: str) -> None:
        if self.status == 0:
            assert self.rows == whole, (what, self.told)
        else:
            assert self.status in (1, 2, 3, 4) and self.told.strip(), (what, self.status, self.told)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("function", FUNCTIONS if captures.LONG else FUNCTIONS[captures.PART :: captures.PARTS])
def test_one_call_fails(function: str, query: str, command: Path, preload: Path, tmp_path: Path) -> None:
    if query == "wireshark" and not (command.parent / "flowcontainer-worker").exists():
        pytest.skip("flowcontainer-worker is not built: libwireshark's headers are missing")
    folder, mark = tmp_path / "out", tmp_path / "failed"
    folder.mkdir()
    whole = Done(command, QUERIES[query], folder).rows
    assert whole
    asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    for n in range(1 + captures.PART % STEP, MOST, STEP):
        environment = {**os.environ, "LD_PRELOAD": str(preload), "ASAN_OPTIONS": asan, "FLOWCONTAINER_FAIL": f"{function}:{n}",
                       "FLOWCONTAINER_FAILED": str(mark)}
        Done(command, QUERIES[query], folder, environment).judge(whole, f"{function}, call {n}")
        if not mark.exists():
            break  # the run makes fewer calls
        mark.unlink()
    assert function != "read" or n > 1, "no call failed"


@pytest.mark.parametrize("query", ["native", "wireshark"])
def test_the_disk_is_full_at_any_byte(query: str, command: Path, tmp_path: Path) -> None:
    whole = Done(command, QUERIES[query], tmp_path).rows
    for size in range(0, len(whole) + 100, max(1, len(whole) // (100 if captures.LONG else 6))):
        limited = Done(command, QUERIES[query], tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        limited.judge(whole, f"{size} bytes")
