"""scan_captures: the answers are those of the whole table, and less is read."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import flowcontainer
from flowcontainer import lazy, scan, scan_captures

pl = pytest.importorskip("polars", reason="polars is not installed")
pytest.importorskip("polars.io.plugins", reason="this polars has no sources in Python")

PCAPS = Path(__file__).parents[1] / "pcaps"
PATHS = [PCAPS / "demo.pcap", PCAPS / "dhcp.pcap"]
FIELDS = ["ip.ttl", "http.host", "tcp.flags"]


@pytest.fixture()
def asked(monkeypatch):
    """The scans that were made of a query: (names of captures, column names, filter)."""
    found = []

    def spy(*arguments):
        part = narrowed(*arguments)
        found.append(part)
        return part

    narrowed = lazy.narrowed
    monkeypatch.setattr(lazy, "narrowed", spy)
    return found


def whole(level="flows", **options):
    return pl.DataFrame(scan(PATHS, FIELDS, level=level, **options).read())


def plain(frame):
    """A frame without dictionaries, which may have other codes."""
    return frame.with_columns(pl.col(pl.Categorical).cast(pl.String))


def same(lazy_frame, frame) -> bool:
    return plain(lazy_frame.collect()).equals(plain(frame))


@pytest.mark.parametrize("level", ["flows", "packets", "frames"])
def test_the_whole_table(level):
    frame = scan_captures(PATHS, FIELDS, level=level)
    assert frame.collect_schema() == whole(level).schema
    assert same(frame, whole(level))
    assert frame.select(pl.len()).collect().item() == len(whole(level))


def test_only_used_columns_are_made(asked):
    frame = scan_captures(PATHS, FIELDS)
    assert same(frame.select("dst", "dport"), whole().select("dst", "dport"))
    assert asked[-1].column_names == ("dst", "dport")
    query = lambda f: f.filter(pl.col("sport") > 1000).group_by("protocol").agg(pl.len()).sort("protocol")
    assert same(query(frame), query(whole()))
    assert set(asked[-1].column_names) == {"sport", "protocol"}
    assert same(frame.select("ip.ttl"), whole().select("ip.ttl"))
    assert asked[-1].column_names == ("ip.ttl",)


@pytest.mark.parametrize(
    "options",
    [
        {"columns": {"source": "src", "src": "dst", "host": "http.host"}},
        {"columns": ["default", "community_id"]},
        {"columns": ["identity"], "features": "basic"},
        {"features": ["basic", "stats"]},
        {"bytes": {"head": {"start": "ip", "length": 8, "packets": 2}}},
        {"features": "nfstream", "fields": ()},
        {"values": "first"},
    ],
)
def test_chosen_columns_keep_their_meaning(options, asked):
    fields = options.pop("fields", FIELDS)
    full = pl.DataFrame(scan(PATHS, fields, **options).read())
    frame = scan_captures(PATHS, fields, **options)
    for name in full.columns:
        assert same(frame.select(name), full.select(name)), name
    assert same(frame.select(full.columns[::-1]), full.select(full.columns[::-1]))


def test_a_limit_ends_the_reading(asked):
    frame = scan_captures([PATHS[0]] * 200, level="packets")
    assert len(frame.head(10).collect()) == 10
    assert not asked[-1].accounting  # the reading was given up
    assert same(frame.head(10), pl.DataFrame(scan(PATHS[0], level="packets").read()).head(10))
    assert same(scan_captures(PATHS).filter(pl.col("dport") == 53).head(3), whole().select(scan(PATHS).column_names).filter(pl.col("dport") == 53).head(3))


@pytest.mark.parametrize("level", ["flows", "packets", "frames"])
def test_captures_are_chosen_by_their_names(level, asked):
    names = [str(path) for path in PATHS]
    for predicate in (
        pl.col("capture") == names[1],
        pl.col("capture").is_in(names[:1]),
        pl.col("capture").cast(pl.String).str.contains("dhcp"),
        (pl.col("capture") != names[0]) & (pl.col("protocol") == "udp"),
        pl.col("capture") == "no such",
    ):
        frame = scan_captures(PATHS, FIELDS, level=level)
        before = len(asked)
        assert same(frame.filter(predicate), whole(level).filter(predicate)), predicate
        assert all(part.estimate().captures == 1 for part in asked[before:]), predicate


def test_or_is_no_and():
    names = [str(path) for path in PATHS]
    predicate = (pl.col("capture") == names[1]) | (pl.col("protocol") == "tcp")
    assert same(scan_captures(PATHS, FIELDS).filter(predicate), whole().filter(predicate))


def test_comparisons_of_packets_are_filters(asked):
    fields = ["frame.cap_len", "ip.ttl"]
    frame = scan_captures(PATHS, fields, level="packets")
    full = pl.DataFrame(scan(PATHS, fields, level="packets").read())
    shown = ["capture", "frame", "src", "frame.cap_len"]
    for predicate, text in (
        ((pl.col("frame_length") > 100) & (pl.col("frame") <= 50), "(frame.len > 100) && (frame.number <= 50)"),
        (pl.col("frame.cap_len") == 74, "(frame.cap_len == 74)"),
        (pl.col("frame.cap_len") != 74, "(frame.cap_len != 74)"),
        (pl.col("frame.cap_len") == -5, ""),
        (pl.col("protocol") == "tcp", ""),
        ((pl.col("frame.cap_len") == 74) | (pl.col("frame") > 50), ""),
    ):
        assert same(frame.filter(predicate).select(shown), full.filter(predicate).select(shown)), text
        clauses = asked[-1]._options["filter"].split(" && ")
        assert sorted(clauses) == sorted(text.split(" && "))  # polars gives the conditions in an order of its own
    assert len(full.filter(pl.col("frame.cap_len") == 74)) > 3


def test_flow_and_direction_forbid_filters(asked):
    """A filter would count flows anew."""
    frame, full = scan_captures(PATHS, FIELDS, level="packets"), whole("packets")
    for shown in (["flow"], ["direction"], None):
        predicate = pl.col("frame_length") > 100
        one, other = frame.filter(predicate), full.filter(predicate)
        assert same(one.select(shown) if shown else one, other.select(shown) if shown else other)
        assert asked[-1]._options["filter"] == ""
    filtered = pl.DataFrame(scan(PATHS, level="packets", filter="frame.len > 100").read())
    assert not filtered["flow"].equals(full.filter(pl.col("frame_length") > 100)["flow"])  # or the rule is not needed


def test_flows_are_never_filtered(asked):
    frame = scan_captures(PATHS, FIELDS).filter(pl.col("dport") == 53)
    assert same(frame, whole().filter(pl.col("dport") == 53))
    assert asked[-1]._options["filter"] == ""
    given = scan_captures(PATHS, FIELDS, level="packets", filter="udp or ip.ttl == 1").filter(pl.col("frame") > 5).select("src")
    full = pl.DataFrame(scan(PATHS, FIELDS, level="packets", filter="udp or ip.ttl == 1").read())
    assert same(given, full.filter(pl.col("frame") > 5).select("src"))
    assert asked[-1]._options["filter"] == "(udp or ip.ttl == 1) && (frame.number > 5)"


def test_two_collections_and_a_damaged_capture(tmp_path):
    (tmp_path / "bad.pcap").write_bytes((PCAPS / "demo.pcap").read_bytes()[:-5])
    frame = scan_captures([tmp_path / "bad.pcap", PATHS[1]])
    for _ in range(2):
        with pytest.warns(flowcontainer.CaptureWarning, match="bad.pcap"):
            assert len(frame.collect()) > 10
    with pytest.raises(FileNotFoundError):
        scan_captures(tmp_path / "none")
    assert pickle.loads(pickle.dumps(flowcontainer.scan(PATHS))).estimate().captures == 2


def test_streaming_engine():
    frame = scan_captures(PATHS, FIELDS).group_by("dport").agg(pl.len()).sort("dport")
    assert frame.collect(engine="streaming").equals(frame.collect())
