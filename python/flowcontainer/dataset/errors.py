"""The errors of a data set."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RecipeError(ValueError):
    """A recipe, a file of rules or a label pattern is wrong. The message names file, line and choices. No capture was read."""


def choices(given: object, known: Iterable[str]) -> str:
    """The words that end a message about an unknown name: the nearest name, and all choices."""
    names = list(known)
    near = difflib.get_close_matches(str(given), names, 1)
    return (f"; did you mean {near[0]!r}?" if near else "") + f" (choices: {', '.join(names)})"
