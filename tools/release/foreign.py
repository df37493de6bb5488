"""Runs the builds for other machines on this one: foreign.py. It needs the wheels in build/wheels/dist, qemu-aarch64-static, and Debian's apt.

The wheel for ARM64 runs under qemu with the Python of Debian 12 for ARM64. For musl there is no Python in an archive that is used here: the
command is built from the same sources and libraries instead. The rows of 50 captures must be those of this machine's own build."""

import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import debian  # noqa: E402
import releases  # noqa: E402
import toolchain  # noqa: E402
import wheels  # noqa: E402

HOME = wheels.HOME / "foreign"
PYTHON = ["python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib", "libc6", "libexpat1", "zlib1g", "libffi8", "libssl3", "libgcc-s1"]


def program(folder, name, text):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\nexec {text} \"$@\"\n")
    path.chmod(0o755)


def arm64():
    """The folder of programs that run the wheel under qemu."""
    qemu = shutil.which("qemu-aarch64-static")
    if not qemu:
        sys.exit("foreign: qemu-aarch64-static is not there (apt install qemu-user-static)")
    root, site, programs = HOME / "arm64/root", HOME / "arm64/site", HOME / "arm64/bin"
    debian.Apt(wheels.HOME / "apt", "bookworm", "arm64").unpack(PYTHON, root)
    if not (root / "lib").exists():
        (root / "lib").symlink_to("usr/lib")
    with zipfile.ZipFile(max((wheels.HOME / "dist").glob("flowcontainer-8*aarch64.whl"))) as wheel:
        wheel.extractall(site)
    program(programs, "python3", f"env PYTHONPATH={site} {qemu} -L {root} {root}/usr/bin/python3.11")
    program(programs, "flowcontainer", f"{programs}/python3 -W ignore -m flowcontainer")
    return programs


def musl():
    """The folder of the command, linked with musl."""
    _, zig = wheels.make_environment()
    sources, _ = wheels.unpack_sources()
    prefix, environment = wheels.build_libraries("musllinux-x86_64", zig, sources)
    build = HOME / "musl"
    options = toolchain.cmake_options(wheels.HOME / "musllinux-x86_64/zig") + wheels.library_options(prefix)
    wheels.run("cmake", "-S", wheels.ROOT, "-B", build, "-G", "Ninja", "-DFC_WERROR=OFF", "-DFC_DUCKDB=OFF", "-DFC_WORKERS=none",
               "-DCMAKE_EXE_LINKER_FLAGS=-static", *options, env=environment, stdout=subprocess.DEVNULL)
    wheels.run("cmake", "--build", build, "--target", "flowcontainer", "--", "-j1", "--quiet", env=environment)
    return build


def main():
    os.nice(10)
    shutil.rmtree(HOME, ignore_errors=True)
    failed = 0
    for name, make, rows in ("ARM64, the wheel", arm64, releases.ROWS), ("musl, the command", musl, releases.COMMAND_ROWS):
        own, other = releases.digest_of_programs(rows=rows), releases.digest_of_programs(make(), rows)
        same = own is not None and own == other
        failed += not same
        print(f"{name}: the rows of {len(releases.captures())} captures {'are those' if same else 'are not those'} of this machine's build")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
