"""Checks of the arguments of callers. A wrong type raises TypeError, a wrong value raises ValueError."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from numbers import Real
from types import MappingProxyType
from typing import Any, Union

from . import _core

StrPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


def path(given: StrPath) -> bytes:
    """The bytes of one path."""
    if not isinstance(given, (str, bytes, os.PathLike)):
        raise TypeError(f"a path is str, bytes or os.PathLike, not {type(given).__name__}")
    return os.fsencode(given)


def refuse_capture(run: _core.Run, target: StrPath) -> None:
    """Raises ValueError for a file to write that is one of the captures of the run, by its device and inode."""
    if run.reads(os.fsencode(target)):
        name = os.fsdecode(target)
        raise ValueError(f"{name} is one of the captures that are read; give the path of another file")


def words(name: str, given: str | Iterable[str] | None) -> tuple[str, ...]:
    """One word, several, or none, as a tuple."""
    if given is None or (isinstance(given, str) and not given.strip()):
        return ()
    if isinstance(given, str):
        return (given,)
    several = tuple(given) if isinstance(given, Iterable) else (given,)
    for one in several:
        if not isinstance(one, str):
            raise TypeError(f"{name} must be a text or several texts, not {one!r}")
    return several


def word(name: str, given: object) -> str:
    """One word."""
    if not isinstance(given, str):
        raise TypeError(f"{name} must be a text, not {given!r}")
    return given


def flag(name: str, given: object) -> bool:
    """True or False, not merely something that counts as one of them."""
    if not isinstance(given, (bool, int)) or given not in (0, 1):
        raise TypeError(f"{name} must be True or False, not {given!r}")
    return bool(given)


def nanoseconds(name: str, seconds: float) -> int:
    """A number of seconds as nanoseconds."""
    if not isinstance(seconds, Real):
        raise TypeError(f"{name} must be a number of seconds, not {seconds!r}")
    if not 0 < seconds < 9e9:  # also false for NaN; 64 bits hold 9e9 seconds
        raise ValueError(f"{name} must be a number of seconds above 0, not {seconds!r}")
    return round(seconds * 1_000_000_000)


def count(name: str, given: Any, limit: int, least: int = 0) -> int:
    """A whole number from `least` to below `limit`."""
    if isinstance(given, bool):
        raise TypeError(f"{name} must be a whole number, not {given!r}")
    try:
        number = operator.index(given)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {given!r}") from None
    if not least <= number < limit:
        raise ValueError(f"{name} must be a number from {least} to {limit - 1}, not {number!r}")
    return number


# ---- how Wireshark dissects ----

_KEYLOGS = ("tls.keylog_file", "ssl.keylog_file")
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def _preference(name: str, value: object) -> str:
    return f"{name}:{str(value).upper() if isinstance(value, bool) else value}"


def preference_texts(given: Mapping[str, object] | str | Iterable[str]) -> tuple[tuple[str, ...], str | None]:
    """Texts NAME:VALUE, and the key log that one of them names, if any.

    A key log becomes an option of its own, because the process that dissects may open no file.
    """
    texts = (
        tuple(_preference(name, value) for name, value in given.items())
        if isinstance(given, Mapping)
        else words("preferences", given)
    )
    kept, keylog = [], None
    for text in texts:
        name, colon, value = text.strip().partition(":")
        if not (name and colon):
            raise ValueError(f"a preference must be NAME:VALUE, such as tcp.desegment_tcp_streams:FALSE, not {text!r}")
        if name.strip() in _KEYLOGS:
            keylog = value.strip()
        else:
            kept.append(f"{name}:{value}")
    return tuple(kept), keylog


def size(name: str, given: int | str) -> int:
    """A number of bytes, given as a number or as a text such as "300M" or "1G" (powers of 1024)."""
    if not isinstance(given, str):
        return count(name, given, 2**64)
    digits, unit = (given[:-1], given[-1:].upper()) if given[-1:].isalpha() else (given, "")
    if not (digits.isascii() and digits.isdigit()) or unit not in _UNITS:
        raise ValueError(f'{name} must be a number of bytes or a text such as "300M" or "1G", not {given!r}')
    return count(name, int(digits) << _UNITS[unit], 2**64)


def dissection(
    preferences: Mapping[str, object] | str | Iterable[str],
    decode_as: str | Iterable[str],
    keylog: StrPath | None,
    passes: int | str,
    max_memory: int | str,
    dissectors: Mapping[str, str | Iterable[str]] = MappingProxyType({}),
) -> dict[str, Any]:
    """The options of the wireshark engine, in the form that `_core.open` takes. `dissectors` has the names of protocols
    or heuristics by "enable_protocol", "disable_protocol", "enable_heuristic" and "disable_heuristic"."""
    kept, named = preference_texts(preferences)
    return {
        "preferences": kept,
        "decode_as": words("decode_as", decode_as),
        "dissectors": tuple(
            f"{kind.replace('_', '-')}:{name}" for kind, names in dissectors.items() for name in words(kind, names)
        ),
        "keylog": path(keylog) if keylog is not None else os.fsencode(named or ""),
        "passes": str(passes),
        "max_memory": size("max_memory", max_memory),
    }
