"""Data sets whose rows are those of another program's feature set: the same rows, and beside each the fields of its flow."""

from __future__ import annotations

from pathlib import Path

import made
import pytest

from flowcontainer import scan

pa = pytest.importorskip("pyarrow")
pytest.importorskip("numpy")
from flowcontainer.dataset import Dataset, RecipeError  # noqa: E402

PCAPS = Path(__file__).resolve().parents[1] / "pcaps"
FAMILIES = ("cic-classic", "cic-corrected", "nfstream", "zeek-conn", "netflow")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two labels, each with a TCP connection whose packets are 150 s apart, which cic-corrected cuts in two, and with UDP flows."""
    for label, port in (("news", 443), ("mail", 993)):
        (tmp_path / "captures" / label).mkdir(parents=True)
        for i in range(3):
            path = tmp_path / "captures" / label / f"{i}.pcap"
            made.write(path, made.talk(50000 + i, port) + made.many(2), step_ns=31 * 10**9)
    return tmp_path


def data(folder: Path, family: str, **query: object) -> Dataset:
    asked = {"features": [family], "fields": ["sni"], **query}
    return Dataset("captures", "out", {"path": "captures/{label}/*"}, query=asked, base=folder)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_rows_are_those_of_scan(folder: Path, family: str) -> None:
    options = {"checksums": False} if family == "zeek-conn" else {}  # the captures have none
    built = data(folder, family, options=options)
    told = built.build()
    direct = pa.table(scan(folder / "captures", features=family, **options))
    names = [name for name in direct.schema.names if name != "Label"]
    rows = built.to_arrow()
    assert set(names) < set(rows.schema.names) and told["rows"] == direct.num_rows
    assert sorted(map(repr, rows.select(names).to_pylist())) == sorted(map(repr, direct.select(names).to_pylist()))
    assert {"capture", "flow_id", "frames", "sni", "label", "part"} < set(rows.schema.names)
    assert family in told["engine"] and told["labels"].keys() == {"news", "mail"}
    assert not any("ort" in name and "port" in name.lower().split() for name in built.numbers())


@pytest.mark.parametrize("family", FAMILIES)
def test_each_row_has_the_fields_of_its_flow(tmp_path: Path, family: str) -> None:
    capture = PCAPS / "tls_versions.pcap"
    built = Dataset([capture], tmp_path / "out", query={"features": [family], "fields": ["sni"]})
    built.build()
    flows = pa.table(scan(capture, ["sni"], columns=["flow_id", "src", "sport", "dst", "dport"], drop=())).to_pylist()
    known = {row["flow_id"]: row for row in flows}
    seen = 0
    for row in built.to_arrow().to_pylist():
        if row["flow_id"] is not None:
            flow, values = known[row["flow_id"]], list(row.values())
            assert row["sni"] == flow["sni"] and flow["src"] in values and flow["dport"] in values
            seen += bool(row["sni"])
    assert seen


def test_rows_of_one_flow_stay_in_one_part(folder: Path) -> None:
    built = data(folder, "cic-corrected")
    built.build()
    rows = built.to_arrow().to_pylist()
    tcp = [row for row in rows if row["Protocol"] == 6]
    assert len(tcp) > len({(row["capture"], row["flow_id"]) for row in tcp}) == 6
    assert len({(row["capture"], row["part"]) for row in rows}) == 6


@pytest.mark.parametrize(
    ("family", "query", "why"),
    [
        ("cic-corrected", {"filter": "tls"}, "rules of its own"),
        ("nfstream", {"policy": "timeout"}, "rules of its own"),
        ("nprint", {}, "a row of nprint is a packet"),
        ("cic-corrected", {"features": ["cic-corrected", "nfstream"]}, "different rows"),
        ("zeek-conn", {"columns": ["duration"]}, "renames"),
        ("cic-corrected", {"options": {"names": "hieulw"}}, "no option of a data set"),
        ("cic-corrected", {"options": {"idle": 3}}, "idle"),
        ("stats", {"options": {"idle": 3}}, "another program"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(folder: Path, family: str, query: dict[str, object], why: str) -> None:
    with pytest.raises(RecipeError, match=why):
        data(folder, family, **query).build()
    assert not (folder / "out" / "manifest.json").exists()


def test_a_model_of_such_rows_is_refused(folder: Path) -> None:
    with pytest.raises(RecipeError, match="made of flows"):
        Dataset("captures", "out", query={"features": ["netflow"]}, model={"name": "yatc"}, base=folder).build()


def test_options_reach_the_feature_set(folder: Path) -> None:
    short = data(folder, "nfstream", options={"idle": 30}).build()
    assert short["rows"] > data(folder, "nfstream").build()["rows"]
