"""Builds the wheels with zig and static libraries: wheels.py [PLATFORM...] (default: every platform).

Everything is made below build/wheels; the wheels are in build/wheels/dist. The sources of the libraries come from Debian's
archive through apt, and are checked by their SHA-256 (sources.txt). Elsewhere put those files into a folder and name it in
FC_SOURCES. The same tree gives the same bytes."""

import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import tarfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check_wheel  # noqa: E402
import debian  # noqa: E402
import toolchain  # noqa: E402
import workers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tools/release"
HOME = ROOT / "build/wheels"
# Each platform: zig's target, the platform tags of the wheel, Debian's name of the processor for the workers (None: none).
PLATFORMS = {
    "manylinux-x86_64": ("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64.manylinux2014_x86_64", "amd64"),
    "manylinux-aarch64": ("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64.manylinux2014_aarch64", "arm64"),
    "musllinux-x86_64": ("x86_64-linux-musl", "musllinux_1_2_x86_64", None),
}
EPOCH = "315532800"  # 1 January 1980, the first time that a zip file can hold


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


def make_environment():
    """A virtual environment with the pinned tools; returns its python and zig."""
    home = HOME / "venv"
    python, stamp, wanted = home / "bin/python", home / "installed.txt", (HERE / "requirements.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        run(sys.executable, "-m", "venv", home)
        run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "--no-deps", "-r",
            HERE / "requirements.txt")
        stamp.write_text(wanted)
    return python, next(home.glob("lib/python3*/site-packages/ziglang/zig"))


def read_sources():
    for line in (HERE / "sources.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            package, suite, file, digest, licences = line.split()
            yield package, suite, file, digest, licences.split(",")


def unpack_sources():
    """Unpacks the checked archives into build/wheels/sources/PACKAGE and collects the licences; returns both folders."""
    sources, licences, given = HOME / "sources", HOME / "licences", os.environ.get("FC_SOURCES")
    stamp, wanted = sources / "unpacked.txt", (HERE / "sources.txt").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return sources, licences
    shutil.rmtree(sources, ignore_errors=True)
    shutil.rmtree(licences, ignore_errors=True)
    licences.mkdir(parents=True)
    for package, suite, file, digest, names in read_sources():
        path = pathlib.Path(given) / file if given else debian.Apt(HOME / "apt", suite, "amd64").source(package, file)
        if not path.exists():
            sys.exit(f"wheels: {path} is not there, and Debian's {suite} does not have it any more: see FC_SOURCES")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            sys.exit(f"wheels: {path} is not the file that sources.txt names: its SHA-256 differs")
        unpack(path, sources / package)
        for name in names:
            shutil.copy(sources / package / name, licences / f"{package}-{pathlib.Path(name).name}")
    stamp.write_text(wanted)
    return sources, licences


def unpack(path, folder):
    """Unpacks a tar file without the one folder that it holds."""
    with tarfile.open(path) as archive:
        def inner(member, to):
            member.name = member.name.partition("/")[2]
            return tarfile.data_filter(member, to) if member.name else None
        archive.extractall(folder, filter=inner)


def prefixes(sources):
    return {sources: "dependencies", HOME: "wheels", ROOT: "flowcontainer"}


def build_libraries(platform, zig, sources):
    """The static libraries of a platform; returns their prefix."""
    home = HOME / platform
    tools, build, prefix = home / "zig", home / "libraries-build", home / "libraries"
    environment = toolchain.make(tools, zig, PLATFORMS[platform][0], prefixes(sources))
    stamp = prefix / "built.txt"
    wanted = (HERE / "sources.txt").read_text() + (HERE / "deps/CMakeLists.txt").read_text() + PLATFORMS[platform][0]
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(build, ignore_errors=True)
        shutil.rmtree(prefix, ignore_errors=True)
        run("cmake", "-S", HERE / "deps", "-B", build, "-G", "Ninja", f"-DSOURCES={sources}",
            f"-DCMAKE_INSTALL_PREFIX={prefix}", "-DCMAKE_INSTALL_LIBDIR=lib", *toolchain.cmake_options(tools),
            env=environment, stdout=subprocess.DEVNULL)
        run("cmake", "--build", build, "--", "-j1", "--quiet", env=environment)
        run("cmake", "--install", build, env=environment, stdout=subprocess.DEVNULL)
        stamp.write_text(wanted)
    return prefix, environment


def link_python_headers(home):
    """A folder with the headers of this Python for each processor. Debian has a part of them in a folder named after the
    processor, and the part is the same for all processors of 64 bits as far as the limited API goes."""
    folder = home / "include"
    include = pathlib.Path(sysconfig.get_path("include"))
    there = list(pathlib.Path("/usr/include").glob(f"*-linux-gnu/{include.name}"))
    for name in "x86_64-linux-gnu", "aarch64-linux-gnu", "x86_64-linux-musl":
        (folder / name).mkdir(parents=True, exist_ok=True)
        if there and not (folder / name / include.name).exists():
            (folder / name / include.name).symlink_to(there[0])
    return folder


def library_options(prefix):
    names = {"ZLIB": "z", "ZSTD": "zstd", "LZ4": "lz4", "LZMA": "lzma", "BZIP2": "bz2", "PCRE2": "pcre2-8",
             "CRYPTO": "mbedcrypto"}
    options = ["-DFC_CRYPTO=mbedtls"]
    for option, name in names.items():
        options += [f"-DFC_{option}_INCLUDE={prefix}/include", f"-DFC_{option}_LIBRARY={prefix}/lib/lib{name}.a"]
    return options


def build_wheel(platform, python, prefix, environment, programs):
    """One wheel, in build/wheels/dist; returns its path."""
    home, (_, tags, _) = HOME / platform, PLATFORMS[platform]
    shutil.rmtree(home / "out", ignore_errors=True)
    shutil.rmtree(home / "build", ignore_errors=True)
    options = toolchain.cmake_options(home / "zig") + library_options(prefix)
    options[options.index("-DCMAKE_C_FLAGS=-flto=thin")] = f"-DCMAKE_C_FLAGS=-flto=thin -I{link_python_headers(home)}"
    options += ["-DCMAKE_SHARED_LINKER_FLAGS=-s", "-DCMAKE_MODULE_LINKER_FLAGS=-s", f"-DFC_WORKERS={programs or 'none'}"]
    settings = [f"cmake.args={';'.join(options)}", f"build-dir={home / 'build'}", "build.tool-args=-j1",
                "wheel.license-files=LICENSE;worker/COPYING;build/wheels/licences/*"]
    run(python, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-build-isolation", "--no-deps", "-w",
        home / "out", *[part for setting in settings for part in ("-C", setting)], ROOT,
        env=dict(environment, SOURCE_DATE_EPOCH=EPOCH))
    built = next((home / "out").glob("*.whl"))
    run(python, "-m", "wheel", "tags", "--remove", "--platform-tag", tags, built, stdout=subprocess.DEVNULL,
        env=dict(os.environ, SOURCE_DATE_EPOCH=EPOCH))
    (HOME / "dist").mkdir(exist_ok=True)
    tagged = next((home / "out").glob("*.whl"))
    return pathlib.Path(shutil.copy(tagged, HOME / "dist" / tagged.name))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("platforms", nargs="*", metavar="PLATFORM", help=", ".join(PLATFORMS))
    for name in (names := parser.parse_args().platforms):
        if name not in PLATFORMS:
            parser.error(f"there is no platform {name}; there are {', '.join(PLATFORMS)}")
    os.nice(10)
    python, zig = make_environment()
    sources, _ = unpack_sources()
    for platform in names or PLATFORMS:
        prefix, environment = build_libraries(platform, zig, sources)
        architecture = PLATFORMS[platform][2]
        programs = architecture and workers.build(HOME, platform, architecture, zig, PLATFORMS[platform][0])
        wheel = build_wheel(platform, python, prefix, environment, programs)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        print(f"{wheel.relative_to(ROOT)}  {wheel.stat().st_size:,} bytes  sha256 {digest}")
        if faults := check_wheel.check(wheel):
            sys.exit("wheels: " + "; ".join(faults))


if __name__ == "__main__":
    main()
