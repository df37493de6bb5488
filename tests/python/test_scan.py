"""scan(): the lazy table, its consumers, and its reports about a run."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import made
import flowcontainer
import pytest
from flowcontainer import scan
from needs_worker import needs_worker

pa = pytest.importorskip("pyarrow")

FLOW_COLUMNS = (
    "capture", "protocol", "stream", "src", "dst", "sport", "dport", "client_by", "outer_src", "outer_dst",
    "time_start", "time_end", "duration", "end", "fwd_packets", "bwd_packets", "fwd_bytes", "bwd_bytes",
    "fwd_payload_packets", "bwd_payload_packets", "fwd_payload_bytes", "bwd_payload_bytes", "ip_lengths", "ip_timestamps", "payload_lengths", "payload_timestamps",
)  # fmt: skip


def test_flows(small: Path) -> None:
    table = scan(small, fields=["ip.ttl"])
    assert table.column_names == (*FLOW_COLUMNS, "ip.ttl")
    tcp, udp = table.to_arrow().to_pylist()
    assert tcp["capture"] == str(small) and tcp["protocol"] == "tcp" and tcp["stream"] == 0
    assert (tcp["src"], tcp["sport"], tcp["client_by"], tcp["end"]) == (made.CLIENT, 50000, "syn", "capture")
    assert tcp["ip_lengths"] == made.TALK_IP and tcp["payload_lengths"] == [100, -300]
    assert udp["payload_lengths"] == [20, -30]  # without the UDP header
    assert tcp["ip.ttl"][1] == {"packet": 1, "value": 55}
    assert tcp["outer_src"] is None


def test_types(small: Path) -> None:
    schema = scan(small, fields=["ip.ttl", "tcp.payload"]).to_arrow().schema
    words = pa.dictionary(pa.int32(), pa.utf8())
    times = pa.list_(pa.timestamp("ns", "UTC"))
    assert schema.field("capture").type == schema.field("protocol").type == words
    assert schema.field("sport").type == pa.uint16() and schema.field("stream").type == pa.uint32()
    assert schema.field("ip_lengths").type == pa.list_(pa.int32()) and schema.field("ip_timestamps").type == times
    assert schema.field("ip.ttl").type.value_type.field("value").type == pa.uint8()
    assert schema.field("tcp.payload").type.value_type.field("value").type == pa.large_binary()


def test_packets_and_frames(small: Path) -> None:
    packets = scan(small, "ip.ttl", level="packets").to_arrow().to_pylist()
    assert [p["frame"] for p in packets] == list(range(1, 9))
    assert [p["direction"] for p in packets] == [1, -1, 1, 1, -1, 1, 1, -1]
    assert packets[3]["payload_length"] == 100 and packets[3]["ip_length"] == 140
    frames = scan(small, level="frames").to_arrow()
    assert frames.num_rows == 8 and frames["reason"].null_count == 8


def test_paths(small: Path, several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small.parent)
    want = scan([small, several]).to_arrow().num_rows
    assert want == 302
    for paths in ([str(small), several], (os.fsencode(small), str(several)), small.parent, str(small.parent), "*.pcap"):
        assert scan(paths).to_arrow().num_rows == want
    with pytest.raises(ValueError, match="path"):
        scan([])


def test_errors_come_at_once(small: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        scan("nothing.pcap")
    with pytest.raises(ValueError, match="ip.tlt"):
        scan(small, ["ip.tlt"])
    for wrong in ({"level": "flow"}, {"policy": "x"}, {"tunnel": "x"}, {"drop": "x"}, {"protocols": "x"},
                  {"jobs": -1}, {"max_frames": -1}, {"batch_rows": 2**32}, {"idle": 0}, {"active": float("nan")},
                  {"idle": float("inf")}):  # fmt: skip
        with pytest.raises(ValueError):
            scan(small, **wrong)  # type: ignore[arg-type]


def test_drop(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    talk = made.talk()
    made.write(path, [*talk[:4], talk[3], *talk[4:]], step_ns=300_000_000)
    table = scan(path)
    assert table.to_arrow()["ip_lengths"].to_pylist() == [made.TALK_IP]
    assert table.accounting == {"kept": 6, "retransmission": 1}
    for drop in ((), None, "", "none"):
        assert len(scan(path, drop=drop).to_arrow()["ip_lengths"][0]) == 7
    assert len(scan(path, drop="mdns").to_arrow()["ip_lengths"][0]) == 7


def test_max_frames(small: Path) -> None:
    assert scan(small, max_frames=3, level="packets").to_arrow().num_rows == 3


@pytest.mark.parametrize("wrong", [{"idle": 5}, {"active": 5.0}, {"policy": "stream", "idle": 120.0}])
def test_timeouts_need_their_policy(small: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match='policy="timeout"'):
        scan(small, **wrong)  # type: ignore[arg-type]
    assert scan(small, **{**wrong, "policy": "timeout"}).to_arrow().num_rows == 2  # type: ignore[arg-type]


def test_values_that_make_no_sense(small: Path) -> None:
    for wrong in ({"idle": 0}, {"active": float("nan")}, {"idle": float("inf")}):
        with pytest.raises(ValueError, match="above 0"):
            scan(small, policy="timeout", **wrong)  # type: ignore[arg-type]
    for rows in (0, -1):
        with pytest.raises(ValueError, match="batch_rows must be a number from 1 to"):
            scan(small, batch_rows=rows)


@pytest.mark.parametrize(
    "wrong", [{"idle": "5"}, {"active": [5]}, {"idle": 5j}, {"jobs": "2"}, {"max_frames": 1.5}, {"batch_rows": None},
              {"fields": [1]}, {"fields": 1}, {"drop": [2]}, {"protocols": [b"tcp"]}])  # fmt: skip
def test_wrong_types_are_named(small: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=f"^{next(iter(wrong))} must be a .*, not "):
        scan(small, policy="timeout", **wrong)  # type: ignore[arg-type]


def test_what_is_no_path(small: Path) -> None:
    with open(small) as file:
        for paths in (file, [small, file]):
            with pytest.raises(TypeError, match=r"small.pcap was opened as text; .* open\(path, .rb.\)"):
                scan(paths)  # type: ignore[arg-type]
    for paths in (None, 5, [small, None]):
        with pytest.raises(TypeError, match="a path is"):
            scan(paths)  # type: ignore[arg-type]


STDIN = """
import os, sys
from flowcontainer import scan
table = scan(["-", sys.argv[1]] if sys.argv[2] == "list" else "-")
print(table.column_names[0], table.to_arrow().num_rows)
for again in (table, scan("-")):
    try:
        print(again.to_arrow().num_rows)
    except ValueError as error:
        print(error)
if sys.argv[3] == "file":
    os.lseek(0, 0, os.SEEK_SET)
    print(scan("-").to_arrow().num_rows)
"""


@pytest.mark.parametrize("how", ["one", "list"])
@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_standard_input_is_read_once(small: Path, several: Path, how: str, kind: str) -> None:
    command = [sys.executable, "-c", STDIN, str(several), how, kind]
    given = {"input": small.read_bytes()} if kind == "pipe" else {"stdin": small.open("rb")}
    done = subprocess.run(command, capture_output=True, **given)  # type: ignore[call-overload]
    lines = done.stdout.decode().splitlines()
    assert lines[0] == ("capture 2" if how == "one" else "capture 302"), done
    assert lines[1] == lines[2] and lines[1].startswith("standard input was read already")
    assert lines[3:] == (["2"] if kind == "file" else [])


def test_standard_input_given_twice(small: Path) -> None:
    with pytest.raises(ValueError, match="standard input"):
        scan(["-", small, b"-"])


# ---- consumers ----


def test_consumers_agree(several: Path) -> None:
    table = scan(several, ["ip.ttl", "udp.payload", "ip.src", "ip.flags.df"], batch_rows=64)
    arrow = table.to_arrow()
    arrow.validate(full=True)
    assert arrow.num_rows == 300 and arrow.column("stream").num_chunks == 5
    assert pa.table(table).equals(arrow)
    assert pa.RecordBatchReader.from_stream(table).read_all().equals(arrow)
    assert pa.schema(table).equals(arrow.schema)
    rows = [row for batch in table for row in pa.record_batch(batch).to_pylist()]
    assert rows == arrow.to_pylist()


def test_pandas(several: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = scan(several).to_pandas()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == 300
    assert frame["sport"].dtype == "uint16" and list(frame["ip_lengths"][0]) == [48, -58]
    arrow = scan(several).to_pandas(types_mapper=pandas.ArrowDtype)
    assert arrow["ip_lengths"].list.len().sum() == frame["ip_lengths"].map(len).sum()


def test_polars(several: Path) -> None:
    polars = pytest.importorskip("polars")
    table = scan(several, ["ip.ttl"], batch_rows=64)
    frame = table.to_polars()
    assert isinstance(frame, polars.DataFrame) and frame.height == 300
    assert frame["ip_lengths"].to_list() == table.to_arrow()["ip_lengths"].to_pylist()
    assert polars.DataFrame(table).height == 300


def test_batches_without_arrow(several: Path) -> None:
    batches = list(scan(several, ["ip.ttl"], batch_rows=100))
    assert [batch.num_rows for batch in batches] == [100, 100, 100] == [len(batch) for batch in batches]
    batch = batches[1]
    assert batch.num_columns == len(batch.column_names) == len(FLOW_COLUMNS) + 1
    rows = batch.to_pydict()
    want = pa.record_batch(batch)
    assert rows["src"] == want["src"].to_pylist() and rows["ip.ttl"] == want["ip.ttl"].to_pylist()
    assert rows["capture"] == [str(several)] * 100
    assert rows["time_start"] == want["time_start"].cast(pa.int64()).to_pylist()
    assert batch["sport"].value(-1) == batch[5].to_list()[-1] == rows["sport"][-1]
    with pytest.raises(KeyError):
        batch["nothing"]
    with pytest.raises(IndexError):
        batch[99]
    with pytest.raises(IndexError):
        batch["sport"].value(100)


def test_batches_outlive_everything(several: Path) -> None:
    batches = list(scan(several, ["udp.payload"], batch_rows=64))
    several.unlink()
    column = batches[0]["udp.payload"]
    arrow = pa.record_batch(batches[0])
    del batches
    assert column.to_list() == arrow["udp.payload"].to_pylist()


# ---- a run ----


def test_read_again(small: Path) -> None:
    table = scan(small)
    assert table.accounting == {} and table.problems == []
    first = table.to_arrow()
    assert table.accounting == {"kept": 8}
    made.write(small, made.talk())
    assert table.to_arrow().num_rows == 1 and first.num_rows == 2
    assert table.accounting == {"kept": 6}


def test_left_in_the_middle(several: Path) -> None:
    table = scan(several, batch_rows=10)
    for batch in table:
        assert batch.num_rows == 10
        break
    assert table.accounting == {}
    assert table.to_arrow().num_rows == 300 and table.accounting["kept"] == len(made.many(300))


def test_jobs_and_order_of_files(tmp_path: Path) -> None:
    paths = []
    for i in range(20):
        paths.append(tmp_path / f"{i:02}.pcap")
        made.write(paths[-1], made.talk(50000 + i) + made.many(i))
    one = scan(paths, ["ip.ttl"]).to_arrow()
    for jobs in (0, 2, 5):
        table = scan(paths, ["ip.ttl"], jobs=jobs)
        assert table.to_arrow().to_pylist() == one.to_pylist()
        assert table.accounting == {"kept": 20 * 6 + sum(len(made.many(i)) for i in range(20))}


def test_damaged_among_good(small: Path, several: Path) -> None:
    several.write_bytes(several.read_bytes()[:5000])
    bad = small.parent / "bad.pcap"
    bad.write_bytes(b"this is not a capture, whatever its name says")
    table = scan([small, bad, several])
    with pytest.warns(flowcontainer.CaptureWarning) as caught:
        arrow = table.to_arrow()
    assert len(caught) == 1 and caught[0].filename == __file__
    assert arrow["capture"].unique().to_pylist() == [str(small), str(several)]
    first, second = table.problems
    assert first.capture == str(bad) and first.frames == 0 and first.message
    assert second.capture == str(several) and second.frames > 50 and 4000 < second.offset < 5000
    path, message, offset, frames = second


def test_warning_as_error(small: Path) -> None:
    small.write_bytes(small.read_bytes()[:-5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(flowcontainer.CaptureWarning):
            scan(small).to_arrow()


def test_nothing_readable(tmp_path: Path) -> None:
    for name in ("a.pcap", "b.pcap"):
        (tmp_path / name).write_bytes(b"this is not a capture, whatever its name says")
    table = scan(tmp_path)
    with pytest.raises(flowcontainer.CaptureError, match=r"a\.pcap.*b\.pcap"):
        table.to_arrow()
    assert [os.path.basename(problem.capture) for problem in table.problems] == ["a.pcap", "b.pcap"]
    with pytest.raises(Exception, match=r"a\.pcap"):
        pa.table(table)


def test_the_system_refuses(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(os.path.relpath(path))  # a name of the file system that open() refuses, to root too
        with pytest.raises(OSError, match=r"x\.pcap"):
            scan(path).to_arrow()


def test_explain_repr_and_pickle(small: Path) -> None:
    table = scan(small)
    assert "native" in table.explain() and "small.pcap" in repr(table)
    assert pickle.loads(pickle.dumps(table)).to_arrow().equals(table.to_arrow())


@pytest.mark.parametrize(
    ("options", "error"),
    [({"preferences": "nonsense"}, "NAME:VALUE"), ({"preferences": [1]}, "text"), ({"passes": 3}, "passes"),
     ({"max_memory": "much"}, "max_memory"), ({"max_memory": -1}, "max_memory"), ({"max_memory": 1.5}, "max_memory"),
     ({"max_memory": "1.5G"}, "max_memory"), ({"decode_as": 3}, "decode_as"), ({"keylog": 3}, "path")],
)  # fmt: skip
def test_options_of_dissection_are_checked(small: Path, options: dict[str, Any], error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        scan(small, **options)


@needs_worker
def test_options_of_dissection_reach_the_engine(small: Path) -> None:
    for options in (
        {"preferences": {"tcp.desegment_tcp_streams": False}},
        {"preferences": ["tcp.desegment_tcp_streams:FALSE", "ip.defragment: TRUE"]},
        {"decode_as": "tcp.port==443,http"},
        {"decode_as": ["tcp.port==443,http", "udp.port==1,dns"]},
    ):
        assert scan(small, **options).explain().startswith("wireshark engine")
    assert "two passes" in scan(small, "http.host", passes=2, max_memory="1G").explain()
    with pytest.raises(ValueError, match="no.such"):
        scan(small, preferences="no.such:1")
    with pytest.raises(ValueError, match="nosuchprotocol"):
        scan(small, decode_as="tcp.port==1,nosuchprotocol")


def test_fields() -> None:
    every = flowcontainer.fields()
    names = [field.name for field in every]
    assert names == sorted(names) and len(set(names)) == len(names)
    ttl = flowcontainer.fields("ip.t?l")[0]
    assert (ttl.name, ttl.type, ttl.arrow) == ("ip.ttl", "FT_UINT8", "C")
    assert {field.name.split(".")[0] for field in flowcontainer.fields("tcp.*")} == {"tcp"}


# ---- signals, threads ----

INTERRUPT = """
import sys, threading, os, signal, time, warnings
import flowcontainer
def strike():
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)
paths = [sys.argv[1]] * 20000
threading.Thread(target=strike, daemon=True).start()
start = time.monotonic()
try:
    if sys.argv[2] == "batches":
        for batch in flowcontainer.scan(paths, ["udp.payload"], batch_rows=2**24): pass
    else:
        flowcontainer.scan(paths, ["udp.payload"], batch_rows=2**24).to_arrow()
    print("was not interrupted after", time.monotonic() - start)
except KeyboardInterrupt:
    print("interrupted" if time.monotonic() - start < 3 else "too late")
"""


@pytest.mark.parametrize("how", ["batches", "to_arrow"])
def test_ctrl_c(tmp_path: Path, how: str) -> None:
    path = tmp_path / "x.pcap"
    made.write(path, made.many(3000))
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPT, str(path), how], capture_output=True, text=True, timeout=100
    )
    assert done.stdout.strip() == "interrupted", done


def test_cancel_from_another_thread(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    made.write(path, made.many(3000))
    table = scan([path] * 20000, ["udp.payload"], batch_rows=2**24)
    timer = threading.Timer(0.2, table.cancel)
    timer.start()
    start = time.monotonic()
    with pytest.raises(flowcontainer.Cancelled):
        table.to_arrow()
    assert time.monotonic() - start < 5
    progress = table.progress()
    assert progress is None or progress["captures_total"] == 20000


def test_other_threads_run_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    made.write(path, made.many(3000))
    table = scan([path] * 300, batch_rows=2**24)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(table.to_arrow().num_rows))
    thread.start()
    turns = 0
    while thread.is_alive():
        turns += 1
        time.sleep(0.001)
    assert seen == [900_000] and turns > 10


def test_signal_handlers_that_do_not_raise(several: Path) -> None:
    seen = []
    before = signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert scan([several] * 3000).to_arrow().num_rows == 900_000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen == [1]
