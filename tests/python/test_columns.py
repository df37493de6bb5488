"""Columns that a caller chooses, against the same facts of the default columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from flowcontainer import columns, distinct, first, listed, names, scan

pa = pytest.importorskip("pyarrow")

TOTALS = ("packets", "bytes", "payload_packets", "payload_bytes")


def rows(path: Path, **options: object) -> list[dict[str, object]]:
    """Times and durations as integers."""
    table = scan(path, **options).to_arrow()  # type: ignore[arg-type]
    return table.cast(pa.schema([(field.name, _integers(field.type)) for field in table.schema])).to_pylist()


def _integers(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_list(kind) and not pa.types.is_struct(kind.value_type):
        return pa.list_(_integers(kind.value_type))
    return pa.int64() if pa.types.is_timestamp(kind) or pa.types.is_duration(kind) else kind


def test_totals_are_those_of_the_sequences(small: Path) -> None:
    for row in rows(small):
        for sign, way in ((1, "fwd"), (-1, "bwd")):
            lengths = [n * sign for n in row["ip_lengths"] if n * sign > 0]  # type: ignore[attr-defined]
            payloads = [n * sign for n in row["payload_lengths"] if n * sign > 0]  # type: ignore[attr-defined]
            want = (len(lengths), sum(lengths), len(payloads), sum(payloads))
            assert tuple(row[f"{way}_{name}"] for name in TOTALS) == want
        times = row["ip_timestamps"]
        assert row["duration"] == max(times) - min(times)  # type: ignore[call-overload]
        assert (row["time_start"], row["time_end"]) == (min(times), max(times))  # type: ignore[call-overload]


def test_sequences_on_request(small: Path) -> None:
    every = rows(small)
    asked = ["ip_gaps", "payload_gaps", "directions", "frames", "frame_lengths", "tcp_flags", "src", "dst"]
    packets = {row["frame"]: row for row in rows(small, level="packets", fields=["tcp.flags"])}
    for row, plain in zip(rows(small, columns=asked), every, strict=True):
        for name in ("ip", "payload"):
            times = plain[f"{name}_timestamps"]
            assert row[f"{name}_gaps"] == [b - a for a, b in zip([times[0], *times], times)]  # type: ignore[index,misc]
        assert row["directions"] == [1 if n > 0 else -1 for n in plain["ip_lengths"]]  # type: ignore[attr-defined]
        frames = [packets[number] for number in row["frames"]]  # type: ignore[attr-defined]
        assert [packet["ip_length"] for packet in frames] == [abs(n) for n in plain["ip_lengths"]]  # type: ignore[attr-defined]
        assert row["frame_lengths"] == [packet["frame_length"] for packet in frames]
        tcp = plain["protocol"] == "tcp"
        assert row["tcp_flags"] == ([packet["tcp.flags"][0] for packet in frames] if tcp else None)  # type: ignore[index]


def test_order_and_names(small: Path) -> None:
    table = scan(small, columns={"to": "dst", "n": "fwd_packets", "sni": first("sni")}, fields=["ip.ttl"])
    assert table.column_names == ("to", "n", "sni", "ip.ttl")
    assert [row["to"] for row in rows(small, columns={"to": "dst"})] == [row["dst"] for row in rows(small)]
    assert scan(small, columns=["totals"]).column_names == (*TOTALS, *(f"{w}_{t}" for t in TOTALS for w in ("fwd", "bwd")))
    plain = scan(small).column_names
    assert scan(small, columns=["default", "flow_id"]).column_names == (*plain, "flow_id")
    assert scan(small, columns="src", level="packets").column_names == ("src",)
    assert "reason" in scan(small, level="frames", columns=["reason", "frame"]).column_names


@pytest.mark.parametrize("level", ["flows", "packets", "frames"])
def test_each_column_alone_says_the_same(small: Path, level: str) -> None:
    every = rows(small, level=level)
    for column in columns(level):
        if column.group != "short names":
            (alone,) = {tuple(row) for row in rows(small, level=level, columns=[column.name])}
            assert alone == (column.name,)
            if column.default:
                told = [row[column.name] for row in rows(small, level=level, columns=[column.name])]
                assert told == [row[column.name] for row in every]
    assert [c.name for c in columns(level) if c.default] == list(scan(small, level=level).column_names)


@pytest.mark.parametrize("level", ["flows", "packets"])
def test_editors_complete_the_names_that_there_are(level: str) -> None:
    known = {"flows": {*get_args(names.FlowColumn), *get_args(names.Statistic)}, "packets": set(get_args(names.PacketColumn))}
    there = {column.name for column in columns(level) if column.group != "short names"}
    assert there == known[level] - ({"reason"} if level == "packets" else set())
    assert set(get_args(names.ShortName)) == {column.name for column in columns() if column.group == "short names"}
    assert {column.group for column in columns(level)} - {"short names"} <= set(get_args(names.Group))


def test_families_are_those_of_the_engine(small: Path) -> None:
    for family in get_args(names.Family):
        assert scan(small, features=family).column_names
    with pytest.raises(ValueError, match="unknown"):
        scan(small, features="basics")


def test_values_stand_in_four_ways(small: Path) -> None:
    ways = {"pairs": "ip.ttl", "all": listed("ip.ttl"), "one": first("ip.ttl"), "set": distinct("ip.ttl")}
    for row in rows(small, columns=ways):
        values = [pair["value"] for pair in row["pairs"]]  # type: ignore[attr-defined]
        assert row["all"] == values and row["one"] == values[0] and row["set"] == list(dict.fromkeys(values))
    assert rows(small, columns=["ip.id"], values="set") == rows(small, columns={"ip.id": distinct("ip.id")})
    assert rows(small, columns=["ip.id"], values="first", level="packets")[0].keys() == {"ip.id"}
    assert {row["http.host"] for row in rows(small, columns=["http.host"], values="first", engine="native")} == {None}


def test_many_different_values(several: Path) -> None:
    """A set that is too long to be compared one by one."""
    values = [row["ip.id"] for row in rows(several, level="packets", columns=["ip.id"], values="first")]
    assert len(values) > 64
    for row in rows(several, columns={"set": distinct("udp.srcport"), "all": listed("udp.srcport")}):
        assert row["set"] == list(dict.fromkeys(row["all"]))  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [1, 2, 3, 65535])
def test_the_first_packets(small: Path, n: int) -> None:
    names = ["ip_lengths", "payload_lengths", "ip_gaps", "ip.ttl", "fwd_bytes", "duration", "protocol"]
    for row, plain in zip(rows(small, columns=names, packets=n), rows(small, columns=names), strict=True):
        lengths = plain["ip_lengths"]
        assert row["ip_lengths"] == lengths[:n] and row["ip_gaps"] == plain["ip_gaps"][:n]  # type: ignore[index]
        assert row["ip.ttl"] == [pair for pair in plain["ip.ttl"] if pair["packet"] < n]  # type: ignore[attr-defined]
        assert (row["fwd_bytes"], row["duration"]) == (plain["fwd_bytes"], plain["duration"])
    for row in rows(small, columns=["ip_lengths", "payload_lengths"], packets=n, payload_only=True):
        assert len(row["ip_lengths"]) == len(row["payload_lengths"]) <= n  # type: ignore[arg-type]
    for row in rows(small, columns=["ip_lengths", "totals", "duration"], packets=n, limit="all"):
        assert row["fwd_packets"] + row["bwd_packets"] == len(row["ip_lengths"]) <= n  # type: ignore[operator,arg-type]


def test_flow_ids_are_stable(small: Path, tmp_path: Path) -> None:
    there = tmp_path / "elsewhere" / small.name
    there.parent.mkdir()
    there.write_bytes(small.read_bytes())
    ids = [row["flow_id"] for row in rows(small, columns=["flow_id"])]
    assert ids == [row["flow_id"] for row in rows(there, columns=["flow_id"])]
    assert len(set(ids)) == len(ids) and all(len(one) == 32 for one in ids)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"columns": ["fwd_byte"]}, "near it: fwd_bytes"),
        ({"columns": ["ip.tll"], "engine": "native"}, "ip.ttl"),
        ({"columns": ["src", "src"]}, '"src" is asked for twice'),
        ({"columns": {"x": "src", "y": "src"}}, '"src" is asked for twice'),
        ({"columns": []}, "no column"),
        ({"columns": ["src"], "values": "last"}, "values is one of|values must be one of"),
        ({"columns": [first("src")]}, "not a field"),
        ({"packets": 0}, "1 to 65535"),
        ({"packets": 65536}, "1 to 65535"),
        ({"packets": 5, "level": "packets"}, "level of flows"),
        ({"limit": "all"}, "number"),
    ],
)
def test_what_makes_no_sense_is_refused(small: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        scan(small, **options)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        scan(small, columns=[3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="level"):
        columns("flow")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--bytes", "h=ip:5x80:mask="), "the mask is empty"),
        (("--bytes", "h=ip:5x80:mask=ports+ports"), 'mask "ports" is asked for twice'),
        (("--bytes", "h=ip:80"), "the number of packets is missing"),
        (("--level", "packets", "--bytes", "h=ip:5x20"), "for the level of flows"),
        (("--features", "basic,stats,basic"), '"basic" is asked for twice'),
        (("--features", ""), "a name is empty"),
        (("--features", "SATS"), "near it: stats; families"),
        (("-C", "default,default"), '"default" is asked for twice'),
        (("-C", "src", "-C", "src"), '"src" is asked for twice'),
        (("-C", "a=first()"), "is missing"),
        (("-C", "frist(sni)"), "near it: first"),
        (("-C", "first(src)"), "is a column, not a field"),
        (("-C", "x=default"), "cannot be renamed"),
        (("-C", "SRC"), "near it: src"),
        (("--level", "packets", "-C", "fwd_bytes"), "is for the level flows"),
        (("--level", "frames", "--payload-only"), "packets with payload"),
        (("--limit", "all"), 'limit "all"'),
    ],
)
def test_the_command_says_what_is_wrong(cli: Any, several: Path, arguments: tuple[str, ...], text: str) -> None:
    answer = cli(*arguments, several)
    assert answer.returncode == 2 and text in answer.stderr and not answer.stdout


def test_columns_of_several_options_add_up(cli: Any, several: Path) -> None:
    once = cli("-T", "csv", "-C", "src,dst,fwd_bytes", several).stdout
    assert cli("-T", "csv", "-C", "src,dst", "-C", "fwd_bytes", several).stdout == once


def test_the_list_of_columns_takes_patterns(cli: Any) -> None:
    listed = cli("columns", "*_gaps").stdout
    assert "ip_gaps" in listed and "fwd_bytes" not in listed
    assert cli("columns", "bogus").returncode == 2
    for wrong in (("-T", "ndjson"), ("-C", "src")):
        assert "takes --level and patterns" in cli("columns", *wrong).stderr


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"values": None}, TypeError, "values must be a text"),
        ({"limit": None}, TypeError, "limit must be a text"),
        ({"columns": {1: "src"}}, TypeError, "not 1"),
        ({"columns": {"src", "dst"}}, TypeError, "order"),
        ({"packets": True}, TypeError, "packets must be a whole number"),
        ({"payload_only": "yes"}, TypeError, "payload_only must be True or False"),
        ({"fields": [first("sni")]}, TypeError, "columns="),
        ({"columns": ["first(sni)"]}, ValueError, r"first\('sni'\)"),
        ({"columns": "src,dst"}, ValueError, r"columns=\['src', 'dst'\]"),
        ({"columns": ["a=src"]}, ValueError, r"columns=\{'a': 'src'\}"),
        ({"features": "basic,stats"}, ValueError, r"features=\['basic', 'stats'\]"),
        ({"features": ["basic", "basic"]}, ValueError, "asked for twice"),
        ({"bytes": {"h": {"start": "ip", "length": 3, "packets": 3, "mask": ""}}}, ValueError, "is empty"),
    ],
)
def test_python_says_what_is_wrong(several: Path, options: dict[str, Any], error: type, text: str) -> None:
    with pytest.raises(error, match=text):
        scan(several, **options)
