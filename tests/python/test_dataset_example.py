"""The worked example of docs/guide/dataset.md: folders of eight applications, a recipe, and the scores by a sound and an unsound split."""

from __future__ import annotations

import random
import re
import struct
from pathlib import Path
from typing import Any

import made
import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("sklearn")
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "dataset.md"
APPLICATIONS = ("chat", "files", "games", "mail", "maps", "music", "news", "video")


def example() -> str:
    """The program of the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    found = re.search(r"<!-- worked example -->\n```python\n(.*?)```", text, re.S)
    assert found, "the guide has the worked example"
    return found[1]


def test_the_example_is_short_and_computes_no_feature() -> None:
    lines = [
        line
        for line in example().splitlines()
        if line.strip() and not line.lstrip().startswith(("#", "import", "from"))
    ]
    assert len(lines) <= 15


@pytest.fixture
def applications(tmp_path: Path) -> Path:
    """Eight folders with four captures each. Each application has its mean length, and each capture a length of its own beside it, as a
    recording of one host on one day has."""
    chance = random.Random(5)
    for number, name in enumerate(APPLICATIONS):
        for capture in range(4):
            size, frames = 100 + 60 * number + chance.randrange(200), []
            for flow in range(12):
                frames += exchange(
                    f"10.0.{number}.{capture + 1}", 40000 + flow, [size + chance.randrange(12) for _ in range(6)]
                )
            path = tmp_path / "apps" / name / f"{capture}.pcap"
            path.parent.mkdir(parents=True, exist_ok=True)
            made.write(path, frames)
    return tmp_path


def exchange(client: str, port: int, sizes: list[int]) -> list[bytes]:
    """UDP packets of these sizes, from both sides in turn."""
    ends = [(client, made.SERVER, port, 9000), (made.SERVER, client, 9000, port)]
    return [
        made.ethernet(made.ipv4(a, b, 17, made.udp(x, y, struct.pack("!H", i) * (size // 2))))
        for i, size in enumerate(sizes)
        for a, b, x, y in [ends[i % 2]]
    ]


def test_the_unsound_split_promises_what_the_sound_split_does_not_keep(
    applications: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(applications)
    names: dict[str, Any] = {}
    exec(compile(example(), str(GUIDE), "exec"), names)
    scores = names["scores"]
    assert set(scores) == {("capture", "forest"), ("capture", "nearest"), ("row", "forest"), ("row", "nearest")}
    assert scores["row", "forest"] > scores["capture", "forest"] + 0.2 and scores["row", "forest"] > 0.9
    assert scores["row", "nearest"] > scores["capture", "nearest"] + 0.1
    told = (applications / "out-row" / "manifest.json").read_text()
    assert "to compare with the sound split" in told
