"""Filters have Wireshark's meaning: the same frames pass, and the same filters are refused, at the same offset."""

from __future__ import annotations

import random

import pytest

import filters

LIVE = 12  # filters that tshark itself is asked in every run


@pytest.fixture(scope="module")
def program(built):
    return built


def test_frames(program) -> None:
    rows = filters.golden("filters.golden")
    assert [text for text, _ in rows] == filters.lines("filters.txt")
    assert len(rows) >= 300
    found = filters.our_frames([text for text, _ in rows], filters.CAPTURE)
    wrong = [(text, frames, ours) for (text, frames), ours in zip(rows, found) if frames != ours]
    assert not wrong


def test_frames_of_applications(program) -> None:
    rows = filters.golden("filters_apps.golden")
    assert [text for text, _ in rows] == filters.lines("filters_apps.txt")
    assert len(rows) >= 250 and sum(bool(frames) for _, frames in rows) >= 120
    found = filters.our_frames([text for text, _ in rows], filters.APPS)
    wrong = [(text, frames, ours) for (text, frames), ours in zip(rows, found) if frames != ours]
    assert not wrong


def test_applications_of_other_captures(program, stock) -> None:
    """On captures that each run draws anew, with one run of tshark per capture; captures with unread protocols separately."""
    texts = filters.lines("filters_apps.txt")
    for capture in random.sample(filters.comparable(), 4):
        wrong = filters.differences_of_apps(capture, texts)
        assert not wrong


def test_refusals(program) -> None:
    rows = filters.golden("filters_bad.golden")
    assert [row[0] for row in rows] == filters.lines("filters_bad.txt")
    assert len(rows) >= 100
    found = filters.our_refusals([row[0] for row in rows])
    wrong = [(row, ours) for row, ours in zip(rows, found) if ["ERR", *row[1:]] != ours]
    assert not wrong


def test_what_is_not_exact_is_not_native(program) -> None:
    texts = ["rtp", "tls[0] == 16", "len(http) > 1", "count(dns) > 1", "tls#[1]", "http.host#[1]", "eth.src[0] == ff", "ip.proto == UDP", "tcp contains \"GET\"",
             "frame.time_delta_displayed > 0", "${a} == 1", "tcp.port == 80 and dtls.bogus", "http.prev_response_in", "len(tcp) == 20",
             "frame.time_delta + 1 == 2", "ip.ttl == -200", "max(tcp.srcport, 'A') > 3", "min(ip.ttl, 2, '\\0') == 1"]
    assert [row[0] for row in filters.our_refusals(texts)] == ["NOT_NATIVE"] * len(texts)


def test_golden_is_what_tshark_says(stock) -> None:
    rows = random.sample(filters.golden("filters.golden"), LIVE)
    for text, frames in rows:
        assert filters.their_frames(text, filters.CAPTURE) == frames, text
    for text, at, told in random.sample(filters.golden("filters_bad.golden"), LIVE // 2):
        assert filters.their_refusal(text) == (at, told), text
