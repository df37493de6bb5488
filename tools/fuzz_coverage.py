#!/usr/bin/env python3
"""Prints how many lines of each room of src/ the inputs of each fuzz target reach: tools/fuzz_coverage.py BUILD [CORPORA]
BUILD is a folder configured with CC=clang and -DFC_FUZZ=ON -DCMAKE_C_FLAGS="-fprofile-instr-generate -fcoverage-mapping"; CORPORA has a folder of
inputs for each target (tests/fuzz/corpus). A target that reaches fewer lines than LEAST is an error."""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEAST = 100  # a target that gives its input to a parser reaches more


def lines_reached(target, corpus, folder):
    """{room: (reached, all)} of one target; `all` counts the lines of the functions in its program."""
    raw, merged = folder / "raw", folder / "merged"
    subprocess.run([target, "-runs=0", corpus], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   env={**os.environ, "LLVM_PROFILE_FILE": str(raw)})
    subprocess.run(["llvm-profdata", "merge", "-sparse", raw, "-o", merged], check=True)
    told = subprocess.run(["llvm-cov", "export", "-summary-only", f"-instr-profile={merged}", target],
                          check=True, stdout=subprocess.PIPE).stdout
    rooms = collections.Counter(), collections.Counter()
    for file in json.loads(told)["data"][0]["files"]:
        path = pathlib.Path(file["filename"])
        if path.is_relative_to(ROOT / "src"):
            room = path.relative_to(ROOT / "src").parts[0]
            rooms[0][room] += file["summary"]["lines"]["covered"]
            rooms[1][room] += file["summary"]["lines"]["count"]
    return rooms


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    corpora = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "tests/fuzz/corpus")
    idle = []
    with tempfile.TemporaryDirectory() as folder:
        for target in sorted(build.glob("*_fuzz")):
            reached, every = lines_reached(target, corpora / target.name, pathlib.Path(folder))
            rooms = ", ".join(f"{room} {reached[room]}/{every[room]}" for room in sorted(reached) if reached[room])
            print(f"{target.name}: {sum(reached.values())} lines: {rooms}")
            idle += [target.name] if sum(reached.values()) < LEAST else []
    for name in idle:
        print(f"{name} reaches nearly nothing", file=sys.stderr)
    return 1 if idle else 0


if __name__ == "__main__":
    sys.exit(main())
