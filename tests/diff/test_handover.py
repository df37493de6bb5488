"""The law of the hand-over: a query that is answered natively until libwireshark goes on has libwireshark's answer, in
every capture. So has one whose capture comes through a pipe."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import captures
import ours
import pytest

HEADERS = ("frame.", "eth.", "vlan.", "ip.", "ipv6.", "tcp.", "udp.", "udplite.")
TWICE = {"dns.retransmit_response_in", "http.prev_request_in", "http.prev_response_in"}  # known after a second pass
CHUNK = 20
CAPTURES = captures.default()


@pytest.fixture(scope="module")
def options(built: Path) -> list[str]:
    if not (built.parent / "flowcontainer-worker").exists():
        pytest.skip("flowcontainer-worker is not built: libwireshark's headers are missing")
    names = [name for name in ours.fields() if not name.startswith(HEADERS) and name not in TWICE]
    assert len(names) > 500
    return [word for name in names for word in ("-e", name)]


def differences(one: ours.Answer, other: ours.Answer) -> list[tuple[str, ...]]:
    assert one.columns == other.columns and len(one.rows) == len(other.rows)
    pairs = ((a.split(ours.CELL), b.split(ours.CELL)) for a, b in zip(one.rows, other.rows) if a != b)
    return [(column, *a[:2], a[i], b[i]) for a, b in pairs for i, column in enumerate(one.columns) if a[i] != b[i]]


@pytest.mark.parametrize("first", range(0, len(CAPTURES), CHUNK))
def test_the_answer_is_libwiresharks(first: int, options: list[str], monkeypatch) -> None:
    paths = CAPTURES[first : first + CHUNK]
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "auto")
    chosen = ours.run(paths, "-j1", *options)
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "wireshark")
    assert not differences(chosen, ours.run(paths, "-j1", *options))[:5]
