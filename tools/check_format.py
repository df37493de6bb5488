#!/usr/bin/env python3
"""Checks that every C file is formatted as .clang-format says; `check_format.py --write` formats them."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def formatter():
    """The clang-format of the environment that runs this script, so that all developers use the same release."""
    return str(pathlib.Path(sys.executable).parent / "clang-format")


def main():
    listed = subprocess.run(["git", "ls-files", "-z", "*.c", "*.h"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    mode = ["-i"] if "--write" in sys.argv[1:] else ["--dry-run", "--Werror"]
    return subprocess.run([formatter(), *mode, *files], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
