"""Captures from object stores, file systems, file objects and memory. Stores are fakes; test_cloud.py has real servers."""

from __future__ import annotations

import gzip
import io
import pickle
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import flowcontainer
from flowcontainer import CaptureWarning, ahead, extract, scan
from needs_worker import needs_worker

PCAPS = Path(__file__).parents[1] / "pcaps"
DEMO = PCAPS / "demo.pcap"
DATA = DEMO.read_bytes()
FIELDS = ["ip.ttl", "http.host"]


def rows(source, fields=FIELDS, **options) -> list[tuple]:
    """The rows without their captures."""
    return [row[1:] for batch in scan(source, fields, **options) for row in zip(*batch.to_pydict().values())]


@pytest.fixture(scope="module")
def expected() -> list[tuple]:
    return rows(DEMO)


@pytest.fixture()
def quick(monkeypatch):
    monkeypatch.setattr(ahead, "PAUSES", (0.01, 0.01))


# ---- file objects and memory ----


def test_file_objects(expected, tmp_path):
    with open(DEMO, "rb") as file, gzip.open(tmp_path / "x.gz", "wb") as packed:
        packed.write(DATA)
        packed.close()
        assert rows(file) == expected
        file.seek(0)
        table = scan([file, io.BytesIO(DATA), io.BytesIO(DATA), tmp_path / "x.gz"])
        assert set(table.to_arrow()["capture"].to_pylist()) == {
            str(DEMO), "<BytesIO>", "<BytesIO 2>", str(tmp_path / "x.gz")}  # fmt: skip
        assert [part.estimate().captures for part in table.partitions()] == [1, 1, 1, 1]
    with gzip.open(tmp_path / "x.gz") as unpacked:
        assert rows(unpacked) == expected
    compressed = io.BytesIO(gzip.compress(DATA))
    assert rows(compressed) == expected


def test_a_file_object_is_read_from_where_it_stands_and_again(expected):
    file = io.BytesIO(b"before" + DATA)
    file.seek(6)
    table = scan(file, FIELDS, jobs=2)
    for _ in range(2):
        assert len(table.to_arrow()) == len(expected)
    file.seek(6)
    assert sum(map(len, scan([file, file, file], FIELDS, jobs=3))) == 3 * len(expected)


def test_what_cannot_seek_is_a_pipe(expected):
    class Pipe:
        name = "line"

        def __init__(self) -> None:
            self.file = io.BytesIO(DATA)

        def read(self, n: int = -1) -> bytes:
            return self.file.read(min(n, 999))

    table = scan(Pipe(), FIELDS)
    assert [row[0] for batch in table for row in zip(*batch.to_pydict().values())] == ["line"] * len(expected)
    with pytest.raises(ValueError, match="line was read already, and can be read only once"):
        table.to_arrow()
    with pytest.raises(ValueError, match="only once"):
        scan(Pipe()).partitions()
    assert rows(Pipe(), engine="native") == expected


def test_rows_of_a_socket_come_while_it_is_open():
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb") as file:
        theirs.sendall(DATA[:10000])
        reading = iter(scan(file, level="packets", engine="native"))
        first = next(reading)
        assert first.num_rows > 5
        theirs.sendall(DATA[10000:])
        theirs.close()
        assert first.num_rows + sum(map(len, reading)) == 188


def test_a_silent_pipe_can_be_cancelled():
    ours, theirs = socket.socketpair()
    with theirs, ours.makefile("rb") as file:
        table = scan(file)
        threading.Timer(0.2, table.cancel).start()
        with pytest.raises(flowcontainer.Cancelled):
            list(table)
        theirs.close()


def test_memory(expected):
    for data in (bytearray(DATA), memoryview(DATA), memoryview(b"x" + DATA)[1:], memoryview(gzip.compress(DATA))):
        assert rows(data) == expected
    table = scan.from_bytes(DATA, FIELDS, name="day", level="packets")
    assert set(table.to_arrow()["capture"].to_pylist()) == {"day"}
    assert flowcontainer.from_bytes(bytearray(DATA)).estimate() == (1, len(DATA))
    copy = pickle.loads(pickle.dumps(scan([bytearray(DATA), memoryview(DATA)])))
    assert copy.estimate() == (2, 2 * len(DATA)) and sum(map(len, copy)) == 30
    assert sum(map(len, scan.from_bytes(b""))) == 0
    with pytest.raises(ValueError, match="contiguous"):
        scan(memoryview(DATA)[::2])


def test_wrong_objects(tmp_path):
    class Text:
        def read(self, n=-1):
            return "text"

    with pytest.raises(OSError, match="opened as text"):
        list(scan(Text()))
    file = open(DEMO, "rb")
    table = scan(file)
    file.close()
    with pytest.raises(OSError, match="closed file"):
        list(table)
    with open(DEMO, "rb") as file, pytest.raises(TypeError, match="cannot be sent to another process; give its path"):
        pickle.dumps(scan(file))
    with pytest.raises(flowcontainer.CaptureError, match="memory"):
        list(scan(bytearray(b"no capture at all")))


def test_extract_takes_the_same():
    golden = extract(str(DEMO), extension="ip.ttl")
    for source in (io.BytesIO(DATA), bytearray(DATA), memoryview(DATA), open(DEMO, "rb")):
        flows = extract(source, extension="ip.ttl")
        assert [str(flow) for flow in flows.values()] == [str(flow) for flow in golden.values()]
        assert {key[1:] for key in flows} == {key[1:] for key in golden}
    assert {key[0] for key in extract(io.BytesIO(DATA))} == {"<BytesIO>"}


# ---- stores ----

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")


@pytest.fixture()
def memory():
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pipe({"/day/a.pcap": DATA, "/day/b.pcap.gz": gzip.compress(DATA), "/day/sub/c.pcap": DATA, "/day/.hidden": b"x"})
    yield fs
    fs.store.clear()


def names(table) -> list[str]:
    return list(dict.fromkeys(table.to_arrow()["capture"].to_pylist()))


def test_urls(memory, expected):
    assert rows("memory://day/a.pcap") == expected
    assert names(scan("memory://day/a.pcap")) == ["memory://day/a.pcap"]
    assert names(scan("memory://day")) == [f"memory:///day/{n}" for n in ("a.pcap", "b.pcap.gz", "sub/c.pcap")]
    assert names(scan("memory://day/*.pcap*")) == ["memory:///day/a.pcap", "memory:///day/b.pcap.gz"]
    assert names(scan(["memory://day/**/*.pcap", DEMO, io.BytesIO(DATA)])) == [
        "memory:///day/a.pcap", "memory:///day/sub/c.pcap", str(DEMO), "<BytesIO>"]  # fmt: skip
    assert scan("memory://day").estimate() == (3, 2 * len(DATA) + len(gzip.compress(DATA)))
    assert rows(f"file://{DEMO}") == expected
    assert rows("memory://day/a.pcap", engine="native") == expected


def test_urls_that_lead_nowhere(memory):
    for url in ("memory://day/none.pcap", "memory://day/*.cap", "memory://nowhere"):
        with pytest.raises(FileNotFoundError, match=url.replace("*", ".")):
            scan(url)
    with pytest.raises(ValueError, match="nosuch://x: Protocol not known"):
        scan("nosuch://x")
    with pytest.raises(ValueError, match="storage_options are for URLs"):
        scan(DEMO, storage_options={"key": "x"})
    with pytest.raises(ValueError, match="a filesystem has its options"):
        scan("/day/a.pcap", storage_options={"key": "x"}, filesystem=memory)
    with pytest.raises(TypeError, match="pyarrow.fs or of fsspec"):
        scan("x", filesystem=object())


def test_without_fsspec_the_error_says_what_to_install():
    script = "import sys; sys.modules['fsspec'] = None; import flowcontainer; flowcontainer.scan('s3://bucket/x.pcap')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert 'fsspec is needed for this: pip install "flowcontainer[cloud]' in done.stderr


@pytest.mark.parametrize(
    ("module", "statement", "answer"),
    [
        ("s3fs", "flowcontainer.scan('s3://bucket/x.pcap')", 'pip install "flowcontainer[cloud]"'),
        ("gcsfs", "flowcontainer.scan('gs://bucket/x.pcap')", "pip install gcsfs"),
        ("adlfs", "flowcontainer.scan('az://bucket/x.pcap')", "pip install adlfs"),
        ("pyspark", "import flowcontainer.spark", 'PySpark 4 is needed for this: pip install "flowcontainer[spark]'),
        ("ray", "import flowcontainer.ray", 'Ray Data is needed for this: pip install "flowcontainer[ray]'),
    ],
)
def test_without_a_client_the_error_says_what_to_install(module, statement, answer):
    pytest.importorskip("fsspec")
    pytest.importorskip("pyarrow")
    script = f"import sys; sys.modules['{module}'] = None; import flowcontainer; {statement}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert answer in done.stderr.splitlines()[-1]


def test_filesystems(memory, expected, tmp_path):
    table = scan("/day/*.pcap", FIELDS, filesystem=memory)
    assert names(table) == ["/day/a.pcap"]
    fs = pytest.importorskip("pyarrow.fs")
    for name in ("a.pcap", "b.pcap", ".hidden"):
        (tmp_path / name).write_bytes(DATA)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.pcap.gz").write_bytes(gzip.compress(DATA))
    local = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    assert rows("a.pcap", filesystem=local) == expected
    assert names(scan("*.pcap", filesystem=local)) == ["a.pcap", "b.pcap"]
    assert names(scan("**/*.pcap.gz", filesystem=local)) == ["sub/c.pcap.gz"]
    assert names(scan("[b].pcap", filesystem=local)) == ["b.pcap"]
    assert rows("sub", filesystem=local) == expected
    with pytest.raises(FileNotFoundError):
        scan("none.pcap", filesystem=local)
    assert sum(map(len, pickle.loads(pickle.dumps(scan("*.pcap", filesystem=local))))) == 2 * len(expected)


def test_parts_of_a_store_reach_other_processes(memory, tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.pcap").write_bytes(DATA)
    table = scan(f"simplecache::file://{tmp_path}/*.pcap", storage_options={"file": {"auto_mkdir": False}})
    parts = pickle.dumps(table.partitions(2))
    script = "import pickle, sys; print([sum(map(len, part)) for part in pickle.load(sys.stdin.buffer)])"
    done = subprocess.run([sys.executable, "-c", script], input=parts, capture_output=True)
    assert done.stdout.decode().strip() in ("[15, 30]", "[30, 15]"), done.stderr


# ---- a store that fails ----


class Failing(fsspec.spec.AbstractFileSystem):
    """Objects of demo.pcap, and the failures of `plan`: {name: [exception or number of bytes, ...]}, one a request."""

    protocol = "failing"
    cachable = False

    def __init__(self, plan=None, size=len(DATA), **options):
        super().__init__(**options)
        self.plan, self.size_told, self.requests = plan or {}, size, []

    def info(self, path, **options):
        path = self._strip_protocol(path)
        planned = self.plan.get("info:" + path)
        if planned:
            raise planned
        return {"name": path, "size": self.size_told, "type": "file"}

    def cat_file(self, path, start=None, end=None, **options):
        self.requests.append((path, start, end))
        planned = self.plan.get(path)
        step = planned.pop(0) if planned else None
        if isinstance(step, BaseException):
            raise step
        block = DATA[start:end]
        return block if step is None else block[:step]

    def _open(self, path, mode="rb", **options):
        class File(io.BytesIO):
            def read(inner, n=-1):
                planned = self.plan.get(path)
                step = planned.pop(0) if planned else None
                if isinstance(step, BaseException):
                    raise step
                return super().read(10000)

            read1 = read

        return File(DATA)


def test_a_failure_that_passes_is_no_problem(quick, expected):
    for size in (len(DATA), None):
        fs = Failing({"x": [ConnectionError("reset"), TimeoutError("slow")]}, size)
        assert rows("x", filesystem=fs) == expected
    fs = Failing({"x": [100]})  # a connection that was cut
    assert rows("x", filesystem=fs) == expected
    fs = Failing({"x": [None, None, ConnectionError("in the middle"), None]}, None)
    assert rows("x", filesystem=fs) == expected


def test_a_failure_that_stays_is_a_problem_by_name(quick, expected):
    for error, message in (
        (PermissionError("Forbidden"), "PermissionError: Forbidden"),
        (FileNotFoundError("gone"), "FileNotFoundError: gone"),
        (ConnectionError("reset"), "ConnectionError: reset"),
    ):
        fs = Failing({"bad": [error] * 9})
        table = scan(["bad", "good"], FIELDS, filesystem=fs)
        with pytest.warns(CaptureWarning, match=f"bad: {message}"):
            assert sum(map(len, table)) == len(expected)
        (problem,) = table.problems
        assert problem.capture == "bad" and problem.frames == 0 and problem.message == message
        assert (len([r for r in fs.requests if r[0] == "bad"]) == 1) == (not isinstance(error, ConnectionError))
    with pytest.raises(OSError, match="bad: PermissionError: Forbidden"):
        list(scan("bad", filesystem=Failing({"bad": [PermissionError("Forbidden")]})))
    with pytest.raises(FileNotFoundError, match="bad: FileNotFoundError: gone"):
        list(scan("bad", filesystem=Failing({"bad": [FileNotFoundError("gone")]})))


def test_rows_before_a_failure_stay(quick):
    fs = Failing({"x": [None] * 3 + [OSError("lost")] * 9}, None)
    table = scan("x", level="packets", filesystem=fs)
    with pytest.warns(CaptureWarning, match="x: OSError: lost"):
        read = sum(map(len, table))
    (problem,) = table.problems
    assert 0 < read <= problem.frames < 210 and 0 < problem.offset <= 30000


def test_a_store_that_tells_nothing_at_first(quick, expected):
    fs = Failing({"info:x": PermissionError("no head")})
    assert rows("x", filesystem=fs) == expected  # the object itself may be read
    assert scan("x", filesystem=fs).estimate() == (1, 0)


@needs_worker
def test_libwireshark_reads_a_copy(expected):
    for source in (io.BytesIO(DATA), io.BytesIO(gzip.compress(DATA))):
        assert rows(source, engine="wireshark") == expected
    assert rows("x", filesystem=Failing(), engine="wireshark") == expected
    assert rows(bytearray(DATA), ["snmp.version"]) == rows(DEMO, ["snmp.version"])


def test_blocks_are_few_and_large():
    big = b"".join([DATA] + [DATA[24:]] * 300)
    requests = []

    def fetch(start, n):
        requests.append((start, n))
        return big[start : start + n]

    reading, read = ahead.Ranges(fetch, len(big)), bytearray()
    while (block := reading.next()) != b"":
        read += block or b""
    reading.close()
    assert read == big
    assert sorted(requests)[:4] == [(0, 1 << 20), (1 << 20, 2 << 20), (3 << 20, 4 << 20), (7 << 20, 8 << 20)]
    assert len(requests) <= 3 + -(-len(big) // (8 << 20))


def test_blocks_wait_for_the_reader():
    """Memory is bounded: no more than a few blocks are fetched for a reader that does not read."""
    requests = []
    reading = ahead.Ranges(lambda start, n: requests.append(start) or bytes(n), 200 << 20)
    time.sleep(0.3)
    assert len(requests) <= ahead.DEPTH + 3
    reading.close()
    threads = [t for t in threading.enumerate() if t.name == "flowcontainer-ahead"]
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)


def test_an_abandoned_reading_ends_its_threads():
    fs = Failing()
    for batch in scan(["x"] * 5, level="packets", filesystem=fs, batch_rows=10):
        break
    del batch
    deadline = time.monotonic() + 10
    while any(t.name == "flowcontainer-ahead" for t in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(t.name == "flowcontainer-ahead" for t in threading.enumerate())


def test_threads_read_many_objects(expected):
    fs = Failing()
    table = scan([f"x{i}" for i in range(40)], FIELDS, filesystem=fs, jobs=4)
    assert sum(map(len, table)) == 40 * len(expected)
