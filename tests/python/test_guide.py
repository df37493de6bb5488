"""The guide to Python: its snippets run from top to bottom, and its tables name every column and reason."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import pytest
from flowcontainer import scan
from needs_worker import needs_worker

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guide/python.md").read_text()


@needs_worker
def test_snippets_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    demo = ROOT / "tests/pcaps/demo.pcap"
    shutil.copy(demo, "day.pcap")
    Path("day.pcap.gz").write_bytes(gzip.compress(demo.read_bytes()))
    capturer = tmp_path / "tcpdump"  # the interface of the guide delivers the packets of the demo, then ends
    capturer.write_text(f'#!/bin/sh\nexec cat "{demo}"\n')
    capturer.chmod(0o755)
    monkeypatch.setenv("FLOWCONTAINER_CAPTURER", str(capturer))
    Path("captures").mkdir()
    shutil.copy(demo, "captures")
    snippets = re.findall(r"^```python\n(.*?)^```", GUIDE, re.M | re.S)
    assert len(snippets) > 5
    names: dict[str, object] = {}
    for snippet in snippets:
        bound = re.findall(r"^(\w+(?:, \w+)*) = ", snippet, re.M)
        again = [name for line in bound for name in line.split(", ") if name in names]
        assert not again, f"{again} mean something else further up"
        exec(compile(snippet, "python.md", "exec"), names)


@pytest.mark.parametrize("level", ["flows", "packets", "frames"])
def test_every_column_has_its_row(small: Path, level: str) -> None:
    text = GUIDE[GUIDE.index("### Columns") : GUIDE.index("### Any Arrow consumer")]
    parts = text.split('`level="packets"`, one row')
    rows = re.findall(r"^\| (`.*?`) \|", parts[level != "flows"], re.M)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert told - ({"reason"} if level == "packets" else set()) == set(scan(small, level=level).column_names)


def test_every_reason_has_its_row() -> None:
    source = (ROOT / "src/decode/packet.c").read_text()
    reasons = set(re.findall(r'\[REASON_\w+\] = "(\w+)"', source))
    told = set(re.findall(r"`(\w+)`", GUIDE[GUIDE.index("### What became") : GUIDE.index("## extract")]))
    assert reasons - {"filter", "flow_without_payload"} <= told
