"""Addresses and networks as numbers, so that a rule is compared with all rows at once."""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

Array = np.ndarray[Any, Any]


class Addresses(NamedTuple):
    """Addresses of rows: 128 bits in two halves; IPv4 addresses in the low half with `six` false."""

    six: Array
    high: Array
    low: Array


class Network(NamedTuple):
    """A network, or one address."""

    six: bool
    high: int
    low: int
    high_mask: int
    low_mask: int

    def holds(self, addresses: Addresses) -> Array:
        """For each row whether the network has its address."""
        high = (addresses.high & np.uint64(self.high_mask)) == np.uint64(self.high)
        low = (addresses.low & np.uint64(self.low_mask)) == np.uint64(self.low)
        inside: Array = (addresses.six == self.six) & high & low
        return inside


_HALF = (1 << 64) - 1


def network(text: str) -> Network:
    """A network of a text such as 10.0.0.0/8, 10.0.0.1 or 2001:db8::/32. Raises ValueError."""
    parsed = ipaddress.ip_network(text.strip(), strict=False)
    address, mask = int(parsed.network_address), int(parsed.netmask)
    return Network(parsed.version == 6, address >> 64, address & _HALF, mask >> 64, mask & _HALF)


def addresses(column: pa.Array) -> Addresses:
    """The addresses of a text column; a row without an address is in no network."""
    coded = column.dictionary_encode()
    numbers = [_number(text) for text in coded.dictionary.to_pylist()] + [(True, 0, 0)]
    index = coded.indices.fill_null(len(numbers) - 1).to_numpy()
    return Addresses(*(np.array(part, kind)[index] for part, kind in zip(zip(*numbers), (bool, np.uint64, np.uint64))))


def _number(text: str) -> tuple[bool, int, int]:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return True, 0, 0
    return address.version == 6, int(address) >> 64, int(address) & _HALF
