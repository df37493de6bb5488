"""Checks a wheel: its size, and the libraries and symbol versions that its programs need: check_wheel.py WHEEL...

auditwheel judges the extension module alone: given the whole wheel, it follows the workers to this machine's libwireshark, which
is no part of the wheel. A worker is started only where its libwireshark is, and may need nothing else that is not in glibc."""

import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

MOST_BYTES = 2_000_000
GLIBC = (2, 17)
SYSTEM = re.compile(r"(lib(c|m|dl|pthread|rt)\.so(\.\d+)?|ld-linux-[\w-]+\.so\.\d|ld-linux\.so\.2)$")
WIRESHARK = re.compile(r"lib(wireshark|wiretap|wsutil|glib-2\.0)\.so\.\d+$")


def read_elf(file, option):
    return subprocess.run(["readelf", "--wide", option, file], check=True, capture_output=True, text=True).stdout


def faults_of(file):
    """The faults of a program or library, in words."""
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", read_elf(file, "-d"))
    is_worker = file.name.startswith("flowcontainer-worker-")
    for name in needed:
        if not SYSTEM.match(name) and not (is_worker and WIRESHARK.match(name)):
            yield f"{file.name} needs {name}"
    versions = {tuple(map(int, text.split("."))) for text in re.findall(r"\bGLIBC_(\d[\d.]*)", read_elf(file, "-V"))}
    if versions and max(versions) > GLIBC:
        yield f"{file.name} needs glibc {'.'.join(map(str, max(versions)))}"
    if is_worker and not any(name.startswith("libwireshark.") for name in needed):
        yield f"{file.name} is not linked with libwireshark"


def check(wheel):
    """The faults of a wheel, in words."""
    wheel = pathlib.Path(wheel)
    faults = []
    if wheel.stat().st_size > MOST_BYTES:
        faults.append(f"{wheel.stat().st_size:,} bytes, more than {MOST_BYTES:,}")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".so") or re.search(r"-worker-\d+\.\d+$", name)]
        if not any(name.endswith("_core.abi3.so") for name in names):
            faults.append("there is no _core.abi3.so")
        for name in names:
            faults += faults_of(pathlib.Path(archive.extract(name, folder)))
    return faults


def main():
    failed = 0
    for wheel in sys.argv[1:]:
        for fault in check(wheel):
            failed += 1
            print(f"{wheel}: {fault}")
    print(f"{len(sys.argv) - 1} wheels, {failed} faults")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
