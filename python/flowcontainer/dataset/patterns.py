"""Labels from the paths of captures."""

from __future__ import annotations

import re

from .errors import RecipeError

_PART = re.compile(r"\{([A-Za-z_]\w*)\}|\*\*/?|\*|\?|[^{}*?]+|[{}]")


class Pattern:
    """A pattern such as `captures/{label}/{device}-*.pcap`: `{name}` and `*` stand for characters without "/", `**` for any,
    `?` for one character. It must match the whole path, as the recipe writes paths of captures."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: list[str] = []
        self._rule = re.compile("".join(self._piece(match) for match in _PART.finditer(text)))

    def _piece(self, match: re.Match[str]) -> str:
        piece, name = match[0], match[1]
        if name:
            if name in self.names:
                return f"(?P={name})"
            self.names.append(name)
            return f"(?P<{name}>[^/]+?)"
        if piece in ("{", "}"):
            raise RecipeError(f"{self.text!r} has a {piece} that belongs to no {{name}}")
        fixed = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        return fixed.get(piece) or re.escape(piece)

    def groups(self, path: str) -> dict[str, str] | None:
        """The named parts of a path, or None if the pattern does not match."""
        match = self._rule.fullmatch(path)
        return match.groupdict() if match else None
