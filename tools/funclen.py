#!/usr/bin/env python3
"""Sizes: no function over 100 lines, no .c, .h or .py file of the product over 600."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_FUNCTION, MAX_FILE = 100, 600
WHOLE = {"include/flowcontainer.h"}  # the only installed header: programs include one file


def functions(text):
    """(name, lines) of every C function: Linux braces put its opening one alone in the first column."""
    lines = text.splitlines()
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line.startswith("}") and start is not None:
            head = lines[start - 1]
            match = re.search(r"(\w+)\(", "\n".join(lines[max(0, start - 4):start]))
            yield (match.group(1) if match else head), i - start + 1
            start = None


def main():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    wrong = 0
    for name in tracked:
        path = ROOT / name
        if path.suffix not in (".c", ".h", ".py") or not path.is_file() or name.startswith(("tests/", "duckdb/vendor/")):
            continue
        text = path.read_text()
        n_lines = text.count("\n")
        if n_lines > MAX_FILE and name not in WHOLE:
            print(f"{name}: {n_lines} lines")
            wrong += 1
        if path.suffix == ".c":
            for function, length in functions(text):
                if length > MAX_FUNCTION:
                    print(f"{name}: {function} has {length} lines")
                    wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
