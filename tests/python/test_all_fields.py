"""Each name that `flowcontainer fields` lists is answered, or is an error that names it."""

from __future__ import annotations

import re
from pathlib import Path

import flowcontainer
import pytest
from needs_worker import needs_worker

DEMO = Path(__file__).resolve().parents[1] / "pcaps" / "demo.pcap"
BATCH = 4000


def walk(names: list[str]) -> tuple[int, dict[str, str]]:
    """The number of fields that are answered, and the reason for each of the others. A protocol that is off is turned
    on, as its error says."""
    answered, refused, waiting = 0, {}, list(names)
    turned_on: set[str] = set()
    while waiting:
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        while batch:
            try:
                scan = flowcontainer.scan(str(DEMO), batch, level="frames", engine="wireshark", max_frames=20, drop=(),
                                          enable_protocol=sorted(turned_on))  # fmt: skip
                rows = sum(len(part.to_pydict()["frame"]) for part in scan)
            except ValueError as error:
                said = re.search(r'(?:field|column) "([^"]+)"', str(error))
                assert said and said[1] in batch, error
                off = re.search(r"--enable-protocol ([^,]+),", str(error))
                if off and off[1] not in turned_on:
                    turned_on.add(off[1])
                    continue
                refused[said[1]] = str(error)
                batch.remove(said[1])
            else:
                assert rows == 20
                answered += len(batch)
                break
    return answered, refused


@needs_worker
@pytest.mark.long
def test_every_field_is_answered_or_an_error() -> None:
    names = [field.name for field in flowcontainer.fields()]
    assert len(names) > 200_000 and len(set(names)) == len(names)
    answered, refused = walk(names)
    assert answered + len(refused) == len(names)
    assert answered > 0.99 * len(names)
    for name, reason in refused.items():
        assert name in reason and ("asked for twice" in reason or "knows no field" in reason or "column" in reason), reason
        if "knows no field" in reason:  # a field that Wireshark got in a later release
            assert flowcontainer.scan(str(DEMO), name, engine="native").explain().startswith("native")


@needs_worker
def test_some_fields_are_answered() -> None:
    names = [field.name for field in flowcontainer.fields()]
    answered, refused = walk(names[:: len(names) // 200])
    assert answered > 180 and answered + len(refused) == len(names[:: len(names) // 200])
