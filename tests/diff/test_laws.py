"""The laws that compare flowcontainer with itself: cut, shard, and a field alone. `make test` takes a part of the snap lengths, files
and questions, another part each day (captures.py)."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import captures
import ours
import pytest
import tshark
from tshark import CELL

SNAPS = range(15, 121, 7) if captures.LONG else range(15 + 7 * (captures.PART % 2), 121, 14)
CUT = ["demo.pcap", "tcp_lossy.pcap", "tls_versions.pcap", "loopback_ethernet.pcap", "any_sll.pcap", "any_sll2.pcap",
       "udp_fragments.pcap", "eth_vlan.pcap", "eth_mpls.pcap", "icmp_quotes.pcap", "ip6_extensions.pcap", "frag6.pcap",
       "transports.pcap", "names.pcap", "malformed.pcap", "tso.pcap", "link_239_nflog.pcap", "link_127_radiotap.pcap",
       "tunnel_gre.pcap", "tunnel_vxlan.pcap", "tunnel_gtp.pcap", "tunnel_teredo.pcap", "tunnel_pptp.pcap"]
CUT_CORPUS = ["pcapplusplus/many-protocols.pcap", "pcapplusplus/ip6_fragments.pcap", "ndpi/6in4tunnel.pcap",
              "zeek/vlan-collisions.pcap", "ndpi/teams.pcap", "zeek/icmp6.pcap"]
# Fields that do not depend on the packet alone, but on its place in the capture, earlier packets, or the snap length.
OF_THE_CAPTURE = ["frame.*", "tcp.stream", "udp.stream", "tcp.analysis.*", "tcp.seq", "tcp.ack", "tcp.nxtseq",
                  "tcp.options.sack_?e", "tcp.options.sack.dsack*", "tcp.window_size", "tcp.window_size_scalefactor",
                  "*.time_delta", "*.time_relative", "tcp.connection.fin*", "tcp.fin_retransmission", "ip.fragment*",
                  "ipv6.fragment*", "ip.reassembled*", "ipv6.reassembled*",
                  "dns.response_to", "dns.time", "dns.retrans*", "dns.unsolicited", "http.*_in", "http.time",
                  "http.*_number", "http.response_for.uri"]


def cells(answer: ours.Answer, row: str, n_fields: int) -> list[str]:
    return row.split(CELL)[len(answer.columns) - n_fields:]


def is_prefix(short: str, whole: str, of_bytes: bool) -> bool:
    return not short or short == whole or whole.startswith(short + ",") or (of_bytes and whole.startswith(short))


def cut_to(path: Path, snap: int, folder: Path) -> Path:
    out = folder / f"{path.stem}-{snap}.pcapng"
    subprocess.run(["editcap", "-s", str(snap), path, out], check=True, capture_output=True, env=tshark.environment())
    return out


def breaches(whole: ours.Answer, short: ours.Answer, fields: list[str], types: dict[str, str]):
    """(row index, field index) of each value of the cut frame that is not a prefix of the whole frame's value."""
    judged = [i for i, name in enumerate(fields) if not any(fnmatchcase(name, glob) for glob in OF_THE_CAPTURE)]
    of_bytes = [types[name] == "FT_BYTES" or types[name] == "FT_STRING" for name in fields]
    for at, (a, b) in enumerate(zip(whole.rows, short.rows, strict=True)):
        long_cells, cut_cells = cells(whole, a, len(fields)), cells(short, b, len(fields))
        for i in judged:
            if not is_prefix(cut_cells[i], long_cells[i], of_bytes[i]):
                yield at, i, long_cells[i], cut_cells[i]


# Fields that are always native. Protocols above TCP are left out: where segments are cut, other bytes than in the whole
# capture may be read.
HEADERS = ("frame.", "eth.", "vlan.", "ip.", "ipv6.", "tcp.", "udp.", "udplite.")


def cut_captures() -> dict[str, Path]:
    named = [captures.OWN / name for name in CUT]
    if captures.CORPUS.is_dir():
        named += [captures.CORPUS / name for name in CUT_CORPUS]
    return {captures.name_of(path): path for path in named}


@pytest.mark.parametrize("name", cut_captures())
def test_cut(name: str, stock: str, tmp_path: Path) -> None:
    """If a cut frame's value is not a prefix, tshark must have the same value: the twin law takes precedence."""
    if not shutil.which("editcap"):
        pytest.skip("editcap is not installed: it cuts the captures")
    path = cut_captures()[name]
    types = {name: kind for name, kind in ours.types().items() if name.startswith(HEADERS)}
    fields = list(types)
    asked = [word for name in fields for word in ("-e", name)]
    whole = ours.run(path, *asked, "-d", "none")
    wrong: dict[str, list[str]] = {}
    for snap in SNAPS:
        short_path = cut_to(path, snap, tmp_path)
        short = ours.run(short_path, *asked, "-d", "none")
        found = list(breaches(whole, short, fields, types))
        if not found:
            continue
        theirs, _ = tshark.rows(short_path, fields)
        for at, i, before, after in found:
            if theirs[at].split(CELL)[i] != after:
                wrong.setdefault(fields[i], []).append(
                    f"snap {snap} frame {at + 1}: whole {before[:99]!r}, cut {after[:99]!r}, "
                    f"tshark on the cut one {theirs[at].split(CELL)[i][:99]!r}")
    if wrong:
        pytest.fail("\n".join(f"{field}: {len(told)}\n  " + "\n  ".join(told[:3]) for field, told in wrong.items()),
                    pytrace=False)


def test_a_breach_is_found() -> None:
    whole = ours.Answer(["x", "ip.ttl", "tcp.payload"], ["f\x1f64,12\x1fabcd"])
    types = {"ip.ttl": "FT_UINT8", "tcp.payload": "FT_BYTES"}

    def found(row: str) -> int:
        return len(list(breaches(whole, ours.Answer(whole.columns, [row]), list(types), types)))

    assert found("f\x1f64\x1fab") == 0
    assert found("f\x1f64,1\x1fab") == 1
    assert found("f\x1f6\x1fbcd") == 2


# ---- shard ----


@pytest.fixture(scope="module")
def shard_files(built: Path) -> list[Path]:
    own = [path for path in captures.under(captures.OWN) if path.stat().st_size < 300_000]
    if not captures.LONG:
        own = own[captures.PART % 2 :: 2]
    corpus = [path for path in captures.under(captures.CORPUS) if path.stat().st_size < 100_000]
    chosen = own + random.Random(4 + captures.PART).sample(corpus, min(60 if captures.LONG else 20, len(corpus)))
    assert len(chosen) > 10
    return chosen


def rows_of(files: list[Path], *options: str) -> tuple[list[str], dict[str, int], list[list[str]]]:
    answer = ours.run(files, *options)
    return sorted(answer.rows), answer.counts, sorted(answer.problems)


@pytest.fixture(scope="module", params=["flows", "frames"])
def level(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def one_job(shard_files: list[Path], level: str):
    return rows_of(shard_files, "-l", level, "-f")


@pytest.mark.parametrize("jobs", [2, 3, 8])
def test_shard_jobs(shard_files: list[Path], level: str, one_job, jobs: int) -> None:
    assert rows_of(shard_files, "-l", level, "-f", "-j", str(jobs)) == one_job


@pytest.mark.parametrize("jobs", [1, 3])
def test_shard_order(shard_files: list[Path], level: str, one_job, jobs: int) -> None:
    shuffled = random.Random(jobs).sample(shard_files, len(shard_files))
    assert rows_of(shuffled, "-l", level, "-f", "-j", str(jobs)) == one_job


def test_shard_batches(shard_files: list[Path], level: str, one_job) -> None:
    assert rows_of(shard_files, "-l", level, "-f", "-b", "7", "-j", "2") == one_job


def test_shard_one_by_one(shard_files: list[Path], level: str, one_job) -> None:
    """A capture does not affect the next one."""
    rows: list[str] = []
    for path in shard_files:
        rows += ours.run(path, "-l", level, "-f").rows
    assert sorted(rows) == one_job[0]


def test_shard_folder(shard_files: list[Path], level: str, tmp_path: Path) -> None:
    copies = []
    for i, path in enumerate(shard_files):
        folder = tmp_path / str(i % 3)
        folder.mkdir(exist_ok=True)
        copies.append(folder / f"{i}-{path.name}")
        shutil.copyfile(path, copies[-1])
    assert rows_of([tmp_path], "-l", level, "-j", "2") == rows_of(copies, "-l", level)


# ---- a field alone and beside others ----

FIXED = re.findall(r"\{(F_\w+), 0, LAYER", (captures.ROOT / "src/look/fixed.c").read_text())
AT_ONCE = 8


def alone_captures() -> list[Path]:
    small = [path for path in captures.under(captures.CORPUS) if path.stat().st_size < 100_000]
    return [path for path in captures.under(captures.OWN) if not path.name.startswith("foreign_")] + small[::12]


def questions() -> list[list[str]]:
    """Fields at fixed places and fields that two readers put, each alone; the others a few at a time."""
    try:
        every = [name for name in ours.fields() if name.startswith((*HEADERS, "icmp.", "icmpv6."))]
    except ours.Missing:
        return []
    alone = [name for name in every if "F_" + name.upper().replace(".", "_") in FIXED or name == "ip.version"]
    others = sorted({*every} - {*alone})
    random.Random(1).shuffle(others)
    return [[name] for name in alone] + [others[i : i + AT_ONCE] for i in range(0, len(others), AT_ONCE)]


@pytest.mark.parametrize("part", range(4) if captures.LONG else [captures.PART])
def test_alone(part: int, built: Path) -> None:
    """A field has the same values alone as beside all others, although a query skips everything that it does not name."""
    every = [name for question in questions() for name in question]
    assert len(FIXED) > 40 and len(every) > 500
    together = ours.run(alone_captures(), *(word for name in every for word in ("-e", name)), "-d", "none")
    whole = [cells(together, row, len(every)) for row in together.rows]
    for asked in questions()[part::4]:
        few = ours.run(alone_captures(), *(word for name in asked for word in ("-e", name)), "-d", "none")
        assert len(few.rows) == len(whole)
        at = [every.index(name) for name in asked]
        wrong = [row.split(CELL)[:2] for row, all_of in zip(few.rows, whole, strict=True)
                 if cells(few, row, len(asked)) != [all_of[i] for i in at]]
        assert not wrong, (asked, wrong[:5])
