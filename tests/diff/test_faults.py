"""A dissector that crashes, exits, loops, eats memory or is killed at a frame, in captures that are divided or dissected
twice: only that frame has no values, it is reported and counted, and nothing else is lost."""

from __future__ import annotations

import subprocess
from pathlib import Path

import captures
import ours
import pytest

DEMO, FRAME = captures.OWN / "demo.pcap", 20
FIELDS = ["-l", "frames", "-e", "ip.ttl", "-e", "tcp.seq"]


@pytest.fixture(scope="session")
def fault(built: Path, tmp_path_factory) -> Path:
    if not (built.parent / "flowcontainer-worker").exists():
        pytest.skip("flowcontainer-worker is not built: libwireshark's headers are missing")
    out = tmp_path_factory.mktemp("fault") / "fault.so"
    source = captures.ROOT / "tests" / "fault" / "fault.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", str(out), str(source)], check=True)
    return out


@pytest.fixture
def faulty(built: Path, fault: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "wireshark")
    monkeypatch.setenv("FLOWCONTAINER_FRAME_SECONDS", "1")
    script = tmp_path / "worker"
    script.write_text(f"#!/bin/sh\nLD_PRELOAD={fault} exec {built.parent / 'flowcontainer-worker'}\n")
    script.chmod(0o755)

    def begin(what: str) -> None:
        monkeypatch.setenv("FLOWCONTAINER_WORKER", str(script))
        monkeypatch.setenv("FLOWCONTAINER_FAULT", what)

    return begin


@pytest.mark.parametrize("buckets, passes", [("4", "1"), ("4", "2"), ("1", "2")])
@pytest.mark.parametrize("kind", ["crash", "exit", "kill", "memory", "loop"])
def test_one_frame_kills(kind: str, buckets: str, passes: str, faulty, monkeypatch) -> None:
    monkeypatch.setenv("FLOWCONTAINER_BUCKETS", buckets)
    whole = ours.run(DEMO, *FIELDS, "-p", passes)
    faulty(f"{kind}:{FRAME}")
    got = ours.run(DEMO, *FIELDS, "-p", passes)
    assert len(got.rows) == len(whole.rows) == 210
    assert [i + 1 for i, (a, b) in enumerate(zip(whole.rows, got.rows)) if a != b] == [FRAME]
    assert got.notes["dissector_crashed"] == 1 and "dissector_crashed" not in whole.notes
    assert any(f"frame {FRAME}" in problem[-1] for problem in got.problems)


def test_slow_frames_beside_each_other(faulty) -> None:
    """Five slow frames cost their own values alone."""
    whole = ours.run(DEMO, *FIELDS)
    faulty(f"loop:{FRAME}-{FRAME + 4}")
    got = ours.run(DEMO, *FIELDS)
    assert len(got.rows) == len(whole.rows) == 210
    assert [i + 1 for i, (a, b) in enumerate(zip(whole.rows, got.rows)) if a != b] == list(range(FRAME, FRAME + 5))
    assert got.notes["dissector_crashed"] == 5


@pytest.mark.parametrize("buckets, passes", [("4", "1"), ("4", "2"), ("1", "2")])
def test_a_process_that_somebody_ends_is_replaced(buckets: str, passes: str, faulty, monkeypatch) -> None:
    monkeypatch.setenv("FLOWCONTAINER_BUCKETS", buckets)
    whole = ours.run(DEMO, *FIELDS, "-p", passes)
    faulty(f"once:{FRAME}")
    got = ours.run(DEMO, *FIELDS, "-p", passes)
    assert (got.rows, got.notes, got.problems) == (whole.rows, whole.notes, whole.problems)


def test_the_command_tells(faulty, built: Path) -> None:
    command = [built.parent / "flowcontainer", "-e", "ip.ttl", DEMO]
    if not command[0].exists():
        pytest.skip("the command is not built")
    assert subprocess.run(command, capture_output=True).returncode == 0
    faulty(f"crash:{FRAME}")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and f"frame {FRAME}" in done.stderr


def test_fuzzed_captures(built: Path, monkeypatch) -> None:
    """All protocols and labels of captures that are made to break dissectors."""
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "wireshark")
    paths = [path for path in captures.under(captures.CORPUS) if "fuzz" in path.name]
    if not paths:
        pytest.skip("the corpus is missing")
    got = ours.run(paths, "-l", "frames", "-e", "frame.protocols", "-e", "_ws.malformed", "-e", "data.data")
    assert got.rows and "dissector_crashed" not in got.notes
