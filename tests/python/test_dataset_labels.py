"""Labels: from paths, rules, Zeek, fields and functions; unlabelled and doubly labelled flows are listed. Wrong recipes name file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import made
import pytest

pa = pytest.importorskip("pyarrow")
pytest.importorskip("numpy")
pq = pytest.importorskip("pyarrow.parquet")
from flowcontainer.dataset import Dataset, RecipeError  # noqa: E402
from flowcontainer.dataset.labels import suffix_label  # noqa: E402
from flowcontainer.dataset.patterns import Pattern  # noqa: E402

DEMO = Path(__file__).resolve().parents[1] / "pcaps" / "demo.pcap"
SECOND = made.START // 10**9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """a/one.pcap: a TCP flow to port 443; b/two.pcap: one to port 8080 of another server; c/three.pcap: UDP flows."""
    for name, frames in (
        ("a/one", made.talk()),
        ("b/two", made.talk(50001, 8080, "198.51.100.9")),
        ("c/three", made.many(3)),
    ):
        path = tmp_path / "captures" / f"{name}.pcap"
        path.parent.mkdir(parents=True)
        made.write(path, frames)
    return tmp_path


def labelled(folder: Path, *labels: dict[str, Any], **sections: Any) -> dict[str, list[Any]]:
    """{capture: labels of its rows}."""
    made_set = Dataset("captures", labels=labels, base=folder, split={"by": "flow"}, **sections)
    made_set.build()
    found: dict[str, list[Any]] = {}
    for row in made_set.to_arrow().sort_by([("capture", "ascending"), ("sport", "ascending")]).to_pylist():
        found.setdefault(Path(row["capture"]).stem, []).append(row["label"])
    return found


def rules(folder: Path, text: str) -> dict[str, str]:
    (folder / "rules.csv").write_text(text)
    return {"rules": "rules.csv"}


def test_patterns() -> None:
    assert Pattern("captures/{label}/{device}-*.pcap").groups("captures/web/phone-1-x.pcap") == {
        "label": "web",
        "device": "phone",
    }
    assert Pattern("captures/{label}/*.pcap").groups("captures/web/deep/x.pcap") is None
    assert Pattern("**/{label}_?.pcap").groups("x/y/mail_1.pcap") == {"label": "mail"}
    assert Pattern("**/{label}_?.pcap").groups("mail_1.pcap") == {"label": "mail"}
    assert Pattern("{label}/{label}.pcap").groups("a/b.pcap") is None
    with pytest.raises(RecipeError, match="belongs to no"):
        Pattern("{label/x")


def test_rules_compare_time_networks_ports_and_protocol_in_either_direction(folder: Path) -> None:
    text = f"label,start,end,src,dst,sport,dport,protocol,direction\nweb,{SECOND},{SECOND + 9},192.0.2.0/24,,443,,tcp,either\nother,,,10.0.0.1,198.51.100.9,,8000-8100,6,forward\n"
    assert labelled(folder, rules(folder, text)) == {"one": ["web"], "two": ["other"]}
    assert labelled(folder, rules(folder, text.replace("either", "forward"))) == {"two": ["other"]}
    assert labelled(folder, rules(folder, text.replace(f"{SECOND + 9}", f"{SECOND}"))) == {"two": ["other"]}
    assert labelled(folder, rules(folder, "label,address,port\nweb,192.0.2.7,443\n")) == {"one": ["web"]}
    assert labelled(folder, rules(folder, "label,protocol\nudp,udp\n")) == {"three": ["udp"] * 3}


def test_a_time_without_zone_is_moved_by_the_offset(folder: Path) -> None:
    text = "label,start,end\nnow,2020-06-24T07:11:42,2020-06-24T07:11:43.5\n"
    assert labelled(folder, rules(folder, text) | {"offset": 10800}).get("one") == ["now"]
    assert labelled(folder, rules(folder, text.replace("07:", "10:"))).get("one") == ["now"]
    assert labelled(
        folder, rules(folder, text.replace(":43.5", ":43.5-03:00").replace(":42,", ":42-03:00,")) | {"offset": 9}
    ).get("one") == ["now"]


def test_zeek_lines_label_the_flows_of_their_time_in_either_direction(folder: Path) -> None:
    head = "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\ttunnel_parents   label   detailed-label\n"
    line = "{ts}.710000\tC1\t192.0.2.7\t443\t10.0.0.1\t50000\ttcp\t{long}\t-   Malicious   {fine}\n"
    (folder / "conn.log.labeled").write_text(head + line.format(ts=SECOND, long="0.010000", fine="C&C"))
    assert labelled(folder, {"zeek": "conn.log.labeled"}) == {"one": ["C&C"]}
    assert labelled(folder, {"zeek": "conn.log.labeled", "column": "label"}) == {"one": ["Malicious"]}
    (folder / "conn.log.labeled").write_text(head + line.format(ts=SECOND, long="0.010000", fine="-"))
    assert labelled(folder, {"zeek": "conn.log.labeled"}) == {"one": ["Malicious"]}
    (folder / "conn.log.labeled").write_text(head + line.format(ts=SECOND + 100, long="-", fine="-"))
    assert labelled(folder, {"zeek": "conn.log.labeled"}, cleaning={"unlabelled": "keep"})["one"] == [None]


def test_fields_are_compared_with_suffixes(tmp_path: Path) -> None:
    suffixes = {"example.test": "one", "www.example.test": "longer", "test": "short"}
    assert suffix_label(suffixes, "WWW.example.test.") == "longer"
    assert suffix_label(suffixes, "a.example.test") == "one" and suffix_label(suffixes, "notexample.test") == "short"
    assert suffix_label({"example.test": "one"}, "notexample.test") is None
    made_set = Dataset(
        DEMO, tmp_path / "out", {"field": "sni", "suffixes": {"example.test": "site"}}, split={"by": "flow"}
    )
    told = made_set.build()
    assert told["rows"] > 0 and list(told["counts"]) == ["site"] and told["left_out"]["unlabelled"] > 0


def test_functions_see_batches(folder: Path) -> None:
    def by_port(batch: Any) -> list[str | None]:
        return ["web" if port == 443 else None for port in batch["dport"].to_pylist()]

    assert labelled(folder, {"function": by_port, "default": "rest"}) == {
        "one": ["web"],
        "two": ["rest"],
        "three": ["rest"] * 3,
    }
    (folder / "mine.py").write_text("def by_port(batch):\n    return ['x'] * batch.num_rows\n")
    assert labelled(folder, {"function": "mine.py:by_port"}) == {"one": ["x"], "two": ["x"], "three": ["x"] * 3}


def test_unlabelled_and_doubly_labelled_flows_are_counted_and_listed(folder: Path) -> None:
    (folder / "rules.csv").write_text("label,port\nweb,443\n")
    sources = [{"path": "captures/{label}/one.pcap"}, {"rules": "rules.csv"}]
    assert labelled(folder, *sources, cleaning={"doubly_labelled": "first", "unlabelled": "keep"}) == {
        "one": ["a"],
        "two": [None],
        "three": [None] * 3,
    }
    made_set = Dataset("captures", "all", sources, base=folder)
    told = made_set.build()
    assert (
        told["left_out"] == {"unlabelled": 4, "doubly_labelled": 1}
        and told["doubly_labelled"] == {"a + web": 1}
        and told["rows"] == 0
    )
    listed = pq.read_table(folder / "all" / "left_out.parquet").to_pylist()
    assert [(Path(row["capture"]).stem, row["labels"], row["reason"]) for row in listed] == [
        ("one", ["a", "web"], "doubly_labelled"), ("two", [], "unlabelled"), *[("three", [], "unlabelled")] * 3,
    ]  # fmt: skip


# ---- wrong recipes ----

GOOD = '[dataset]\ncaptures = "captures"\n\n[[labels]]\npath = "captures/{label}/*.pcap"\n'

WRONG = {
    "an unknown key": ("[split]\ncolour = 1\n", 8, r"unknown key 'colour' in \[split\].*by, parts"),
    "a mistyped key": ("[cleaning]\nmin_packet = 1\n", 8, "did you mean 'min_packets'"),
    "an unknown section": ("[splits]\n", 7, "did you mean 'split'"),
    "a wrong type": ('[split]\nseed = "x"\n', 8, "seed must be int"),
    "a wrong choice": ('[split]\nby = "host"\n', 8, "capture, client, server, time, day, flow"),
    "an unknown column": ('[query]\npackets = 5\ncolumns = ["srcc"]\n', 9, "srcc"),
    "an unknown field": ('[query]\nfields = ["ip.tttl"]\n', 8, "ip.tttl"),
    "rows of packets": (
        '[query]\nfeatures = ["nprint"]\n',
        8,
        "a row of nprint is a packet",
    ),
    "a bad filter": ('[query]\nfilter = "ip.ttl =="\n', 8, "filter"),
    "a pattern that matches nothing": (
        '[[labels]]\npath = "pcaps/{label}/*.pcap"\n',
        8,
        "matches none of 3 captures, such as captures/a/one.pcap",
    ),
    "a pattern without label": ('[[labels]]\npath = "captures/{app}/*.pcap"\n', 8, "has no {label}; it has app"),
    "a source with two kinds": ('[[labels]]\npath = "x"\nzeek = "y"\n', 7, "exactly one of path, rules, zeek"),
    "an unknown background": ('[cleaning]\nbackground = ["dnss"]\n', 8, "did you mean 'dns'"),
    "an unknown format": ('[outputs]\nformats = ["parket"]\n', 8, "did you mean 'parquet'"),
    "rows on both sides": ('[split]\nby = "row"\n', 8, "i_know"),
    "scaling fitted on all": ('[split]\nscaling = "all"\n', 8, "i_know"),
    "no such function": ('[[labels]]\nfunction = "nowhere.py:f"\n', 8, "file.py:name"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_recipe_names_file_line_and_choices_and_reads_nothing(
    folder: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowcontainer.dataset import task

    monkeypatch.setattr(task, "run", lambda *given: pytest.fail("a capture was read"))
    text, line, message = WRONG[case]
    path = folder / "dataset.toml"
    path.write_text(GOOD + "\n" + text)
    with pytest.raises(RecipeError, match=message) as caught:
        Dataset.from_toml(path).build()
    assert str(caught.value).startswith(f"{path}, line {line}: ")


def test_wrong_toml_names_the_file(folder: Path) -> None:
    (folder / "dataset.toml").write_text("[dataset\n")
    with pytest.raises(RecipeError, match=r"dataset.toml: not TOML: .*line 1"):
        Dataset.from_toml(folder / "dataset.toml")


BAD_RULES = {
    "label,port\nweb,99999\n": "rules.csv, line 2: port = '99999' is not a port",
    "label,port\nweb,1\n\nweb,x\n": "rules.csv, line 4: port = 'x'",
    "label,src\nweb,10.0.0.300\n": "rules.csv, line 2: src = '10.0.0.300' is not an address",
    "label,start\nweb,yesterday\n": "rules.csv, line 2: start = 'yesterday' is not a time",
    "label,protocol\nweb,carrier\n": "rules.csv, line 2: protocol = 'carrier' is not one of tcp, udp",
    "label,direction\nweb,back\n": "rules.csv, line 2: direction = 'back' is unknown.*either, forward",
    "label,prot\nweb,tcp\n": "rules.csv, line 1: unknown column 'prot'; did you mean 'port'|'protocol'",
    "name,port\nweb,1\n": "rules.csv, line 1: a file of rules has a column label",
    "label,port\n,1\n": "rules.csv, line 2: the rule has no label",
    "label,port\nweb,1,2\n": "rules.csv, line 2: more cells than columns",
}


@pytest.mark.parametrize("text", BAD_RULES)
def test_a_bad_line_of_rules_is_named(folder: Path, text: str) -> None:
    with pytest.raises(RecipeError, match=BAD_RULES[text]):
        labelled(folder, rules(folder, text))


def test_bad_lines_of_other_files_are_named(folder: Path) -> None:
    (folder / "conn.log").write_text("#fields\tts\tid.orig_h\n")
    with pytest.raises(RecipeError, match="conn.log, line 1: the log has no column 'id.orig_p'"):
        labelled(folder, {"zeek": "conn.log"})
    (folder / "names.csv").write_text("a.test,one\nb.test\n")
    with pytest.raises(RecipeError, match="names.csv, line 2: a line must be suffix,label"):
        labelled(folder, {"field": "sni", "suffixes": "names.csv"})


def test_the_command_says_the_error_and_returns_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from flowcontainer.__main__ import main

    (folder / "dataset.toml").write_text(GOOD + "[spilt]\n")
    assert main(["flowcontainer", "dataset", "build", str(folder / "dataset.toml")]) == 2
    assert "dataset.toml, line 6: unknown section [spilt]; did you mean 'split'?" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_the_manifest_keeps_the_reason_of_an_unsound_choice(folder: Path) -> None:
    made_set = Dataset(
        "captures",
        labels={"path": "captures/{label}/**"},
        base=folder,
        split={"by": "row", "i_know": "to compare with a paper"},
    )
    told = json.loads(json.dumps(made_set.build()))
    assert told["unsound"]["by"]["i_know"] == "to compare with a paper"
