"""The feature sets of other programs through scan(): tables, values against the originals' output, options, refusals.
Whole rows of text: tests/diff/test_sets.py."""

from __future__ import annotations

import csv
import gzip
import math
import pickle
from pathlib import Path

import flowcontainer
import made
import pytest
from flowcontainer import scan

SETS = ["cic-classic", "cic-corrected", "nfstream", "nprint", "zeek-conn", "netflow"]


@pytest.fixture
def golden(shared: Path) -> Path:
    return shared / "golden" / "features"


def rows_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else open(path) as file:
        return list(csv.DictReader(file))


def same(got: object, text: str) -> bool:
    if isinstance(got, str):
        return got == text
    if isinstance(got, list):
        return str(got) == text
    return got == float(text) or (math.isnan(got) and math.isnan(float(text)))


def check(table: flowcontainer.Table, want: list[dict[str, str]], key: str | None = None) -> None:
    rows = [dict(zip(table.column_names, row)) for row in zip(*table.to_pydict().values())]
    if key:
        rows.sort(key=lambda row: (row[key], row["Timestamp"], row["Flow Duration"]))
        want = sorted(want, key=lambda row: (row[key], row["Timestamp"], int(row["Flow Duration"])))
    assert list(table.column_names) == list(want[0])
    assert len(rows) == len(want)
    for got, row in zip(rows, want):
        assert not [(name, got[name], row[name]) for name in row if not same(got[name], row[name])]


@pytest.mark.parametrize(("family", "folder"), [("cic-classic", "cic-classic"), ("cic-corrected", "cic-fixed-engelen")])
def test_values_of_cic(golden: Path, family: str, folder: str) -> None:
    for name in ("edge_tcp", "edge_udp"):
        table = scan(golden / "captures" / f"{name}.pcap", features=family).read()
        check(table, rows_of(golden / folder / f"{name}.pcap_Flow.csv"), "Flow ID")


@pytest.mark.parametrize("mode", range(4))
def test_values_of_nfstream(golden: Path, mode: int) -> None:
    path = golden / "captures" / "edge_tcp.pcap"
    table = scan(path, features="nfstream", accounting_mode=mode, splt=30).read()
    check(table, rows_of(golden / "nfstream" / f"edge_tcp.pcap.acc{mode}.csv.gz"))


def test_values_of_nprint(golden: Path) -> None:
    table = scan(golden / "captures" / "edge_udp.pcap", features="nprint", layers="e46tui", payload=16).read()
    check(table, rows_of(golden / "nprint" / "edge_udp.p16.csv.gz"))


@pytest.mark.parametrize("family", SETS)
def test_csv_is_that_of_the_command(several: Path, tmp_path: Path, cli, family: str) -> None:
    path = tmp_path / "x.csv"
    zeek = family == "zeek-conn"  # the checksums of these packets are 0
    scan(several, features=family, checksums=not zeek).write_csv(path)
    done = cli("--features", family, "-T", "csv", "-q", several, *["--ignore-checksums"] * zeek)
    assert path.read_text() == done.stdout
    assert len(path.read_text().splitlines()) > 300


def test_csv_is_the_original_text(golden: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    scan(golden / "captures" / "edge_tcp.pcap", features="nfstream", splt=30).write_csv(path)
    with gzip.open(golden / "nfstream" / "edge_tcp.pcap.acc0.csv.gz", "rt") as file:
        assert path.read_text() == file.read()
    scan(golden / "captures" / "edge_tcp.pcap", features="cic-classic").write_csv(path)
    want = (golden / "cic-classic" / "edge_tcp.pcap_Flow.csv").read_text().splitlines()
    got = path.read_text().splitlines()
    assert (got[0], sorted(got)) == (want[0], sorted(want))


def test_several_tables_from_one_reading(several: Path) -> None:
    tables = scan(several, features=SETS, checksums=False).tables()
    assert list(tables) == SETS
    for name, table in tables.items():
        alone = scan(several, features=name, checksums=name != "zeek-conn").read()
        assert alone.num_rows >= 300
        assert table.to_pydict() == alone.to_pydict()
        assert sum(alone.accounting.values()) == 1050
        assert alone.accounting.get("in_no_family", 0) == alone.notes.get(f"left_out_by_{name}", 0)
        assert sum(table.accounting.values()) == 1050


def test_several_tables_are_no_stream(small: Path) -> None:
    several = scan(small, features=["nfstream", "netflow"])
    for ask in (several.read, several.to_arrow, lambda: several.schema, lambda: list(several)):
        with pytest.raises(ValueError, match="tables()"):
            ask()
    assert set(several.tables()) == {"nfstream", "netflow"}


def test_tables_of_own_flows(small: Path) -> None:
    tables = scan(small, features="stats").tables()
    assert list(tables) == ["flows"]
    assert tables["flows"].to_pydict() == scan(small, features="stats").read().to_pydict()


def test_shapes(several: Path) -> None:
    asked = scan(several, features="cic-corrected", batch_rows=100)
    assert [len(batch) for batch in asked] == [100, 100, 100]
    assert asked.to_arrow().num_columns == 94
    assert asked.to_pandas().shape == (300, 94)
    assert asked.to_polars().shape == (300, 94)
    assert asked.to_numpy("Flow Duration")["Flow Duration"].shape == (300,)
    assert pickle.loads(pickle.dumps(asked)).read().num_rows == 300


def test_captures_and_threads(small: Path, several: Path) -> None:
    paths = [small, several, small]
    one = scan(paths, features="zeek-conn", capture=True, checksums=False).read()
    two = scan(paths, features="zeek-conn", capture=True, checksums=False, jobs=2).read()
    assert one.to_pydict() == two.to_pydict()
    assert one.column_names[0] == "capture"
    assert one["capture"].to_list() == [str(small)] * 2 + [str(several)] * 300 + [str(small)] * 2
    assert len(set(one["uid"].to_list())) == 302  # the same capture gives the same ids


def test_damage_is_a_problem(small: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(small.read_bytes()[:-5])
    with pytest.warns(flowcontainer.CaptureWarning, match="cut.pcap"):
        table = scan([small, cut], features="netflow").read()
    assert table.problems[0].capture == str(cut)
    assert table.problems[0].offset > 0
    assert table.num_rows == 4


def test_nulls(small: Path) -> None:
    plain = scan(small, features="cic-classic").read()
    nulls = scan(small, features="cic-classic", nulls=True).read()
    assert plain["Idle Mean"].to_list() == [0.0] * len(plain)
    assert nulls["Idle Mean"].to_list() == [None] * len(plain)
    assert nulls["Flow IAT Mean"].to_list() == plain["Flow IAT Mean"].to_list()


def test_names_of_published_sets(several: Path, tmp_path: Path) -> None:
    plain = scan(several, features="cic-classic").read()
    renamed = scan(several, features="cic-classic", names="cic-ids2017").read()
    assert renamed["Total Backward Packets"].to_list() == plain["Total Bwd packets"].to_list()
    assert renamed["Fwd Header Length.1"].to_list() == plain["Fwd Header Length"].to_list()
    path = tmp_path / "x.csv"
    scan(several, features="cic-classic", names="cic-ids2017").write_csv(path)
    head = path.read_text().splitlines()[0].split(",")
    assert (len(head), head[1], head[84]) == (85, " Source IP", " Label")
    assert head.count(" Fwd Header Length") == 2
    assert scan(several, features="cic-corrected", names="hieulw").read()["tot_bwd_pkts"].to_list() == [1] * 300


def test_time_outs(tmp_path: Path) -> None:
    path = tmp_path / "slow.pcap"
    made.write(path, made.exchange()[:1] * 2, step_ns=50_000_000_000)
    assert scan(path, features="nfstream").read().num_rows == 1
    assert scan(path, features="nfstream", idle=20).read().num_rows == 2
    assert scan(path, features="netflow").read().num_rows == 2
    assert scan(path, features="netflow", idle=60).read().num_rows == 1


def test_bits_of_flows(several: Path) -> None:
    np = pytest.importorskip("numpy")
    bits = scan(several, features="nprint").to_bits(3)
    assert bits.values.shape == (300, 3, 1408)
    assert bits.values.dtype == np.int8
    assert bits.packets.tolist() == [2, 3, 4, 5] * 75
    assert (bits.values[::4, 2] == -1).all()  # no third packet
    assert (bits.values[1::4, 2, 0] == 0).all()
    assert bits.names[0] == "ipv4_ver_0"
    assert bits.values[:, :2, :4].tolist() == [[[0, 1, 0, 0]] * 2] * 300  # version 4
    rows = scan(several, features="nprint").read()
    assert bits.values[4, 1, 100] == rows[bits.names[100]].value(15)
    with pytest.raises(ValueError, match="nprint"):
        scan(several, features="netflow").to_bits(3)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"features": ["stats", "nfstream"]}, "together"),
        ({"features": ["nfstream", "nfstream"]}, "twice"),
        ({"features": "nfstream", "filter": "tcp"}, "filter"),
        ({"features": "nfstream", "fields": "ip.ttl"}, "fields"),
        ({"features": "nfstream", "columns": "src"}, "columns"),
        ({"features": "nfstream", "level": "packets"}, "level"),
        ({"features": "nfstream", "drop": ()}, "leave out"),
        ({"features": "nfstream", "packets": 3}, "limit"),
        ({"features": "nfstream", "bytes": {"x": {"start": "ip", "length": 8, "packets": 2}}}, "bytes"),
        ({"features": "nfstream", "faults": "corrected"}, "faults"),
        ({"features": "nfstream", "faults": "repaired"}, "as-published"),
        ({"features": "nfstream", "splt": 256}, "splt"),
        ({"features": "nfstream", "accounting_mode": 4}, "accounting_mode"),
        ({"features": "nfstream", "idle": 0.5}, "whole seconds"),
        ({"features": "cic-classic", "names": "cic-ids2018"}, "cse-cic-ids2018"),
        ({"features": "cic-classic", "idle": 3}, "idle"),
        ({"features": "nprint", "layers": "x"}, "layers"),
        ({"features": "netflow", "netflow_version": 1}, "version"),
        ({"features": "nfstrem"}, "nfstream"),
        ({"splt": 3}, "splt"),
        ({"features": "stats", "nulls": True}, "nulls"),
    ],
)
def test_refusals(small: Path, options: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        scan(small, **options)


def test_an_option_is_for_one_of_several(small: Path) -> None:
    tables = scan(small, features=["cic-classic", "nfstream"], splt=2, names="hieulw").tables()
    assert "splt_ps" in tables["nfstream"].column_names
    assert "src_ip" in tables["cic-classic"].column_names


def test_lists_of_families_and_columns() -> None:
    assert [family.name for family in flowcontainer.families()] == ["basic", "stats", "entropy", *SETS]
    assert [family.name for family in flowcontainer.families() if not family.own] == SETS
    columns = flowcontainer.columns(family="nfstream", splt=3)
    assert (len(columns), columns[-1].name, columns[-1].type, columns[-1].unit) == (80, "splt_piat_ms", "list<int32>", "ms")
    assert flowcontainer.columns(family="entropy")[0].name == "payload_entropy"
    with pytest.raises(ValueError, match="no family"):
        flowcontainer.columns(family="cic")
