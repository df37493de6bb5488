"""The command: its formats against known numbers, and its exit statuses."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from datetime import datetime, timezone

import cli_captures as captures
import pytest
from needs_worker import needs_worker


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return captures.write(tmp_path_factory.mktemp("captures") / "mixed.pcap", captures.mixed_frames())


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    path = tmp_path_factory.mktemp("captures") / "cut.pcap"
    path.write_bytes(captures.pcap(captures.mixed_frames())[:-7])
    return path


def rows_of(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text)))


def time_text(ns: int) -> str:
    second = datetime.fromtimestamp(ns // 10**9, timezone.utc)
    return f"{second:%Y-%m-%dT%H:%M:%S}.{ns % 10**9:09d}Z"


def frame_time(number: int) -> str:
    return time_text(captures.START_NS + (number - 1) * 1_000_000)


# ---- formats ----


def test_ndjson_has_typed_values(cli, mixed):
    done = cli("-T", "ndjson", "-e", "ip.ttl", "-e", "ip.src", mixed)
    assert done.returncode == 0, done.stderr
    web, dns = map(json.loads, done.stdout.splitlines())
    assert (web["protocol"], web["stream"], web["capture"]) == ("tcp", 0, str(mixed))
    assert (web["src"], web["sport"]) == (captures.CLIENT, 50000)
    assert (web["dst"], web["dport"]) == (captures.SERVER, 443)
    assert web["client_by"] == "syn" and web["outer_src"] is None
    assert web["ip_lengths"] == captures.WEB_LENGTHS
    assert web["ip_timestamps"] == [frame_time(n) for n in captures.WEB_FRAMES_KEPT]
    assert web["payload_lengths"] == [100, -500, -500]
    assert web["ip.ttl"] == [{"packet": i, "value": v} for i, v in enumerate(captures.WEB_TTLS)]
    assert web["ip.src"][1] == {"packet": 1, "value": captures.SERVER}
    assert dns["ip_lengths"] == [58, -118] and dns["payload_lengths"] == [30, -90]


def test_csv_says_the_same_as_ndjson(cli, mixed):
    by_json = [json.loads(line) for line in cli("-T", "ndjson", "-e", "ip.ttl", mixed).stdout.splitlines()]
    by_csv = rows_of(cli("-T", "csv", "-C", "default", "-e", "ip.ttl", mixed).stdout)
    assert len(by_csv) == len(by_json) == 2
    for record, row in zip(by_csv, by_json):
        assert list(record) == [*row, "ip.ttl#packet"]
        for name in ("protocol", "src", "dst", "time_start", "time_end", "capture"):
            assert record[name] == row[name]
        for name in ("ip_lengths", "ip_timestamps", "payload_lengths", "payload_timestamps"):
            assert record[name].split(";") == [str(value) for value in row[name]]
        assert record["ip.ttl"].split(";") == [str(item["value"]) for item in row["ip.ttl"]]
        assert record["ip.ttl#packet"].split(";") == [str(item["packet"]) for item in row["ip.ttl"]]
        assert record["outer_src"] == ""


def test_csv_has_sequences_only_where_they_are_asked_for(cli, mixed):
    said = "flowcontainer: CSV leaves out the sequences, such as ip_lengths; -C default writes them"
    done, whole = cli("-T", "csv", "-e", "ip.ttl", mixed), cli("-T", "csv", "-C", "default", "-e", "ip.ttl", mixed)
    sequences = {"ip_lengths", "ip_timestamps", "payload_lengths", "payload_timestamps"}
    assert done.stderr.splitlines()[-1] == said and said not in whole.stderr
    short = [{name: text for name, text in row.items() if name not in sequences} for row in rows_of(whole.stdout)]
    assert rows_of(done.stdout) == short and len(short[0]) == len(rows_of(whole.stdout)[0]) - 4
    assert cli("-q", "-T", "csv", mixed).stderr == ""
    assert rows_of(cli("-T", "csv", "-C", "ip_lengths", mixed).stdout)[1] == {"ip_lengths": "58;-118"}
    assert said not in cli("-T", "csv", "--level", "packets", mixed).stderr


def test_csv_writes_real_numbers(cli, mixed):
    args = ("--features", "stats", mixed)
    row, typed = rows_of(cli("-T", "csv", *args).stdout)[0], json.loads(cli("-T", "json", *args).stdout)[0]
    real = [name for name, value in typed.items() if isinstance(value, float) and name != "duration"]
    assert real and all(float(row[name]) == typed[name] for name in real)


def test_json_is_one_array(cli, mixed, tmp_path):
    lines = cli("-T", "ndjson", mixed).stdout.splitlines()
    assert json.loads(cli("-T", "json", mixed).stdout) == [json.loads(line) for line in lines]
    nothing = captures.write(tmp_path / "arp.pcap", [captures.arp()])
    assert json.loads(cli("-T", "json", nothing).stdout) == []


def test_csv_quotes_what_it_must(cli, tmp_path):
    path = captures.write(tmp_path / 'a, "b".pcap', captures.web_frames())
    assert rows_of(cli("-T", "csv", path).stdout)[0]["capture"] == str(path)
    assert json.loads(cli("-T", "ndjson", path).stdout)["capture"] == str(path)


def test_bytes_that_are_not_utf8_are_still_json(cli, tmp_path):
    path = bytes(tmp_path) + b"/\xff\x01.pcap"
    try:
        open(path, "wb").write(captures.pcap(captures.web_frames()))
    except OSError:
        pytest.skip("the file system takes no such name")
    done = subprocess.run([cli.path, "-T", "ndjson", path], capture_output=True, env=cli.env)
    assert json.loads(done.stdout.decode())["capture"].endswith("/\ufffd\x01.pcap")


def test_packets_and_frames(cli, mixed):
    packets = json.loads(cli("-T", "json", "--level", "packets", mixed).stdout)
    frames = json.loads(cli("-T", "json", "--level", "frames", mixed).stdout)
    assert [p["frame"] for p in packets] == [*captures.WEB_FRAMES_KEPT, 9, 10]
    assert [p["direction"] for p in packets][:3] == [1, -1, 1]
    assert [f["frame"] for f in frames] == list(range(1, 13))
    reasons = {f["frame"]: f["reason"] for f in frames if f["reason"]}
    assert reasons == {6: "retransmission", 11: "not_ip", 12: "not_ip"}
    assert frames[10]["src"] is None


def test_field_values_in_csv_read_as_tshark_prints_them(cli, mixed):
    row = rows_of(cli("-T", "csv", "-e", "ip.id", "-e", "tcp.flags.syn", mixed).stdout)[0]
    assert row["ip.id"] == ";".join(["0x0001"] * 7)
    assert row["tcp.flags.syn"].split(";")[:3] == ["1", "1", "0"]
    typed = json.loads(cli("-T", "json", "-e", "ip.id", "-e", "tcp.flags.syn", mixed).stdout)[0]
    assert typed["ip.id"][0]["value"] == 1 and typed["tcp.flags.syn"][0]["value"] is True


def test_classic_counts_as_the_original(cli, mixed):
    flows = [json.loads(line) for line in cli("-T", "ndjson", "--classic", mixed).stdout.splitlines()]
    assert flows[1]["payload_lengths"] == [38, -98] or flows[1]["payload_lengths"] == [-38, 98]


def test_protocols_drop_count_policy(cli, mixed, tmp_path):
    def flows(*args):
        done = cli("-T", "ndjson", *args)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    assert [f["protocol"] for f in flows("--protocols", "udp", mixed)] == ["udp"]
    assert len(flows("--drop", "none", mixed)[0]["ip_lengths"]) == 8
    assert len(flows("-c", "3", mixed)[0]["ip_lengths"]) == 3
    slow = captures.write(tmp_path / "slow.pcap", captures.web_frames(), step_ns=10**9)
    assert len(flows("--policy", "timeout", "--idle", "500ms", slow)) > 1
    assert len(flows("--policy", "timeout", "--idle", "1m", slow)) == 1


def test_several_captures_folders_and_r(cli, mixed, tmp_path):
    a = captures.write(tmp_path / "a.pcap", captures.web_frames())
    b = captures.write(tmp_path / "b.pcap", captures.mixed_frames())
    by_folder = cli("-T", "ndjson", tmp_path)
    by_name = cli("-T", "ndjson", "-r", a, "--read", b)
    assert by_folder.stdout == by_name.stdout
    assert len(by_name.stdout.splitlines()) == 3
    by_glob = cli("-T", "ndjson", f"{tmp_path}/*.pcap")
    assert by_glob.stdout == by_name.stdout
    assert cli("-T", "ndjson", "--jobs", 1, a, b).stdout == cli("-T", "ndjson", "-j", 4, a, b).stdout


def test_standard_input(cli, mixed):
    with open(mixed, "rb") as stdin:
        done = cli("-T", "ndjson", "-", stdin=stdin)
    assert [json.loads(line)["capture"] for line in done.stdout.splitlines()] == ["-", "-"]


# ---- messages ----


def test_account_names_every_reason(cli, mixed):
    done = cli("-T", "csv", mixed)
    lines = done.stderr.splitlines()
    assert lines[0].startswith("9 packets in 2 flows; ") and "from 2023-11-14 22:13:20 UTC" in lines[0]
    assert lines[1] == "left out: 1 retransmission, 2 not IP (3 of 12 frames)"
    assert cli("-q", mixed).stderr == ""


def test_several_captures_have_no_duration(cli, mixed, tmp_path):
    start = captures.START_NS + 10**18
    later = captures.write(tmp_path / "later.pcap", captures.web_frames(), start_ns=start)
    done = cli("-T", "csv", mixed, later)
    said = " kB, from 2023-11-14 22:13:20 to 2055-07-24 00:00:00 UTC"
    assert done.stderr.splitlines()[0].endswith(said)


def test_nothing_kept_says_which_protocols_there_are(cli, mixed, tmp_path):
    esp = [captures.ip(captures.CLIENT, captures.SERVER, 50, bytes(40))]
    path = captures.write(tmp_path / "esp.pcap", esp)
    esp[0] = captures.ip(captures.CLIENT, captures.SERVER, 89, bytes(40))
    every = "tcp,udp,sctp,icmp,icmpv6,gre,esp"
    assert cli(path).stderr.splitlines()[-1] == f"nothing kept: try --protocols {every}"
    ospf = captures.write(tmp_path / "ospf.pcap", esp)
    assert "nothing kept" not in cli("--protocols", every, ospf).stderr
    assert "nothing kept" not in cli(mixed).stderr + cli("-q", path).stderr


def test_damaged_capture_is_named_with_its_place(cli, mixed, cut):
    done = cli("-T", "ndjson", mixed, cut)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("damaged: ")]
    assert str(cut) in line and "at offset " in line and "at byte " not in line
    assert "11 frames before it are used" in line
    assert len(done.stdout.splitlines()) == 4
    assert "damaged: " in cli("-q", cut).stderr


# ---- exit statuses ----


def test_status_1_beside_a_file_of_no_use(cli, mixed, tmp_path):
    (tmp_path / "text.pcap").write_text("this is no capture\n" * 9)
    done = cli(mixed, tmp_path / "text.pcap")
    assert done.returncode == 1
    assert f"unreadable: {tmp_path / 'text.pcap'}: not a capture" in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "no capture given"),
        (["--lvel", "flows", "CAPTURE"], "did you mean --level?"),
        (["--nothing-like-it", "CAPTURE"], "unknown option --nothing-like-it"),
        (["-Z", "CAPTURE"], "unknown option -Z"),
        (["--all=3", "CAPTURE"], "--all takes no value"),
        (["CAPTURE", "-T"], "-T needs a value"),
        (["-T", "xml", "CAPTURE"], 'not "xml"'),
        (["--level", "bits", "CAPTURE"], "flows, packets or frames"),
        (["-c", "-1", "CAPTURE"], "whole number"),
        (["-c", "12x", "CAPTURE"], "whole number"),
        (["-c", "99999999999999999999", "CAPTURE"], "whole number"),
        (["--idle", "5", "CAPTURE"], "--policy timeout"),
        (["--active", "5", "--close", "fin", "CAPTURE"], "--active needs --policy timeout"),
        (["--policy", "timeout", "--close", "fin", "CAPTURE"], "close is for the policy stream"),
        (["-a", "foo:1", "CAPTURE"], "-a foo:1 is no condition: there are duration:SECONDS, filesize:KB and packets:N"),
        (["--passes", "2", "--engine", "native", "CAPTURE"], "two passes are not for the native engine"),
        (["--max-flows", "-1", "CAPTURE"], "--max-flows takes a whole number"),
        (["--policy", "timeout", "--idle", "5 parsecs", "CAPTURE"], "a time such as"),
        (["--policy", "timeout", "--idle", "nan", "CAPTURE"], "a time such as"),
        (["--drop", "everything", "CAPTURE"], '"everything"; use some of retransmission,out_of_order,'),
        (["--protocols", "tcp,ipx", "CAPTURE"], '"ipx"; use some of tcp,udp,sctp,icmp,icmpv6,gre,esp'),
        (["-e", "ip.ttl,ip.src", "CAPTURE"], "repeat -e"),
        (["-T", "fields", "-e", "ip.ttl", "CAPTURE"], "use -T csv"),
        ([""], "empty"),
        (["-r", "", "CAPTURE"], "empty"),
        (["-e", "ip.tttl", "CAPTURE"], "ip.tttl"),
        (["-o", "x.parquet", "CAPTURE"], ""),
        (["-o", "x.weird", "CAPTURE"], '".weird"'),
        (["-o", "x", "CAPTURE"], "no format for the ending"),
        (["-T", "csv", "-o", "x.json", "CAPTURE"], "different formats"),
        (["-r", "/does/not/exist.pcap"], "/does/not/exist.pcap"),
        (["fields", "-o", "x.csv"], "standard output"),
        (["fields", "no*such*field"], "no field matches"),
        (["--native", "CAPTURE"], "for `flowcontainer fields'"),
        (["--preference", "nonsense", "CAPTURE"], "NAME:VALUE"),
        (["--preference", "x.y", "CAPTURE"], "NAME:VALUE"),
        (["--passes", "3", "CAPTURE"], "1, 2, 2R or auto"),
        (["--max-memory", "much", "CAPTURE"], "300M or 1G"),
        (["--max-memory", "12MM", "CAPTURE"], "300M or 1G"),
        (["--max-memory", "0", "CAPTURE"], "300M or 1G"),
        (["--max-memory", "99999999999T", "CAPTURE"], "300M or 1G"),
        (["--engine", "native", "-o", "tcp.desegment_tcp_streams:FALSE", "CAPTURE"], "native"),
        (["--engine", "native", "-d", "tcp.port==1,tls", "CAPTURE"], "native"),
        (["--engine", "native", "--keylog", "keys", "CAPTURE"], "native"),
    ],
)
def test_status_2(cli, mixed, tmp_path, args, said):
    if args[:2] == ["-o", "x.parquet"] and "pip install" not in cli(*args[:2], mixed, cwd=tmp_path).stderr:
        pytest.skip("the Python package's command writes Parquet")
    done = cli(*[mixed if a == "CAPTURE" else a for a in args], cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("flowcontainer: ") and said in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["zzz", "al1l12", "xy", "nothing"])
def test_only_a_near_name_is_a_hint(cli, name):
    assert "did you mean" not in cli(f"--{name}", "x.pcap").stderr


def test_a_bad_filter_is_refused(cli, mixed):
    done = cli("-Y", "tcp.port ==== 80", mixed)
    assert done.returncode == 2 and done.stdout == ""


def test_status_3_when_nothing_can_be_read(cli, tmp_path):
    text = tmp_path / "text.pcap"
    text.write_text("this is no capture\n" * 9)
    odd = captures.write(tmp_path / "odd.pcap", [b"\1" * 60], link_type=147)
    for path in (text, odd):
        done = cli("-o", tmp_path / "out.csv", path)
        assert done.returncode == 3, done.stderr
        assert "unreadable: " in done.stderr
    assert "147" in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_no_flow_is_no_error(cli, tmp_path):
    done = cli(captures.write(tmp_path / "arp.pcap", [captures.arp()]))
    assert done.returncode == 0
    assert "left out: 1 not IP (1 of 1 frame)" in done.stderr


def test_explain(cli, mixed):
    done = cli("explain", "-e", "ip.ttl", mixed)
    assert done.returncode == 0 and "native" in done.stdout
    assert cli("explain", "-e", "ip.ttl").stdout == done.stdout
    assert cli("explain", "-e", "no.such.field").returncode == 2


def test_a_preference_or_a_file(cli, mixed, tmp_path):
    """-o is tshark's option if its argument looks like a preference, and --output otherwise."""
    for name in ("x.csv", "./tcp.x:FALSE.csv", "day:1.csv", ".a.b:c.csv"):
        done = cli("-q", "-o", name, "-e", "ip.ttl", mixed, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / name).exists(), name


@needs_worker
def test_what_asks_for_wireshark_is_explained(cli):
    for words, reason in [
        (["-o", "tcp.desegment_tcp_streams:FALSE"], "preferences"),
        (["--preference", "tcp.desegment_tcp_streams:FALSE"], "preferences"),
        (["-d", "tcp.port==8443,tls"], "decode-as"),
        (["--decode-as=tcp.port==8443,tls"], "decode-as"),
        (["-Y", "smb2"], "filter"),
        (["-e", "smb2.filename"], "smb2.filename"),
        (["-e", "http.prev_response_in"], "two passes"),
        (["--passes", "2", "-e", "http.host"], "two passes"),
        (["-e", "dns.response_in"], "two passes"),
    ]:
        done = cli("explain", *words)
        assert done.returncode == 0 and done.stdout.startswith("wireshark engine"), (words, done.stderr)
        assert reason in done.stdout, words
    assert cli("explain", "--max-memory", "1G", "-e", "ip.ttl").stdout.startswith("native engine")
    assert "two passes" not in cli("explain", "--passes", "1", "-e", "dns.response_in").stdout
    assert "no.such" in cli("explain", "-o", "no.such:1").stderr
    for words in (["--keylog", "nokeys"], ["-o", "tls.keylog_file:nokeys"]):
        assert "nokeys" in cli("explain", *words).stderr


@needs_worker
def test_dissection_options_change_the_answer(cli, root):
    demo = root / "tests" / "pcaps" / "demo.pcap"

    def answer(*words):
        done = cli("-q", "-T", "ndjson", "-e", "tls.handshake.type", "-e", "http.host", "-e", "tls.record.length", *words, demo)
        assert done.returncode == 0, done.stderr
        return done.stdout

    plain = answer()
    assert answer("-o", "tcp.desegment_tcp_streams:FALSE") != plain
    assert answer("-d", "tcp.port==443,http") != plain
    assert answer("--max-memory", "64M") == answer("--passes", "1") == answer("-j", "1") == plain


def test_fields(cli):
    names = [json.loads(line)["name"] for line in cli("fields", "-T", "ndjson").stdout.splitlines()]
    assert names == sorted(names) and "ip.ttl" in names
    rows = rows_of(cli("fields", "-T", "csv").stdout)
    assert [row["name"] for row in rows] == names
    assert next(row for row in rows if row["name"] == "ip.ttl")["type"] == "FT_UINT8"
    assert [f["name"] for f in json.loads(cli("fields", "-T", "json").stdout)] == names
    only = [line.split()[0] for line in cli("fields", "tcp.flags*").stdout.splitlines()]
    assert only == [name for name in names if name.startswith("tcp.flags")]
    assert "ip.ttl" in cli("fields", "hops", "ttl").stdout


@needs_worker
@pytest.mark.parametrize("closed,said", [("<&-", "Bad file descriptor"), (">&-", "cannot write")])
def test_closed_standard_streams(cli, root, closed, said):
    """The next opened files get their descriptors and must not be used as standard streams."""
    words = [cli.path, "-T", "csv", "-e", "smb2.cmd", "-" if "<" in closed else str(root / "tests" / "pcaps" / "demo.pcap")]
    done = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode in (3, 4) and said in done.stderr


def test_version_and_help(cli):
    assert cli("--version").stdout.startswith("flowcontainer ")
    assert cli("-h").stdout == cli("--help").stdout
