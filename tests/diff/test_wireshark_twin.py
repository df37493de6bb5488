"""The twin law of the wireshark engine: fields drawn from all that occur in the corpus, and filters of every kind, on
captures where they occur. `wireshark.py --all` compares every field in every capture."""

from __future__ import annotations

import fnmatch
import random
import subprocess
import tomllib
from pathlib import Path

import captures
import known
import occurring
import ours
import pytest
import tshark
import wireshark

N_FIELDS, SEED, CHUNK = 300, 300, 8
HERE = Path(__file__).parent
COVER = [line.split() for line in (HERE / "twin_captures.txt").read_text().splitlines() if not line.startswith("#")]
KINDS = {kind: [name for other, name in COVER if other == kind] for kind in ("plain", "labels", "twice")}
CHUNKS = [(kind, names[at : at + CHUNK]) for kind, names in KINDS.items() for at in range(0, len(names), CHUNK)]
DAILY = CHUNKS if captures.LONG else CHUNKS[captures.PART :: captures.PARTS]
FILTERS = wireshark.filters()


@pytest.fixture(scope="module")
def worker(built: Path, stock: str) -> None:
    if not (built.parent / "flowcontainer-worker").exists():
        pytest.skip("flowcontainer-worker is not built: libwireshark's headers are missing")
    if not captures.CORPUS.is_dir():
        pytest.skip(f"{captures.CORPUS} is missing")


@pytest.fixture(scope="module")
def drawn(stock: str) -> dict[str, list[str]]:
    """Fields by their kind: those that take two passes, those that need labels, and all others."""
    names = sorted(name for name in occurring.load() if name != "text")
    types = tshark.every_field()
    found: dict[str, list[str]] = {"plain": [], "labels": [], "twice": []}
    for name in random.Random(SEED).sample(names, N_FIELDS):
        labels = types[name] == "FT_PROTOCOL" or name.startswith("_ws.")
        found["labels" if labels else "twice" if types[name] == "FT_FRAMENUM" else "plain"].append(name)
    return found


@pytest.mark.parametrize(("kind", "names"), DAILY, ids=lambda value: value if isinstance(value, str) else value[0])
def test_fields(kind: str, names: list[str], drawn: dict[str, list[str]], worker: None) -> None:
    result = wireshark.compare([captures.path_of(name) for name in names], drawn[kind], kind == "twice")
    assert result.differences == []
    assert result.occurred, "none of the fields occurs in these captures"


@pytest.mark.parametrize("capture", sorted({capture for _, capture in FILTERS}))
def test_filters(capture: str, worker: None) -> None:
    texts = [text for text, name in FILTERS if name == capture]
    path = captures.path_of(capture)
    for text, want in zip(texts, wireshark.judged(path, texts)):
        assert want, f"no frame passes {text!r}"
        assert (text, wireshark.passed_here([path], text)[str(path)]) == (text, want)


def test_the_judge_judges_like_a_display_filter(worker: None) -> None:
    texts = [text for text, capture in FILTERS if capture == "pcaps/demo.pcap"][:4]
    path = captures.OWN / "demo.pcap"
    assert texts and wireshark.judged(path, texts) == [set(wireshark.theirs(path, [], text)) for text in texts]


# ---- two passes ----

AHEAD = """
    corpus/zeek/smb2_100_small_files.pcap corpus/ndpi/dos_win98_smb_netbeui.pcap corpus/zeek/erspanIII.pcap
    corpus/zeek/http-11-request-then-cruft.pcap corpus/ndpi/rtmp.pcap pcaps/transports.pcap corpus/ndpi/KakaoTalk_talk.pcap
    corpus/ndpi/bitcoin.pcap corpus/zeek/ntp2.pcap pcaps/tcp_reuse.pcap
""".split()


def is_excused(name: str) -> bool:
    rows = tomllib.loads(known.FILE.read_text())["twice"]
    return any(fnmatch.fnmatchcase(name, one) for row in rows for one in row["field"].split())


def takes_two_passes(name: str) -> bool:
    command = ours.program().parent / "flowcontainer"
    return "two passes" in subprocess.run([command, "explain", "-e", name], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("capture", AHEAD)
def test_what_a_second_pass_changes_takes_two(capture: str, worker: None) -> None:
    numbers = {name for name, type in tshark.every_field().items() if type == "FT_FRAMENUM"}  # many come in no first pass
    names = sorted({*occurring.load(), *numbers})
    changed = wireshark.changed_by_a_second_pass(captures.path_of(capture), names)
    assert changed
    assert [name for name in sorted(changed) if not is_excused(name) and not takes_two_passes(name)] == []
