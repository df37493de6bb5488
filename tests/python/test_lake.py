"""Data sets of Parquet files, and rows for the writers of Delta and Iceberg."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import flowcontainer
from flowcontainer import scan

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
ds = pytest.importorskip("pyarrow.dataset", reason="this pyarrow has no data sets")

PCAPS = Path(__file__).parents[1] / "pcaps"
PATHS = [PCAPS / "demo.pcap", PCAPS / "dhcp.pcap"]
FIELDS = ["ip.ttl", "http.host", "tcp.flags"]
ORDER = [("capture", "ascending"), ("time_start", "ascending"), ("sport", "ascending")]


def rows(table) -> list[dict]:
    return sorted(table.to_pylist(), key=lambda row: (str(row["capture"]), str(row["time_start"]), row["sport"]))


def test_a_data_set_has_the_rows(tmp_path):
    table = scan(PATHS, FIELDS)
    written = table.write_dataset(tmp_path / "out")
    assert written == [str(tmp_path / "out" / "part-0.parquet")]
    assert rows(ds.dataset(tmp_path / "out").to_table()) == rows(table.to_arrow())
    assert flowcontainer.Table.from_parquet(written[0]).column_names == table.column_names
    assert table.accounting["kept"] > 0
    flowcontainer.Table.from_parquet(written[0]).write_csv(tmp_path / "one.csv")
    table.write_csv(tmp_path / "other.csv")
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "other.csv").read_text()


def test_partitions_and_files(tmp_path):
    table = scan(PATHS, FIELDS)
    written = table.write_dataset(tmp_path / "out", partition_by=["protocol"])
    assert {Path(path).parent.name for path in written} == {"protocol=tcp", "protocol=udp"}
    back = ds.dataset(tmp_path / "out", partitioning="hive").to_table()
    assert rows(back) == rows(table.to_arrow())
    many = scan([PATHS[0]] * 40, batch_rows=16)
    whole = sum(os.path.getsize(path) for path in many.write_dataset(tmp_path / "one"))
    files = many.write_dataset(tmp_path / "many", target_size=whole // 5)
    assert 3 <= len(files) <= 12
    assert ds.dataset(tmp_path / "many").count_rows() == 600
    with pytest.raises(ValueError, match="no column 'nothing'"):
        table.write_dataset(tmp_path / "x", partition_by="nothing")
    with pytest.raises(ValueError, match="needs a column"):
        scan(PATHS, columns=["protocol"]).write_dataset(tmp_path / "x", partition_by="protocol")


def test_what_a_file_says_of_its_query(tmp_path):
    def metadata(**options):
        name = str(len(list(tmp_path.iterdir())))
        (path,) = scan(PATHS, FIELDS, **options).write_dataset(tmp_path / name)
        return ds.dataset(path).schema.metadata

    one = metadata(filter="tcp")
    assert one == metadata(filter="tcp", jobs=2, batch_rows=7)
    assert one[b"flowcontainer.version"].decode() == flowcontainer.__version__
    assert "as Wireshark 4.0" in one[b"flowcontainer.engine"].decode()
    query = json.loads(one[b"flowcontainer.query"])
    assert query["filter"] == "tcp" and query["fields"] == FIELDS and query["level"] == "flows"
    assert metadata(filter="udp") != one
    assert "keylog" not in query or query["keylog"] == ""


def test_existing_files(tmp_path):
    table = scan(PATHS[0])
    table.write_dataset(tmp_path / "out")
    with pytest.raises(pa.ArrowInvalid):
        table.write_dataset(tmp_path / "out")
    table.write_dataset(tmp_path / "out", existing="add")
    assert ds.dataset(tmp_path / "out").count_rows() == 30
    table.write_dataset(tmp_path / "out", existing="replace")
    assert ds.dataset(tmp_path / "out").count_rows() == 15
    with pytest.raises(ValueError, match="existing must be one of"):
        table.write_dataset(tmp_path / "out", existing="maybe")


def test_a_store_takes_them(tmp_path):
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    memory = fsspec.filesystem("memory")
    scan(PATHS[0]).write_dataset("memory://lake/flows", partition_by="protocol")
    assert len(memory.glob("/lake/flows/protocol=*/*.parquet")) == 2
    scan(PATHS[0]).write_dataset("/lake/more", filesystem=memory)
    assert ds.dataset("/lake/more", filesystem=memory).count_rows() == 15
    memory.store.clear()


def test_portable_types():
    table = scan(PATHS, FIELDS)
    reader = table.to_reader("portable")
    text = str(reader.schema)
    for word in ("dictionary", "uint", "[ns", "large", "duration["):
        assert word not in text, word
    portable, exact = reader.read_all(), table.to_arrow()
    assert portable["ip_lengths"].to_pylist() == exact["ip_lengths"].to_pylist()
    assert portable["protocol"].to_pylist() == exact["protocol"].to_pylist()
    assert [t.value // 1000 for t in exact["time_start"]] == [t.value for t in portable["time_start"]]
    assert [t.value for t in exact["duration"]] == [t.as_py() for t in portable["duration"]]
    assert table.to_reader().read_all().schema.equals(exact.schema)
    with pytest.raises(ValueError, match="types must be one of"):
        table.to_reader("simple")


def test_portable_types_of_all_columns():
    for level in ("flows", "packets", "frames"):
        names = [column.name for column in flowcontainer.columns(level) if column.group not in ("short names", "fields")]
        table = scan(PATHS, columns=names, level=level, bytes={"head": {"start": "ip", "length": 4, **({"packets": 2} if level == "flows" else {})}})
        assert table.to_reader("portable").read_all().num_rows == len(table.to_arrow())


def test_what_gave_nonsense_is_an_error():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    for table in (scan(PATHS), scan(PATHS).read()):
        for take in (pandas.DataFrame, numpy.asarray, numpy.array):
            with pytest.raises(TypeError, match=r"to_pandas\(\)"):
                take(table)


@pytest.mark.integration
def test_delta(tmp_path):
    deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed")
    table = scan(PATHS, FIELDS)
    for _ in range(2):
        deltalake.write_deltalake(str(tmp_path / "flows"), table.to_reader("portable"), partition_by=["protocol"], mode="append")
    back = deltalake.DeltaTable(str(tmp_path / "flows")).to_pyarrow_table()
    once = rows(table.to_reader("portable").read_all())
    assert rows(back) == sorted(once + once, key=lambda row: (row["capture"], str(row["time_start"]), row["sport"]))


@pytest.mark.integration
def test_iceberg(tmp_path):
    pytest.importorskip("sqlalchemy", reason="pyiceberg's catalog in SQL is not installed")
    catalogs = pytest.importorskip("pyiceberg.catalog.sql", reason="pyiceberg is not installed")
    catalog = catalogs.SqlCatalog("test", uri="sqlite:///:memory:", warehouse=f"file://{tmp_path}")
    catalog.create_namespace("network")
    table = scan(PATHS, FIELDS).to_reader("portable").read_all()
    flows = catalog.create_table("network.flows", schema=table.schema)
    flows.append(table)
    flows.append(table)
    assert flows.scan().to_arrow().num_rows == 2 * table.num_rows
    assert rows(flows.scan(row_filter="dport = 53").to_arrow())[0]["dport"] == 53
