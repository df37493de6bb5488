"""flowcontainer.models on captures made by hand: the sound forms, what they mask, and the arrays of a data set."""

from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import made
import pytest

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
from flowcontainer import Table, models, scan  # noqa: E402
from flowcontainer.dataset import Dataset, RecipeError  # noqa: E402
from flowcontainer.models.inputs import Ragged  # noqa: E402
from flowcontainer.models.lengths import features  # noqa: E402
from flowcontainer.models.sequences import ppi_histograms  # noqa: E402


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    """Two TCP connections with the same content, at other times, ports, addresses and sequence numbers, then UDP flows."""
    path = tmp_path / "talks.pcap"
    made.write(path, made.talk() + made.talk(50001, 443, "198.51.100.9") + made.many(3))
    return path


def lengths(path: Path) -> list[list[int]]:
    return [row["ip_lengths"] for row in scan(path, columns=["ip_lengths"]).to_arrow().to_pylist()]


def test_sequences_are_those_of_the_scan(talks: Path) -> None:
    rows = lengths(talks)
    table = scan(talks, columns=["ip_lengths", "ip_timestamps", "flow_id"]).read()
    fsnet = models.fsnet(talks, length=12)
    for i, row in enumerate(rows):
        tokens = [1, *(abs(one) + 3 for one in row), 2]
        assert fsnet["tokens"][i].tolist() == (tokens + [0] * 12)[:12] and fsnet.masks["tokens"][i].sum() == len(tokens)
        assert (
            models.df(table, length=10)["directions"][i].tolist()
            == ([1 if one > 0 else -1 for one in row] + [0] * 10)[:10]
        )
    signed = models.fsnet(talks, length=12, signed=True)["tokens"][0]
    assert signed[1:4].tolist() == [(abs(one) + 3) * (1 if one > 0 else -1) for one in rows[0][:3]]
    assert models.fsnet(talks, length=4)["tokens"][0].tolist()[3] == 2, "a long flow is cut before its end"
    assert 0 not in models.fsnet(talks, length=6, exact=True).rows, "the published form leaves long flows out"
    times = models.tiktok(table, length=5)["times"][0]
    assert times.tolist() == pytest.approx(
        [0, *(0.001000001 * i * (1 if rows[0][i] > 0 else -1) for i in range(1, 5))], rel=1e-6
    )
    assert fsnet.names == table["flow_id"].to_list() == models.tiktok(table).names


def test_cesnet_ppi_has_the_packets_with_payload(talks: Path) -> None:
    ppi = models.cesnet_ppi(talks)
    assert ppi["ppi"].shape == (5, 3, 30) and ppi["ppi"][0, 1:, :3].tolist() == [[1, -1, 0], [100, 300, 0]]
    assert ppi["ppi_len"][0] == 2 and ppi.masks["ppi"][0, 0].tolist() == [True] * 2 + [False] * 28
    assert ppi["ppi"][0, 0, 0] == 0 and ppi["ppi"][0, 0, 1] == round(float(ppi["ppi_duration"][0]) * 1000)


def test_the_fourth_row_of_ppi_has_the_push_flags(talks: Path) -> None:
    three, four = models.cesnet_ppi(talks), models.cesnet_ppi(talks, push=True)
    assert four["ppi"].shape == (5, 4, 30) and (four["ppi"][:, :3] == three["ppi"]).all()
    rows = scan(talks, columns=["tcp_flags", "protocol"], payload_only=True).read().to_pydict()
    for i, (flags, protocol) in enumerate(zip(rows["tcp_flags"], rows["protocol"])):
        want = [flag >> 3 & 1 for flag in flags or []]
        assert four["ppi"][i, 3].tolist() == want + [0] * (30 - len(want))
        assert four.masks["ppi"][i, 3].sum() == (len(want) if protocol == "tcp" else 0)
    assert four["ppi"][0, 3].any()
    with pytest.raises(ValueError, match="payload_only"):
        models.cesnet_ppi(scan(talks, columns=models.query("cesnet_ppi", push=True)["columns"]), push=True)


def test_appscanner_has_the_statistics_of_each_direction(talks: Path) -> None:
    made_array = models.appscanner(talks)
    row = np.array(lengths(talks)[0], float)
    found = dict(zip(models.LAYOUTS["appscanner"][0].__globals__["NAMES"], made_array["features"][0]))
    assert found["all_mean"] == row.mean() and found["out_max"] == row.max() and found["in_min"] == row.min()
    assert (
        found["all_std"] == pytest.approx(row.std(ddof=1))
        and found["all_p30"] == pytest.approx(np.percentile(row, 30))
        and found["all_count"] == len(row)
    )
    empty, mask = features(Ragged.of([[], [5]]))
    assert (
        not empty[0].any()
        and not mask[0, [0, 4, 8]].any()
        and mask[0, 17]
        and empty[1, 36 + 2] == 5
        and not mask[1, 36 + 4]
    )


def test_flowpics_count_every_packet_once(talks: Path) -> None:
    mini = models.mini_flowpic(talks)["image"]
    assert mini.shape == (5, 32, 32) and [int(one.sum()) for one in mini] == [len(row) for row in lengths(talks)]
    whole = models.flowpic(talks)["image"]
    assert whole.shape == (5, 1500, 1500) and [int(one.sum()) for one in whole] == [len(row) for row in lengths(talks)]
    assert models.flowpic(talks, direction="fwd")["image"][0].sum() == sum(one > 0 for one in lengths(talks)[0])
    with pytest.raises(ValueError, match="both, fwd or bwd"):
        models.flowpic(talks, direction="up")


BYTES = ("yatc", "netmamba", "ustc", "deep_packet", "nprint", "tfe_gnn", "netfound")


@pytest.mark.parametrize("name", BYTES)
def test_two_connections_with_one_content_are_equal_under_the_masks(talks: Path, name: str) -> None:
    inputs = models.make(name, talks)
    for array, values in inputs.arrays.items():
        if name == "deep_packet":
            one, other = values[inputs.rows == 0], values[inputs.rows == 1]
        else:
            one, other = values[0], values[1]
        assert (one == other).all(), array
        assert inputs.masks[array].shape == values.shape, array
    assert len(inputs.names) == len(inputs.rows) == len(inputs)


@pytest.mark.parametrize("name", ["etbert", "trafficformer"])
def test_texts_of_two_connections_with_one_content_are_equal(talks: Path, name: str) -> None:
    text = models.make(name, talks)["text"]
    assert text[0] == text[1] != text[2] and "4500" in text[0]
    burst = models.etbert(talks, kind="burst")["text"]
    assert burst[0] == burst[1] and burst[0].endswith("\n\n")


def test_headers_and_payload_of_yatc_stand_at_their_places(talks: Path) -> None:
    inputs = models.yatc(talks)
    packets, mask = inputs["image"][0].reshape(5, 320), inputs.masks["image"][0].reshape(5, 320)
    assert (
        packets[0, 0] == 0x45
        and not packets[0, 12:20].any()
        and not packets[0, 20:24].any()
        and packets[0, 33] == made.SYN
    )
    assert mask[0, :40].all() and not mask[0, 40:].any(), "a SYN has 40 bytes of headers and no payload"
    data = next(i for i in range(5) if mask[i, 80:].any())
    frame = made.talk()[data]
    assert packets[data, 80:180].tobytes() == frame[54:154] and not mask[data, 40:80].any()


def test_nprint_bits_of_the_sound_form(talks: Path) -> None:
    names = models.nprint_names(("ipv4", "ipv6", "tcp", "udp"))
    bits = models.nprint(talks, packets=12)["bits"]
    column = {name: bits[0, 0, i] for i, name in enumerate(names)}
    assert (
        [column[f"ipv4_ver_{i}"] for i in range(4)] == [0, 1, 0, 0]
        and column["tcp_syn_0"] == 1
        and column["tcp_fin_0"] == 0
    )
    assert column["ipv6_ver_0"] == column["udp_sport_0"] == column["ipv4_opt_0"] == -1 and column["tcp_sprt_0"] == 0
    assert (bits[0, len(lengths(talks)[0]) :] == -1).all()


def test_a_table_without_the_columns_is_refused(talks: Path) -> None:
    with pytest.raises(ValueError, match="needs the column 'ip_lengths'"):
        models.df(scan(talks, columns=["flow_id"]).read())
    with pytest.raises(ValueError, match="no layout 'yact'; there are"):
        models.make("yact", talks)
    again = Table.from_arrow(scan(talks, **models.query("mini_flowpic")).to_arrow())
    assert (models.mini_flowpic(again)["image"] == models.mini_flowpic(talks)["image"]).all()


def test_png_and_idx_hold_the_pixels(tmp_path: Path) -> None:
    image = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    models.write_png(tmp_path, image, ["a", "b"])
    data = (tmp_path / "b.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n") and struct.unpack(">II", data[16:24]) == (4, 3)
    size = struct.unpack(">I", data[33:37])[0]
    assert zlib.decompress(data[41 : 41 + size]) == b"".join(b"\0" + line.tobytes() for line in image[1])
    models.write_idx(tmp_path / "x.idx", image)
    assert (tmp_path / "x.idx").read_bytes() == b"\0\0\x08\x03" + struct.pack(">III", 2, 3, 4) + image.tobytes()


# ---- data sets ----


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for label in ("a", "b"):
        for i in range(3):
            path = tmp_path / "captures" / label / f"{label}{i}.pcap"
            path.parent.mkdir(parents=True, exist_ok=True)
            made.write(path, made.talk(50000 + i) + made.many(i + 1))
    return tmp_path


def built(folder: Path, out: str, **model: Any) -> tuple[Dataset, dict[str, Any]]:
    data = Dataset("captures", out, {"path": "captures/{label}/*"}, base=folder, model=model)
    return data, data.build()


def test_a_data_set_has_the_arrays_of_a_model_with_label_and_flow(folder: Path) -> None:
    data, told = built(folder, "out", name="df", options={"length": 8})
    for part in ("train", "test"):
        there = folder / "out" / "model" / part
        array = np.load(there / "directions.npy", mmap_mode="r")
        flows = [one.decode() for one in np.load(there / "flow.npy")]
        rows = {row["flow_id"]: row for row in data.to_arrow(part).to_pylist()}
        assert set(flows) == set(rows) and array.shape == (len(rows), 8)
        for i, flow in enumerate(flows):
            signs = [1 if one > 0 else -1 for one in rows[flow]["ip_lengths"]]
            assert (
                array[i].tolist() == (signs + [0] * 8)[:8]
                and ["a", "b"][np.load(there / "label.npy")[i]] == rows[flow]["label"]
            )
    assert json.loads((folder / "out" / "model" / "model.json").read_text())["layout"] == "df"


def test_the_exact_arrays_of_a_data_set_are_of_its_sessions(folder: Path) -> None:
    _, told = built(folder, "out", name="yatc", exact=True)
    whole = {}
    for label in ("a", "b"):
        for i in range(3):
            inputs = models.yatc(folder / "captures" / label / f"{label}{i}.pcap", exact=True)
            whole.update({name: (image, label) for name, image in zip(inputs.names, inputs["image"])})
    seen = {}
    for part in ("train", "test"):
        there = folder / "out" / "model" / part
        for name, image, label in zip(
            np.load(there / "flow.npy"), np.load(there / "image.npy"), np.load(there / "label.npy")
        ):
            seen[name.decode()] = (image, "ab"[label])
        assert len(list((there / "png").rglob("*.png"))) == len(np.load(there / "flow.npy"))
    assert seen.keys() == whole.keys() and all(
        (seen[name][0] == whole[name][0]).all() and seen[name][1] == whole[name][1] for name in seen
    )


def test_a_model_of_packets_with_payload_needs_the_query(folder: Path) -> None:
    model = {"name": "cesnet_ppi", "options": {"push": True}}
    with pytest.raises(RecipeError, match="payload_only = true"):
        Dataset("captures", base=folder, model=model).build()
    made_of = Dataset("captures", base=folder, model=model, query={"payload_only": True})
    made_of.build()
    assert made_of.arrays("train")["ppi"].shape[1:] == (4, 30)


def test_a_wrong_model_is_refused(folder: Path) -> None:
    with pytest.raises(RecipeError, match="no layout 'yat'; there are appscanner"):
        built(folder, "out", name="yat")
    with pytest.raises(RecipeError, match="df has no argument 'len'; it has length, payload_only"):
        built(folder, "out", name="df", options={"len": 3})
    with pytest.raises(RecipeError, match="rows of its own"):
        built(folder, "out", name="nprint", exact=True)
    assert not os.listdir(folder / "out") or not (folder / "out" / "manifest.json").exists()


def test_a_data_set_is_a_source(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    for i in range(3):
        made.write(folder / f"{i}.pcap", made.talk(50000 + i) + made.many(2))
    paths = sorted(folder.iterdir())
    for name in ("yatc", "df", "cesnet_ppi"):
        data = Dataset(paths, tmp_path / f"out-{name}", query=models.query(name))
        data.build()
        got, want = models.make(name, data), models.make(name, folder)
        assert len(got) == 9 and data.to_arrow()["flow_id"].to_pylist() == got.names
        for array, values in got.arrays.items():
            assert sorted(row.tobytes() for row in values) == sorted(row.tobytes() for row in want.arrays[array])
    exact = models.yatc(data, exact=True)
    assert (exact["image"] == models.yatc(paths, exact=True)["image"]).all()
    assert (exact["image"] == models.yatc(scan(folder), exact=True)["image"]).all()
    with pytest.raises(ValueError, match="reads captures"):
        models.yatc(data.to_arrow(), exact=True)


def test_ids_of_etbert(tmp_path: Path) -> None:
    words = ["[PAD]", "[SEP]", "[CLS]", "[UNK]", "[MASK]", "4500", "45", "0", "##00", "##1"]
    (tmp_path / "vocab.txt").write_text("\n".join(words) + "\n")
    ids, mask = models.etbert_ids(["4500 451 zz 4500 ", ""], tmp_path / "vocab.txt", 5)
    assert ids.tolist() == [[2, 5, 6, 9, 3], [2, 0, 0, 0, 0]] and mask.sum(1).tolist() == [5, 1]
    (tmp_path / "bad.txt").write_text("a\n")
    with pytest.raises(ValueError, match=r"no \[CLS\]"):
        models.etbert_ids([""], tmp_path / "bad.txt")


def test_histograms_of_cesnet() -> None:
    lengths, times = Ragged.of([[10, 20, -2000, 15, -16], []]), Ragged.of([[0.0, 0.010, 0.020, 0.050, 3.0], []])
    sizes, gaps = ppi_histograms(lengths, times)
    assert sizes.tolist() == [[[2, 1, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 1]], [[0] * 8] * 2]
    assert gaps.tolist() == [[[1, 0, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1]], [[0] * 8] * 2]


def test_windows_of_netmamba(tmp_path: Path) -> None:
    made.write(tmp_path / "x.pcap", made.talk() + made.talk())
    session = models.splitcap(tmp_path / "x.pcap")[0]
    all_windows = models.netmamba(tmp_path / "x.pcap", exact=True, windows=True)
    assert len(all_windows) == len(session.frames) - 4 and set(all_windows.rows.tolist()) == {0}
    first = models.netmamba(tmp_path / "x.pcap", exact=True)
    assert (all_windows["image"][0] == first["image"][0]).all()
    shifted = models.netmamba([models.splitcap(tmp_path / "x.pcap")[0]._replace(frames=session.frames[1:])], exact=True)
    assert (all_windows["image"][1] == shifted["image"][0]).all()
