"""A build of the command without any optional library: what needs one is refused by name, or is libwireshark's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PCAPS = ROOT / "tests/pcaps"
LIBRARIES = ["-DFC_CRYPTO=none", *(f"-DFC_{name}_LIBRARY=OFF" for name in ("PCRE2", "ZLIB", "ZSTD", "LZ4", "LZMA", "BZIP2"))]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    build = tmp_path_factory.mktemp("bare")
    subprocess.run(["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", *LIBRARIES,
                    "-DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON"], check=True, capture_output=True)  # fmt: skip
    subprocess.run(["cmake", "--build", build, "--target", "flowcontainer"], check=True, capture_output=True)
    return build / "flowcontainer"


def run(command: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([command, *map(str, arguments)], capture_output=True, text=True, env={**os.environ, **environment})


@pytest.mark.long
def test_missing_libraries_are_named(command: Path) -> None:
    linked = run(Path("ldd"), command).stdout
    assert "libcrypto" not in linked and "libpcre2" not in linked and "libz" not in linked
    for arguments, library in ((["-e", "quic.version"], "libssl-dev"), (["-e", "tls.handshake.ja3"], "libssl-dev"),
                               (["-C", "flow_id"], "libssl-dev"),
                               (["-Y", 'http.host matches "a"'], "libpcre2-dev")):  # fmt: skip
        done = run(command, *arguments, PCAPS / "demo.pcap")
        assert done.returncode == 2 and library in done.stderr, (arguments, done.stderr)


@pytest.mark.long
def test_other_queries_work(command: Path) -> None:
    whole = run(Path(sys.executable), "-m", "flowcontainer", "-T", "csv", "-e", "tls.handshake.extensions_server_name", PCAPS / "demo.pcap")
    bare = run(command, "-T", "csv", "-e", "tls.handshake.extensions_server_name", PCAPS / "demo.pcap")
    assert whole.returncode == bare.returncode == 0 and whole.stdout == bare.stdout
    quic = run(command, "-e", "tls.handshake.extensions_server_name", next(PCAPS.glob("quic*.pcap*")))
    assert "unread protocols" in quic.stderr
