"""Captures and folders made to exhaust the machine: each is answered or refused, at a cost that is bounded."""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import shutil
import signal
import tarfile
import time
import zlib
from pathlib import Path

import flowcontainer
import made
import pytest
from flowcontainer import scan
from needs_worker import needs_worker
from test_cli_screen import screen

DEMO = Path(__file__).resolve().parents[1] / "pcaps" / "demo.pcap"


def bytes_written() -> int:
    """Bytes that this process has written so far, to files and pipes."""
    return int(next(line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("wchar")).split()[1])


@needs_worker
@pytest.mark.parametrize("fields", [[], ["snmp.version"]], ids=["headers", "libwireshark"])
def test_what_is_no_capture_is_not_unpacked(fields: list[str], tmp_path: Path) -> None:
    """An archive in a folder of captures is refused by its first megabyte."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(DEMO)
        zeros = tarfile.TarInfo("zeros")
        zeros.size = 60 << 20
        tar.addfile(zeros, io.BytesIO(bytes(zeros.size)))
    (tmp_path / "backup.tar.gz").write_bytes(gzip.compress(archive.getvalue(), 1))
    before = bytes_written()
    with pytest.raises(flowcontainer.CaptureError, match="not a capture"):
        scan(tmp_path, fields).to_arrow()
    assert bytes_written() - before < 3 << 20


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("act", ["drop", "pull", "count"])
def test_a_child_of_fork_does_not_hang(act: str, jobs: int) -> None:
    """A half-read stream belongs to the process that reads it; PyTorch's loaders fork with one at hand."""
    table = scan([DEMO] * 300, level="packets", batch_rows=1000, jobs=jobs)
    batches = iter(table)
    n_rows = len(next(batches))
    child = os.fork()
    if not child:
        signal.alarm(20)
        status = 1
        try:
            if act == "pull":
                next(batches)
        except OSError as error:
            status = 0 if "another process" in str(error) else 2
        else:
            if act == "count":
                table.notes  # noqa: B018
            del batches
            status = 0 if act != "pull" else 3
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert n_rows + sum(map(len, batches)) == 300 * 188  # the parent reads on


# ---- output ----


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    """A capture of HTTP requests to hosts that are made to harm a terminal and a spreadsheet."""
    hosts = [b"\x1b]0;x\x07\xc2\x9b31m", b"=HYPERLINK(1)", b"-2+cmd", b"@SUM(1)", b"-5", b"plain"]
    frames = []
    for i, host in enumerate(hosts):
        text = b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
        frames.append(made.ethernet(made.ipv4(made.CLIENT, made.SERVER, 6, made.tcp(50000 + i, 80, 1, 1, 0x18, text))))
    path = tmp_path / "requests.pcap"
    made.write(path, frames)
    return path


ASKED = ("-e", "http.host", "-C", "http_host=first(http.host)", "--engine", "native")


@pytest.mark.parametrize("format", ["csv", "ndjson", "json", "table"])
def test_no_value_controls_a_terminal(format: str, requests: Path, cli) -> None:
    status, text = screen(cli, "-T", format, "--color", "never", *ASKED, requests)
    assert status == 0 and "plain" in text
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    file = cli("-T", format, *ASKED, requests).stdout
    assert format != "csv" or "\x1b]0;x\x07" in file


def test_formulas_are_quoted_on_request(requests: Path, cli) -> None:
    def hosts(*options: str) -> list[str]:
        return [row[0] for row in csv.reader(io.StringIO(cli("-T", "csv", *options, *ASKED, requests).stdout))][2:]

    assert hosts() == ["=HYPERLINK(1)", "-2+cmd", "@SUM(1)", "-5", "plain"]
    assert hosts("--quote-formulas") == ["'=HYPERLINK(1)", "'-2+cmd", "'@SUM(1)", "-5", "plain"]


def test_a_capture_is_not_overwritten_by_its_own_rows(tmp_path: Path, cli) -> None:
    for name in ("a.pcap", "other.csv"):
        shutil.copy(DEMO, tmp_path / name)
    (tmp_path / "link.csv").symlink_to("a.pcap")
    os.link(tmp_path / "a.pcap", tmp_path / "hard.csv")
    before = DEMO.read_bytes()
    for capture, output in (("a.pcap", "a.pcap"), ("a.pcap", "link.csv"), ("a.pcap", "hard.csv"), (".", "other.csv")):
        done = cli("-T", "csv", "-o", tmp_path / output, tmp_path / capture)
        assert done.returncode == 2 and "one of the captures" in done.stderr, output
        assert (tmp_path / output).read_bytes() == before
    assert cli("-o", tmp_path / "other.csv", tmp_path / "a.pcap").returncode == 0  # not read by this run
    assert (tmp_path / "other.csv").read_text().startswith("capture,")


def test_links_and_files_of_others_are_not_replaced(tmp_path: Path, cli) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to("missing.csv")
    done = cli("-o", link, DEMO)
    assert done.returncode == 4 and "No such file" in done.stderr and link.is_symlink()
    locked = tmp_path / "locked.csv"
    locked.write_text("mine")
    locked.chmod(0o444)
    if os.geteuid():
        assert cli("-o", locked, DEMO).returncode == 4
        assert locked.read_text() == "mine"


def test_a_file_name_does_not_control_a_terminal(tmp_path: Path) -> None:
    whole = DEMO.read_bytes()
    (tmp_path / "a\x1b[31m.pcap").write_bytes(whole[:-5])
    with pytest.warns(flowcontainer.CaptureWarning) as told:
        scan(tmp_path).to_arrow()
    assert "\\x1b[31m" in str(told[0].message) and "\x1b" not in str(told[0].message)


# ---- messages that come byte by byte ----


def http_messages(seed: int) -> bytes:
    """Responses with chunks, extensions, bytes that no chunk counts, trailers and lengths."""
    draw = random.Random(seed)
    out = b""
    for _ in range(4):
        head = [b"HTTP/1.1 200 OK", *(b"X-%d: %s" % (i, b"v" * draw.randrange(30)) for i in range(draw.randrange(3)))]
        body = bytes(draw.choice(b"abc01;") for _ in range(draw.randrange(1, 30)))
        if draw.random() < 0.3:
            out += b"\r\n".join([*head, b"Content-Length: %d" % len(body), b"", b""]) + body
            continue
        out += b"\r\n".join([*head, b"Transfer-Encoding: chunked", b"", b""])
        for _ in range(draw.randrange(1, 5)):
            extension = b";e=" + b"x" * draw.randrange(9) if draw.random() < 0.3 else b""
            out += b"%x%s\r\n%s\r\n" % (len(body), extension, body)
        out += b"0\r\n" + (b"Trailer: t\r\n" if draw.random() < 0.3 else b"") + b"\r\n"
    return out


def in_pieces(path: Path, streams: list[bytes], step: int, port: int) -> Path:
    frames = []
    for i, data in enumerate(streams):
        for at in range(0, len(data), step):
            segment = made.tcp(port, 50000 + i, 1 + at, 1, 0x18, data[at : at + step])
            frames.append(made.ethernet(made.ipv4(made.SERVER, made.CLIENT, 6, segment)))
    made.write(path, frames)
    return path


@pytest.mark.parametrize("step", [1, 2, 7, 40])
def test_http_is_the_same_however_it_is_cut(step: int, tmp_path: Path) -> None:
    """A waiting message is looked at from where the last look ended."""
    fields = ["http.response.code", "http.response.line", "http.chunk_size", "http.file_data", "http.content_length",
              "http.chunked_trailer_part"]

    def values(step: int) -> list[dict]:
        path = in_pieces(tmp_path / "x.pcap", [http_messages(seed) for seed in range(40)], step, 80)
        table = scan(path, fields, values="list", engine="native")
        return [{name: row[name] for name in fields} for row in table.to_arrow().to_pylist()]

    whole, cut = values(10**6), values(step)
    assert len(cut) == 40 and cut == whole
    assert sum(len(row["http.response.code"]) for row in cut) == 160


HOSTILE = {
    "chunks": (80, lambda n: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * n),
    "chunk line": (80, lambda n: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"e" * (6 * n)),
    "bytes behind a chunk": (80, lambda n: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na" + b"x\r\n" * (2 * n)),
    "header lines": (80, lambda n: b"".join(b"HTTP/1.1 200 OK\r\n" + b"a:\r\n" * 15_000 + b"\r\n" for _ in range(n // 10_000))),
    "ssh line": (22, lambda n: b"SSH-2.0-" + b"x" * (6 * n)),
}


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_bytes(name: str, tmp_path: Path) -> None:
    port, make = HOSTILE[name]
    fields = ["ssh.protocol"] if port == 22 else ["http.response.code", "http.chunk_size"]

    def seconds(n: int) -> float:
        path = in_pieces(tmp_path / "x.pcap", [make(n)], 12, port)
        start = time.process_time()
        scan(path, fields, engine="native", jobs=1).to_arrow()
        return time.process_time() - start

    seconds(20_000)  # warm
    assert seconds(160_000) < 1.5 * 4 * seconds(40_000) + 0.2


@pytest.mark.long
def test_bodies_that_grow_a_thousandfold_do_not_fill_the_memory(tmp_path: Path) -> None:
    """Six bodies of 60 MB from 60 kB each: 256 MiB and eight times the capture's own bytes are kept."""
    body = zlib.compress(b"a" * (60 << 20), 9)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(body)
    path = in_pieces(tmp_path / "x.pcap", [head + body] * 6, 60_000, 80)
    table = scan(path, ["http.file_data"], values="list", engine="native")
    cells = [row["http.file_data"] or [] for row in table.to_arrow().to_pylist()]
    assert table.notes["values_over_limit"] == 2
    assert sorted(len(value) for cell in cells for value in cell) == [60 << 20] * 4
