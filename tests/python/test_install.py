"""`cmake --install`: the installed files, and C programs that link with them, dynamically and statically."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from flowcontainer import scan

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
DEMO = ROOT / "tests/pcaps/demo.pcap"
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-std=c11"]


def run(*command: object, **options) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (BUILD / "build.ninja").exists():
        pytest.skip("build/release is missing (make build): installing was not tested")
    prefix = tmp_path_factory.mktemp("prefix") / "usr"
    run("cmake", "--install", BUILD, "--prefix", prefix)
    return prefix


@pytest.fixture(scope="module")
def flags(prefix: Path):
    if not shutil.which("pkg-config"):
        pytest.fail("pkg-config is missing: tools/setup.sh test installs it")
    folder = found(prefix, "flowcontainer.pc").parent

    def flags(*what: str) -> list[str]:
        return run("pkg-config", *what, "flowcontainer", env={**os.environ, "PKG_CONFIG_PATH": str(folder)}).split()

    return flags


def found(prefix: Path, name: str) -> Path:
    (path,) = prefix.rglob(name)
    return path


def expected() -> list[str]:
    rows = zip(*(scan(DEMO).to_arrow()[name].to_pylist() for name in ("protocol", "stream", "src", "sport", "dst",
                                                                     "dport", "ip_lengths")))  # fmt: skip
    return [f"{p} {n}  {src}:{sport} > {dst}:{dport}  {len(ip)} packets" for p, n, src, sport, dst, dport, ip in rows]


def test_what_is_installed(prefix: Path) -> None:
    files = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if not path.is_dir()}
    for ending in ("bin/flowcontainer", "include/flowcontainer.h", "libflowcontainer.a", "libflowcontainer.so",
                   "libflowcontainer.so.8", "pkgconfig/flowcontainer.pc",
                   "cmake/flowcontainer/flowcontainerConfig.cmake", "man/man1/flowcontainer.1",
                   "bash-completion/completions/flowcontainer", "site-functions/_flowcontainer",
                   "vendor_completions.d/flowcontainer.fish"):  # fmt: skip
        assert [name for name in files if name.endswith(ending)], ending
    assert [name for name in files if name.endswith(".h")] == ["include/flowcontainer.h"]
    assert run(prefix / "bin/flowcontainer", "--version").split()[1] == "8.0.0"


def test_only_what_is_documented_is_exported(prefix: Path) -> None:
    header = (prefix / "include/flowcontainer.h").read_text()
    lines = run("nm", "-D", "--defined-only", found(prefix, "libflowcontainer.so")).splitlines()
    names = [line.split()[-1] for line in lines]
    assert "fc_open" in names and all(name.startswith("fc_") and f"{name}(" in header for name in names)


def test_dynamic(prefix: Path, flags, tmp_path: Path) -> None:
    program = tmp_path / "flows"
    run("cc", *WARNINGS, ROOT / "examples/flows.c", *flags("--cflags", "--libs"), "-o", program)
    library = found(prefix, "libflowcontainer.so").parent
    assert run(program, DEMO, env={"LD_LIBRARY_PATH": str(library)}).splitlines() == expected()


def test_static(flags, tmp_path: Path) -> None:
    """With a linker that cannot read the bytecode of the compiler that made the library."""
    program = tmp_path / "flows"
    libraries = flags("--cflags", "--libs", "--static")
    plain = ["-static", "-fno-lto", "-fno-use-linker-plugin"]
    run("cc", *WARNINGS, *plain, ROOT / "examples/flows.c", *libraries, "-o", program)
    assert run(program, DEMO, env={}).splitlines() == expected()
    missing = subprocess.run([program, "nothing.pcap"], capture_output=True, text=True)
    assert missing.returncode == 2 and "nothing.pcap" in missing.stderr


def test_find_package(prefix: Path, tmp_path: Path) -> None:
    """The project examples/CMakeLists.txt against a tree that was moved after it was installed."""
    moved = tmp_path / "moved"
    shutil.copytree(prefix, moved, symlinks=True)
    run("cmake", "-S", ROOT / "examples", "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={moved}")
    run("cmake", "--build", tmp_path / "build")
    for program in "flows", "flows_static":
        assert run(tmp_path / "build" / program, DEMO, env={}).splitlines() == expected(), program
    found_other = subprocess.run(["cmake", "-S", ROOT / "examples", "-B", tmp_path / "other", "-DFC_WANTED=9",
                                  f"-DCMAKE_PREFIX_PATH={moved}"], capture_output=True, text=True)  # fmt: skip
    assert found_other.returncode and "version" in found_other.stderr


def test_the_header_suits_cpp_and_other_arrow_headers(flags, tmp_path: Path) -> None:
    if not shutil.which("c++"):
        pytest.skip("no C++ compiler: the header was not tested with one")
    text = '#include <flowcontainer.h>\nint main() { ArrowArrayStream s; (void)s; return fc_version()[0] != \'8\'; }\n'
    (tmp_path / "x.cpp").write_text(text)
    run("c++", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", tmp_path / "x.cpp", *flags("--cflags"))
    pyarrow = pytest.importorskip("pyarrow")
    abi = Path(pyarrow.get_include()) / "arrow/c/abi.h"
    for order in ([abi, "flowcontainer.h"], ["flowcontainer.h", abi]):
        (tmp_path / "x.c").write_text("".join(f'#include "{name}"\n' for name in order))
        run("cc", "-Werror", "-fsyntax-only", tmp_path / "x.c", *flags("--cflags"))
