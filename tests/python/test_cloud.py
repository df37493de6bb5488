"""Captures on servers of their own on loopback: S3 (moto) through fsspec and pyarrow, HTTP, and a proxy that cuts connections."""

from __future__ import annotations

import gzip
import http.server
import pickle
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import flowcontainer
from flowcontainer import CaptureWarning, ahead, extract, scan
from needs_worker import needs_worker

pytestmark = pytest.mark.integration
DEMO = Path(__file__).parents[1] / "pcaps" / "demo.pcap"
DATA = DEMO.read_bytes()
BIG = DATA + DATA[24:] * 120  # some blocks: 9 MB
FIELDS = ["ip.ttl", "http.host"]
KEYS = {"key": "test", "secret": "test"}


def rows(source, **options) -> list[tuple]:
    return [row[1:] for batch in scan(source, FIELDS, **options) for row in zip(*batch.to_pydict().values())]


@pytest.fixture(scope="module")
def expected() -> list[tuple]:
    return rows(DEMO)


# ---- servers ----


@pytest.fixture(scope="module")
def bucket(endpoint):
    """s3://captures, and the options to read it."""
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
    options = {**KEYS, "endpoint_url": endpoint}
    fs = s3fs.S3FileSystem(**options)
    fs.mkdir("captures")
    fs.pipe("captures/day/a.pcap", DATA)
    fs.pipe("captures/day/b.pcap.gz", gzip.compress(DATA))
    fs.pipe("captures/day/deep/c.pcap", DATA)
    fs.pipe("captures/big.pcap", BIG)
    return options


class Proxy:
    """Passes bytes on to a server. The first `cuts` answers end after `after` bytes."""

    def __init__(self, target: str, cuts: int, after: int) -> None:
        host, port = target.rpartition("/")[2].split(":")
        self.target, self.cuts, self.after, self.n_cut = (host, int(port)), cuts, after, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            for pair in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.copy, args=pair, daemon=True).start()

    def copy(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        passed = 0
        try:
            while block := source.recv(65536):
                passed += len(block)
                if is_answer and passed > self.after and self.n_cut < self.cuts:
                    self.n_cut += 1
                    break
                sink.sendall(block)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        self.listener.close()


@pytest.fixture()
def proxy():
    made = []

    def make(*arguments):
        made.append(Proxy(*arguments))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """A plain HTTP server, which knows no ranges."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    folder = tmp_path_factory.mktemp("web")
    (folder / "a.pcap").write_bytes(DATA)
    (folder / "big.pcap.gz").write_bytes(gzip.compress(BIG, 1))
    (folder / "big.pcap").write_bytes(BIG)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, directory=str(folder), **options)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture()
def quick(monkeypatch):
    monkeypatch.setattr(ahead, "PAUSES", (0.01, 0.01))


# ---- S3 through fsspec ----


def test_objects_of_s3(bucket, expected):
    assert rows("s3://captures/day/a.pcap", storage_options=bucket) == expected
    assert rows("s3://captures/day/b.pcap.gz", storage_options=bucket) == expected
    assert rows("s3://captures/day/a.pcap", storage_options=bucket, engine="native") == expected
    table = scan(["s3://captures/day/*.pcap*", DEMO], FIELDS, storage_options=bucket, jobs=2)
    assert table.estimate() == (3, 2 * len(DATA) + len(gzip.compress(DATA)))
    names = list(dict.fromkeys(table.to_arrow()["capture"].to_pylist()))
    assert names == ["s3://captures/day/a.pcap", "s3://captures/day/b.pcap.gz", str(DEMO)]
    assert scan("s3://captures/day", storage_options=bucket).estimate().captures == 3
    assert scan("s3://captures/day/**/*.pcap", storage_options=bucket).estimate().captures == 2
    flows = extract("s3://captures/day/a.pcap", storage_options=bucket)
    assert {key[0] for key in flows} == {"s3://captures/day/a.pcap"} and len(flows) == len(extract(DEMO))


def test_an_object_of_several_blocks(bucket):
    big = scan("s3://captures/big.pcap", storage_options=bucket, level="packets")
    assert big.estimate().bytes == len(BIG)
    assert sum(map(len, big)) == sum(map(len, scan.from_bytes(BIG, level="packets")))


@needs_worker
def test_libwireshark_reads_an_object(bucket, expected):
    for name in ("a.pcap", "b.pcap.gz"):
        assert rows(f"s3://captures/day/{name}", storage_options=bucket, engine="wireshark") == expected


def test_parts_reach_other_processes(bucket):
    parts = scan("s3://captures/day", storage_options=bucket).partitions(2)
    script = "import pickle, sys; print(sum(sum(map(len, part)) for part in pickle.load(sys.stdin.buffer)))"
    done = subprocess.run([sys.executable, "-c", script], input=pickle.dumps(parts), capture_output=True, timeout=60)
    assert done.stdout.strip() == b"45", done.stderr


def test_what_is_missing(bucket, expected):
    for name in ("none.pcap", "*.none"):
        with pytest.raises(FileNotFoundError, match=name.replace("*", ".")):
            scan(f"s3://captures/{name}", storage_options=bucket)
    import s3fs

    fs = s3fs.S3FileSystem(**bucket)
    fs.pipe("captures/gone/a.pcap", DATA)
    fs.pipe("captures/gone/b.pcap", DATA)
    table = scan("s3://captures/gone", FIELDS, storage_options=bucket)
    fs.rm("captures/gone/a.pcap")
    with pytest.warns(CaptureWarning, match="s3://captures/gone/a.pcap: FileNotFoundError"):
        assert sum(map(len, table)) == len(expected)
    assert [problem.capture for problem in table.problems] == ["s3://captures/gone/a.pcap"]


def test_a_wrong_credential_is_a_problem_by_name(endpoint, bucket, expected, quick):
    """moto checks credentials once it is told to do so."""
    import boto3
    import requests

    requests.post(f"{endpoint}/moto-api/reset-auth", data=b"0", timeout=10)
    try:
        wrong = {"key": "wrong", "secret": "wrong", "endpoint_url": endpoint}
        table = scan(["s3://captures/day/a.pcap", DEMO], FIELDS, storage_options=wrong)
        with pytest.warns(CaptureWarning, match="s3://captures/day/a.pcap: .*"):
            assert sum(map(len, table)) == len(expected)
        (problem,) = table.problems
        assert problem.capture == "s3://captures/day/a.pcap"
        assert any(word in problem.message for word in ("Forbidden", "Denied", "Access Key", "InvalidAccessKeyId", "403"))
        with pytest.raises(OSError, match="s3://captures/day/a.pcap"):
            list(scan("s3://captures/day/a.pcap", storage_options=wrong))
    finally:
        requests.post(f"{endpoint}/moto-api/reset-auth", data=b"1000000000", timeout=10)
    assert boto3


def test_a_cut_connection_is_tried_again(bucket, proxy, quick):
    whole = sum(map(len, scan.from_bytes(BIG, level="packets")))
    for cuts in (1, 3):
        line = proxy(bucket["endpoint_url"], cuts, 300_000)
        options = {**bucket, "endpoint_url": line.url}
        table = scan("s3://captures/big.pcap", storage_options=options, level="packets")
        assert sum(map(len, table)) == whole
        assert table.problems == [] and line.n_cut == cuts


def test_a_line_that_stays_cut_is_a_problem(bucket, proxy, quick):
    line = proxy(bucket["endpoint_url"], 10**6, 2_500_000)  # the first block passes, and no larger one
    options = {**bucket, "endpoint_url": line.url, "config_kwargs": {"retries": {"max_attempts": 0}}}
    table = scan("s3://captures/big.pcap", storage_options=options, level="packets")
    with pytest.warns(CaptureWarning, match="s3://captures/big.pcap"):
        read = sum(map(len, table))
    (problem,) = table.problems
    assert 0 < read and 0 < problem.frames and 900_000 < problem.offset < len(BIG)


# ---- S3 through pyarrow ----


def test_pyarrow_reads_s3(endpoint, bucket, expected):
    fs = pytest.importorskip("pyarrow.fs", reason="pyarrow is not installed")
    if not hasattr(fs, "S3FileSystem"):
        pytest.skip("this pyarrow has no S3")
    s3 = fs.S3FileSystem(access_key="test", secret_key="test", endpoint_override=endpoint, region="us-east-1")
    assert rows("captures/day/a.pcap", filesystem=s3) == expected
    assert rows("captures/day/b.pcap.gz", filesystem=s3) == expected
    assert scan("captures/day", filesystem=s3).estimate().captures == 3
    assert scan("captures/day/*.pcap", filesystem=s3).estimate().captures == 1
    part = pickle.loads(pickle.dumps(scan("captures/day", filesystem=s3).partitions(2)[0]))
    assert sum(map(len, part)) >= 15
    with pytest.raises(FileNotFoundError):
        scan("captures/none", filesystem=s3)


def test_a_data_set_on_s3(bucket):
    ds = pytest.importorskip("pyarrow.dataset", reason="pyarrow is not installed")
    import s3fs

    table = scan("s3://captures/day", FIELDS, storage_options=bucket)
    written = table.write_dataset("s3://captures/lake", partition_by="protocol", storage_options=bucket)
    assert len(written) == 2
    assert ds.dataset("captures/lake", filesystem=s3fs.S3FileSystem(**bucket), partitioning="hive").count_rows() == 45


# ---- HTTP ----


def test_http(web, expected):
    assert rows(f"{web}/a.pcap") == expected
    whole = sum(map(len, scan.from_bytes(BIG, level="packets")))
    for name in ("big.pcap", "big.pcap.gz"):
        assert sum(map(len, scan(f"{web}/{name}", level="packets"))) == whole
    with pytest.raises(FileNotFoundError):
        scan(f"{web}/none.pcap")


def test_http_after_a_cut(web, proxy, quick):
    line = proxy(web, 1, 3_000_000)
    table = scan(f"{line.url}/big.pcap", level="packets")
    assert sum(map(len, table)) == sum(map(len, scan.from_bytes(BIG, level="packets")))
    assert line.n_cut == 1 and not table.problems


def test_lazy_frames_over_s3(bucket):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    frame = flowcontainer.scan_captures("s3://captures/day", storage_options=bucket)
    name = "s3://captures/day/deep/c.pcap"
    assert len(frame.filter(pl.col("capture") == name).collect()) == 15
