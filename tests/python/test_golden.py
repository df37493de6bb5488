"""The original's documented answer, flow by flow."""

from __future__ import annotations

import json
from pathlib import Path

from flowcontainer.extractor import extract
from needs_worker import needs_worker


def flows_like(golden: dict, flows: dict, path: str, names: set[str]) -> None:
    assert len(golden["flows"]) == 2
    for want in golden["flows"]:
        flow = flows[path, want["protocol"], want["stream"]]
        for name in names & set(want):
            got = getattr(flow, name)
            if name == "extension":
                got = {field: [list(pair) for pair in values] for field, values in got.items()}
            assert got == want[name], name
            assert type(got) is type(want[name]), name


def test_seed_example(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "seed_example.json").read_text())
    path = str(shared / golden["capture"])
    flows = extract(path, filter=golden["query"]["filter"])
    flows_like(golden, flows, path, set(golden["flows"][0]) - {"stream", "extension"})


def test_seed_example_whole(shared: Path, monkeypatch) -> None:
    """With the native engine alone."""
    monkeypatch.setenv("FLOWCONTAINER_ENGINE", "native")
    golden = json.loads((shared / "golden" / "seed_example.json").read_text())
    path = str(shared / golden["capture"])
    flows = extract(path, **golden["query"])
    assert golden["query"]["extension"]
    flows_like(golden, flows, path, set(golden["flows"][0]) - {"stream"})


WITHOUT_FLOWS = {"pptp.pcap"}  # GRE with compressed PPP: Wireshark sees no TCP and no UDP in it either


def test_samples_of_the_original(shared: Path) -> None:
    for path in sorted((shared / "corpus" / "flowcontainer").iterdir()):
        flows = extract(str(path))
        assert bool(flows) == (path.name not in WITHOUT_FLOWS), path
        for (name, protocol, stream), flow in flows.items():
            assert name == str(path) and protocol in ("tcp", "udp") and stream.isdigit()
            assert flow.payload_lengths and len(flow.ip_lengths) == len(flow.ip_timestamps)
            assert len(flow.payload_lengths) == len(flow.payload_timestamps)
            assert flow.time_start <= flow.time_end and flow.sport >= flow.dport
