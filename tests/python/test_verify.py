"""`flowcontainer verify` agrees on real captures, and finds a difference if there is one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flowcontainer import verify
from flowcontainer.__main__ import main as command
from needs_worker import needs_worker

PCAPS = Path(__file__).resolve().parents[1] / "pcaps"
DEMO = PCAPS / "demo.pcap"

needs_tshark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed: nothing to verify with")


def run(*words: object) -> int:
    return command(["flowcontainer", "verify", *map(str, words)])


@needs_worker
@needs_tshark
@pytest.mark.parametrize(
    "words",
    [
        [DEMO],
        [DEMO, "-Y", "tls.handshake.type == 1", "-e", "ip.ttl", "-e", "tls.handshake.ja3"],
        [DEMO, "-Y", "ssl", "-e", "ssl.handshake.type", "-e", "tls.record.version"],
        [DEMO, "-e", "dns.response_in", "-e", "dns.time", "-e", "frame.number"],
        [DEMO, "-o", "tcp.desegment_tcp_streams:FALSE", "-d", "tcp.port==443,http", "-e", "http.host"],
        [PCAPS / "frag4.pcap", PCAPS / "eth_vlan.pcap", PCAPS / "tunnel_vxlan.pcap", "-e", "ip.id", "-e", "vlan.id"],
        [PCAPS / "cut_record.pcap", PCAPS / "bad_text.pcap", "-e", "ip.id"],
    ],
)
def test_all_agree(words: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    status = run(*words)
    said = capsys.readouterr().out
    assert status == 0, said
    assert "no differences" in said.splitlines()[-1]


@needs_worker
@needs_tshark
def test_a_difference_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A tshark with one changed answer: a value, a frame that passes, a flag, a stream number."""
    honest = verify._tshark

    def other(capture: str, fields: list[str], words: list[str], text: str = "") -> dict[int, verify.Cells]:
        rows = honest(capture, fields, words, text)
        if "ip.ttl" in fields:
            rows[20]["ip.ttl"] = "99"
            del rows[30]
        if "tcp.stream" in fields:
            rows[15]["tcp.stream"] += "7"
            rows[16]["tcp.analysis.retransmission"] = "1"
        return rows

    monkeypatch.setattr(verify, "_tshark", other)
    assert run(DEMO, "-e", "ip.ttl") == 1
    said = capsys.readouterr().out.splitlines()
    assert f"{DEMO}: frame 20, ip.ttl: tshark '99', wireshark '64'" in said
    assert f"{DEMO}: frame 20, ip.ttl: tshark '99', auto '64'" in said
    assert f"{DEMO}: frame 30, (frame): tshark 'not passed', wireshark 'passed'" in said
    assert f"{DEMO}: frame 16, reason: tshark 'retransmission', auto 'kept'" in said
    assert any("frame 15, stream: tshark '" in line for line in said)
    assert said[-1].endswith("6 differences")


@needs_worker
@needs_tshark
@pytest.mark.parametrize(
    ("words", "said"),
    [([DEMO, "-e", "no.such.field"], "no.such.field"), ([DEMO, "-Y", "tcp.port == =="], "unexpected"),
     (["nothing.pcap"], "nothing.pcap")],
)  # fmt: skip
def test_wrong_use(words: list[object], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == 2
    assert said in capsys.readouterr().err


def test_without_tshark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(DEMO) == 2
    assert "tshark is not installed" in capsys.readouterr().err


@needs_tshark
def test_without_the_worker(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FLOWCONTAINER_WORKER", "/nonexistent/worker")
    assert run(DEMO) == 2
    assert "apt install tshark" in capsys.readouterr().err


def test_the_plain_command_says_where_it_is(cli) -> None:
    done = cli("verify", DEMO, env={**cli.env, "FLOWCONTAINER_WORKER": "/nonexistent/worker"})
    assert done.returncode == 2 and ("Python package" in done.stderr or "apt install tshark" in done.stderr)


@needs_worker
@needs_tshark
def test_bytes_that_are_no_utf8_are_no_difference(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """tshark writes some of them raw, and columns of text have U+FFFD."""
    capture = shared / "cases" / "verify_false_difference_http_full_uri.pcap"
    assert run(capture, "-e", "http.request.full_uri", "-e", "http.host") == 0, capsys.readouterr().out
    assert verify._is_same("ex\udce9\udca9m", "ex\ufffdm") and not verify._is_same("ex\udce9m", "exm")
    assert not verify._is_same("ex\ufffd\ufffdm", "ex\ufffdm")


@needs_worker
@needs_tshark
def test_embedded_keys_and_two_passes_agree(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = shared / "corpus" / "ndpi" / "doq_adguard.pcapng"
    names = ("dns.qry.name", "tls.handshake.type", "quic.version", "dns.a")
    assert run(capture, *(word for name in names for word in ("-e", name))) == 0, capsys.readouterr().out
    assert run(capture, "--passes", "2", "-Y", "!dns.response_in", "-e", "dns.id") == 0, capsys.readouterr().out
