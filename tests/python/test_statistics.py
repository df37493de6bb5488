"""Statistics of flows against an independent implementation in exact fractions, and what does not change them."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest
from flowcontainer import scan

pa = pytest.importorskip("pyarrow")

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
CAPTURES = sorted((ROOT / "tests/pcaps").glob("*.pcap"))[::9] + [ROOT / "tests/pcaps/demo.pcap"]
CORPUS = [path for path in sorted((SHARED / "corpus").rglob("*.pcap*")) if path.stat().st_size < 400_000][::25]


@pytest.fixture(scope="module")
def oracle():
    if not (SHARED / "oracle/native.py").is_file():
        pytest.skip("the oracle of the statistics is not here")
    sys.path.insert(0, str(SHARED / "oracle"))
    return pytest.importorskip("native")


def last(values):
    """The value of the innermost header."""
    return (values[-1] if values else None) if isinstance(values, list) else values


def packets_of(path: Path) -> dict[int, list[dict]]:
    """{number of the flow: its packets, as the oracle takes them}."""
    table = scan(path, ["tcp.flags", "tcp.payload", "udp.payload"], level="packets").to_arrow()
    times = table["time"].cast(pa.int64()).to_pylist()
    flows: dict[int, list[dict]] = {}
    for time, row in zip(times, table.drop(["time"]).to_pylist()):
        if time is None:
            pytest.skip("some packets have no time: the oracle needs one")
        data = last(row["tcp.payload"]) or last(row["udp.payload"]) or b""
        flows.setdefault(row["flow"], []).append({
            "t": time, "fwd": row["direction"] == 1, "ip": row["ip_length"], "pay": row["payload_length"],
            "flags": (last(row["tcp.flags"]) or 0) & 0xFF, "data": data[:row["payload_length"]]})
    return flows


def same(name: str, got, want) -> bool:
    if want is None or got is None:
        return got is want
    if isinstance(want, int):
        return got == want
    if "skew" in name or "kurt" in name:
        return math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-9)
    return math.isclose(got, want, rel_tol=1e-12, abs_tol=1e-12) if "entropy" in name else got == want


@pytest.mark.parametrize("path", CAPTURES + CORPUS, ids=lambda path: path.name)
def test_every_statistic_of_every_flow(oracle, path: Path) -> None:
    flows = packets_of(path)
    rows = scan(path, features=["basic", "stats", "entropy"]).to_arrow()
    assert rows.num_rows == len(flows)
    columns = {name: rows[name].to_pylist() for name in rows.column_names if not name.endswith("timestamps")}
    wrong = []
    for i, (_, packets) in enumerate(sorted(flows.items())):
        flow = {"packets": packets}
        want = oracle.stats(flow) | oracle.entropy(flow)
        want |= {name.replace("ip_bytes", "bytes"): value for name, value in oracle.basic(flow).items()
                 if name != "duration_ns"}
        wrong += [(i, name, columns[name][i], value) for name, value in want.items() if not same(name, columns[name][i], value)]
    assert not wrong, wrong[:5]


def test_other_columns_and_limits_change_no_statistic() -> None:
    path = ROOT / "tests/pcaps/demo.pcap"
    whole = scan(path, features=["stats", "entropy"]).to_arrow()
    names = whole.column_names[whole.column_names.index("ip_len_min"):]
    assert len(names) == 3 * (38 + 5)
    alone = scan(path, columns=names).to_arrow()
    limited = scan(path, packets=1, payload_only=True, features=["stats", "entropy"], columns=["tcp_flags", "ip_lengths"]).to_arrow()
    for name in names:
        assert alone[name].equals(whole[name]) and limited[name].equals(whole[name]), name
    first = scan(path, packets=1, limit="all", features=["stats"]).to_arrow()
    assert set(first["ip_len_distinct"].to_pylist()) == {1} and set(first["ip_len_var"].to_pylist()) == {None}


@pytest.mark.parametrize("whole_log", [False, True])
def test_a_flow_of_which_no_packet_counts(whole_log: bool) -> None:
    path = ROOT / "tests/pcaps/tcp_reuse.pcap"
    columns = ["payload_lengths", *(["ip_lengths"] if whole_log else [])]
    table = scan(path, columns=columns, features=["stats", "entropy"], payload_only=True, limit="all").to_arrow()
    rows = [row for row in table.to_pylist() if not row.pop("payload_lengths")]
    assert rows and {value for row in rows for name, value in row.items() if name != "ip_lengths"} == {0, None}


def test_what_cannot_be_asked() -> None:
    path = ROOT / "tests/pcaps/demo.pcap"
    with pytest.raises(ValueError, match="stats, entropy"):
        scan(path, features="statistics")
    with pytest.raises(ValueError, match="level of flows"):
        scan(path, features="stats", level="packets")
    with pytest.raises(ValueError, match="near it: ip_len_mean"):
        scan(path, columns=["ip_len_meam"])


def test_the_command(cli) -> None:
    path = ROOT / "tests/pcaps/demo.pcap"
    want = scan(path, columns=["stream", "fwd_ip_len_mean", "iat_std_ns"]).to_arrow().to_pylist()
    done = cli("-C", "stream", "--features", "fwd_ip_len_mean, iat_std_ns", "-T", "ndjson", path)
    assert [json.loads(line) for line in done.stdout.splitlines()] == want and not done.returncode
    table = cli("-C", "stream", "--features", "fwd_ip_len_mean", path).stdout.splitlines()
    assert table[0].split() == ["stream", "fwd_ip_len_mean"] and table[1].split()[1] == f"{want[0]['fwd_ip_len_mean']:.6g}"
    wrong = cli("--features", "stat", path)
    assert wrong.returncode == 2 and "near it: stats" in wrong.stderr
