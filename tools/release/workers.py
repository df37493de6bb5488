"""The programs flowcontainer-worker of a wheel, one for each release of libwireshark. Headers and libraries come from Debian's
packages, which are unpacked into a folder; nothing of them goes into the wheel."""

import pathlib
import shutil
import subprocess

import debian
import toolchain

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Releases of Wireshark: the suite of Debian that has it, and that suite's packages of glib.
RELEASES = {"4.0": ("bookworm", ["libglib2.0-0", "libglib2.0-dev"]),
            "4.4": ("trixie", ["libglib2.0-0t64", "libgio-2.0-dev", "libglib2.0-dev"]),
            "4.6": ("sid", ["libglib2.0-0t64", "libgio-2.0-dev", "libglib2.0-dev"])}
DEVELOPMENT = ["libwireshark-dev", "libwiretap-dev", "libwsutil-dev"]
LIBRARIES = "libwireshark", "libwiretap", "libwsutil"


def unpack(home, suite, glib, architecture):
    """A folder with the headers and libraries of the suite's Wireshark."""
    folder = home / "wireshark" / f"{suite}-{architecture}"
    stamp = folder / "packages.txt"
    if not stamp.exists():
        shutil.rmtree(folder, ignore_errors=True)
        apt = debian.Apt(home / "apt", suite, architecture)
        needed = {p for package in DEVELOPMENT for p in apt.versioned(package)
                  if p.startswith(LIBRARIES) and not p.endswith(("-dev", "-data"))}
        stamp.write_text("\n".join(apt.unpack(sorted(needed) + glib + DEVELOPMENT, folder)) + "\n")
    return folder


def compile_one(out, compiler, folder, environment):
    """One worker, as worker/worker.cmake builds it."""
    triplet = next((folder / "usr/lib").glob("*-linux-gnu"))
    names = "libwireshark", "libwiretap", "libwsutil", "libglib-2.0"
    libraries = [next(path for place in ("usr/lib", "lib")  # glib is in /lib in some suites
                      for path in (folder / place / triplet.name).glob(f"{name}.so.*")) for name in names]
    includes = [folder / "usr/include/wireshark", folder / "usr/include/glib-2.0", triplet / "glib-2.0/include"]
    subprocess.run([compiler, "-std=gnu11", "-O2", "-DNDEBUG", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-fPIE", "-pie", "-s",
                    "-I", ROOT / "src", *[part for include in includes for part in ("-isystem", include)],
                    *sorted((ROOT / "worker").glob("*.c")), *libraries, "-ldl", "-Wl,--allow-shlib-undefined", "-o", out],
                   check=True, env=environment)


def build(home, platform, architecture, zig, target, releases=tuple(RELEASES)):
    """The folder of the programs for these releases."""
    out = home / platform / ("workers" if len(releases) == len(RELEASES) else "workers-" + "-".join(releases))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    tools = home / platform / "zig"
    for release in releases:
        suite, glib = RELEASES[release]
        folder = unpack(home, suite, glib, architecture)
        environment = toolchain.make(tools, zig, target, {folder: "wireshark", home: "wheels", ROOT: "flowcontainer"})
        compile_one(out / f"flowcontainer-worker-{release}", tools / "cc", folder, environment)
    return out
