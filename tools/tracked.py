#!/usr/bin/env python3
"""Checks that no product of a build is tracked: no tracked file is one that .gitignore names."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    listed = subprocess.run(["git", "ls-files", "-z", "--ignored", "--cached", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.split("\0") if name]
    for name in names:
        print(f"{name}: a file that .gitignore names is tracked", file=sys.stderr)
    return bool(names)


if __name__ == "__main__":
    sys.exit(main())
