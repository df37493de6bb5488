"""The parts of the engines' sources that need no engine: options as texts, lists of stored captures, bins, types."""

from __future__ import annotations

from pathlib import Path

import made
import pytest
from flowcontainer import Values, scan
from flowcontainer.options import options_of, scan_of


def given(**options: str) -> dict[str, object]:
    return options_of({"path": "day.pcap", **options}).scan


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({"fields": "ip.ttl, tcp.flags"}, {"fields": ["ip.ttl", "tcp.flags"]}),
        ({"fields": '["ip.ttl"]'}, {"fields": ["ip.ttl"]}),
        ({"drop": "none"}, {"drop": ()}),
        ({"columns": "src,first(sni)"}, {"columns": ["src", Values("sni", "first")]}),
        ({"columns": "a=src, b=set(http.host)"}, {"columns": {"a": "src", "b": Values("http.host", "set")}}),
        ({"packets": "5", "idle": "1.5"}, {"packets": 5, "idle": 1.5}),
        ({"exact": "TRUE", "phantoms": "false"}, {"exact": True, "phantoms": False}),
        ({"preferences": '{"tcp.desegment_tcp_streams": false}'}, {"preferences": {"tcp.desegment_tcp_streams": False}}),
        ({"level": "packets", "Filter": "tcp"}, {"level": "packets", "filter": "tcp"}),
    ],
    ids=str,
)
def test_options_are_arguments_of_scan(options: dict[str, str], arguments: dict[str, object]) -> None:
    assert given(**options) == {"batch_rows": 4096, **arguments}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"fild": "x"}, "there is no option 'fild' for captures; near it: fields"),
        ({"interface": "lo"}, "there is no option 'interface'"),
        ({"packets": "-1"}, "packets must be a whole number from 0 on, not '-1'"),
        ({"partitions": "0"}, "partitions must be a whole number from 1 on"),
        ({"times": "ms"}, "times must be one of us, ns, not 'ms'"),
        ({"exact": "yes"}, "exact must be one of true, false"),
        ({"bytes": "{"}, "bytes must be JSON"),
        ({"idle": "long"}, "idle must be a number of seconds, not 'long'"),
        ({"columns": "src,first("}, "columns has 'first\\('"),
        ({"columns": "a=src,dst"}, "new names, or none"),
        ({"path": "-"}, "standard input"),
        ({"path": ""}, "no path given"),
    ],
    ids=str,
)
def test_wrong_options_are_named(options: dict[str, str], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        given(**options)


def test_every_option_of_scan_over_paths_is_read(small: Path) -> None:
    """A new option of scan that is no text must be put into a list of options.py."""
    import inspect

    from flowcontainer import options

    typed = options.LISTS | options.NUMBERS | options.SECONDS | options.SWITCHES | options.JSON | {"columns"} | options.REFUSED
    for name, parameter in inspect.signature(scan).parameters.items():
        if name not in typed:
            assert "str" in str(parameter.annotation).lower(), name
    assert scan_of(options_of({"path": "x", "fields": "ip.ttl"}), [str(small)]).to_arrow().num_rows == 2


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = options_of({"path": "day.pcap", "paths": '["file:/a", "file:///b/", "s3a://bucket/day"]'})
    assert given.paths == ("/a", "/b", "s3a://bucket/day", f"{tmp_path}/day.pcap")


def test_captures_know_when_they_changed(tmp_path: Path) -> None:
    made.write(tmp_path / "a.pcap", made.talk())
    (one,) = scan(tmp_path)._captures()
    assert (one.name, one.size, one.changed) == (
        str(tmp_path / "a.pcap"), (tmp_path / "a.pcap").stat().st_size, (tmp_path / "a.pcap").stat().st_mtime,
    )  # fmt: skip
    (tmp_path / "a.pcap").unlink()
    assert one.changed == 0
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: URLs were not tested")
    memory = fsspec.filesystem("memory")
    memory.pipe("/engines/1.pcap", b"x")
    (one,) = scan("memory://engines")._captures()
    assert one.name == "memory:///engines/1.pcap"


def test_types_of_spark(small: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: types were not tested")
    from flowcontainer.plain import spark_batch, spark_schema

    asked = scan(small, ["ip.ttl", "tcp.time_delta"], columns=["protocol", "src", "sport", "fwd_bytes", "ip_timestamps"],
                 bytes={"head": {"packets": 2, "start": "ip", "length": 2}})  # fmt: skip
    schema = spark_schema(asked)
    assert [str(field.type) for field in schema] == [
        "string", "string", "int32", "decimal128(20, 0)", "list<element: timestamp[us, tz=UTC]>",
        "list<element: list<element: int16>>", "list<element: int64>", "int64",
        "list<element: struct<packet: int64, value: int16>>", "list<element: struct<packet: int64, value: duration[us]>>",
    ]  # fmt: skip
    (batch,) = [spark_batch(batch, schema) for batch in asked]
    assert batch.schema == schema
    assert batch.column("head").to_pylist()[0] == [[0x45, 0], [0x45, 0]]
    times = pa.compute.list_flatten(batch.column("ip_timestamps")).cast(pa.int64()).to_pylist()
    assert times[0] == made.START // 1000
