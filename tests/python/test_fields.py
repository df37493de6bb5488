"""The list of the fields of both engines, its cache, old names and mistyped names."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import flowcontainer
import pytest
import retold
from needs_worker import WORKER, needs_worker

DEMO = Path(__file__).resolve().parents[1] / "pcaps" / "demo.pcap"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "flowcontainer"


def kept(cache: Path) -> Path:
    (path,) = cache.iterdir()
    return path


def without_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWCONTAINER_WORKER", "/nonexistent/worker")


# ---- the list ----


@needs_worker
def test_every_field_of_tshark_is_listed() -> None:
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed: nothing to compare with")
    done = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, env=retold.environment(),
                          errors="replace")  # fmt: skip
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    theirs = {row[2]: row[3] for row in rows if row[0] == "F"} | {row[2]: "FT_PROTOCOL" for row in rows if row[0] == "P"}
    ours = {field.name: field for field in flowcontainer.fields()}
    assert len(theirs) > 200_000 and not theirs.keys() - ours.keys()
    own = {f"{p}tls.handshake.ja4{r}" for p in ("", "d") for r in ("", "_r")}  # of later Wiresharks
    assert all(name.startswith("_ws.col.") for name in ours.keys() - theirs.keys() - own)
    http = [name for name in theirs if name.startswith(("http.", "dns."))]
    assert all(ours[name].type == theirs[name] for name in http)


@needs_worker
def test_both_engines_in_one_list() -> None:
    every = flowcontainer.fields("smb2.*") + flowcontainer.fields("tcp.*") + flowcontainer.fields("tls.*")
    names = [field.name for field in every]
    assert names == sorted(names) and len(set(names)) == len(names)
    by_name = {field.name: field for field in every}
    assert by_name["tcp.srcport"].engine == "native" and by_name["tcp.srcport"].arrow == "S"
    assert by_name["tls.handshake.ja3"].engine == "native"
    share = by_name["smb2.filename"]
    assert (share.engine, share.type, share.arrow) == ("wireshark", "FT_STRING", "U") and share.description
    version = by_name["tls.handshake.version"]
    assert (version.type, version.arrow, version.named) == ("FT_UINT16", "S", True)
    assert {field.engine for field in flowcontainer.fields(native=True)} == {"native"}


@needs_worker
def test_patterns_and_old_names() -> None:
    ja3 = [field.name for field in flowcontainer.fields(re.compile(r"^tls\..*ja3$"))]
    assert ja3 == ["tls.handshake.ja3"]
    assert flowcontainer.fields("ssl.*") == flowcontainer.fields("tls.*") != []
    assert flowcontainer.fields("bootp.option.*") == flowcontainer.fields("dhcp.option.*") != []
    assert flowcontainer.fields("no.such.*") == []


def test_without_the_worker_the_native_fields_are_all(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    without_worker(monkeypatch)
    assert flowcontainer.fields() == flowcontainer.fields(native=True) != []
    assert not cache.exists()
    monkeypatch.setenv("FLOWCONTAINER_WORKER", shutil.which("true") or "/bin/true")
    assert flowcontainer.fields() == flowcontainer.fields(native=True)


# ---- the cache ----


@needs_worker
def test_the_second_time_is_instant(cache: Path) -> None:
    first = flowcontainer.fields("tls.*")
    path = kept(cache)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.stat().st_mtime_ns
    start = time.monotonic()
    assert flowcontainer.fields("tls.*") == first
    assert time.monotonic() - start < 2 and path.stat().st_mtime_ns == before


@needs_worker
@pytest.mark.parametrize("harm", ["empty", "cut", "line", "count", "unsorted", "folder"])
def test_a_useless_cache_is_made_anew(cache: Path, harm: str) -> None:
    first = flowcontainer.fields("tls.*")
    path = kept(cache)
    whole = path.read_bytes()
    worker, version, rest = whole.split(b"\n", 2)
    harmed = {
        "empty": b"",
        "cut": whole[:-100],
        "line": whole.replace(b"flowcontainer fields ", b"flowcontainer fields 9", 1),
        "count": b"\n".join((worker, version.replace(b" ", b" 1", 1), rest)),
        "unsorted": whole.replace(b"tls.handshake.ja3\0", b"a\0", 1),
        "folder": b"",
    }[harm]
    if harm == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(harmed)
    assert flowcontainer.fields("tls.*") == first
    if harm != "folder":
        assert path.read_bytes() == whole
    assert [p.name for p in cache.iterdir()] == [path.name]  # no half file is left


@needs_worker
def test_another_worker_has_another_list(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "worker"
    script.write_text(f"#!/bin/sh\nexec {WORKER}\n")
    script.chmod(0o755)
    monkeypatch.setenv("FLOWCONTAINER_WORKER", str(script))
    first = flowcontainer.fields("tls.*")
    path = kept(cache)
    before = path.stat().st_mtime_ns
    script.write_text(f"#!/bin/sh\n# newer\nexec {WORKER}\n")
    assert flowcontainer.fields("tls.*") == first and path.stat().st_mtime_ns > before


@needs_worker
def test_without_a_place_for_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for variables in ({"XDG_CACHE_HOME": str(tmp_path / "file")}, {"HOME": ""}, {"XDG_CACHE_HOME": "relative", "HOME": "x"}):
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert flowcontainer.fields("tls.handshake.ja3")


@needs_worker
def test_many_at_a_time(cache: Path) -> None:
    code = "import flowcontainer; print(len(flowcontainer.fields('tls.*')))"
    runs = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = {run.communicate()[0] for run in runs}
    assert len(answers) == 1 and int(answers.pop()) > 100
    kept(cache)


# ---- mistyped names ----


@needs_worker
@pytest.mark.parametrize(
    ("typed", "meant"),
    [("http.hoost", "http.host"), ("tls.handshake.ja33", "tls.handshake.ja3"), ("ip.tttl", "ip.ttl"),
     ("dns.qry.nmae", "dns.qry.name"), ("userr_agent", "http.user_agent")],
)  # fmt: skip
def test_near_names_are_out_of_all(typed: str, meant: str, cache: Path) -> None:
    for _ in range(2):  # without the cache, and with it
        with pytest.raises(ValueError, match=rf"near it: .*{re.escape(meant)}"):
            flowcontainer.scan(str(DEMO), typed)


# ---- the command ----


@needs_worker
def test_the_command_lists_them(cli, cache: Path) -> None:
    env = {**cli.env, "XDG_CACHE_HOME": str(cache.parent)}
    done = cli("fields", "tls.handshake.ja3*", "--json", env=env)
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["name"] for entry in entries] == ["tls.handshake.ja3", "tls.handshake.ja3_full", "tls.handshake.ja3s",
                                                    "tls.handshake.ja3s_full"]  # fmt: skip
    assert all(e["engine"] == "native" and e["type"] == "FT_STRING" and e["description"] for e in entries)
    share = json.loads(cli("fields", "smb2.filename", "--json", env=env).stdout.splitlines()[0])
    assert share["engine"] == "wireshark" and share["type"] == "FT_STRING" and share["description"]
    for words in (["/^tls[.]handshake[.]ja3$/"], ["ssl.handshake.ja3", "-T", "csv"]):
        assert "tls.handshake.ja3" in cli("fields", *words, env=env).stdout
    assert cli("fields", "smb2.filename", "--native", env=env).returncode == 2
    assert "http.host" in cli("fields", "http.hoost", env=env).stderr
    assert "not a regular expression" in cli("fields", "/tls(/", env=env).stderr
    line = cli("fields", "ip.tt[l]", env=env).stdout
    assert line.startswith("ip.ttl ") and " native " in line


def test_the_command_without_the_worker(cli) -> None:
    env = {**cli.env, "FLOWCONTAINER_WORKER": "/nonexistent/worker"}
    assert "ip.ttl" in cli("fields", "ip.*", env=env).stdout
    assert "flowcontainer-worker is missing" in cli("fields", "smb2.*", env=env).stderr
