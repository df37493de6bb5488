"""Numpy arrays against the values of Arrow."""

from __future__ import annotations

from pathlib import Path

import made
import pytest
from flowcontainer import scan

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")

FIELDS = ["ip.ttl", "ip.addr", "ip.flags.df", "udp.payload", "ip.src", "udp.time_delta", "frame.time"]


def lists(ragged: object) -> list[object]:
    values, offsets = ragged  # type: ignore[misc]
    if isinstance(values, dict):
        pairs = list(zip(values["packet"].tolist(), values["value"].tolist()))
        return [[{"packet": p, "value": v} for p, v in pairs[a:b]] for a, b in zip(offsets[:-1], offsets[1:])]
    return [values[a:b].tolist() for a, b in zip(offsets[:-1], offsets[1:])]


def plain(column: pa.ChunkedArray) -> list[object]:
    """Arrow's values, with times as integers, in the form of numpy's tolist()."""
    form = str(column.type)
    if "timestamp" in form or "duration" in form:
        column = column.cast(integers(column.type))
    return column.to_pylist()


def integers(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(integers(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, integers(field.type)) for field in kind])
    return pa.int64() if pa.types.is_timestamp(kind) or pa.types.is_duration(kind) else kind


@pytest.mark.parametrize("batch_rows", [65536, 37])
@pytest.mark.parametrize("level", ["flows", "packets"])
def test_ragged(several: Path, level: str, batch_rows: int) -> None:
    table = scan(several, FIELDS, level=level, batch_rows=batch_rows)
    got, want = table.to_numpy(), table.to_arrow()
    assert tuple(got) == table.column_names
    for name, column in got.items():
        values = lists(column) if pa.types.is_list(want.schema.field(name).type) else column.tolist()
        assert values == plain(want[name]), name


def test_types(several: Path) -> None:
    got = scan(several, FIELDS).to_numpy()
    assert got["sport"].dtype == np.uint16 and got["ip_lengths"].values.dtype == np.int32
    assert got["ip_lengths"].offsets.dtype == np.int64 and len(got["ip_lengths"].offsets) == 301
    assert got["time_start"].dtype == "datetime64[ns]" and got["ip_timestamps"].values.dtype == "datetime64[ns]"
    assert got["ip.ttl"].values["value"].dtype == np.uint8 and got["ip.ttl"].values["packet"].dtype == np.uint32
    assert got["ip.flags.df"].values["value"].dtype == bool
    assert got["src"].dtype == object and isinstance(got["udp.payload"].values["value"][0], bytes)


def test_views_keep_their_batch(several: Path) -> None:
    values, offsets = scan(several).to_numpy("ip_lengths")["ip_lengths"]
    assert not values.flags.owndata and not values.flags.writeable  # a view of Arrow's buffer
    several.unlink()
    assert values[offsets[0] : offsets[1]].tolist() == [48, -58]


@pytest.mark.parametrize("batch_rows", [65536, 37])
@pytest.mark.parametrize("length", [None, 0, 1, 3, 9])
def test_padded(several: Path, length: int | None, batch_rows: int) -> None:
    table = scan(several, FIELDS, batch_rows=batch_rows)
    got, want = table.to_numpy(layout="padded", length=length), table.to_arrow()
    width = 5 if length is None else length
    for name in ("ip_lengths", "ip_timestamps"):
        values, mask = got[name]
        assert values.shape == mask.shape == (300, width) and mask.dtype == bool
        rows = [row[:width] for row in plain(want[name])]
        assert [v[m].tolist() for v, m in zip(values, mask)] == rows
        assert mask.tolist() == [[j < len(row) for j in range(width)] for row in rows]
    values, mask = got["ip_lengths"]
    assert values.dtype == np.int32 and not values[~mask].any()
    assert np.isnat(got["ip_timestamps"].values[~mask]).all()


def test_padded_field_stands_at_its_packet(small: Path) -> None:
    got = scan(small, ["tcp.payload", "ip.addr", "ip.ttl", "udp.length"]).to_numpy(layout="padded")
    values, mask = got["tcp.payload"]
    assert mask.tolist() == [[False, False, False, True, True, False], [False] * 6]
    assert values[0].tolist() == [None, None, None, b"q" * 100, b"r" * 300, None]
    values, mask = got["ip.addr"]  # two values a packet: the first
    assert values[0, :2].tolist() == [made.CLIENT, made.SERVER]
    values, mask = got["udp.length"]
    assert values.dtype == np.uint16 and values.tolist()[1] == [28, 38, 0, 0, 0, 0] and mask.sum() == 2


def test_nulls_are_masked(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    made.write(path, [made.ethernet(b"\0" * 46, 0x0806), *made.exchange()])
    got = scan(path, level="frames").to_numpy()
    assert isinstance(got["sport"], np.ma.MaskedArray)
    assert got["sport"].tolist() == [None, 40000, 9999] and got["sport"].dtype == np.uint16
    assert got["src"].tolist() == [None, made.CLIENT, made.SERVER]
    assert got["reason"][0] is not None and got["reason"][1:].tolist() == [None, None]
    assert got["protocol"].tolist() == [None, "udp", "udp"]


def test_columns(small: Path) -> None:
    table = scan(small)
    assert list(table.to_numpy(["sport", "src"])) == ["sport", "src"]
    assert list(table.to_numpy("sport")) == ["sport"]
    with pytest.raises(ValueError, match="nothing"):
        table.to_numpy(["nothing"])
    with pytest.raises(ValueError, match="layout"):
        table.to_numpy(layout="square")
    with pytest.raises(ValueError, match="length"):
        table.to_numpy(length=5)
    with pytest.raises(ValueError, match="length"):
        table.to_numpy(layout="padded", length=-1)


def test_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    made.write(path, [])
    got = scan(path).to_numpy()
    assert len(got["sport"]) == 0 and len(got["ip_lengths"].values) == 0 and got["ip_lengths"].offsets.tolist() == [0]
    padded = scan(path).to_numpy(layout="padded", length=4)
    assert padded["ip_lengths"].values.shape == (0, 4)


def test_batches(several: Path) -> None:
    parts = [batch.to_numpy("sport")["sport"] for batch in scan(several, batch_rows=100)]
    assert np.concatenate(parts).tolist() == scan(several).to_numpy("sport")["sport"].tolist()
