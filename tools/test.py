#!/usr/bin/env python3
"""Runs the tests: the C tests, the fuzz corpora, the checks of the tree and pytest. Each part prints how many passed and
failed; the last line is the sum. With --long the tests that take long run too, over the whole corpus. With --integrations only the
tests run that start engines such as Spark."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COUNT = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
SUMMARY = re.compile(r"(\d+) (passed|failed|error|errors|skipped)\b")
LONG = "--long" in sys.argv
INTEGRATIONS = "--integrations" in sys.argv
MARKS = "integration" if INTEGRATIONS else "not integration" if LONG else "not long and not integration"
PART = os.environ.get("FLOWCONTAINER_PART", str(int(time.time() // 86400) % 4))  # of the cases that take turns, by the day
ENVIRONMENT = {**os.environ, "FLOWCONTAINER_LONG": str(int(LONG)), "FLOWCONTAINER_PART": PART, "TZ": "UTC", "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=1",
               "UBSAN_OPTIONS": "print_stacktrace=1", "PYTHONDONTWRITEBYTECODE": "1"}


def run(command):
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def counted(command):
    """Runs a program that ends with "N passed, N failed"; any other end is one failure."""
    done = run(command)
    found = COUNT.findall(done.stdout)
    if not found or (done.returncode and found[-1][1] == "0"):
        return done.stdout, 0, 1, 0
    passed, failed = map(int, found[-1])
    return done.stdout, passed, failed, 0


def check(command):
    done = run(command)
    return done.stdout, int(done.returncode == 0), int(done.returncode != 0), 0


def pytest():
    done = run([sys.executable, "-m", "pytest", "-q", "-n", "0" if INTEGRATIONS else "2", "--no-header",
                "-p", "no:cacheprovider", "-m", MARKS, "tests/python", "tests/diff"])
    numbers = {word: int(n) for n, word in SUMMARY.findall(done.stdout.splitlines()[-1] if done.stdout else "")}
    passed = numbers.get("passed", 0)
    failed = numbers.get("failed", 0) + numbers.get("error", 0) + numbers.get("errors", 0)
    if done.returncode and not failed or not passed:
        failed += 1
    return done.stdout, passed, failed, numbers.get("skipped", 0)


def parts(build):
    if INTEGRATIONS:
        yield "pytest", pytest
        return
    for path in sorted(build.glob("*_test"), key=lambda path: (path.name != "run_test", path.name)):  # the longest first
        yield path.name, lambda path=path: counted([str(path)])
    for path in sorted(build.glob("*_fuzz")):
        corpus = ROOT / "tests/fuzz/corpus" / path.name
        yield path.name, lambda path=path, corpus=corpus: counted([str(path), str(corpus)])
    for script in ("check_format.py", "layers.py", "funclen.py", "check_fields.py", "raw_reads.py", "tracked.py"):
        yield script, lambda script=script: check([sys.executable, str(ROOT / "tools" / script)])
    yield "unused.py", lambda: check([sys.executable, str(ROOT / "tools/unused.py"), str(build)])
    for script in ("gen_fields.py", "gen_columns.py", "gen_features.py", "gen_names.py", "gen_opcodes.py", "gen_ports.py"):
        yield script, lambda script=script: check([sys.executable, str(ROOT / "tools" / script), "--check"])
    yield "pytest", pytest


def main():
    build = ROOT / sys.argv[1]
    total_passed = total_failed = total_skipped = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [(name, pool.submit(job)) for name, job in parts(build)]
        for name, job in jobs:
            output, passed, failed, skipped = job.result()
            total_passed += passed
            total_failed += failed
            total_skipped += skipped
            if failed or name == "pytest":
                print(output, end="" if output.endswith("\n") else "\n")
            print(f"{name}: {passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    if total_skipped:
        print(f"{total_skipped} skipped")
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed or not total_passed else 0


if __name__ == "__main__":
    sys.exit(main())
