"""`flowcontainer split`: one pcap a flow, a capture or a label; frames, nanoseconds and link types as they were."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import made
import pytest

from flowcontainer import scan
from flowcontainer import split as splitting
from flowcontainer.__main__ import main
from flowcontainer.records import records

PCAPS = Path(__file__).resolve().parents[1] / "pcaps"


def test_each_flow_has_a_file_with_its_frames(tmp_path: Path) -> None:
    capture = PCAPS / "demo.pcap"
    out = tmp_path / "out"
    assert main(["flowcontainer", "split", str(capture), "-o", str(out)]) == 0
    whole = list(records(capture))
    flows = scan(capture, columns=["frames", "sport"]).read().to_pydict()
    want = sorted([whole[frame - 1][:3] for frame in frames] for frames in flows["frames"])
    got = sorted([record[:3] for record in records(path)] for path in out.iterdir())
    assert got == want and len(got) == len(flows["frames"])
    assert (out / "demo.pcap.TCP_192-0-2-1_56990_192-0-2-2_443.pcap").exists()
    again = scan(out, columns=["ip_lengths"]).read()["ip_lengths"].to_list()
    assert sorted(again) == sorted(scan(capture, columns=["ip_lengths"]).read()["ip_lengths"].to_list())


def test_formats_keep_times_and_link_types(tmp_path: Path) -> None:
    for name in (
        "format_pcap_ns_big.pcap",
        "format_pcapng_interfaces.pcapng",
        "format_gz.pcap.gz",
        "link_113_sll.pcap",
        "format_xz.pcap.xz",
        *(("format_zst.pcap.zst", "format_lz4.pcap.lz4") if find_spec("pyarrow") else ()),
    ):
        out = tmp_path / name
        splitting.split(PCAPS / name, out, by="capture", drop=())
        kept = [
            frame
            for frames in scan(PCAPS / name, drop=(), columns=["frames"]).read()["frames"].to_list()
            for frame in frames
        ]
        whole = list(records(PCAPS / name))
        got = sorted(record for path in out.iterdir() for record in records(path))
        assert got == sorted(whole[frame - 1] for frame in kept) and got, name


@pytest.mark.parametrize("name", ["zstd", "lz4"])
def test_zstd_and_lz4_are_read(tmp_path: Path, name: str) -> None:
    pa = pytest.importorskip("pyarrow")
    plain, packed = tmp_path / "x.pcap", tmp_path / "x.pcap.packed"
    noise = [random.Random(i).randbytes(900) for i in range(400)]  # more than a block of zstd, which is lost as a whole
    frames = [made.ethernet(made.ipv4(made.CLIENT, made.SERVER, 17, made.udp(9 + i % 40, 9, data))) for i, data in enumerate(noise)]
    made.write(plain, made.talk() + frames)
    with pa.output_stream(str(packed), compression=name) as file:
        file.write(plain.read_bytes())
    assert list(records(packed)) == list(records(plain))
    splitting.split(packed, tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 41
    cut = tmp_path / "cut"
    cut.write_bytes(packed.read_bytes()[:-40])
    kept = len(list(records(cut)))
    assert kept > 100
    assert list(records(cut)) == list(records(plain))[:kept]


def test_many_flows_need_few_open_files(tmp_path: Path) -> None:
    made.write(tmp_path / "x.pcap", made.many(3000))
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32));"
        "from flowcontainer import split; split.HELD = 50_000; print(split.split(sys.argv[1], sys.argv[2]))"
    )
    words = [sys.executable, "-c", program, str(tmp_path / "x.pcap"), str(tmp_path / "out")]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "3000\n"
    assert sum(1 for path in (tmp_path / "out").iterdir() for _ in records(path)) == len(made.many(3000))


def test_names_and_repeated_ends(tmp_path: Path) -> None:
    capture = tmp_path / "x.pcap"
    made.write(capture, made.talk() + made.talk(), step_ns=10**9)
    splitting.split(capture, tmp_path / "a", names="pcapsplitter", policy="timeout", idle=0.5, drop=())
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names[0].startswith("x-connection-tcp_10-0-0-1_50000-192-0-2-7_443.") and len(names) == 2 * len(made.talk())
    with pytest.raises(FileExistsError):
        splitting.split(capture, tmp_path / "a")


def test_many_flows_need_no_open_files(tmp_path: Path, several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "HELD", 2000)
    assert splitting.split(several, tmp_path / "out") == 300
    monkeypatch.setattr(splitting, "HELD", 1 << 20)
    splitting.split(several, tmp_path / "again")
    for path in (tmp_path / "out").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_names_are_those_of_splitcap(tmp_path: Path, shared: Path) -> None:
    known: dict[str, set[str]] = {}
    for row in csv.DictReader((shared / "golden" / "splitcap" / "sessions.csv").open()):
        known.setdefault(row["capture"], set()).add(row["file"])
    compared = 0
    for name, want in known.items():
        for path in (shared / "corpus").glob(f"*/{name}.pcap"):
            if len(list((shared / "corpus").glob(f"*/{name}.pcap"))) > 1:
                continue  # two captures have this name
            splitting.split(path, tmp_path / name, drop=())
            found = {file.name for file in (tmp_path / name).iterdir()}
            reassembled = name == "dns-edns-ecs"  # SplitCap leaves out fragments
            assert found == want or (reassembled and found > want), name
            compared += len(found)
    assert compared > 100


def test_labels_of_a_data_set(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from flowcontainer.dataset import Dataset

    for label, port in (("a", 443), ("b/c", 8080)):
        path = tmp_path / "captures" / label.replace("/", "_") / "1.pcap"
        path.parent.mkdir(parents=True)
        made.write(path, made.talk(50000, port))
    (tmp_path / "rules.csv").write_text("label,port\na,443\nb/c,8080\n")
    Dataset("captures", labels={"rules": "rules.csv"}, base=tmp_path, query={"packets": 2}).build()
    assert main(["flowcontainer", "split", str(tmp_path / "out"), "-o", str(tmp_path / "pcaps"), "--by", "label"]) == 0
    assert sorted(path.name for path in (tmp_path / "pcaps").iterdir()) == ["a.pcap", "b%2Fc.pcap"]
    assert len(list(records(tmp_path / "pcaps" / "a.pcap"))) == len(made.talk())
    assert main(["flowcontainer", "split", str(tmp_path), "-o", str(tmp_path / "no"), "--by", "label"]) == 2


def test_a_damaged_capture_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flowcontainer", "split", str(PCAPS / "cut_record.pcap"), "-o", str(tmp_path / "out")]) == 1
    assert "cut short" in capsys.readouterr().err and list((tmp_path / "out").iterdir())
