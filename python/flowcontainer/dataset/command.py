"""The command `flowcontainer dataset`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any


def main(words: Sequence[str]) -> int:
    """Runs a subcommand and returns its exit status, as in docs/guide/dataset.md."""
    parser = argparse.ArgumentParser(prog="flowcontainer dataset", description="Data sets from folders of captures.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    make = commands.add_parser("build", help="build what is missing of a data set")
    make.add_argument("recipe", nargs="+", help="dataset.toml, or captures")
    make.add_argument("-o", "--out", help="folder of the data set (of captures: needed)")
    make.add_argument("-q", "--quiet", action="store_true", help="no progress")
    given = parser.parse_args(words)
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        print('flowcontainer: dataset needs pyarrow and numpy: pip install "flowcontainer[dataset]"', file=sys.stderr)
        return 2
    from .errors import RecipeError

    try:
        return {"build": _build}[given.command](given)
    except (RecipeError, FileNotFoundError) as error:
        print(f"flowcontainer: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"flowcontainer: {error}", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        print("\nflowcontainer: stopped; build again to go on", file=sys.stderr)
        return 130


def _build(given: Any) -> int:
    from .build import build
    from .dataset import Dataset

    made = Dataset.from_toml(given.recipe[0]) if given.recipe[0].endswith(".toml") else Dataset(given.recipe, given.out)
    built = build(made.recipe, lambda text: None if given.quiet else print(text, file=sys.stderr))
    told = built.manifest
    print(f"{told['rows']} rows in {made.out}" + ("" if built.new else "; nothing new"))
    return 1 if told["problems"] else 0
