"""The twin law: one test per capture of today's part of the corpus (captures.py). Without pytest-xdist, all selected captures are compared on two cores before the
first test; with it, each worker compares its own captures. conftest.py then checks known.toml."""

from __future__ import annotations

import os

import captures
import compare
import known
import ours
import pytest

CAPTURES = {captures.name_of(path): path for path in captures.chosen()}


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest, stock: str) -> dict[str, compare.Result]:
    """The results of the captures with selected tests."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return {}
    wanted = [item.callspec.params["name"] for item in request.session.items
              if getattr(item, "originalname", "") == "test_capture"]
    return {result.name: result for result in compare.compare_all([CAPTURES[name] for name in wanted])}


@pytest.fixture(scope="session")
def rows() -> list[known.Row]:
    return known.load()


@pytest.mark.parametrize("name", CAPTURES)
def test_capture(results, rows, stock: str, name: str, record_property) -> None:
    result = results.get(name) or compare.compare(CAPTURES[name], ours.fields())
    before = [row.excused for row in rows]
    known.excuse(rows, result, stock)
    record_property("known", [row.excused - old for row, old in zip(rows, before)])
    if result.groups:
        pytest.fail(compare.tell_one(result), pytrace=False)


def test_a_difference_is_found(stock: str) -> None:
    """The comparison can fail: one changed value is reported, and known.toml excuses no more than max."""
    result = compare.Result("x.pcap")
    compare.compare_fields(result, ["ip.ttl", "ip.id"], ["1\x1f64\x1f7", "2\x1f64\x1f8"],
                           ["a\x1f64\x1f7", "a\x1f63\x1f8"], 1)
    assert result.groups["ip.ttl", "value"].examples == [(2, "64", "63")]
    row = known.Row("*.pcap", "ip.*", 0, "none", stock.rsplit(".", 1)[0])
    known.excuse([row], result, stock)
    assert result.groups
    row.max = 1
    known.excuse([row], result, stock)
    assert not result.groups and row.excused == 1
    assert not known.complaints([row], whole=True)
    assert known.complaints([known.Row("y.pcap", "*", 1, "none", "4.0")], whole=True)


def test_every_frame_is_compared(stock: str) -> None:
    """Values, flows and reasons are really compared: with the values of other fields in their place, all differ."""
    path = captures.OWN / "demo.pcap"
    fields = ours.fields()
    result = compare.compare(path, fields)
    assert result.frames == 210 and result.unclear == 0
    turned = fields[1:] + fields[:1]
    broken = compare.Result("broken")
    answer = ours.run_all(path)["bare"]
    theirs = [row for row in compare.tshark.rows(path, turned)[0]]
    compare.compare_fields(broken, fields, theirs, answer.rows, 0)
    assert len(broken.groups) > len(fields) / 8
