"""The twin law: one test a capture. All captures are compared at once, on two cores, before the first test."""

from __future__ import annotations

from pathlib import Path

import captures
import compare
import known
import pytest

CAPTURES = {captures.name_of(path): path for path in captures.default()}


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest, stock: str) -> dict[str, compare.Result]:
    """Of the captures whose tests were selected, less what known.toml explains."""
    wanted = [item.callspec.params["name"] for item in request.session.items
              if item.module is request.module and hasattr(item, "callspec")]
    found = {result.name: result for result in compare.compare_all([CAPTURES[name] for name in wanted])}
    for result in found.values():
        known.excuse(ROWS, result, stock)
    return found


ROWS = known.load()


@pytest.mark.parametrize("name", CAPTURES)
def test_capture(results: dict[str, compare.Result], stock: str, name: str) -> None:
    if results[name].groups:
        pytest.fail(compare.tell_one(results[name]), pytrace=False)


def test_nothing_known_is_stale(results: dict[str, compare.Result]) -> None:
    if len(results) < len(CAPTURES) or not captures.CORPUS.is_dir():
        pytest.skip("only some captures were compared")
    assert not known.complaints(ROWS, whole=True)


def test_a_difference_is_found(tmp_path: Path, stock: str) -> None:
    """The comparison can fail: a result with one changed value is told, and known.toml excuses no more than max."""
    result = compare.Result("x.pcap")
    compare.compare_fields(result, ["ip.ttl", "ip.id"], ["1\x1f64\x1f7", "2\x1f64\x1f8"], ["a\x1f64\x1f7", "a\x1f63\x1f8"], 1)
    assert result.groups["ip.ttl", "value"].examples == [(2, "64", "63")]
    row = known.Row("*.pcap", "ip.*", 0, "none", stock.rsplit(".", 1)[0])
    known.excuse([row], result, stock)
    assert result.groups
    row.max = 1
    known.excuse([row], result, stock)
    assert not result.groups and row.excused == 1
