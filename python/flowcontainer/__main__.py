"""The command `flowcontainer`: the same C code as the plain executable, plus the file formats of pyarrow."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from . import _core
from .sinks import SINKS


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status. argv[0] is the command's name."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # None if the stream is closed
            stream.flush()
    words = sys.argv if argv is None else argv
    if list(words[1:2]) == ["verify"]:
        from . import verify

        return verify.main(words[2:])
    if list(words[1:2]) == ["dataset"]:
        from .dataset import command

        return command.main(words[2:])
    if list(words[1:2]) == ["split"]:
        from . import split

        return split.main(words[2:])
    return _core.cli(tuple(os.fsencode(word) for word in words), SINKS)


if __name__ == "__main__":
    sys.exit(main(["flowcontainer", *sys.argv[1:]]))
