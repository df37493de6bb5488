"""Tables in memory: one reading gives every shape, and tables from elsewhere have the same methods."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import made
import pytest
from flowcontainer import CaptureWarning, Scan, Table, scan

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")

FIELDS = ["ip.ttl", "udp.payload", "ip.src", "udp.time_delta", "frame.time", "ip.flags.df"]


def same_numpy(one: Any, other: Any) -> None:
    """Compares columns of to_numpy()."""
    if isinstance(one, dict):
        assert list(one) == list(other)
        for name in one:
            same_numpy(one[name], other[name])
    elif isinstance(one, tuple):
        for a, b in zip(one, other, strict=True):
            same_numpy(a, b)
    else:
        assert one.dtype == other.dtype and one.shape == other.shape
        assert one.tolist() == other.tolist()


def same_shapes(table: Any, other: Any) -> None:
    """Compares every shape of the two."""
    assert table.column_names == other.column_names
    assert table.to_arrow().to_pylist() == other.to_arrow().to_pylist()
    assert table.to_arrow().schema.equals(other.to_arrow().schema)
    pandas.testing.assert_frame_equal(table.to_pandas(), other.to_pandas())
    assert table.to_polars().equals(other.to_polars())
    same_numpy(table.to_numpy(), other.to_numpy())
    same_numpy(table.to_numpy(layout="padded", length=3), other.to_numpy(layout="padded", length=3))
    assert pa.table(table).to_pylist() == pa.table(other).to_pylist()
    assert [len(batch) for batch in table] == [len(batch) for batch in other]


@pytest.mark.parametrize("level", ["flows", "packets", "frames"])
@pytest.mark.parametrize("batch_rows", [65536, 37])
def test_every_shape_equals_that_of_the_scan(several: Path, level: str, batch_rows: int) -> None:
    again = scan(several, FIELDS, level=level, batch_rows=batch_rows)
    table = scan(several, FIELDS, level=level, batch_rows=batch_rows).read()
    assert isinstance(table, Table) and len(list(table)) == -(-table.num_rows // batch_rows)
    same_shapes(table, again)
    assert (table.accounting, table.notes, table.problems) == (again.accounting, again.notes, again.problems)


def test_one_reading_is_enough(several: Path, tmp_path: Path) -> None:
    """A FIFO gives its bytes once; another reading of it would wait for ever or find nothing."""
    pipe = tmp_path / "pipe.pcap"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=lambda: pipe.write_bytes(several.read_bytes()))
    feeder.start()
    table = scan(pipe, FIELDS).read()
    feeder.join()
    pipe.unlink()
    assert table.num_rows == len(table) == 300 and table.accounting == scan(several).read().accounting
    same = scan(several, FIELDS).to_arrow().drop_columns("capture").to_pylist()
    assert table.to_arrow().drop_columns("capture").to_pylist() == same
    assert len(table.to_pandas()) == len(table.to_polars()) == 300
    assert table.to_numpy("sport")["sport"].tolist() == [row["sport"] for row in same]


def test_readings_are_counted(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = []
    arrays = Scan._arrays
    monkeypatch.setattr(Scan, "_arrays", lambda self: readings.append(self) or arrays(self))
    table = scan(several).read()
    several.unlink()
    for shape in (table.to_arrow, table.to_pandas, table.to_polars, table.to_numpy, table.to_pydict):
        shape()
        shape()
    assert len(readings) == 1


def test_columns(several: Path) -> None:
    table = scan(several, ["ip.ttl"], batch_rows=100).read()
    want = table.to_arrow()
    assert table["sport"].to_list() == want["sport"].to_pylist() == table[table.column_names.index("sport")].to_list()
    column = table["ip.ttl"]
    assert column.name == "ip.ttl" and len(column) == 300 and column.format == "+l"
    assert [column.value(i) for i in (0, 99, 100, 299, -1, -300)] == [
        want["ip.ttl"][i].as_py() for i in (0, 99, 100, 299, 299, 0)
    ]
    assert pa.chunked_array(column).to_pylist() == want["ip.ttl"].to_pylist()
    assert pa.chunked_array(column).num_chunks == 3
    for row in (300, -301):
        with pytest.raises(IndexError):
            column.value(row)
    with pytest.raises(KeyError):
        table["nothing"]
    with pytest.raises(IndexError):
        table[99]
    assert table.to_pydict()["dport"] == want["dport"].to_pylist()
    assert repr(table) == f"<flowcontainer.Table of 300 rows, {table.num_columns} columns>"


@pytest.mark.parametrize("batch_rows", [65536, 37])
def test_round_trip_through_parquet(several: Path, small: Path, tmp_path: Path, batch_rows: int) -> None:
    table = scan([several, small], FIELDS, batch_rows=batch_rows).read()
    path = tmp_path / "flows.parquet"
    parquet.write_table(table.to_arrow(), path)
    back = Table.from_parquet(path)
    assert back.to_arrow().to_pylist() == table.to_arrow().to_pylist()
    assert back.column_names == table.column_names and back.num_rows == 302
    same_numpy(back.to_numpy(), table.to_numpy())
    same_numpy(back.to_numpy(layout="padded"), table.to_numpy(layout="padded"))
    assert back.to_polars().equals(table.to_polars())
    assert back.to_pydict() == table.to_pydict()
    assert (back.accounting, back.notes, back.problems) == ({}, {}, [])


@pytest.mark.parametrize("batch_rows", [65536, 37])
def test_from_arrow(several: Path, batch_rows: int) -> None:
    table = scan(several, FIELDS, batch_rows=batch_rows).read()
    same_shapes(Table.from_arrow(table.to_arrow()), table)
    same_shapes(Table.from_arrow(table), table)
    same_shapes(Table.from_arrow(scan(several, FIELDS, batch_rows=batch_rows)), table)
    part = Table.from_arrow(table.to_arrow().slice(50, 120))
    assert part.to_pydict() == {name: values[50:170] for name, values in table.to_pydict().items()}
    same_numpy(part.to_numpy(), Table.from_arrow(part.to_arrow()).to_numpy())


def test_from_polars(several: Path) -> None:
    """Its texts are views, which the captures' own tables never have."""
    table = scan(several, ["udp.payload", "ip.src"]).read()
    back = Table.from_arrow(table.to_polars())
    assert back["src"].format == "vu" and back["src"].to_list() == table["src"].to_list()
    assert back["udp.payload"].to_list() == table["udp.payload"].to_list()
    assert back.to_numpy("src")["src"].tolist() == table["src"].to_list()
    long = polars.DataFrame({"text": ["a" * 12, "b" * 13, None, "", "é" * 400], "bytes": [b"\0" * 40, b"x", b"", None, b"y"]})
    assert Table.from_arrow(long).to_pydict() == long.to_dict(as_series=False)


def test_from_a_slice_of_structs(several: Path) -> None:
    """A batch with an offset of its own, which pyarrow gives for a slice of structs."""
    arrow = scan(several, columns=["src", "sport", "ip_lengths"]).to_arrow()
    structs = pa.chunked_array([arrow.to_struct_array().combine_chunks().slice(7, 11)])
    table = Table.from_arrow(structs)
    want = arrow.slice(7, 11).to_pydict()
    assert table.to_pydict() == want and table.num_rows == 11
    assert table.to_numpy("sport")["sport"].tolist() == want["sport"]
    assert table.to_arrow().to_pydict() == want


def test_the_rows_outlive_their_source(several: Path) -> None:
    values, offsets = Table.from_arrow(scan(several).to_arrow()).to_numpy("ip_lengths")["ip_lengths"]
    assert values[offsets[0] : offsets[1]].tolist() == [48, -58] and not values.flags.owndata


def test_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    made.write(path, [])
    table = scan(path, FIELDS).read()
    assert table.num_rows == 0 and table["sport"].to_list() == [] and table.notes == {"empty_captures": 1}
    same_shapes(table, scan(path, FIELDS))
    parquet.write_table(table.to_arrow(), tmp_path / "x.parquet")
    back = Table.from_parquet(tmp_path / "x.parquet")
    assert back.column_names == table.column_names and back.to_pydict() == table.to_pydict()
    assert back.to_numpy(layout="padded", length=4)["ip_lengths"].values.shape == (0, 4)


def test_problems_are_kept(several: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(several.read_bytes()[:-3])
    with pytest.warns(CaptureWarning):
        table = scan(cut).read()
    assert [problem.capture for problem in table.problems] == [str(cut)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table.to_arrow()  # the problems were told at the reading


def test_what_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="__arrow_c_stream__; list has none"):
        Table.from_arrow([1])
    with pytest.raises(TypeError, match="a table is needed"):
        Table.from_arrow(pa.chunked_array([[1, 2]]))
    with pytest.raises(FileNotFoundError):
        Table.from_parquet(tmp_path / "none.parquet")
    with pytest.raises(FileNotFoundError):
        scan(tmp_path / "none.pcap")


def test_a_source_that_fails_says_why() -> None:
    def batches() -> Any:
        yield pa.record_batch({"a": [1]})
        raise RuntimeError("the source is broken")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"a": pa.int64()}), batches())
    with pytest.raises(ValueError, match="the source is broken"):
        Table.from_arrow(reader)


def test_a_stream_gives_its_rows_once() -> None:
    class Once:
        stream = pa.table({"a": [1]}).__arrow_c_stream__()

        def __arrow_c_stream__(self) -> object:
            return self.stream

    assert Table.from_arrow(Once()).to_pydict() == {"a": [1]}
    with pytest.raises(ValueError, match="read already"):
        Table.from_arrow(Once())


@pytest.mark.parametrize("level", ["flows", "packets"])
@pytest.mark.parametrize("batch_rows", [65536, 37])
def test_csv_is_that_of_the_command(cli: Any, several: Path, tmp_path: Path, level: str, batch_rows: int) -> None:
    fields = [word for name in FIELDS for word in ("-e", name)]
    want = cli("-T", "csv", "--level", level, *fields, several).stdout
    rows = scan(several, FIELDS, level=level, batch_rows=batch_rows)
    for number, table in enumerate((rows, rows.read())):
        table.write_csv(tmp_path / f"{number}.csv")
        assert (tmp_path / f"{number}.csv").read_text() == want
        table.write_csv(tmp_path / "all.csv", rows.column_names)
        whole = cli("-T", "csv", "--level", level, "-C", "default", *fields, several).stdout
        assert (tmp_path / "all.csv").read_text() == whole
    with pytest.raises(ValueError, match="nothing"):
        rows.write_csv(tmp_path / "x.csv", "nothing")
    with pytest.raises(OSError):
        rows.write_csv(tmp_path / "none" / "x.csv")
    with pytest.raises(ValueError, match="from elsewhere"):
        Table.from_arrow(pa.table({"src": ["10.0.0.1"]})).write_csv(tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()


def test_csv_of_chosen_columns(cli: Any, several: Path, tmp_path: Path) -> None:
    rows = scan(several, columns=["src", "ip_lengths", "duration"])
    want = cli("-T", "csv", "-C", "src,ip_lengths,duration", several).stdout
    for table in (rows, rows.read()):
        table.write_csv(tmp_path / "x.csv")
        assert (tmp_path / "x.csv").read_text() == want


@pytest.mark.parametrize("columns", [None, ["default", "ip_gaps", "sni"]])
def test_csv_survives_arrow_and_parquet(cli: Any, several: Path, tmp_path: Path, columns: list[str] | None) -> None:
    rows = scan(several, FIELDS, columns=columns, features="basic")
    rows.write_csv(tmp_path / "want.csv")
    table = rows.to_arrow()
    parquet.write_table(table, tmp_path / "x.parquet")
    chosen = ["-C", ",".join(columns)] if columns else []
    fields = [word for field in FIELDS for word in ("-e", field)]
    cli("-o", tmp_path / "cli.parquet", "--features", "basic", *chosen, *fields, several)
    ways = [Table.from_arrow(table), *(Table.from_parquet(tmp_path / name) for name in ("x.parquet", "cli.parquet"))]
    for way in [*ways, Table.from_arrow(rows.read())]:
        way.write_csv(tmp_path / "got.csv")
        assert (tmp_path / "got.csv").read_text() == (tmp_path / "want.csv").read_text()


def test_csv_rules_of_a_file_are_checked(several: Path, tmp_path: Path) -> None:
    """A file says of text that it is a number, and of another that it has no such rule."""
    for rule in ("4", "255", "99999999999"):
        field = pa.field("x", pa.string(), metadata={"flowcontainer.csv": rule})
        with pytest.raises(ValueError, match="x does not hold"):
            Table.from_arrow(pa.table([["a"]], pa.schema([field]))).write_csv(tmp_path / "x.csv")
    field = pa.field("x", pa.string(), metadata={"other": "1", "flowcontainer.csv": "plain"})
    Table.from_arrow(pa.table([["a"]], pa.schema([field]))).write_csv(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "x\na\n"


def test_csv_of_statistics_and_of_no_rows(cli: Any, several: Path, tmp_path: Path) -> None:
    scan(several, features="stats").write_csv(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == cli("-T", "csv", "--features", "stats", several).stdout
    empty = tmp_path / "empty.pcap"
    made.write(empty, [])
    scan(empty).read().write_csv(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == cli("-T", "csv", empty).stdout


def test_csv_never_replaces_a_capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    capture, other = tmp_path / "a.pcap", tmp_path / "link.pcap"
    made.write(capture, made.exchange())
    before = capture.read_bytes()
    other.symlink_to(capture)
    monkeypatch.chdir(tmp_path)
    held = scan("a.pcap").read()
    monkeypatch.chdir("/")
    writers = [scan(capture).write_csv, scan(tmp_path).write_csv, held.write_csv]
    writers += [table.write_csv for table in scan(capture).tables().values()]
    writers += [scan(capture, features="nfstream").write_csv]
    for write in writers:
        for path in (capture, other, bytes(capture)):
            with pytest.raises(ValueError, match="is one of the captures that are read"):
                write(path)
        write(tmp_path / "out.csv")
        (tmp_path / "out.csv").unlink()
    assert capture.read_bytes() == before
    capture.unlink()
    held.write_csv(capture)
    assert capture.read_bytes().startswith(b"capture,")


def test_output_never_replaces_standard_input(tmp_path: Path) -> None:
    capture = tmp_path / "a.pcap"
    made.write(capture, made.exchange())
    before = capture.read_bytes()
    with capture.open("rb") as file:
        command = [sys.executable, "-m", "flowcontainer", "-T", "csv", "-o", os.fspath(capture), "-"]
        answer = subprocess.run(command, stdin=file, capture_output=True, text=True, check=False)
    assert answer.returncode == 2 and "one of the captures" in answer.stderr
    assert capture.read_bytes() == before
