"""The captures that are compared, and their names in reports and in known.toml."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
OWN = ROOT / "tests" / "pcaps"
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


def foreign() -> list[Path]:
    """The captures with link types that only libwireshark knows."""
    return [path for path in under(OWN) if path.name.startswith("foreign_")]
