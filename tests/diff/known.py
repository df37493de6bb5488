"""known.toml: the known differences from tshark. A row excuses at most `max` values in all, so that it cannot hide new
differences, and a row that excuses nothing is reported."""

from __future__ import annotations

import fnmatch
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path(__file__).resolve().parent / "known.toml"


@dataclass
class Row:
    capture: str
    field: str
    max: int
    reason: str
    wireshark: str
    frames: list[int] = field(default_factory=list)  # empty: any
    kind: str = "*"
    note: str = ""  # of the accounting, which must tell of the difference
    excused: int = 0

    def matches(self, capture: str, name: str, kind: str, version: str) -> bool:
        return (version.startswith(self.wireshark + ".") and fnmatch.fnmatchcase(capture, self.capture)
                and any(fnmatch.fnmatchcase(name, one) for one in self.field.split())
                and fnmatch.fnmatchcase(kind, self.kind))

    def __str__(self) -> str:
        return f"known.toml: {self.capture}, {self.field} ({self.reason})"


def load(path: Path = FILE) -> list[Row]:
    return [Row(**row) for row in tomllib.loads(path.read_text()).get("known", [])]


def excuse(rows: list[Row], result, version: str) -> None:
    """Removes the differences that a row explains from the result's groups; those beyond the row's max stay."""
    for (name, kind), group in list(result.groups.items()):
        for row in rows:
            if not row.matches(result.name, name, kind, version) or (row.note and not result.notes.get(row.note)):
                continue
            left = []
            for frame in group.frames:
                if (row.frames and frame not in row.frames) or row.excused >= row.max:
                    left.append(frame)
                else:
                    row.excused += 1
            group.frames = left
            group.examples = [example for example in group.examples if example[0] in left]
        if not group.frames:
            del result.groups[name, kind]


def complaints(rows: list[Row], whole: bool) -> list[str]:
    return [f"{row} excuses nothing: remove it" for row in rows if whole and not row.excused]
