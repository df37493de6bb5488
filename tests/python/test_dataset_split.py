"""Cleaning, split and leak report, on keys made by hand and on captures made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import made
import pytest

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
from flowcontainer.dataset import Dataset, cleaning, hashing, leaks, recipe, split  # noqa: E402
from flowcontainer.dataset.labels import Labels  # noqa: E402
from flowcontainer.dataset.rows import Rows  # noqa: E402


def plan(**sections: Any) -> recipe.Recipe:
    return recipe.of_sections({"dataset": {"captures": "x"}, "labels": {"path": "{label}"}, **sections}, Path("."))


def rows(labels: list[int], **columns: Any) -> Rows:
    """Rows with these labels (codes of "a", "b", "c"); other columns are distinct numbers."""
    out = Rows(Labels.__new__(Labels), False, Path("."))
    n = len(labels)
    out.labels = ["a", "b", "c"]
    numbers = np.arange(1, n + 1)
    texts = {name: numbers.astype(np.uint64) for name in ("src", "dst", "community_id", "flow_id", "lengths_hash")}
    plain = {name: numbers for name in ("stream", "sport", "dport", "packets", "bytes", "time_start", "time_end")}
    given = {name: np.array(value) for name, value in columns.items()}
    protocol = np.full(n, hashing.text("udp"), np.uint64)
    out.columns = {
        **texts,
        **plain,
        "protocol": protocol,
        "capture": np.arange(n),
        "label": np.array(labels, np.int32),
        **given,
    }
    out.captures = [f"{i}.pcap" for i in range(n)]
    return out


def reasons(table: Rows, **rules: Any) -> list[str]:
    return [cleaning.REASONS[i] for i in cleaning.reasons(plan(cleaning=rules), table)]


def test_hashes_depend_on_the_value_alone() -> None:
    texts = ["", "a", "b", "a\0", "12345678", "12345678\0", "1234567890" * 300, "1234567890" * 299 + "123456789x", None, "a"]
    whole = hashing.texts(pa.array(texts))
    assert whole[8] == 0 and whole[1] == whole[9] and len(set(whole.tolist())) == len(texts) - 1
    assert (hashing.texts(pa.array(["other", *texts]).slice(1)) == whole).all()
    assert [hashing.text(one) for one in texts if one is not None] == [int(one) for one in whole if one]
    assert (hashing.repeated(pa.array(texts)) == whole).all()

    lists = [[], [0], [0, 0], [1, 2], [2, 1], [-1], list(range(600)), [*range(599), 0], [1, 2]]
    found = hashing.lists(pa.array(lists, pa.list_(pa.int32())))
    assert found[3] == found[8] and len(set(found.tolist())) == len(lists) - 1
    assert (hashing.lists(pa.array([[5], *lists], pa.list_(pa.int32())).slice(1)) == found).all()


def test_short_flows_and_background_protocols_are_left_out() -> None:
    table = rows([0, 0, 0, -1, -2], packets=[1, 5, 5, 5, 5], bytes=[900, 90, 900, 900, 900], dport=[9, 9, 53, 53, 53])
    found = reasons(table, min_packets=2, min_bytes=100, background=["dns", "ntp"])
    assert found == ["few_packets", "few_bytes", "dns", "unlabelled", "doubly_labelled"]
    assert reasons(rows([0, 0], sport=[123, 1], dport=[1, 2]), background=["ntp"]) == ["ntp", ""]


def test_near_duplicates_inside_and_across_labels() -> None:
    same = {"lengths_hash": np.array([7, 7, 8, 8, 9, 9], np.uint64), "packets": [10, 10, 10, 10, 3, 3]}
    table = rows([0, 0, 0, 1, 2, 2], **same)
    across = "near_duplicate_across_labels"
    assert reasons(table, near_duplicates="drop") == ["", "near_duplicate", across, across, "", ""]
    assert reasons(table, near_duplicates="drop", across_labels="keep") == ["", "near_duplicate", "", "", "", ""]
    assert reasons(table, near_duplicates="drop", near_packets=2)[4:] == ["", "near_duplicate"]
    assert cleaning.duplicates(table, np.ones(6, bool), 10) == {"near_inside_a_label": 2, "near_across_labels": 2}


def test_exact_duplicates_have_the_same_masked_bytes(tmp_path: Path) -> None:
    (tmp_path / "captures" / "a").mkdir(parents=True)
    (tmp_path / "captures" / "b").mkdir()
    made.write(tmp_path / "captures" / "a" / "1.pcap", made.talk() + made.talk(50001, 443, "198.51.100.9"))
    made.write(tmp_path / "captures" / "b" / "2.pcap", made.exchange())

    def build(**rules: Any) -> dict[str, Any]:
        return Dataset(
            "captures", labels={"path": "captures/{label}/*"}, base=tmp_path, split={"by": "flow"}, cleaning=rules
        ).build()

    told = build()
    assert told["rows"] == 3 and told["duplicates"]["exact_inside_a_label"] == 2 and "exact_duplicates" in told["leaks"]
    told = build(duplicates="drop")
    assert told["rows"] == 2 and told["left_out"] == {"duplicate": 1}
    made.write(tmp_path / "captures" / "b" / "3.pcap", made.talk(50007, 443, "203.0.113.4"))
    assert build(duplicates="drop")["left_out"] == {"duplicate_across_labels": 3}


def test_the_cap_is_seeded_and_does_not_depend_on_the_order() -> None:
    table = rows([0] * 50 + [1] * 3)
    kept = [i for i, reason in enumerate(reasons(table, cap=10)) if not reason]
    assert len(kept) == 13 and kept[10:] == [50, 51, 52]
    backwards = rows([1] * 3 + [0] * 50, **{name: table[name][::-1] for name in ("flow_id", "stream")})
    assert sorted(52 - i for i, reason in enumerate(reasons(backwards, cap=10)) if not reason) == kept
    other = [
        i for i, one in enumerate(cleaning.reasons(plan(cleaning={"cap": 10}, split={"seed": 2}), table)) if not one
    ]
    assert other != kept


# ---- split ----


def parts(table: Rows, **rules: Any) -> Any:
    return split.assigned(plan(split=rules), table, np.ones(len(table), bool))


def test_units_stay_whole_and_labels_have_their_shares() -> None:
    random = np.random.default_rng(0)
    label = random.integers(0, 3, 3000)
    for by, column in (("client", "src"), ("server", "dst"), ("flow", "community_id"), ("capture", "capture")):
        unit = random.integers(0, 300, 3000)
        table = rows(list(label), **{column: unit if column == "capture" else unit.astype(np.uint64) + 1})
        part = parts(table, by=by, parts={"train": 0.6, "val": 0.2, "test": 0.2})
        assert all(len(set(part[unit == one])) == 1 for one in set(unit)), by
        assert np.allclose(np.bincount(part) / 3000, [0.6, 0.2, 0.2], atol=0.03), by
    pure = rows(sorted(label))
    part = parts(pure, by="flow")
    for one in range(3):
        assert abs((part[pure["label"] == one] == 1).mean() - 0.2) < 0.01


def test_a_unit_does_not_move_when_rows_come_in_another_order() -> None:
    table = rows([0] * 40 + [1] * 40)
    order = np.random.default_rng(1).permutation(80)
    shuffled = rows([0] * 80, **{name: column[order] for name, column in table.columns.items()})
    assert (parts(shuffled, by="flow") == parts(table, by="flow")[order]).all()
    assert (parts(table, by="flow", seed=2) != parts(table, by="flow")).any()


def test_every_part_gets_a_unit_where_there_are_enough() -> None:
    table = rows([0] * 4 + [1] * 3, capture=[0, 1, 2, 2, 4, 5, 6])
    part = parts(table, by="capture", parts={"train": 0.9, "val": 0.05, "test": 0.05})
    assert set(part[:4]) == set(part[4:]) == {0, 1, 2}


def test_time_cuts_at_times_and_days_stay_whole() -> None:
    day = 86_400 * 10**9
    table = rows([0, 1] * 5, time_start=[i * day // 2 for i in (9, 8, 7, 6, 5, 4, 3, 2, 1, 0)])
    assert parts(table, by="time").tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    part = parts(table, by="day", stratify=False)
    assert all(part[2 * i] == part[2 * i + 1] for i in range(5))
    same = rows([0] * 4, time_start=[5, 5, 5, 5])
    assert len(set(parts(same, by="time"))) == 1


def test_folds_hold_every_row_once() -> None:
    part = parts(rows([0] * 50 + [1] * 50), by="flow", folds=5)
    assert (np.bincount(part[:50]) == 10).all() and (np.bincount(part[50:]) == 10).all()
    assert list(split.parts(plan(split={"folds": 3}))) == ["fold0", "fold1", "fold2"]


def test_scaling_is_fitted_on_the_first_part(tmp_path: Path) -> None:
    import json

    (tmp_path / "captures" / "a").mkdir(parents=True)
    for i in range(6):
        made.write(tmp_path / "captures" / "a" / f"{i}.pcap", made.talk(50000 + i) + made.many(i + 1))
    data = Dataset(
        "captures",
        labels={"path": "captures/{label}/*"},
        base=tmp_path,
        query={"features": ["basic"]},
        split={"scaling": "train"},
    )
    data.build()
    told = json.loads((tmp_path / "out" / "scaling.json").read_text())
    train, _ = data.to_xy("train", ["fwd_bytes"])
    test, _ = data.to_xy("test", ["fwd_bytes"])
    found = told["columns"]["fwd_bytes"]
    assert told["fitted_on"] == ["train"] and found["rows"] == len(train) and len(test)
    assert found["mean"] == pytest.approx(train.mean()) and found["std"] == pytest.approx(train.std())


def test_the_guide_lists_every_key() -> None:
    from flowcontainer.dataset.keys import guide_tables

    text = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "dataset.md").read_text()
    assert guide_tables() in text and cleaning.guide_background() in text


# ---- leaks ----


def test_values_on_both_sides_are_counted() -> None:
    table = rows([0, 0, 1, 1], src=np.array([1, 2, 2, 0], np.uint64), dst=np.array([1, 2, 3, 4], np.uint64))
    found = leaks.shared(table, np.array([0, 0, 1, 1]), ["train", "test"], 10)
    assert found["clients"] == {"values": 2, "on_several_sides": 1, "rows": {"train": 1, "test": 1}}
    assert found["servers"]["on_several_sides"] == 0


def test_a_column_that_names_the_label_has_a_high_score() -> None:
    label = [0, 1, 2] * 40
    table = rows(label, dst=np.array(label, np.uint64) + 5, dport=[1] * 120, time_start=[1000 * one for one in label])
    part = np.repeat([0, 1], 60)
    scores = {one["column"]: one for one in leaks.shortcuts(table, part, 1)}
    assert scores["server address"]["score"] == 1.0 and scores["server port"]["score"] == pytest.approx(1 / 3)
    assert scores["client address"]["score"] == pytest.approx(1 / 3), "an unknown address is a guess"
    if scores["start time"]["score"] is not None:
        assert scores["start time"]["score"] == 1.0


def test_the_report_says_what_may_be_wrong(tmp_path: Path) -> None:
    from flowcontainer.__main__ import main

    for label in ("a", "b"):
        for i in range(2):
            (tmp_path / "captures" / label).mkdir(parents=True, exist_ok=True)
            made.write(tmp_path / "captures" / label / f"{i}.pcap", made.talk(50000 + i) + made.many(12))
    Dataset("captures", labels={"path": "captures/{label}/*"}, base=tmp_path, name="<two> labels").build()
    assert main(["flowcontainer", "dataset", "report", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out" / "report.html").read_text()
    assert "&lt;two&gt; labels" in text and "<svg" in text and "<script" not in text and "http" not in text
    assert "connections stand in several parts" in text and "SHA-256" in text


def test_init_proposes_a_recipe_that_builds_and_check_finds_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from flowcontainer.__main__ import main

    def command(*words: object) -> int:
        return main(["flowcontainer", "dataset", *map(str, words)])

    for label in ("mail", "web"):
        for i in range(3):
            (tmp_path / "all" / label).mkdir(parents=True, exist_ok=True)
            made.write(tmp_path / "all" / label / f"{i}.pcap", made.talk(50000 + i, 443 + i))
    file = tmp_path / "dataset.toml"
    assert command("init", tmp_path / "all", "-o", file) == 0
    assert (
        'path = "all/{label}/**"' in file.read_text()
        and "2 labels, with captures: mail (3), web (3)" in file.read_text()
    )
    assert command("init", tmp_path / "all", "-o", file) == 2
    assert command("build", file) == 0
    assert command("check", tmp_path / "out") == 0
    made.write(tmp_path / "all" / "web" / "1.pcap", made.talk(50009))
    capsys.readouterr()
    assert command("check", tmp_path / "out") == 1
    said = capsys.readouterr().out
    assert "capture all/web/1.pcap has another content" in said and "comes out otherwise" in said
    (tmp_path / "out" / "left_out.parquet").unlink()
    assert command("check", tmp_path / "out", "--no-rows") == 1
    assert "file left_out.parquet is missing" in capsys.readouterr().out
    file = next((tmp_path / "out" / "parquet").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    (tmp_path / "all" / "mail" / "2.pcap").unlink()
    assert command("check", tmp_path / "out") == 1
    said = capsys.readouterr().out
    assert f"file {file.relative_to(tmp_path / 'out')} has another content" in said
    assert "capture all/mail/2.pcap is missing" in said and "rows: 6 became 5" in said


def test_init_finds_labels_in_file_names(tmp_path: Path) -> None:
    from flowcontainer.dataset.proposal import label_pattern

    assert label_pattern(["web_1.pcap", "web_2.pcap", "mail_1.pcap"])[0] == "**/{label}_*"
    assert label_pattern(["x/web/1.pcap", "x/mail/2.pcap"])[0] == "*/{label}/**"
    assert label_pattern(["1.pcap", "2.pcap"])[0] == ""
