#!/usr/bin/env python3
"""Checks that every room includes only rooms that src/LAYERS allows, and that the command and the Python extension include
only include/."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*"([a-z_]+)/', re.M)


def allowed_rooms():
    rooms = {}
    for line in (ROOT / "src/LAYERS").read_text().splitlines():
        if line and not line.startswith("#"):
            room, _, others = line.partition(":")
            rooms[room.strip()] = set(others.split()) | {room.strip()}
    return rooms


def main():
    rooms = allowed_rooms()
    wrong = 0
    for path in sorted((ROOT / "src").glob("*/*.[ch]")):
        room = path.parent.name
        for other in INCLUDE.findall(path.read_text()):
            if other not in rooms.get(room, ()):
                print(f"{path.relative_to(ROOT)}: {room} may not include {other}")
                wrong += 1
    for path in sorted([*(ROOT / "cli").glob("*.[ch]"), *(ROOT / "python").glob("*.[ch]")]):
        for other in INCLUDE.findall(path.read_text()):
            if other in rooms:
                print(f"{path.relative_to(ROOT)}: sees include/ only, not {other}")
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
