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
