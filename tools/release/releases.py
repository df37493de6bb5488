"""Tests a wheel against other releases of Wireshark: releases.py [SUITE...] (default: bookworm trixie sid). Needs root.

In a chroot of each suite the wheel is installed into a fresh virtual environment. Before tshark is there, a query for a field
of libwireshark must be refused with the way to get it. Then `flowcontainer verify` compares both engines with that suite's
tshark over 50 captures. The wireshark engine must agree, but for the rows of known_releases.toml; the native engine is that of
4.0, so its differences from others are counted and not judged. Rows of the native engine, from the command and from Python,
must be the same in every suite and in this machine's own build."""

import argparse
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tools/release"
N_CAPTURES = 50
NATIVE = "native", "auto"  # auto: the native engine has the first choice
NATIVE_RELEASE = "4.0"
SUITES = {"bookworm": "4.0", "trixie": "4.4", "sid": "4.6"}
LINE = re.compile(r"^(?P<capture>.*?): frame (?P<frame>\d+), (?P<field>[\w.()]+): tshark .*, (?P<engine>native|auto|wireshark|flowcontainer) ")


# Native rows of the command, and of extract() of Python. $BIN is the folder of the programs.
COMMAND_ROWS = """
export FLOWCONTAINER_ENGINE=native LC_ALL=C.UTF-8 TZ=UTC
for f in *; do
    ${BIN:-/fc/venv/bin}/flowcontainer -T csv -e ip.ttl -e tcp.flags -e tls.handshake.ja3 -e dns.qry.name "$f"
done 2>/dev/null
"""
ROWS = COMMAND_ROWS + """
${BIN:-/fc/venv/bin}/python3 -W ignore -c '
import glob
from flowcontainer.extractor import extract
for path in sorted(glob.glob("*")):
    try:
        for key, flow in extract(path, extension=["tcp.flags"]).items():
            print(key, flow.src, flow.sport, flow.dst, flow.dport, flow.ip_lengths, flow.ip_timestamps, flow.extension)
    except Exception as error:
        print(path, type(error).__name__)
' 2>/dev/null
"""


def digest(rows):
    return hashlib.sha256(rows.encode()).hexdigest()


def digest_of_programs(folder=ROOT / ".venv/bin", rows=ROWS):
    """The digest of the rows of the programs in `folder`, by default this machine's own build; None without them."""
    if not (folder / "flowcontainer").exists():
        return None
    with tempfile.TemporaryDirectory() as home:
        for capture in captures():
            shutil.copy(capture, home)
        return digest(subprocess.run(["/bin/sh", "-c", rows], cwd=home, env={**os.environ, "BIN": str(folder)},
                                     text=True, stdout=subprocess.PIPE).stdout)


def chroot(suite, *packages, use=""):
    """A system of the suite with these packages. `use` names one of its own, for a test that needs a system without other packages."""
    home = pathlib.Path(os.environ.get("FC_CHROOTS", ROOT / "build/chroots")) / use
    done = subprocess.run([HERE / "chroot.sh", suite, *packages], check=True, text=True, stdout=subprocess.PIPE,
                          env={**os.environ, "FC_CHROOTS": str(home)})
    return pathlib.Path(done.stdout.strip().splitlines()[-1])


def inside(root, command, check=True):
    """The output of a command. It has /proc, through which libwireshark opens files without a name, as long as it runs."""
    mounted = 'mount -t proc proc "$0/proc" && exec chroot "$0" /bin/sh -c "$1"'
    done = subprocess.run(["unshare", "--mount", "/bin/sh", "-c", mounted, root, command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode:
        sys.exit(f"{done.stdout}\n{root}: the command ended with status {done.returncode}: {command}")
    return done.stdout


def captures():
    """Every n-th capture that is no broken one, so that the sample has all kinds."""
    every = sorted(p for p in (ROOT / "tests/pcaps").glob("*.pcap*") if not p.name.startswith("bad_"))
    step = max(1, len(every) // N_CAPTURES)
    return every[::step][:N_CAPTURES] + [ROOT / "tests/pcaps/demo.pcap"]


def install(suite, wheel):
    """The chroot with the wheel and the captures in /fc, without tshark where it is fresh."""
    root = chroot(suite, "python3", "python3-venv")
    home = root / "fc"
    shutil.rmtree(home, ignore_errors=True)
    (home / "pcaps").mkdir(parents=True)
    for capture in captures():
        shutil.copy(capture, home / "pcaps")
    shutil.copy(wheel, home)
    inside(root, f"python3 -m venv /fc/venv && /fc/venv/bin/pip install -q --no-index /fc/{wheel.name}")
    return root


def without_wireshark(root):
    """The message of a refused query. A chroot that was used before has a tshark: the library is hidden from the loader."""
    libraries = sorted((root / "usr/lib").glob("*-linux-gnu/libwireshark.so.*"))
    for library in libraries:
        library.rename(library.with_name("hidden-" + library.name))
    try:
        return inside(root, "/fc/venv/bin/flowcontainer -e smb2.cmd /fc/pcaps/demo.pcap", check=False)
    finally:
        for library in libraries:
            library.with_name("hidden-" + library.name).rename(library)


def known_rows(release):
    rows = tomllib.loads((HERE / "known_releases.toml").read_text())["known"]
    return [row for row in rows if row["wireshark"] == release]


def test(suite, wheel):
    """Prints a line a finding; returns the number of failures and a digest of the native rows."""
    root, failed = install(suite, wheel), 0
    refusal = without_wireshark(root)
    if "apt install tshark" not in refusal:
        failed += 1
        print(f"{suite}: a query without Wireshark must name `apt install tshark`: {refusal}")
    chroot(suite, "tshark")
    explained = inside(root, "/fc/venv/bin/flowcontainer explain -e smb2.cmd").strip()
    if f"libwireshark {SUITES[suite]}." not in explained:
        failed += 1
    print(f"{suite}: {explained}")
    out = inside(root, "/fc/venv/bin/flowcontainer verify /fc/pcaps", check=False)
    found = [match for line in out.splitlines() if (match := LINE.match(line))]
    known = known_rows(SUITES[suite])
    for match in found:
        name = pathlib.Path(match["capture"]).name
        if match["engine"] in NATIVE and SUITES[suite] != NATIVE_RELEASE:
            continue
        if not any(name == row["capture"] and match["field"] in row["field"].split() for row in known):
            failed += 1
            print(f"{suite}: {match.string}")
    n_native = sum(match["engine"] in NATIVE for match in found)
    print(f"{suite}: {out.splitlines()[-1] if out else 'verify says nothing'}; {n_native} of them of the native engine")
    return failed, digest(inside(root, f"cd /fc/pcaps && {ROWS}", check=False))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    names = parser.parse_args().suites or list(SUITES)
    wheels = sorted((ROOT / "build/wheels/dist").glob("*manylinux*x86_64.whl"))
    if not wheels:
        sys.exit("releases: there is no wheel; make wheels PLATFORMS=manylinux-x86_64 builds one")
    results = {suite: test(suite, wheels[-1]) for suite in names}
    failed = sum(n for n, _ in results.values())
    rows = {suite: found for suite, (_, found) in results.items()} | {"this machine": digest_of_programs()}
    if len({found for found in rows.values() if found}) > 1:
        failed += 1
        print(f"the native rows differ: {rows}")
    print(f"{len(results)} suites, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
