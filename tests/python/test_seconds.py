"""Times of `extract` are the doubles nearest to the decimal seconds."""

from __future__ import annotations

import random
from decimal import Decimal

from flowcontainer import _core


def nearest(ns: int) -> float:
    return float(Decimal(ns).scaleb(-9))  # float() of a decimal text is correctly rounded


def test_corners() -> None:
    for ns in (0, 1, -1, 10**9, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 1_592_993_502_710_348_000):
        assert _core.seconds(ns) == nearest(ns), ns


def test_random_times() -> None:
    rng = random.Random(8)
    naive_is_wrong = 0
    for _ in range(200_000):
        ns = rng.randrange(0, 2**61) if rng.random() < 0.5 else rng.getrandbits(rng.randrange(1, 63))
        got = _core.seconds(ns)
        assert got == nearest(ns), ns
        assert _core.seconds(-ns) == -got
        naive_is_wrong += ns // 10**9 + ns % 10**9 / 1e9 != got
    assert naive_is_wrong  # or this test proves nothing
