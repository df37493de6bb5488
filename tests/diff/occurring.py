#!/usr/bin/env python3
"""Prints the list of fields that occur in the corpus (some minutes): python tests/diff/occurring.py > occurring_fields.txt"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import captures
import tshark

FILE = Path(__file__).with_name("occurring_fields.txt")
NAME = re.compile(rb'name="([^"]+)"')
HEAD = """\
# Fields that occur in the corpus, and in how many of its captures: what stock tshark {version} writes with -T pdml, in
# one pass. Made by: python tests/diff/occurring.py > tests/diff/occurring_fields.txt
"""


def load() -> list[str]:
    return [line.split()[0] for line in FILE.read_text().splitlines() if not line.startswith("#")]


def of_capture(capture: Path) -> set[str]:
    command = ["tshark", "-n", "-r", str(capture), "-T", "pdml"]
    names: set[bytes] = set()
    with subprocess.Popen(command, env=tshark.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        for line in run.stdout or []:
            names.update(NAME.findall(line))
    return {name.decode() for name in names}


def main() -> int:
    counts = Counter(name for capture in captures.under(captures.CORPUS) for name in of_capture(capture))
    every = tshark.every_field()
    sys.stdout.write(HEAD.format(version=tshark.version()))
    for name in sorted(counts.keys() & every.keys()):
        print(name, counts[name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
