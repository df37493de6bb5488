"""The exact forms of flowcontainer.models equal the published programs' output (../shared/golden) for every session there."""

from __future__ import annotations

import csv
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
from flowcontainer.models import images, packets, sequences, sessions, text, tfegnn, tokens  # noqa: E402
from flowcontainer.models.histograms import flowpic_counts, mini_flowpic_counts  # noqa: E402
from flowcontainer.models.inputs import Ragged  # noqa: E402
from flowcontainer.models.lengths import bursts, features  # noqa: E402

SHARED = Path(__file__).resolve().parents[3] / "shared"
GOLDEN = SHARED / "golden" / "models"
pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="../shared/golden/models is missing: the published programs' output"
)


def load(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text())


@cache
def path(name: str) -> Path:
    files = paths(name)
    if not files:
        pytest.skip(f"the capture {name} is missing")
    return min(files, key=lambda file: len(file.name))  # ipv6.pcap, not ipv6.pcapng


def paths(name: str) -> list[Path]:
    folders = (SHARED / "golden" / "features" / "captures", *sorted((SHARED / "corpus").iterdir()))
    return [
        file
        for folder in folders
        if folder.is_dir()
        for file in folder.glob(f"{name}*")
        if name in (file.name, file.name.split(".")[0])
    ]


@cache
def all_of(capture: str) -> dict[str, sessions.Session]:
    return {one.name: one for one in sessions.splitcap(path(capture))}


def session(name: str) -> sessions.Session:
    capture = name.split(".TCP_")[0].split(".UDP_")[0]
    return all_of(capture)[name]


def there(names: Any) -> list[str]:
    """The names whose capture is there; at least one must be."""
    found = []
    for name in map(str, names):
        try:
            session(name)
            found.append(name)
        except pytest.skip.Exception:
            continue
    if not found:
        pytest.skip("no capture of the published output is there")
    return found


def test_sessions_are_those_of_splitcap() -> None:
    rows = list(csv.DictReader((SHARED / "golden" / "splitcap" / "sessions.csv").open()))
    checked = 0
    for capture in sorted({row["capture"] for row in rows}):
        files = paths(capture)
        if not files:
            continue
        want = {row["file"]: (int(row["frames"]), row["sha256_of_frames"]) for row in rows if row["capture"] == capture}
        assert want in [digests(file) for file in files], capture
        checked += len(want)
    assert checked > 100


def digests(file: Path) -> dict[str, tuple[int, str]]:
    mine = sessions.splitcap(file)
    return {
        one.name: (len(one.frames), hashlib.sha256(b"".join(frame.data for frame in one.frames)).hexdigest())
        for one in mine
    }


def test_sessions_with_few_frames_are_the_beginnings_of_sessions() -> None:
    lengths = []
    for file in sorted((Path(__file__).resolve().parents[1] / "pcaps").glob("*.pcap")):
        try:
            whole = sessions.splitcap(file)
        except ValueError:
            continue  # no capture
        lengths += [len(one.frames) for one in whole]
        for most in (1, 5):
            assert sessions.splitcap(file, most) == [one._replace(frames=one.frames[:most]) for one in whole], file
    assert len(lengths) > 100 and max(lengths) > 5


def test_etbert_and_trafficformer() -> None:
    golden, other = load("etbert.json"), load("trafficformer.json")
    for name in there(golden):
        one, want = session(name), golden[name]
        made = {kind: text.etbert([one], kind=kind, exact=True)["text"] for kind in text.KINDS}
        assert made["packet"] == want["packet_128"], name
        if want["flow_128_5"] != -1:
            assert made["flow"] == want["flow_128_5"], name
        if want["burst_64"] is not None:
            assert (made["burst"] or [""]) == [want["burst_64"]], name
        if isinstance(other[name]["flow_64_5_28"], list):
            assert text.trafficformer([one], exact=True)["text"] == other[name]["flow_64_5_28"][:1], name
        if other[name]["burst_64_28"]:
            burst = text.trafficformer_burst(one)
            assert other[name]["burst_64_28"] in (burst, "0\n" + burst, "1\n" + burst), name


def test_yatc_and_netmamba() -> None:
    golden = np.load(GOLDEN / "yatc_netmamba.npz")
    place = {str(name): i for i, name in enumerate(golden["session"])}
    errors = load("yatc_errors.json")
    for name in there(place):
        one, i = session(name), place[name]
        dns = any({53} & {frame.sport, frame.dport} for frame in one.frames[:5])
        image = images.yatc([one], exact=True)
        if name in errors:
            assert len(image) == 0, "IPv6 is left out"
        elif not dns:
            assert (image["image"][0].reshape(-1) == golden["yatc"][i]).all(), name
        if not dns:
            assert (images.netmamba([one], exact=True)["image"][0] == golden["netmamba"][i]).all(), name
        assert (
            images.netmamba([one], keep_payload=False, exact=True)["image"][0] == golden["netmamba_no_payload"][i]
        ).all(), name


def test_tfe_gnn() -> None:
    golden = np.load(GOLDEN / "tfegnn.npz")
    place = {str(name): i for i, name in enumerate(golden["session"])}
    for name in there(place):
        made = tfegnn.tfe_gnn([session(name)], exact=True)
        assert (made["header"][0] == golden["header"][place[name]]).all() and (
            made["payload"][0] == golden["payload"][place[name]]
        ).all(), name


def test_edges_of_graphs_have_mutual_information() -> None:
    nodes, source, target, weight = tfegnn.graph(np.arange(7))  # three windows of five bytes
    edges = {(int(nodes[a]), int(nodes[b])): one for a, b, one in zip(source, target, weight) if a != b}
    assert set(edges) == {(0, 1), (1, 0), (5, 6), (6, 5)}  # only the outer pairs meet more often than by chance
    assert np.allclose(list(edges.values()), np.log(1.5))  # ln((1 / 3) / ((1 / 3) * (2 / 3)))
    assert [(a, b) for a, b in zip(source, target) if a == b] == [(i, i) for i in range(len(nodes))]
    nodes, source, target, weight = tfegnn.graph(np.array([1, 2, 1]))  # one window; the pair is counted twice
    assert nodes.tolist() == [2, 1] and source.tolist() == [0, 1, 0, 1] and target.tolist() == [1, 0, 0, 1]
    assert np.allclose(weight, [np.log(2), np.log(2), 1, 1])


def test_deep_packet() -> None:
    golden = np.load(GOLDEN / "deeppacket.npz")
    kept = {
        (str(capture), int(frame)): golden["bytes"][i] for i, (capture, frame) in enumerate(golden["capture_and_frame"])
    }
    left = {(capture, frame) for capture, frame, _ in load("deeppacket_skipped.json")}
    checked = 0
    for capture in sorted({name for name, _ in [*kept, *left]}):
        try:
            file = path(capture)
        except pytest.skip.Exception:
            continue
        for frame in sessions.frames(file):
            data = packets.deep_packet_bytes(frame)
            if (capture, frame.number) in kept:
                assert data is not None and data.ljust(1500, b"\0") == kept[capture, frame.number].tobytes(), (
                    capture,
                    frame.number,
                )
                checked += 1
            elif (capture, frame.number) in left:
                assert data is None, (capture, frame.number)
    assert checked > 100


def test_flowpic_and_mini_flowpic() -> None:
    golden = np.load(GOLDEN / "flowpic.npz")
    for k in range(6):
        times, sizes = Ragged.of([golden[f"times_{k}"]]), Ragged.of([golden[f"sizes_{k}"]])
        counts = flowpic_counts(sizes, times, None, 1500)[0][0].astype(np.uint16)
        assert (np.argwhere(counts) == golden[f"flowpic_nonzero_{k}"]).all() and (
            counts[counts > 0] == golden[f"flowpic_values_{k}"]
        ).all()
        for dim in (32, 64):
            mini = np.minimum(mini_flowpic_counts(sizes, times, dim, 15)[0], 255)
            assert (mini == golden[f"mini_tcbench_{dim}_{k}"]).all()


def test_appscanner() -> None:
    golden = load("appscanner.json")
    for series, want in golden.pop("features_of_series"):
        assert np.allclose(features(Ragged.of([series]))[0][0], want, rtol=1e-9, atol=1e-9), series
    for capture, want in golden.items():
        if isinstance(want, str):
            with pytest.raises(ValueError, match="stops"):
                bursts(path(capture))
            continue
        got = bursts(path(capture))
        assert [[repr(one.time), *one.ends] for one in got] == [row[:5] for row in want], capture
        assert not want or np.allclose(
            features(Ragged.of([one.lengths for one in got]))[0], [row[5] for row in want], rtol=1e-9, atol=1e-7
        ), capture


def test_fsnet_frames() -> None:
    golden = load("fsnet_pytorch_gen.json")
    for name in there(golden):
        assert sequences.fsnet_frames([len(frame.data) for frame in session(name).frames]) == golden[name], name


def test_netfound() -> None:
    checked = cut = 0
    for key, want in load("netfound.json").items():
        kind, name = key.split("/", 1)
        if not isinstance(want, dict):
            continue
        try:
            mine = connections(name.split("-connection-")[0])
        except pytest.skip.Exception:
            continue
        one = mine.get(name.split(".pcap")[0])
        if one is None:
            continue
        frames = sessions.first_connection(one.frames)
        cut += len(frames) < len(one.frames)
        got = tokens.netfound_flow(frames, kind == "with_options")._asdict()
        assert {field: got[field] for field in want if field in got} == {
            field: value for field, value in want.items() if field in got
        }, key
        checked += 1
    assert checked > 50 and cut


@cache
def connections(capture: str) -> dict[str, sessions.Session]:
    """Sessions by the names that PcapSplitter gives them."""
    found = {}
    for one in all_of(path(capture).name).values():
        first = one.frames[0]
        sides = [
            str(sessions.ipaddress.ip_address(side)).replace(".", "-").replace(":", "-")
            for side in (first.src, first.dst)
        ]
        protocol = "tcp" if first.protocol == 6 else "udp"
        found[f"{capture}-connection-{protocol}_{sides[0]}_{first.sport}-{sides[1]}_{first.dport}"] = one
    return found


def test_nprint() -> None:
    import gzip

    checked = 0
    for file in sorted((SHARED / "golden" / "features" / "nprint").glob("*.csv.gz")):
        capture, payload = file.name.split(".p")[0], int(file.name.split(".p")[1].split(".")[0])
        blocks = tuple(packets.FIELDS) if payload else tuple(packets.FIELDS)[1:]
        try:
            made = packets.nprint(path(capture), exact=True, blocks=blocks, payload=payload)
        except pytest.skip.Exception:
            continue
        rows = list(csv.reader(gzip.open(file, "rt")))
        assert rows[0][4:] == packets.nprint_names(blocks, payload)
        want = np.array([row[4:] for row in rows[1:]], np.int8).reshape(len(rows) - 1, len(rows[0]) - 4)
        assert want.shape == made["bits"].shape, file.name
        header = sum(packets.WIDTH[block] for block in blocks)
        assert (want[:, :header] == made["bits"][:, :header]).all(), file.name
        defined = ~(
            (made["bits"][:, list(rows[0][4:]).index("ipv6_ver_0")] >= 0)
            & (made["bits"][:, list(rows[0][4:]).index("tcp_sprt_0")] >= 0)
        )
        assert (want[defined, header:] == made["bits"][defined, header:]).all(), file.name
        checked += len(want)
    assert checked > 100
