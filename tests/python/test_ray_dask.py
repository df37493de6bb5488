"""Ray and Dask over the parts of a scan: their rows are those of scan."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made
import pytest
from flowcontainer import scan
from flowcontainer.plain import part_table, plain_schema, without_dictionaries

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: Ray and Dask were not tested")
pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guide/engines.md").read_text()
FIELDS = ["ip.ttl", "tcp.time_delta", "tls.handshake.extensions_server_name", "tcp.payload"]


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """Five captures, of which one is not a capture."""
    folder = tmp_path / "captures"
    folder.mkdir()
    for i in range(3):
        made.write(folder / f"{i}.pcap", made.many(10 * i + 3) + made.talk(sport=50000 + i))
    shutil.copy(ROOT / "tests/pcaps/demo.pcap", folder / "demo.pcap")
    (folder / "text.pcap").write_text("not a capture")
    return folder


def direct(path: Path, **options: Any) -> pa.Table:
    with pytest.warns(UserWarning, match=r"text\.pcap"):
        asked = scan(path, **options)
        return pa.concat_tables([without_dictionaries(batch) for batch in asked])


def sorted_rows(table: pa.Table) -> list[str]:
    return sorted(map(repr, table.to_pylist()))


def snippets(heading: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", GUIDE.split(f"## {heading}")[1].split("\n## ")[0], re.M | re.S)


# ---- Dask ----


def test_dask(captures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe of the guide."""
    pytest.importorskip("dask.dataframe", reason="dask is not installed: it was not tested")
    monkeypatch.chdir(captures.parent)
    names: dict[str, Any] = {}
    (recipe,) = snippets("Dask")
    with pytest.warns(UserWarning, match=r"text\.pcap"):
        exec(compile(recipe, "engines.md", "exec"), names)
        flows = names["flows"]
        assert flows.npartitions == 5
        rows = flows.compute(scheduler="threads", num_workers=2)
    table = direct(captures)
    assert list(rows.columns) == table.column_names
    assert (flows.dtypes == rows.dtypes).all()
    assert rows["src"].tolist() == table["src"].to_pylist()
    assert rows["ip_lengths"].tolist() == table["ip_lengths"].to_pylist()
    assert names["busy"]["fwd_bytes"].sum() <= rows["fwd_bytes"].sum()


def test_one_part_is_a_table_of_the_same_types(captures: Path) -> None:
    parts = scan(captures, FIELDS).partitions()
    with pytest.warns(UserWarning, match=r"text\.pcap"):
        tables = [part_table(part) for part in parts]
    assert {str(table.schema) for table in tables} == {str(plain_schema(scan(captures, FIELDS)))}
    assert sorted_rows(pa.concat_tables(tables)) == sorted_rows(direct(captures, fields=FIELDS))


# ---- Ray ----


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    ray = pytest.importorskip("ray", reason="ray is not installed: it was not tested")
    pytest.importorskip("ray.data", reason="ray[data] is not installed: it was not tested")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", object_store_memory=300_000_000, log_to_driver=False)
        yield ray
        ray.shutdown()


def test_ray_rows_are_those_of_scan(ray: Any, captures: Path, tmp_path: Path) -> None:
    from flowcontainer.ray import read_captures

    data = read_captures(os.fspath(captures), FIELDS, override_num_blocks=3)
    wanted = direct(captures, fields=FIELDS)
    got = pa.concat_tables(ray.get(data.to_arrow_refs()), promote_options="permissive")
    assert sorted_rows(got.select(wanted.column_names).cast(wanted.schema)) == sorted_rows(wanted)


def test_ray_errors(ray: Any, captures: Path) -> None:
    from flowcontainer.ray import read_captures

    with pytest.raises(Exception, match=r"text\.pcap.*not a capture"):
        read_captures(captures, override_num_blocks=3, errors="fail").count()
    with pytest.raises(ValueError, match='errors must be "warn" or "fail"'):
        read_captures(captures, errors="x")


def test_ray_guide(ray: Any, captures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(captures.parent)
    names: dict[str, Any] = {}
    (recipe,) = snippets("Ray")
    exec(compile(recipe, "engines.md", "exec"), names)
    assert sum(row["count()"] for row in names["counts"]) == direct(captures).num_rows
