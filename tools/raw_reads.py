#!/usr/bin/env python3
"""Finds raw reads of packet bytes: an index into, a memcpy from, or a cast of the data of a layer, a frame or a reader,
outside src/base/rd.h. All such reads go through rd.h, where each is checked against the captured length.

Only the rooms whose `data` are packets are searched. EXCEPTIONS: files and lines that may do so, each with its reason."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ("decode", "flow", "stream", "look", "apps", "shark", "walk")
OBJECT = r"((?:\w+(?:\[[^\]]*\])?(?:->|\.))+data)"
PATTERNS = (
    re.compile(OBJECT + r"\["),
    re.compile(r"\brd_[bl]e(?:16|32|64)\(" + OBJECT),
    re.compile(r"memcpy\([^;]*?,\s*&?" + OBJECT),
    re.compile(r"\((?:const )?(?:u?int(?:16|32|64)_t|struct \w+) \*\)\s*" + OBJECT),
)
EXCEPTIONS = {
    ("src/look/fixed.c", "layer->data["): "is_regular has checked the header's length, once for all fixed places",
    ("src/stream/defrag.c", "memcpy(waiting_bytes(piece), f->data.data, f->data.len)"): "the whole reader is copied, by its own length",
}
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def main():
    n = 0
    for room in ROOMS:
        for path in sorted((ROOT / "src" / room).glob("*.[ch]")):
            text = COMMENT.sub(blank, path.read_text())
            for number, line in enumerate(text.splitlines(), 1):
                name = str(path.relative_to(ROOT))
                excused = any(name == file and text in line for file, text in EXCEPTIONS)
                if not excused and any(pattern.search(line) for pattern in PATTERNS):
                    print(f"{name}:{number}: {line.strip()}")
                    n += 1
    return 1 if n else 0


if __name__ == "__main__":
    sys.exit(main())
