"""The DuckDB extension: the rows of read_flows, read_packets and read_frames are those of scan, and errors have the same text."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import made
import pytest
from flowcontainer import scan

duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed: the extension was not tested")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extension was not tested")

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "tests/pcaps/demo.pcap"
FIELDS = ["ip.ttl", "tls.handshake.extensions_server_name", "tcp.time_delta", "tcp.payload"]


def builds(sanitized: bool) -> list[Path]:
    """The extensions in the build folders, or in FLOWCONTAINER_BUILD; the newest first."""
    named = os.environ.get("FLOWCONTAINER_BUILD")
    folders = [ROOT / named] if named else list((ROOT / "build").glob("*"))
    found = [folder / "flowcontainer.duckdb_extension" for folder in folders]
    found = [one for one in found if one.is_file() and is_sanitized(one.parent) == sanitized]
    return sorted(found, key=lambda one: one.stat().st_mtime, reverse=True)


def is_sanitized(build: Path) -> bool:
    return "FC_SANITIZE:BOOL=ON" in (build / "CMakeCache.txt").read_text()


def connected(database: str = ":memory:") -> duckdb.DuckDBPyConnection:
    found = builds(sanitized=False)
    if not found:
        pytest.skip("there is no DuckDB extension in build/* (make build): it was not tested")
    connection = duckdb.connect(database, config={"allow_unsigned_extensions": "true"})
    connection.execute(f"load '{found[0]}'")
    return connection


@pytest.fixture
def sql() -> duckdb.DuckDBPyConnection:
    return connected()


def same(relation: duckdb.DuckDBPyRelation, table: pa.Table) -> None:
    """Types and values are those that DuckDB itself makes of the table of scan; as text they keep their nanoseconds."""
    theirs = duckdb.from_arrow(table)
    assert (relation.columns, relation.types) == (theirs.columns, theirs.types)
    assert relation.project("columns(*)::varchar").fetchall() == theirs.project("columns(*)::varchar").fetchall()


@pytest.mark.parametrize("level", ["flows", "packets", "frames"])
def test_rows_are_those_of_scan(sql: duckdb.DuckDBPyConnection, level: str) -> None:
    same(sql.sql(f"from read_{level}('{DEMO}', fields := {FIELDS})"), scan(DEMO, FIELDS, level=level).to_arrow())


def test_more_rows_than_a_vector_holds(sql: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "many.pcap"
    made.write(path, made.many(5000))
    same(sql.sql(f"from read_flows('{path}')"), scan(path).to_arrow())
    assert sql.sql(f"select count(*), sum(len(ip_lengths)) from read_flows('{path}')").fetchall() == [(5000, 17500)]


def test_types(sql: duckdb.DuckDBPyConnection, small: Path) -> None:
    asked = 'src, time_start, duration, ip_lengths, ip_timestamps, "ip.ttl"'
    rows = sql.sql(f"describe select {asked} from read_flows('{small}', fields := ['ip.ttl'])").fetchall()
    assert [row[1] for row in rows] == [
        "VARCHAR", "TIMESTAMPTZ_NS", "INTERVAL", "INTEGER[]", "TIMESTAMPTZ_NS[]",
        'STRUCT(packet UINTEGER, "value" UTINYINT)[]',
    ] or duckdb.__version__ < "2"  # fmt: skip
    ns = sql.sql(f"select epoch_ns(time_start) from read_flows('{small}') limit 1").fetchall()
    assert ns == [(made.START,)]


def test_only_columns_in_use_are_made(sql: duckdb.DuckDBPyConnection, small: Path) -> None:
    """A field of libwireshark that the query does not use costs nothing, and the order of the query is kept."""
    ours = sql.sql(f"select dport, src, dport as again from read_flows('{small}', fields := ['ip.ttl'])").fetchall()
    assert ours == [(443, made.CLIENT, 443), (9999, made.CLIENT, 9999)]
    assert sql.sql(f"select count(*) from read_packets('{small}', fields := ['ip.ttl'])").fetchall() == [(8,)]
    mean = sql.sql(f"select fwd_ip_len_mean from read_flows('{small}', features := ['stats'])").fetchall()
    table = scan(small, columns=["fwd_ip_len_mean"]).to_arrow()
    assert [row[0] for row in mean] == table["fwd_ip_len_mean"].to_pylist()


OPTIONS = [
    ("filter := 'ip.ttl == 64'", {"filter": "ip.ttl == 64"}),
    ("drop := []", {"drop": ()}),
    ("drop := ['mdns', 'icmp']", {"drop": ["mdns", "icmp"]}),
    ("protocols := ['tcp', 'icmp'], drop := []", {"protocols": ["tcp", "icmp"], "drop": ()}),
    ("protocols := 'udp'", {"protocols": "udp"}),
    ("policy := 'timeout', idle := 0.01, active := 3", {"policy": "timeout", "idle": 0.01, "active": 3}),
    ("close := 'fin', idle := 0.01, max_flows := 5", {"close": "fin", "idle": 0.01, "max_flows": 5}),
    ("tunnel := 'outer', jobs := 2, max_frames := 50", {"tunnel": "outer", "jobs": 2, "max_frames": 50}),
    ("columns := ['src', 'sni'], \"values\" := 'first'", {"columns": ["src", "sni"], "values": "first"}),
    ("columns := ['default', 'flow_id'], packets := 3", {"columns": ["default", "flow_id"], "packets": 3}),
    ("packets := 3, \"limit\" := 'all', payload_only := true", {"packets": 3, "limit": "all", "payload_only": True}),
    ("\"join\" := true, engine := 'native', fields := 'ip.ttl'", {"join": True, "engine": "native", "fields": "ip.ttl"}),
    ("features := ['nfstream']", {"features": "nfstream"}),
    ("fields := NULL, filter := NULL", {}),
]


@pytest.mark.parametrize(("parameters", "options"), OPTIONS, ids=[one for one, _ in OPTIONS])
def test_options_are_those_of_scan(sql: duckdb.DuckDBPyConnection, parameters: str, options: dict[str, object]) -> None:
    same(sql.sql(f"from read_flows('{DEMO}', {parameters})"), scan(DEMO, **options).to_arrow())


def test_lists_globs_and_folders(sql: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for i in range(3):
        made.write(tmp_path / f"{i}.pcap", made.talk(sport=50000 + i))
    for path in (f"'{tmp_path}'", f"'{tmp_path}/*.pcap'", f"['{tmp_path}/0.pcap', '{tmp_path}/[12].pcap']"):
        assert sql.sql(f"select sport from read_flows({path})").fetchall() == [(50000,), (50001,), (50002,)]


ERRORS = [
    ("'{demo}', fields := ['ip.tl']", 'Wireshark knows no field "ip.tl"; near it: ip.ttl'),
    ("'nope.pcap'", "nope.pcap: no such file or folder"),
    ("3", "the path must be a text or a list of texts"),
    ("['{demo}', NULL]", "without NULL"),
    ("'-'", "standard input"),
    ("'{demo}', jobs := -1", "jobs must be a number from 0 to 4294967295, not -1"),
    ("'{demo}', packets := 0", "packets must be a number from 1 to 65535, not 0"),
    ("'{demo}', policy := 'x'", 'policy must be one of "stream", "timeout", not "x"'),
    ("'{demo}', idle := 3", "idle is for policy := 'timeout' and close := 'fin'"),
    ("'{demo}', active := 3", "active is for policy := 'timeout'"),
    ("'{demo}', policy := 'timeout', idle := -3", "idle must be a number of seconds above 0, not -3"),
    ("'{demo}', filter := 'ip.ttl >'", "Unexpected end of filter expression"),
    ("'{demo}', drop := ['x']", "x"),
    ("'{demo}', features := ['nfstream', 'cic-classic']", "ask for one feature set, not nfstream and cic-classic"),
    ("'{demo}', nonsense := 1", "nonsense"),
]


@pytest.mark.parametrize(("parameters", "text"), ERRORS, ids=[one for one, _ in ERRORS])
def test_errors_have_our_text(sql: duckdb.DuckDBPyConnection, parameters: str, text: str) -> None:
    with pytest.raises(duckdb.Error) as caught:
        sql.sql(f"select * from read_flows({parameters.format(demo=DEMO)})").fetchall()
    assert text in str(caught.value)


def test_a_damaged_capture_fails_the_query_unless_told(sql: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    made.write(cut, made.talk() + made.exchange())
    cut.write_bytes(cut.read_bytes()[:-10])
    with pytest.raises(duckdb.Error, match=r"cut.pcap.*byte.*ignore_errors := true"):
        sql.sql(f"select * from read_flows('{cut}')").fetchall()
    with pytest.warns(UserWarning):
        table = scan(cut).to_arrow()
    same(sql.sql(f"from read_flows('{cut}', ignore_errors := true)"), table)
    text = tmp_path / "text.pcap"
    text.write_text("not a capture")
    with pytest.raises(duckdb.Error, match="not a capture"):
        sql.sql(f"select * from read_flows('{text}', ignore_errors := true)").fetchall()


def test_a_limit_ends_the_reading_and_a_view_reads_again(sql: duckdb.DuckDBPyConnection, several: Path) -> None:
    sql.execute(f"create view packets as from read_packets('{several}')")
    assert len(sql.sql("from packets limit 5").fetchall()) == 5
    both = "select count(*) from packets a join packets b using (frame)"
    assert sql.sql(both).fetchall() == sql.sql("select count(*) from packets").fetchall()


def test_a_closed_database_is_free(tmp_path: Path, small: Path) -> None:
    """The extension keeps no connection: another process can open the file once the first has closed it."""
    path = tmp_path / "some.duckdb"
    first = connected(str(path))
    first.execute(f"create table flows as from read_flows('{small}')")
    first.close()
    other = f"import duckdb; print(duckdb.connect({str(path)!r}).sql('select count(*) from flows').fetchall())"
    assert subprocess.run([sys.executable, "-c", other], text=True, capture_output=True).stdout == "[(2,)]\n"


def test_the_guide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sql: duckdb.DuckDBPyConnection) -> None:
    monkeypatch.chdir(tmp_path)
    Path("captures").mkdir()
    for copy in ("day.pcap", "captures/day.pcap"):
        shutil.copy(DEMO, copy)
    guide = (ROOT / "docs/guide/engines.md").read_text().split("## DuckDB")[1].split("\n## ")[0]
    (python,) = re.findall(r"^```python\n(.*?)^```", guide, re.M | re.S)
    exec(compile(python, "engines.md", "exec"), {})
    (statements,) = re.findall(r"^```sql\n(.*?)^```", guide, re.M | re.S)
    for statement in statements.split(";\n")[1:-1]:
        sql.execute(statement)
    assert sql.sql("select count(*) from flows").fetchall() == [(15,)]


SANITIZED = """
import sys, duckdb
sql = duckdb.connect(config={"allow_unsigned_extensions": "true"})
sql.execute(f"load '{sys.argv[1]}'")
for level in ("flows", "packets", "frames"):
    print(len(sql.sql(f"from read_{level}('{sys.argv[2]}', fields := ['ip.ttl', 'dns.qry.name'])").fetchall()))
for wrong in ("fields := ['x.y']", "drop := ['x']", "jobs := -1", "columns := [NULL]"):
    try:
        sql.sql(f"from read_flows('{sys.argv[2]}', {wrong})").fetchall()
    except duckdb.Error:
        print(wrong)
"""


def test_under_sanitizers() -> None:
    found = builds(sanitized=True)
    if not found:
        pytest.skip("there is no DuckDB extension with sanitizers (make checked): its memory was not checked")
    libraries = [  # the sanitizer meets DuckDB's exceptions, for which it needs the C++ library from the start
        subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
        for name in ("libasan.so", "libstdc++.so")
    ]
    environment = {**os.environ, "LD_PRELOAD": ":".join(libraries), "ASAN_OPTIONS": "detect_leaks=0"}
    command = [sys.executable, "-c", SANITIZED, str(found[0]), str(DEMO)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 7
