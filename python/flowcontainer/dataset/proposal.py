"""`flowcontainer dataset init`: looks at a folder and proposes a recipe."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .errors import RecipeError

_MAGIC = {
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\xc3\xd4",
    b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x0a\x0d\x0d\x0a",
    b"\x34\xcd\xb2\xa1",
}
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"\xfd7zXZ", b"BZh")
MOST = 200  #: files of a folder that are opened to see whether they are captures


def proposed(folder: Path, base: Path) -> str:
    """The text of a recipe for a folder, relative to `base`. Raises RecipeError if there is no capture."""
    names = sorted(_captures(folder))
    if not names:
        raise RecipeError(f"{folder}: no pcap or pcapng file below it")
    root = os.path.relpath(folder, base).replace(os.sep, "/")
    pattern, labels = label_pattern(names)
    lines = [
        f"# A recipe for {len(names)} capture{'s' * (len(names) != 1)} in {root}, proposed by `flowcontainer dataset init`. Read each line; they are guesses.",
        "# flowcontainer dataset build dataset.toml",
        "",
        "[dataset]",
        f'captures = "{root}"       # folders, files or globs, from the folder of this file',
        'out = "out"',
        "",
        "[query]",
        'columns = ["default"]     # `flowcontainer columns` lists all',
        'features = ["stats"]      # statistics over the packets of a flow: docs/features.md',
        "packets = 100             # sequences of the first 100 packets; statistics are over all",
        "",
        *_labels(root, pattern, labels),
        *_files(folder, base),
        *_REST,
    ]
    return "\n".join(lines) + "\n"


def _captures(folder: Path) -> Iterable[str]:
    for top, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "."]
        seen = [name for name in files if name[0] != "."]
        for name in seen if len(seen) > MOST else filter(lambda name: _is_capture(os.path.join(top, name)), seen):
            yield os.path.relpath(os.path.join(top, name), folder).replace(os.sep, "/")


def _is_capture(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            start = file.read(6)
    except OSError:
        return False
    return start[:4] in _MAGIC or start.startswith(_PACKED)


def label_pattern(names: list[str]) -> tuple[str, Counter[str]]:
    """The pattern that gives the most plausible labels, and the number of captures of each: the first folder below the root whose name
    differs, else the beginning of the file names."""
    depth = min(name.count("/") for name in names)
    for level in range(depth):
        found = Counter(name.split("/")[level] for name in names)
        if len(found) > 1:
            before = "/".join(["*"] * level + ["{label}"])
            return f"{before}/**", found
    stems = [re.match(r"[A-Za-z]+(?:[_-][A-Za-z]+)*", name.split("/")[-1]) for name in names]
    found = Counter(stem[0] for stem in stems if stem)
    pattern = _name_pattern(names, found) if 1 < len(found) < len(names) and all(stems) else ""
    return pattern, found if pattern else Counter()


def _name_pattern(names: list[str], labels: Counter[str]) -> str:
    """`**/{label}SEP*`, where the same character follows the label in all names."""
    ends = {
        name.split("/")[-1][len(label) :][:1]
        for name in names
        for label in labels
        if re.match(rf"{re.escape(label)}[^A-Za-z]", name.split("/")[-1])
    }
    separator = ends.pop() if len(ends) == 1 else ""
    return f"**/{{label}}{separator}*" if separator and not separator.isdigit() else ""


def _labels(root: str, pattern: str, labels: Counter[str]) -> list[str]:
    if not pattern:
        return [
            "# Neither folders nor file names show a label. Sources of labels: path, rules, zeek, field, function.",
            "# [[labels]]",
            f'# path = "{root}/{{label}}/**"',
            "",
        ]
    some = ", ".join(f"{name} ({count})" for name, count in labels.most_common(12)) + (
        ", ..." if len(labels) > 12 else ""
    )
    prefix = "" if root == "." else root + "/"
    return ["[[labels]]", f'path = "{prefix}{pattern}"', f"# {len(labels)} labels, with captures: {some}", ""]


def _files(folder: Path, base: Path) -> list[str]:
    """Sources of labels that lie beside the captures."""
    lines = []
    for path in sorted(folder.rglob("*")):
        name = os.path.relpath(path, base)
        if path.name.endswith("conn.log.labeled"):
            lines += ["[[labels]]", f'zeek = "{name}"', ""]
        elif path.suffix == ".csv":
            lines += [
                f"# A table lies beside the captures. As rules it needs the columns label, start, end, address, ...: {name}",
                "# [[labels]]",
                f'# rules = "{name}"',
                "",
            ]
    return lines[:40]


_REST = """[cleaning]
min_packets = 2           # a flow of one packet says little
background = []           # for instance ["dns", "mdns", "ntp", "dhcp", "ssdp", "llmnr", "nbns"]
duplicates = "keep"       # "drop": of equal flows only the first stays
cap = 0                   # most flows of a label

[split]
by = "capture"            # the unit that is never on both sides; client, server, day and time are stricter where they apply
parts = { train = 0.8, test = 0.2 }
seed = 1

[outputs]
formats = ["parquet"]     # also arrow, npy, npz, sqlite, csv""".split("\n")
