"""The feature sets of other programs on the command line: formats, messages, the list of families."""

from __future__ import annotations

import csv
import io
import json

import pytest
from flowcontainer import scan

SETS = ["cic-classic", "cic-corrected", "nfstream", "nprint", "zeek-conn", "netflow"]


def test_a_file_as_the_original_writes_it(cli, small, tmp_path):
    path = tmp_path / "small.pcap_Flow.csv"
    done = cli("--features", "cic-classic", "-o", path, small)
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(path.open()))
    assert (len(rows), len(rows[0])) == (3, 84)
    assert rows[0][:3] == ["Flow ID", "Src IP", "Src Port"]
    assert rows[1][-1] == "NeedManualLabel"
    assert done.stderr.startswith("8 packets, 2 rows of cic-classic\n")
    assert done.stdout == ""


def test_frames_left_out_are_counted(cli, root):
    done = cli("--features", "nprint", "-T", "csv", root / "tests" / "pcaps" / "demo.pcap")
    assert done.stderr.splitlines() == [
        "193 packets, 193 rows of nprint",
        "left out: 17 that the original program does not take (17 of 210 frames)",
    ]


def test_conn_log(cli, small):
    done = cli("--features", "zeek-conn", "--ignore-checksums", "-T", "csv", "-q", small)
    lines = done.stdout.splitlines()
    assert lines[0] == "#separator \\x09"
    assert lines[5].startswith("#fields\tts\tuid\tid.orig_h")
    assert lines[6].startswith("#types\ttime\tstring\taddr")
    assert len(lines) == 9
    json_lines = cli("--features", "zeek-conn", "--ignore-checksums", "-T", "ndjson", "-q", small).stdout.splitlines()
    first = json.loads(json_lines[0])
    fields = lines[5].split("\t")[1:]
    cells = dict(zip(fields, lines[7].split("\t")))
    assert list(first) == [name for name in fields if cells[name] != "-"]
    assert f"{first['ts']:.6f}" == cells["ts"]
    assert str(first["orig_bytes"]) == cells["orig_bytes"]


def test_ndjson_and_json_have_the_same_values(cli, several):
    lines = [json.loads(line) for line in cli("--features", "cic-corrected", "-T", "ndjson", "-q", several).stdout.splitlines()]
    objects = json.loads(cli("--features", "cic-corrected", "-T", "json", "-q", several).stdout)
    assert lines == objects
    assert len(lines) == 300
    nulls = cli("--features", "cic-corrected", "-T", "ndjson", "-q", "--nulls", several).stdout.splitlines()[0]
    assert (json.loads(nulls)["Idle Mean"], lines[0]["Idle Mean"]) == (None, 0)


def test_table_and_capture(cli, small, several):
    done = cli("--features", "nfstream", "--with-capture", small, several)
    titles = done.stdout.splitlines()[0].split()
    assert titles[:4] == ["capture", "id", "expiration_id", "src_ip"]
    assert len(done.stdout.splitlines()) == 303
    assert done.stderr.startswith("1,058 packets, 302 rows of nfstream of 2 captures")


def test_lists_and_time_outs(cli, small):
    done = cli("--features", "nfstream", "--splt", "3", "--accounting-mode", "1", "--idle", "1s", "-T", "csv", "-q", small)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert rows[1]["splt_ps"] == "[48, 58, -1]"


def test_several_sets_are_a_file_each(cli, root, several, tmp_path):
    captures = [several, root / "tests" / "pcaps" / "demo.pcap"]
    words = ["--accounting-mode", "1", "--with-capture", "--ignore-checksums"]
    done = cli("--features", ",".join(SETS[:3]), "--features", ",".join(SETS[3:]), *words, "-o", tmp_path / "a.b.csv", *captures)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.glob("a.b.*")) == sorted(f"a.b.{name}.csv" for name in SETS)
    assert "note: 17 packets left out by nprint" in done.stderr
    own = {"nfstream": ["--accounting-mode", "1"], "zeek-conn": ["--ignore-checksums"]}
    for name in SETS:
        alone = cli("--features", name, "--with-capture", *own.get(name, []), "-T", "csv", "-q", *captures)
        assert (tmp_path / f"a.b.{name}.csv").read_text() == alone.stdout, name


def test_several_sets_in_other_formats(cli, several, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    assert cli("--features", "cic-classic,nprint,netflow", "-q", "-o", tmp_path / "x.parquet", several).returncode == 0
    for name in ("cic-classic", "nprint", "netflow"):
        want = scan(several, features=name).to_arrow()
        assert pq.read_table(tmp_path / f"x.{name}.parquet").cast(want.schema).equals(want), name
    assert cli("--features", "cic-classic,netflow", "-q", "-T", "ndjson", "-o", tmp_path / "x", several).returncode == 0
    lines = [json.loads(line) for line in (tmp_path / "x.netflow").read_text().splitlines()]
    assert len(lines) == len(scan(several, features="netflow").to_arrow())


def test_several_sets_are_written_whole_or_not_at_all(cli, several, small, tmp_path):
    features = ["--features", "cic-classic,nfstream"]
    before = small.read_bytes()
    capture = small.parent / "x.nfstream.csv"
    small.rename(capture)
    done = cli(*features, "-o", capture.parent / "x.csv", capture)
    assert (done.returncode, capture.read_bytes()) == (2, before)
    assert "is one of the captures that are read" in done.stderr
    (tmp_path / "y.nfstream.csv").mkdir()
    done = cli(*features, "-o", tmp_path / "y.csv", several)
    assert done.returncode == 4, done.stderr
    assert not (tmp_path / "y.cic-classic.csv").exists()
    (tmp_path / "none.pcap").write_bytes(b"this is no capture, and never was")
    done = cli(*features, "-o", tmp_path / "z.csv", tmp_path / "none.pcap")
    assert (done.returncode, list(tmp_path.glob("z*"))) == (3, [])


def test_refusals(cli, small):
    for words, message in (
        (["--features", "nfstream", "-Y", "tcp"], "a display filter would have no effect"),
        (["--features", "nfstream", "-e", "ip.ttl"], "fields would have no effect"),
        (["--features", "nfstream,stats"], "cannot be asked for together"),
        (["--features", "nfstream,cic-classic"], "each feature set is a file of its own"),
        (["--features", "nfstream", "--faults", "corrected"], '"faults" would have no effect'),
        (["--splt", "3"], "need one of them"),
        (["--features", "nfstrem"], "nfstream"),
        (["--features", "cic-classic", "--names", "x"], "cic-ids2017"),
        (["--features", "nfstream", "--accounting-mode", "4"], "--accounting-mode"),
    ):
        done = cli(*words, small)
        assert done.returncode == 2, words
        assert message in done.stderr, done.stderr
        assert done.stdout == ""


def test_list_of_families(cli):
    text = cli("features").stdout
    assert [line.split()[0] for line in text.splitlines()[:9]] == ["basic", "stats", "entropy", *SETS]
    objects = [json.loads(line) for line in cli("features", "--json").stdout.splitlines()]
    assert [o["family"] for o in objects if not o["own"]] == SETS
    rows = list(csv.DictReader(io.StringIO(cli("features", "-T", "csv").stdout)))
    assert [row["family"] for row in rows] == ["basic", "stats", "entropy", *SETS]


def test_columns_of_a_family(cli, small):
    for name in SETS:
        objects = [json.loads(line) for line in cli("features", name, "--json").stdout.splitlines()]
        columns = [o["column"] for o in objects if "column" in o]
        if name not in ("nprint", "zeek-conn"):
            head = cli("--features", name, "-T", "csv", "-q", small).stdout.splitlines()[0]
            assert ",".join(columns) == head
        assert all(o["description"] for o in objects if "column" in o)
    text = cli("features", "cic-classic").stdout
    assert "Flow Duration" in text
    assert "Known faults" in text
    assert "--faults corrected repairs it" in text
    assert "payload_entropy" in cli("features", "entropy").stdout
    unknown = cli("features", "cic")
    assert (unknown.returncode, "no family" in unknown.stderr) == (2, True)
    assert cli("features", "-o", "x.csv").returncode == 2


def test_explain(cli, small):
    assert "feature sets of other programs" in cli("explain", "--features", "nfstream,netflow", small).stdout
