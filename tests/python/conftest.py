from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import made
import pytest
from cli_command import cli, root  # noqa: F401 - fixtures of the command's tests

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the cached list of Wireshark's fields out of the user's home folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The URL of an empty S3 server (moto) on loopback."""
    server = pytest.importorskip("moto.server", reason="moto[server] is not installed")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def shared() -> Path:
    """The folder beside the project with real captures; tests that need it are skipped if it is missing."""
    if not (SHARED / "corpus").is_dir():
        pytest.skip("the corpus beside the project (../shared) is missing: real captures were not tested")
    return SHARED


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """One TCP and one UDP flow."""
    path = tmp_path / "small.pcap"
    made.write(path, made.talk() + made.exchange())
    return path


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """300 UDP flows."""
    path = tmp_path / "several.pcap"
    made.write(path, made.many(300))
    return path
