"""The command's choice of columns: order, new names, values of fields, first packets, statistics, and refusals."""

from __future__ import annotations

import csv
import io
import json

import pytest
from flowcontainer import columns, first, listed, scan


@pytest.fixture(scope="module")
def demo(root):
    return root / "tests/pcaps/demo.pcap"


def csv_of(done) -> list[dict[str, str]]:
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def json_of(done) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_order_and_new_names(cli, demo):
    rows = csv_of(cli("-T", "csv", "-C", "to=dst,src,n=fwd_packets,sni=first(tls.handshake.extensions_server_name)", demo))
    asked = {"to": "dst", "src": "src", "n": "fwd_packets", "sni": first("tls.handshake.extensions_server_name")}
    want = scan(demo, columns=asked).read().to_pydict()
    assert list(rows[0]) == list(asked)
    for name in asked:
        assert [row[name] for row in rows] == ["" if value is None else str(value) for value in want[name]]
    assert "www.example.test" in {row["sni"] for row in rows}


def test_short_names_and_fields_of_e_follow(cli, demo):
    rows = csv_of(cli("-T", "csv", "-C", "src,first(sni)", "-e", "ip.ttl", demo))
    assert list(rows[0]) == ["src", "sni", "ip.ttl", "ip.ttl#packet"]


@pytest.mark.parametrize("way", ["packets", "list", "first", "set"])
def test_values_stand_as_in_python(cli, demo, way):
    rows = json_of(cli("-T", "ndjson", "-C", "src,ip.ttl,all=list(ip.ttl)", "--values", way, demo))
    want = scan(demo, columns={"src": "src", "ip.ttl": "ip.ttl", "all": listed("ip.ttl")}, values=way).read().to_pydict()
    assert [row["all"] for row in rows] == want["all"]
    if way == "packets":
        assert [len(row["ip.ttl"]) for row in rows] == [len(value) for value in want["ip.ttl"]]
    else:
        assert [row["ip.ttl"] for row in rows] == want["ip.ttl"]


@pytest.mark.parametrize("limit", ["sequences", "all"])
def test_the_first_packets(cli, demo, limit):
    rows = json_of(cli("-T", "ndjson", "-C", "ip_lengths,packets", "--packets", "2", "--payload-only", "--limit", limit, demo))
    kept = scan(demo, columns=["ip_lengths", "packets"], packets=2, payload_only=True, limit=limit).read().to_pydict()
    assert [row["ip_lengths"] for row in rows] == kept["ip_lengths"]
    assert [row["packets"] for row in rows] == kept["packets"]
    assert max(len(row["ip_lengths"]) for row in rows) == 2
    assert (max(row["packets"] for row in rows) <= 2) == (limit == "all")


def test_statistics_follow_the_columns(cli, demo):
    rows = csv_of(cli("-T", "csv", "-C", "src", "--features", "basic,ip_len_mean", demo))
    want = scan(demo, columns=["src"], features=["basic", "ip_len_mean"])
    assert tuple(rows[0]) == want.column_names
    assert [float(row["ip_len_mean"]) for row in rows] == want.read()["ip_len_mean"].to_list()


def test_csv_has_sequences_on_request_alone(cli, demo):
    plain = cli("-T", "csv", demo)
    assert "ip_lengths" not in csv_of(plain)[0]
    assert plain.stderr.count("CSV leaves out the sequences") == 1
    assert "CSV leaves out" not in cli("-q", "-T", "csv", demo).stderr
    chosen = cli("-T", "csv", "-C", "src,ip_lengths", demo)
    assert list(csv_of(chosen)[0]) == ["src", "ip_lengths"]
    assert "CSV leaves out" not in chosen.stderr
    assert "ip_lengths" in json_of(cli("-T", "ndjson", demo))[0]


def test_the_table_shows_what_is_chosen(cli, demo):
    lines = cli("-C", "from=src,fwd_bytes", demo).stdout.splitlines()
    assert lines[0].split() == ["from", "fwd_bytes"]
    want = scan(demo, columns=["src", "fwd_bytes"]).read().to_pydict()
    assert [line.split() for line in lines[1:]] == [[a, str(b)] for a, b in zip(want["src"], want["fwd_bytes"])]


@pytest.mark.parametrize("level", ["flows", "packets", "frames"])
def test_columns_are_listed(cli, level):
    listing = cli("columns", "--level", level)
    named = {line.lstrip("* ").split()[0] for line in listing.stdout.splitlines() if line.lstrip("* ")}
    assert {column.name for column in columns(level)} <= named


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-C", "fwd_byte"], 'unknown column "fwd_byte"; near it: fwd_bytes'),
        (["-C", "src,src"], 'column "src" is asked for twice'),
        (["-C", "a=src,a=dst"], 'column "a" is asked for twice'),
        (["-C", "x=first(src)"], 'column, not a field'),
        (["-C", "=src"], "-C takes columns"),
        (["-C", "x=last(ip.ttl)"], "last"),
        (["-C", ""], "column"),
        (["--features", "stat"], "near it: stats"),
        (["--values", "lst"], 'packets, list, first or set, not "lst"'),
        (["--limit", "none", "--packets", "2"], 'sequences or all, not "none"'),
        (["--limit", "all"], "--packets|number"),
        (["--packets", "0"], "1 to 65535"),
        (["--packets", "65536"], "1 to 65535"),
    ],
)
def test_what_makes_no_sense_is_refused(cli, demo, options, said):
    done = cli(*options, demo)
    assert done.returncode == 2 and not done.stdout
    assert any(part in done.stderr for part in said.split("|")), done.stderr
