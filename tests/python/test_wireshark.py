"""The wireshark engine through the package: the choice of the engine, refusals, and crashes of the process that
dissects."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import flowcontainer
import pytest
from flowcontainer.extractor import extract
from needs_worker import WORKER, needs_worker

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "tests" / "pcaps" / "demo.pcap"


def dicts(batch) -> list[dict]:
    columns = batch.to_pydict()
    return [dict(zip(columns, cells)) for cells in zip(*columns.values())]


def rows(path: Path = DEMO, fields: tuple[str, ...] = ("ip.ttl", "tcp.seq"), **options) -> list[dict]:
    scan = flowcontainer.scan(str(path), fields, **{"level": "frames", **options})
    return [row for batch in scan for row in dicts(batch)]


# ---- the choice of the engine ----


@needs_worker
def test_both_engines_agree() -> None:
    native, wireshark = rows(engine="native"), rows(engine="wireshark")
    assert len(native) > 100 and native == wireshark


@needs_worker
def test_the_choice_is_explained(monkeypatch) -> None:
    assert "native" in flowcontainer.scan(str(DEMO), "ip.ttl").explain()
    assert "libwireshark goes on" in flowcontainer.scan(str(DEMO), ["ip.ttl", "http.host"]).explain()
    assert "smb2.filename" in flowcontainer.scan(str(DEMO), ["ip.ttl", "smb2.filename"]).explain()
    assert "libwireshark goes on" in flowcontainer.scan(str(DEMO), filter="http").explain()
    assert "smb2" in flowcontainer.scan(str(DEMO), filter="tcp and smb2").explain()
    assert flowcontainer.scan(str(DEMO), filter="tcp").explain().startswith("native engine")
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "wireshark")
    assert flowcontainer.scan(str(DEMO)).explain().startswith("wireshark engine")
    assert flowcontainer.scan(str(DEMO), engine="native").explain().startswith("native engine")
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "best")
    with pytest.raises(ValueError, match="FLOWCONTAINER_ENGINE"):
        flowcontainer.scan(str(DEMO))


def test_native_never_guesses() -> None:
    with pytest.raises(ValueError, match="smb2.filename"):
        flowcontainer.scan(str(DEMO), "smb2.filename", engine="native")
    with pytest.raises(ValueError, match="filter.*smb2"):
        flowcontainer.scan(str(DEMO), filter="tcp or smb2", engine="native")


def test_without_the_worker(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLOWCONTAINER_WORKER", str(tmp_path / "nothing"))
    with pytest.raises(flowcontainer.UnsupportedError, match="apt install tshark"):
        extract(str(DEMO), extension="smb2.filename")
    monkeypatch.setenv("FLOWCONTAINER_WORKER", shutil.which("true") or "/bin/true")
    with pytest.raises(flowcontainer.UnsupportedError, match="does not start"):
        extract(str(DEMO), extension="smb2.filename")


# ---- refusals ----


@needs_worker
@pytest.mark.parametrize(
    "options, said",
    [
        ({"filter": "tcp.port == == 80"}, r"unexpected.*byte 12"),
        ({"filter": "nonsense.field == 1"}, r"nonsense.field"),
        ({"fields": "http.hoost"}, r"http\.hoost"),
        ({"fields": "ip.tttl"}, r"near it: .*ip\.ttl"),
        ({"fields": ["tls.record.version", "ssl.record.version"]}, r"twice"),
        ({"fields": "_ws.col.Protocoll"}, r"no column"),
    ],
)
def test_refusals(options: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        flowcontainer.scan(str(DEMO), **options)


# ---- answers ----


@needs_worker
def test_a_filter_keeps_what_it_passes() -> None:
    flows = extract(str(DEMO), filter="tcp.port == 443", extension=["tls.handshake.type"])
    assert flows and {443} <= {port for flow in flows.values() for port in (flow.sport, flow.dport)}
    assert all(443 in (flow.sport, flow.dport) and flow.protocol == "tcp" for flow in flows.values())
    assert any("tls.handshake.type" in flow.extension for flow in flows.values())


@needs_worker
@pytest.mark.parametrize("text", ["udp", "tcp.flags.syn == 1 or frame.len > 500", "tcp.port in {80, 443..444} and tcp.len > 0"])
@pytest.mark.parametrize("level", ["flows", "packets", "frames"])
def test_both_engines_filter_alike(text: str, level: str) -> None:
    native, wireshark = (
        flowcontainer.scan(str(DEMO), ["ip.ttl", "tcp.len"], level=level, filter=text, engine=engine)
        for engine in ("native", "wireshark")
    )
    answers = [[batch.to_pydict() for batch in scan] for scan in (native, wireshark)]
    assert answers[0] == answers[1] and answers[0]
    assert native.accounting == wireshark.accounting and native.accounting["filter"] > 0


@needs_worker
def test_old_names_and_no_filter_with_blanks() -> None:
    old, new = (extract(str(DEMO), filter=" ", extension=name) for name in ("ssl.record.version", "tls.record.version"))
    values = [[list(flow.extension.values()) for flow in flows.values()] for flows in (old, new)]
    assert values[0] == values[1] and any(values[0])


@needs_worker
def test_a_pipe_and_memory(tmp_path: Path) -> None:
    command = [shutil.which("cat"), str(DEMO)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as cat:
        name = f"/proc/self/fd/{cat.stdout.fileno()}"
        piped = rows(Path(name), ("http.host",))
    assert [{**row, "capture": None} for row in piped] == [{**row, "capture": None} for row in rows(fields=("http.host",))]


@needs_worker
def test_many_captures_on_threads(tmp_path: Path) -> None:
    for i in range(6):
        shutil.copy(DEMO, tmp_path / f"{i}.pcap")
    fields = ("http.host", "tls.handshake.ciphersuite")
    one = rows(tmp_path, fields, filter="tcp", jobs=1)
    assert one and one == rows(tmp_path, fields, filter="tcp", jobs=3)


@needs_worker
@pytest.mark.parametrize("kind", ["snoop", "netmon2", "ngsniffer"])
def test_formats_that_only_wireshark_reads(kind: str, tmp_path: Path) -> None:
    foreign = tmp_path / f"demo.{kind}"
    subprocess.run(["tshark", "-r", str(DEMO), "-F", kind, "-w", str(foreign)], check=True, capture_output=True)
    for fields in ((), ("http.host", "dns.qry.name")):
        want, got = rows(DEMO, fields), rows(foreign, fields)
        same = [key for key in want[0] if key not in ("capture", "time")]
        assert [[row[key] for key in same] for row in got] == [[row[key] for key in same] for row in want]


@needs_worker
def test_two_passes_know_what_comes_later() -> None:
    fields = ["dns.response_in", "dns.response_to", "_ws.col.Protocol"]
    by_frame = {row["frame"]: row for row in rows(fields=tuple(fields))}
    answered = {n: row["dns.response_in"][0] for n, row in by_frame.items() if row["dns.response_in"]}
    assert answered and all(by_frame[to]["dns.response_to"] == [n] for n, to in answered.items())
    assert {"DNS", "TCP"} <= {row["_ws.col.Protocol"][0] for row in by_frame.values()}
    filtered = rows(fields=tuple(fields), filter="dns.flags.response == 0")
    assert {row["frame"]: row["dns.response_in"] for row in filtered if row["reason"] is None} == {
        n: [to] for n, to in answered.items() if by_frame[n]["reason"] is None}


@needs_worker
def test_the_pass_that_decides_the_filter() -> None:
    """`!dns.response_in` keeps the answered queries in the first pass, which has not seen the answers."""
    text = "dns and !dns.response_in"
    asked = {row["frame"] for row in rows(fields=("dns.response_in",)) if row["dns.response_in"]}
    auto, once, twice, read = (
        {row["frame"] for row in rows(fields=("dns.id",), filter=text, passes=passes) if row["dns.id"]}
        for passes in ("auto", 1, 2, "2R")
    )
    assert auto == twice and once == read and asked and once - twice == asked
    for passes, said in (("auto", "the second decides"), (2, "the second decides"), ("2R", "two passes)"), (1, "4.0.17)")):
        assert said in flowcontainer.scan(str(DEMO), filter=text, passes=passes).explain().replace(WORKER.name, "")


@needs_worker
def test_one_pass_tells_what_is_known_by_then() -> None:
    once, twice = (rows(fields=("tcp.completeness",), passes=n) for n in (1, 2))
    first, last = ([row["tcp.completeness"] for row in answer if row["tcp.completeness"]] for answer in (once, twice))
    assert len(first) == len(last) and first != last and all(a[0] <= b[0] for a, b in zip(first, last))


@needs_worker
def test_numbers_wider_than_their_field(shared: Path) -> None:
    """COTP announces 8192 and 1024 in a field of 8 bits."""
    capture = shared / "corpus" / "ndpi" / "iso9506-1-mms.pcap"
    sizes = [row["cotp.tpdu_size"] for row in rows(capture, ("cotp.tpdu_size",), filter="cotp.tpdu_size")]
    assert [size for size in sizes if size] == [[8192], [1024]]


@needs_worker
@pytest.mark.parametrize("text", ["frame contains '\\n'", "frame.time_delta > -.5", "(" * 98 + "tcp" + ")" * 98])
def test_what_wireshark_refuses(text: str) -> None:
    with pytest.raises(ValueError):
        rows(filter=text)


# ---- a child that dies ----


@pytest.fixture(scope="session")
def fault(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("fault") / "fault.so"
    source = ROOT / "tests" / "fault" / "fault.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", str(out), str(source)], check=True)
    return out


def faulty(monkeypatch, tmp_path: Path, fault: Path, what: str) -> None:
    """The worker, with the fault preloaded."""
    script = tmp_path / "worker"
    script.write_text(f"#!/bin/sh\nLD_PRELOAD={fault} exec {WORKER}\n")
    script.chmod(0o755)
    monkeypatch.setenv("FLOWCONTAINER_WORKER", str(script))
    monkeypatch.setenv("FLOWCONTAINER_FAULT", what)
    monkeypatch.setenv("FLOWCONTAINER_FRAME_SECONDS", "1")


@needs_worker
@pytest.mark.parametrize("kind", ["crash", "exit", "kill", "memory", "loop"])
def test_one_frame_kills(kind: str, monkeypatch, tmp_path: Path, fault: Path) -> None:
    whole = rows()
    faulty(monkeypatch, tmp_path, fault, f"{kind}:20")
    scan = flowcontainer.scan(str(DEMO), ("ip.ttl", "tcp.seq"), level="frames", engine="wireshark")
    with pytest.warns(flowcontainer.CaptureWarning, match="frame 20"):
        got = [row for batch in scan for row in dicts(batch)]
    assert len(got) == len(whole) and scan.notes["dissector_crashed"] == 1
    assert [i + 1 for i, (a, b) in enumerate(zip(whole, got)) if a != b] == [20]
    assert got[19]["ip.ttl"] == [] and whole[19]["ip.ttl"] != []


@needs_worker
@pytest.mark.parametrize("kind", ["crash", "loop"])
def test_one_frame_of_an_unknown_link_kills(kind: str, monkeypatch, tmp_path: Path, fault: Path) -> None:
    """The frame is in no flow and is reported; the other frames stay in their flows."""
    path = ROOT / "tests" / "pcaps" / "foreign_117_pflog.pcap"
    whole = rows(path, ())
    faulty(monkeypatch, tmp_path, fault, f"{kind}:12")
    scan = flowcontainer.scan(str(path), level="frames")
    with pytest.warns(flowcontainer.CaptureWarning, match="frame 12"):
        got = [row for batch in scan for row in dicts(batch)]
    assert len(got) == len(whole) == 24 and scan.notes["dissector_crashed"] == 1
    assert [i + 1 for i, (a, b) in enumerate(zip(whole, got)) if a != b] == [12] and got[11]["reason"] == "link_type"


@needs_worker
def test_an_unknown_link_wherever_the_capture_lies(tmp_path: Path) -> None:
    """Captures on disk, compressed ones, and twenty of them on threads."""
    path = ROOT / "tests" / "pcaps" / "foreign_late.pcapng"
    whole = rows(path, ("eth.src",))
    packed = tmp_path / "x.pcapng.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for fields in ((), ("eth.src",)):
        got, want = rows(packed, fields), rows(path, fields)
        assert [{**row, "capture": None} for row in got] == [{**row, "capture": None} for row in want]
    many = tmp_path / "many"
    many.mkdir()
    for i in range(20):
        shutil.copy(path, many / f"{i:02}.pcapng")
    for got in (rows(many, ("eth.src",), jobs=1), rows(many, ("eth.src",), jobs=3)):
        assert [{**row, "capture": None} for row in got] == 20 * [{**row, "capture": None} for row in whole]


@needs_worker
@pytest.mark.parametrize("kind", ["once", "open", "fork"])
def test_nothing_is_lost(kind: str, monkeypatch, tmp_path: Path, fault: Path) -> None:
    """A killed child is replaced; actions that the jail forbids fail, and the frame is still answered."""
    whole = rows()
    faulty(monkeypatch, tmp_path, fault, f"{kind}:20")
    assert rows(engine="wireshark") == whole


@needs_worker
def test_a_crash_is_told_of_frames_that_are_left_out(monkeypatch, tmp_path: Path, fault: Path) -> None:
    left_out = next(row["frame"] for row in rows(fields=()) if row["reason"] == "retransmission")
    faulty(monkeypatch, tmp_path, fault, f"crash:{left_out}")
    scan = flowcontainer.scan(str(DEMO), "http.host", engine="wireshark")
    with pytest.warns(flowcontainer.CaptureWarning, match=f"frame {left_out}"):
        list(scan)
    assert scan.notes["dissector_crashed"] == 1


@needs_worker
@pytest.mark.parametrize("user", [None, 65534])
def test_one_process_serves_many_captures(user: int | None, tmp_path: Path) -> None:
    """For root and for other users, because without root another descriptor is free."""
    if user is not None and os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    for i in range(5):
        shutil.copy(DEMO, tmp_path / f"{i}.pcap")
    code = (
        "import os, sys\n"
        "from flowcontainer import scan\n"
        "if sys.argv[1] != 'None': os.setresuid(*3 * [int(sys.argv[1])])\n"
        "print([n for batch in scan(sys.argv[2], 'http.host', filter='http') for n in batch.to_pydict()['stream']])\n"
    )
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", code, str(user), str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([1, 3] * 5), done.stderr


@needs_worker
def test_a_worker_that_is_killed_is_started_again(tmp_path: Path) -> None:
    for i in range(40):
        shutil.copy(DEMO, tmp_path / f"{i:02}.pcap")
    scan = flowcontainer.scan(str(tmp_path), "http.host", filter="http", batch_rows=1)
    batches = iter(scan)
    found = [next(batches).to_pydict()["stream"]]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            mine = f"PPid:\t{os.getpid()}\n" in (process / "status").read_text()
            if mine and (process / "comm").read_text().startswith("flowcontainer-w"):
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue
    found += [batch.to_pydict()["stream"] for batch in batches]
    assert found == [[1], [3]] * 40 and not scan.problems


@needs_worker
def test_streams_that_are_not_encrypted_are_read(monkeypatch) -> None:
    """TLS with a NULL cipher has clear contents, and MPTCP connects address pairs: neither may be divided."""
    for name, field in (("tls_null.pcap", "http.host"), ("mptcp_pairs.pcap", "mptcp.analysis.subflows")):
        monkeypatch.delenv("FLOWCONTAINER_BUCKETS", raising=False)
        whole = rows(ROOT / "tests" / "pcaps" / name, (field,), engine="wireshark")
        assert any(row[field] for row in whole)
        monkeypatch.setenv("FLOWCONTAINER_BUCKETS", "2")
        assert rows(ROOT / "tests" / "pcaps" / name, (field,), engine="wireshark") == whole


@needs_worker
def test_a_field_of_a_protocol_that_is_off_is_an_error() -> None:
    """Wireshark turns some protocols off by default; tshark prints empty columns for their fields."""
    for name in ("communityid", "communityid.invalid_field"):
        with pytest.raises(ValueError, match="communityid"):
            flowcontainer.scan(DEMO, [name]).to_arrow()
    with pytest.raises(ValueError, match="--enable-protocol communityid"):
        flowcontainer.scan(DEMO, ["communityid"]).to_arrow()


# ---- protocols that are off ----


@needs_worker
def test_protocols_and_heuristics_are_turned_on_and_off() -> None:
    demo = str(DEMO)
    with pytest.raises(ValueError, match="--enable-protocol communityid"):
        flowcontainer.scan(demo, "communityid")
    on = flowcontainer.scan(demo, "communityid", enable_protocol="communityid", values="first")
    assert "protocols are turned on or off" in on.explain()
    ids = {row["communityid"] for batch in on for row in dicts(batch)}
    assert None not in ids and len(ids) > 1 and all(text.startswith("1:") for text in ids)
    facade = extract(demo, extension="communityid", cmd_parameter="--enable-protocol communityid")
    assert {flow.extension["communityid"][0][0] for flow in facade.values()} <= ids
    with pytest.raises(ValueError, match="http is off"):
        rows(fields=("http.host",), disable_protocol="http")
    for options, said in (({"disable_protocol": "no-such"}, "no-such"), ({"enable_heuristic": "no-such"}, "no-such"),
                          ({"disable_protocol": "frame"}, "off")):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            flowcontainer.scan(demo, "ip.ttl", **options)
    with pytest.raises(ValueError, match="native engine"):
        flowcontainer.scan(demo, enable_protocol="communityid", engine="native")
    with pytest.raises(ValueError, match="needs a value"):
        extract(demo, cmd_parameter="--enable-protocol")


def test_the_release_is_pinned() -> None:
    """This machine has Wireshark 4.0."""
    for fields in ["ip.ttl"], ["smb2.cmd"]:
        scan = flowcontainer.scan(str(DEMO), fields=fields)
        pinned = flowcontainer.scan(str(DEMO), fields=fields, wireshark="4.0")
        assert pinned.to_arrow() == scan.to_arrow() and "4.0" in pinned.explain()
        with pytest.raises(ValueError, match=r"libwireshark is that of Wireshark 4\.0, not 4\.4"):
            flowcontainer.scan(str(DEMO), fields=fields, wireshark="4.4").to_arrow()
    with pytest.raises(ValueError, match="native engine.* has the values of Wireshark 4.0, not 4.4"):
        flowcontainer.scan(str(DEMO), engine="native", wireshark="4.4").to_arrow()
    with pytest.raises(ValueError, match='4.0, 4.2, 4.4 or 4.6, not "5"'):
        flowcontainer.scan(str(DEMO), wireshark="5").to_arrow()
