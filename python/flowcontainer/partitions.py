"""Captures in bins of about the same size, for engines that divide work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Estimate(NamedTuple):
    """The size of a scan's captures, known without reading packets."""

    captures: int
    bytes: int  #: as stored, compressed or not; captures of unknown size count as 0


def _cut(sizes: Sequence[int], most: int) -> list[int]:
    """Numbers of neighbouring captures: as many in a bin as fit into `most` bytes, and at least one."""
    bins: list[int] = []
    held = 0
    for size in sizes:
        if bins and held + size <= most:
            bins[-1] += 1
            held += size
        else:
            bins.append(1)
            held = size
    return bins


def bins_of_bytes(sizes: Sequence[int], most: int) -> list[int]:
    """Numbers of neighbouring captures in bins of at most so many bytes, where one capture has not more."""
    return _cut(sizes, most)


def bins_of_number(sizes: Sequence[int], n: int) -> list[int]:
    """Numbers of neighbouring captures in `n` bins, or one each if there are fewer; the largest bin is as small as it
    can be while the order stays."""
    weights = [size + 1 for size in sizes]  # captures of unknown size count too
    n = min(n, len(weights))
    least, most = max(weights), sum(weights)
    while least < most:  # the smallest bound with which n bins are enough
        middle = (least + most) // 2
        if len(_cut(weights, middle)) <= n:
            most = middle
        else:
            least = middle + 1
    bins = _cut(weights, least)
    while len(bins) < n:  # fewer bins met the bound: the largest ones are divided, so that all machines have work
        largest = max((count, -i) for i, count in enumerate(bins))
        i = -largest[1]
        bins[i : i + 1] = [bins[i] // 2, bins[i] - bins[i] // 2]
    return bins
