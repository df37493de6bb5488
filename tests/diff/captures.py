"""The captures that are compared, and their names in reports and in known.toml."""

from __future__ import annotations

import os
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
OWN = ROOT / "tests" / "pcaps"
# `make test` compares one part of the corpus, another one each day; `make test-long` compares all of it. The part is kept in the
# environment, so that the processes of pytest-xdist agree about it at midnight, too.
LONG = os.environ.get("FLOWCONTAINER_LONG") == "1"
PARTS = 4
PART = int(os.environ.setdefault("FLOWCONTAINER_PART", str(int(time.time() // 86400) % PARTS))) % PARTS
NOT_CAPTURES = {".md", ".py", ".sh", ".toml", ".txt", ".json", ".keys", ".pyc"}


def is_capture(path: Path) -> bool:
    return path.is_file() and path.suffix not in NOT_CAPTURES and path.name != "MANIFEST"


def name_of(path: Path) -> str:
    """The name of a capture: corpus/ndpi/http.pcap, pcaps/demo.pcap, or the path of any other file."""
    path = Path(os.path.abspath(path))
    for base, name in ((CORPUS, "corpus"), (OWN, "pcaps")):
        if path.is_relative_to(base):
            return f"{name}/{path.relative_to(base)}"
    return str(path)


def path_of(name: str) -> Path:
    """The capture with this name."""
    base, _, rest = name.partition("/")
    return (CORPUS if base == "corpus" else OWN) / rest


def under(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if is_capture(p)) if folder.is_dir() else []


def default() -> list[Path]:
    return [path for path in under(OWN) if not path.name.startswith("foreign_")] + under(CORPUS)


def chosen() -> list[Path]:
    """The project's own captures, and today's part of the corpus or all of it."""
    every = default()
    of_the_corpus = [path for path in every if path.is_relative_to(CORPUS)]
    left_out = set() if LONG else {*of_the_corpus} - {*of_the_corpus[PART::PARTS]}
    return [path for path in every if path not in left_out]


def foreign() -> list[Path]:
    """The captures with link types that only libwireshark knows."""
    return [path for path in under(OWN) if path.name.startswith("foreign_")]
