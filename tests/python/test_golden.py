"""The original's documented answer, flow by flow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flowcontainer.extractor import extract


def test_seed_example(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "seed_example.json").read_text())
    path = str(shared / golden["capture"])
    flows = extract(path, filter=golden["query"]["filter"])
    assert len(golden["flows"]) == 2
    for want in golden["flows"]:
        flow = flows[path, want["protocol"], want["stream"]]
        for name in set(want) - {"stream", "extension"}:  # TLS fields are not native yet
            got = getattr(flow, name)
            assert got == want[name], name
            assert type(got) is type(want[name]), name


def test_extension_is_refused_by_name(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "seed_example.json").read_text())
    with pytest.raises(ValueError, match=r"tls\.handshake\.ciphersuite"):
        extract(str(shared / golden["capture"]), extension=golden["query"]["extension"])


def test_every_corpus_file_answers_or_says_why(shared: Path) -> None:
    """The facade never returns an empty dict for a file that it could not read."""
    for path in sorted((shared / "corpus" / "flowcontainer").iterdir()):
        flows = extract(str(path))
        assert flows, path
        for (name, protocol, stream), flow in flows.items():
            assert name == str(path) and protocol in ("tcp", "udp") and stream.isdigit()
            assert flow.payload_lengths and len(flow.ip_lengths) == len(flow.ip_timestamps)
