"""The words that the original passes to tshark's command line, as options of a run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from . import arguments

_WITHOUT_VALUE = "n2qQl"  # -n is always so, and -q, -Q and -l concern tshark's text output
_WITH_VALUE = "odc"
_DISSECTORS = ("enable-protocol", "disable-protocol", "enable-heuristic", "disable-heuristic")


def _letters(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(letter or long name, value) of each option, written as "-o" "x:y", as "-ox:y" or as "-o x:y"."""
    rest = iter(words)
    for word in rest:
        name, equals, value = word[2:].partition("=")
        if word.startswith("--") and name in _DISSECTORS:
            value = value if equals else next(rest, "")
            if not value:
                raise ValueError(f"cmd_parameter: --{name} needs a value")
            yield name, value
            continue
        letter, value = word[1:2], word[2:].strip()
        if not word.startswith("-") or letter not in _WITHOUT_VALUE + _WITH_VALUE or not letter:
            raise ValueError(f"cmd_parameter takes tshark's options -o, -d, -c, -2, -n, --enable-protocol, "
                             f"--disable-protocol, --enable-heuristic and --disable-heuristic, not {word!r}")
        if letter in _WITHOUT_VALUE:
            yield letter, ""
            if value:  # several letters in one word: -n2
                yield from _letters((f"-{value}",))
            continue
        value = value or next(rest, "").strip()
        if not value:
            raise ValueError(f"cmd_parameter: -{letter} needs a value")
        yield letter, value


def tshark_options(given: str | Iterable[str] | None) -> dict[str, Any]:
    """The options for `_core.open`."""
    words = shlex.split(given) if isinstance(given, str) else arguments.words("cmd_parameter", given)
    found = list(_letters(word.strip() for word in words if word.strip()))
    counts = [value for letter, value in found if letter == "c"]
    if counts and not (counts[-1].isascii() and counts[-1].isdigit()):
        raise ValueError(f"cmd_parameter: -c takes a number of frames, not {counts[-1]!r}")
    return {
        **arguments.dissection(
            preferences=[value for letter, value in found if letter == "o"],
            decode_as=[value for letter, value in found if letter == "d"],
            keylog=None,
            passes="2R" if any(letter == "2" for letter, _ in found) else "auto",
            max_memory=0,
            dissectors={kind.replace("-", "_"): [value for name, value in found if name == kind] for kind in _DISSECTORS},
        ),
        "max_frames": arguments.count("-c", int(counts[-1]), 2**63) if counts else 0,
    }
