"""`flowcontainer dataset build`: rows, labels, parts, manifest; builds again and resumes with the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import made
import pytest

from flowcontainer import CaptureWarning, scan
from flowcontainer.__main__ import main

pa = pytest.importorskip("pyarrow")
np = pytest.importorskip("numpy")
ds = pytest.importorskip("pyarrow.dataset")
from flowcontainer.dataset import Dataset  # noqa: E402

RECIPE = """
[dataset]
captures = "captures"
[query]
columns = ["default"]
fields = ["sni"]
bytes.head = { packets = 3, start = "ip", length = 20 }
[[labels]]
path = "captures/{label}/{device}-*.pcap"
[outputs]
formats = ["parquet", "arrow", "npy", "npz", "sqlite", "csv"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two labels with four captures each; capture i of a label has i + 1 UDP flows and a TCP flow."""
    for label, port in (("news", 443), ("mail", 993)):
        (tmp_path / "captures" / label).mkdir(parents=True)
        for i in range(4):
            capture(tmp_path, label, i, port)
    (tmp_path / "dataset.toml").write_text(RECIPE)
    return tmp_path


def capture(folder: Path, label: str, i: int, port: int = 443) -> None:
    frames = made.talk(50000 + i, port) + made.many(i + 1)
    made.write(folder / "captures" / label / f"phone-{i}.pcap", frames)


PLACE = [("capture", "ascending"), ("stream", "ascending"), ("protocol", "ascending")]  # of a row among others


def files(out: Path) -> dict[str, str]:
    paths = [path for path in out.rglob("*") if path.is_file() and ".flowcontainer" not in path.parts]
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.name != "manifest.json"
    }


def command(*words: object) -> int:
    return main(["flowcontainer", "dataset", *map(str, words)])


def test_rows_are_those_of_scan_with_label_part_and_origin(folder: Path) -> None:
    assert command("build", folder / "dataset.toml") == 0
    rows = Dataset.from_toml(folder / "dataset.toml").to_arrow().to_pylist()
    direct = (
        scan(folder / "captures", columns=["flow_id", "capture", "frames", "ip_lengths", "src", "dport"])
        .to_arrow()
        .to_pylist()
    )
    shown = {(row["capture"], row["flow_id"]): row for row in rows}
    assert len(shown) == len(rows) == len(direct) == 2 * (1 + 2 + 3 + 4 + 4)
    for row in direct:
        name = os.path.relpath(row["capture"], folder)
        mine = shown[name, row["flow_id"]]
        assert [mine[key] for key in ("frames", "ip_lengths", "src", "dport")] == [
            row[key] for key in ("frames", "ip_lengths", "src", "dport")
        ]
        assert mine["label"] == name.split("/")[1] and mine["device"] == "phone"
    parts = {row["capture"]: {other["part"] for other in rows if other["capture"] == row["capture"]} for row in rows}
    assert all(len(found) == 1 for found in parts.values()), "a capture is on one side"
    assert {found for one in parts.values() for found in one} == {"train", "test"}


def test_all_formats_hold_the_same_rows(folder: Path) -> None:
    command("build", folder / "dataset.toml")
    out = folder / "out"
    table = ds.dataset(out / "parquet", partitioning="hive").to_table()
    for part in ("train", "test"):
        mine = table.filter(pa.compute.equal(table["part"], part))
        ids = sorted(mine["flow_id"].to_pylist())
        with pa.memory_map(str(out / "arrow" / f"{part}.arrow")) as source:
            assert sorted(pa.ipc.open_file(source).read_all()["flow_id"].to_pylist()) == ids
        base = sqlite3.connect(out / "data.sqlite")
        assert sorted(row[0] for row in base.execute("select flow_id from rows where part = ?", (part,))) == ids
        text = (out / "csv" / f"{part}.csv").read_text().splitlines()
        assert len(text) == len(ids) + 1 and "ip_lengths" not in text[0]
        zipped = np.load(out / "npz" / f"{part}.npz")
        mapped = np.load(out / "npy" / part / "ip_lengths.npy", mmap_mode="r")
        mask = np.load(out / "npy" / part / "ip_lengths.mask.npy")
        assert isinstance(mapped, np.memmap) and (zipped["ip_lengths"] == mapped).all()
        by_id = {row["flow_id"]: row["ip_lengths"] for row in mine.to_pylist()}
        flow_ids = [one.decode() for one in zipped["flow_id"]]
        assert sorted(flow_ids) == ids
        assert all(mapped[i][mask[i]].tolist() == by_id[one][:100] for i, one in enumerate(flow_ids))
        heads = {row["flow_id"]: row["head"] for row in mine.to_pylist()}
        assert zipped["head"].shape[1:] == (3, 20) and all(
            zipped["head"][i].tolist() == heads[one] for i, one in enumerate(flow_ids)
        )
        labels = json.loads((out / "npy" / "labels.json").read_text())
        assert labels == ["mail", "news"]


def test_the_manifest_and_the_metadata_of_parquet_tell_the_origin(folder: Path) -> None:
    command("build", folder / "dataset.toml")
    told = json.loads((folder / "out" / "manifest.json").read_text())
    one = told["captures"][0]
    content = (folder / one["name"]).read_bytes()
    assert one["sha256"] == hashlib.sha256(content).hexdigest() and one["size"] == len(content)
    assert (
        told["rows"]
        == sum(sum(parts.values()) for parts in told["counts"].values())
        == sum(one["flows"] for one in told["captures"])
    )
    assert told["accounting"]["kept"] > 0 and told["problems"] == [] and told["recipe_text"] == RECIPE
    path = next((folder / "out" / "parquet").rglob("*.parquet"))
    inside = json.loads(pa.parquet.read_schema(path).metadata[b"flowcontainer.dataset"])
    assert {key: told[key] for key in inside} == inside
    for file in told["files"]:
        assert hashlib.sha256((folder / "out" / file["name"]).read_bytes()).hexdigest() == file["sha256"]


def test_new_changed_and_lost_captures_end_with_the_bytes_of_a_build_from_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command("build", folder / "dataset.toml")
    capture(folder, "mail", 7, 995)
    capture(folder, "mail", 2, 995)
    (folder / "captures" / "news" / "phone-1.pcap").unlink()
    capsys.readouterr()
    command("build", folder / "dataset.toml")
    said = capsys.readouterr().err
    assert all(f"captures that are {what}: 1\n" in said for what in ("new", "changed", "gone"))
    resumed = files(folder / "out")
    shutil.rmtree(folder / "out")
    command("build", folder / "dataset.toml")
    assert files(folder / "out") == resumed


def test_nothing_new_reads_nothing_and_a_touched_file_is_not_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command("build", folder / "dataset.toml")
    before = (folder / "out" / "manifest.json").read_bytes()
    assert command("build", folder / "dataset.toml") == 0
    assert "nothing new" in capsys.readouterr().out and (folder / "out" / "manifest.json").read_bytes() == before
    os.utime(folder / "captures" / "news" / "phone-0.pcap")
    command("build", folder / "dataset.toml")
    assert "No capture is read anew" in capsys.readouterr().err


def test_the_check_of_an_unchanged_folder_imports_no_array_library(folder: Path) -> None:
    assert command("build", "-q", folder / "dataset.toml") == 0
    program = (
        "import sys; from flowcontainer.__main__ import main; status = main(sys.argv[1:]);"
        "assert not {'numpy', 'pyarrow'} & set(sys.modules); sys.exit(status)"
    )
    words = [sys.executable, "-c", program, "flowcontainer", "dataset", "build", str(folder / "dataset.toml")]
    again = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "nothing new" in again.stdout


def test_rows_that_fill_the_memory_go_into_several_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("build", "-q", folder / "dataset.toml") == 0
    whole = Dataset.from_toml(folder / "dataset.toml").to_arrow().sort_by(PLACE)
    monkeypatch.setattr("flowcontainer.dataset.outputs.ALL", 1)
    monkeypatch.setattr("flowcontainer.dataset.build.CHUNK", 4)
    shutil.rmtree(folder / "out")
    assert command("build", "-q", folder / "dataset.toml") == 0
    assert Dataset.from_toml(folder / "dataset.toml").to_arrow().sort_by(PLACE).equals(whole)
    assert len(list((folder / "out" / "parquet").rglob("*.parquet"))) > 4


def test_a_changed_recipe_says_what_is_done_anew(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = folder / "dataset.toml"
    command("build", recipe)
    capsys.readouterr()
    recipe.write_text(RECIPE + "\n[split]\nby = 'flow'\n")
    command("build", recipe)
    assert "No capture is read anew" in capsys.readouterr().err
    recipe.write_text(RECIPE.replace('["sni"]', '["ip.ttl"]'))
    command("build", recipe)
    assert "all captures are read anew" in capsys.readouterr().err


def test_a_build_that_ends_early_goes_on_and_ends_with_the_same_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowcontainer.dataset import task

    command("build", folder / "dataset.toml")
    whole = files(folder / "out")
    shutil.rmtree(folder / "out")
    monkeypatch.setattr(task, "FEW", 2)
    honest, calls = task.run, []

    def once(*given: object) -> object:
        calls.append(given)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return honest(*given)

    monkeypatch.setattr(task, "run", once)
    recipe = folder / "dataset.toml"
    recipe.write_text(RECIPE.replace('"captures"', '"captures"\njobs = 1', 1))
    assert command("build", recipe) == 130
    done = (
        sqlite3.connect(folder / "out" / ".flowcontainer" / "state.sqlite")
        .execute("select count(*) from capture")
        .fetchone()[0]
    )
    assert done == 4
    assert command("build", recipe) == 0
    assert len(calls) == 5, "two tasks were left, and the one that was stopped"
    recipe.write_text(RECIPE)
    command("build", recipe)
    later = files(folder / "out")
    same = [name for name in whole if not name.endswith((".parquet", ".arrow", ".sqlite"))]
    assert {name: later[name] for name in same} == {name: whole[name] for name in same}
    assert later == whole


def test_a_damaged_capture_is_used_as_far_as_it_goes(folder: Path) -> None:
    path = folder / "captures" / "news" / "phone-0.pcap"
    path.write_bytes(path.read_bytes()[:-5])
    (folder / "captures" / "news" / "phone-text.pcap").write_text("no capture")
    assert command("build", folder / "dataset.toml") == 1
    told = json.loads((folder / "out" / "manifest.json").read_text())
    assert [problem["capture"] for problem in told["problems"]] == [
        "captures/news/phone-0.pcap",
        "captures/news/phone-text.pcap",
    ]
    assert {one["name"]: one["flows"] for one in told["captures"]}["captures/news/phone-0.pcap"] > 0


def test_a_damaged_capture_among_a_thousand_costs_only_its_end(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = folder / "captures" / "news" / "phone-3.pcap"
    for i in range(1000):
        os.link(whole, folder / "captures" / "news" / f"more-{i:04}.pcap")
    damaged = folder / "captures" / "news" / "more-0500.pcap"
    damaged.unlink()
    damaged.write_bytes(whole.read_bytes()[:-5])
    assert command("build", folder / "dataset.toml") == 1
    assert "captures/news/more-0500.pcap: " in capsys.readouterr().err
    told = json.loads((folder / "out" / "manifest.json").read_text())
    assert [(one["capture"], one["frames"] > 0) for one in told["problems"]] == [("captures/news/more-0500.pcap", True)]
    rows = {one["name"]: one["flows"] for one in told["captures"] if "more" in one["name"]}
    with pytest.warns(CaptureWarning):
        left = scan(damaged).read().num_rows
    assert left > 0 and rows.pop("captures/news/more-0500.pcap") == left
    assert len(rows) == 999 and set(rows.values()) == {scan(whole).read().num_rows}
    assert command("build", folder / "dataset.toml") == 1
    assert "captures/news/more-0500.pcap: " in capsys.readouterr().err


def test_links_and_hidden_files_are_no_captures_of_their_own(folder: Path) -> None:
    from flowcontainer.dataset import captures, recipe

    (folder / "captures" / "loop").symlink_to(folder / "captures")
    (folder / "captures" / ".hidden").write_text("x")
    shutil.copy(folder / "dataset.toml", folder / "captures" / "dataset.toml")
    plan = recipe.of_sections(
        {"dataset": {"captures": ["captures", "captures/news/*.pcap"], "out": "captures/out"}},
        folder,
        folder / "captures" / "dataset.toml",
    )
    names = [capture.name for capture in captures.listed(plan)]
    assert names == sorted(f"captures/{label}/phone-{i}.pcap" for label in ("news", "mail") for i in range(4))


def test_captures_without_flows_give_an_empty_data_set(folder: Path) -> None:
    shutil.rmtree(folder / "captures")
    (folder / "captures" / "x").mkdir(parents=True)
    made.write(folder / "captures" / "x" / "a-1.pcap", [made.ethernet(bytes(28), 0x0806)])
    assert command("build", folder / "dataset.toml") == 0
    assert json.loads((folder / "out" / "manifest.json").read_text())["rows"] == 0
    (folder / "captures" / "x" / "a-1.pcap").write_text("no capture")
    assert command("build", folder / "dataset.toml") == 3


def test_a_stopped_task_leaves_nothing(folder: Path) -> None:
    from flowcontainer import Cancelled
    from flowcontainer.dataset import captures, query, recipe, task

    plan = recipe.of_file(folder / "dataset.toml")
    found = captures.listed(plan)
    asked = query.of_recipe(plan, found[0].path)
    stop = task.Stop()
    stop.set()
    with pytest.raises(Cancelled):
        task.run(found, asked, folder, 1, stop)
    assert not [path for path in folder.iterdir() if path.name.startswith("1.")]
    assert len(task.run(found, asked, folder, 1, task.Stop()).captures) == 8


@pytest.mark.integration
def test_datasets_of_huggingface_read_the_ipc_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(folder / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hugging = pytest.importorskip("datasets")
    command("build", folder / "dataset.toml")
    files = {part: str(folder / "out" / "arrow" / f"{part}.arrow") for part in ("train", "test")}
    loaded = hugging.load_dataset("arrow", data_files=files, cache_dir=str(folder / "cache"))
    table = Dataset.from_toml(folder / "dataset.toml").to_arrow("train")
    assert sorted(loaded["train"]["flow_id"]) == sorted(table["flow_id"].to_pylist())
    assert set(loaded["train"]["label"]) == {"mail", "news"}
    parquet = [str(path) for path in sorted((folder / "out" / "parquet" / "part=train").rglob("*.parquet"))]
    loaded = hugging.load_dataset("parquet", data_files={"train": parquet}, cache_dir=str(folder / "cache"))
    assert sorted(loaded["train"]["flow_id"]) == sorted(table["flow_id"].to_pylist())


@pytest.mark.integration
def test_torch_maps_the_npy_files(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    command("build", folder / "dataset.toml")
    array = np.load(folder / "out" / "npy" / "train" / "ip_lengths.npy", mmap_mode="c")
    tensor = torch.from_numpy(array)
    assert tensor.shape == array.shape and tensor.dtype == torch.int32 and (tensor.numpy() == array).all()
    labels = torch.from_numpy(np.load(folder / "out" / "npy" / "train" / "label.npy", mmap_mode="c"))
    pairs = torch.utils.data.TensorDataset(tensor, labels)
    batches = list(torch.utils.data.DataLoader(pairs, batch_size=4))
    assert (torch.cat([x for x, _ in batches]) == tensor).all() and (torch.cat([y for _, y in batches]) == labels).all()
