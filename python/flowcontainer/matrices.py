"""Bytes of packets: the argument `bytes` of :func:`scan`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from . import arguments

KEYS = ("packets", "start", "length", "mask")


def matrices(given: Mapping[str, Mapping[str, Any]] | None) -> tuple[tuple[str, int, str, int, str], ...]:
    """Matrices as `_core.open` takes them: (name, packets or 0, start, length, mask)."""
    if given is None:
        return ()
    if not isinstance(given, Mapping):
        raise TypeError(f"bytes must be a mapping of names to {{start, length, ...}}, not {given!r}")
    return tuple(_matrix(name, one) for name, one in given.items())


def _matrix(name: str, one: Mapping[str, Any]) -> tuple[str, int, str, int, str]:
    if not isinstance(name, str) or not isinstance(one, Mapping):
        raise TypeError(f"bytes must map a name to {{start, length, ...}}, not {name!r} to {one!r}")
    for key in one:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, 1)
            hint = f"; near it: {near[0]}" if near else ""
            raise ValueError(f"bytes[{name!r}] has an unknown key {key!r}{hint}; there are {', '.join(KEYS)}")
    for key in ("start", "length"):
        if key not in one:
            raise ValueError(f"bytes[{name!r}] has no {key!r}")
    packets, start = one.get("packets"), one["start"]
    if not isinstance(start, str):
        raise TypeError(f"start of bytes[{name!r}] must be a text, not {start!r}")
    mask = one.get("mask")
    if isinstance(mask, str) and not mask.strip("+, "):
        raise ValueError(f"mask of bytes[{name!r}] is empty; leave the key out for bytes without a mask")
    return (
        name,
        0 if packets is None else arguments.count(f"packets of bytes[{name!r}]", packets, 65536, least=1),
        start,
        arguments.count(f"length of bytes[{name!r}]", one["length"], 65536, least=1),
        "+".join(arguments.words(f"mask of bytes[{name!r}]", mask)),
    )
