"""The command `flowcontainer dataset`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def main(words: Sequence[str]) -> int:
    """Runs a subcommand and returns its exit status, as in docs/guide/dataset.md."""
    try:
        given = _parser().parse_args(words)
    except SystemExit as end:
        return int(end.code or 0)
    if not (find_spec("numpy") and find_spec("pyarrow")):
        print('flowcontainer: dataset needs pyarrow and numpy: pip install "flowcontainer[dataset]"', file=sys.stderr)
        return 2
    return _status(given)


def _status(given: Any) -> int:
    try:
        answer: int = given.run(given)
        return answer
    except KeyboardInterrupt:
        print("\nflowcontainer: stopped; build again to go on", file=sys.stderr)
        return 130
    except (ValueError, FileNotFoundError) as error:
        print(f"flowcontainer: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"flowcontainer: {error}", file=sys.stderr)
        return 4


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flowcontainer dataset", description="Labelled, cleaned and split data sets from folders of captures."
    )
    commands = parser.add_subparsers(required=True, metavar="init|build|check|report")

    def add(name: str, run: Callable[[Any], int], text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.set_defaults(run=run)
        return one

    make = add("init", _init, "look at a folder of captures and propose a recipe")
    make.add_argument("folder", type=Path)
    make.add_argument(
        "-o", "--output", type=Path, default=Path("dataset.toml"), help="file of the recipe (dataset.toml)"
    )
    make.add_argument("-f", "--force", action="store_true", help="replace the file if it is there")
    make = add("build", _build, "build a data set, or what is missing of it")
    make.add_argument("recipe", nargs="+", help="dataset.toml, or captures")
    make.add_argument("-o", "--out", help="folder of the data set; needed if captures are given")
    make.add_argument("--model", default="", help="also the arrays of a model: a name of flowcontainer.models")
    make.add_argument(
        "--exact", action="store_true", help="with --model: the published code's arrays, its faults included"
    )
    make.add_argument("-q", "--quiet", action="store_true", help="say nothing about the progress")
    make = add(
        "check", _check, "compare captures, files and engine with the manifest, and build again to compare the rows"
    )
    make.add_argument("out", type=Path)
    make.add_argument("--no-rows", action="store_true", help="do not build again")
    make = add("report", _report, "write report.html: what is in the data set, and what may be wrong with it")
    make.add_argument("out", type=Path)
    make.add_argument("-o", "--output", type=Path, help="file (report.html in the folder of the data set)")
    return parser


def _init(given: Any) -> int:
    from .proposal import proposed

    if not given.folder.is_dir():
        raise FileNotFoundError(f"{given.folder} is no folder")
    if given.output.exists() and not given.force:
        raise ValueError(f"{given.output} is there already; --force replaces it")
    given.output.write_text(proposed(given.folder, given.output.parent), encoding="utf-8")
    print(f"{given.output} written; read it, then: flowcontainer dataset build {given.output}")
    return 0


def _build(given: Any) -> int:
    from . import captures, unchanged

    recipe = _dataset(given).recipe
    told = unchanged.found(recipe, unchanged.mark(recipe, captures.listed(recipe)))
    new = told is None
    if told is None:
        import pyarrow

        from .build import build

        pyarrow.set_memory_pool(pyarrow.system_memory_pool())  # it gives freed memory back, which is a third of the peak
        gc.freeze()  # 100,000 captures are no garbage, and looking through them takes seconds
        told = unchanged.summary(build(recipe, _progress(given.quiet)).manifest)
    print(f"{told.rows:,} rows in {recipe.out}, {told.left_out:,} flows left out" + ("" if new else "; nothing new"))
    for problem in told.problems:
        print(f"flowcontainer: {problem['capture']}: {problem['message']}", file=sys.stderr)
    return 3 if told.problems and not told.read else 1 if told.problems else 0


def _dataset(given: Any) -> Any:
    from .dataset import Dataset
    from .proposal import label_pattern

    if given.recipe[0].endswith(".toml"):
        return Dataset.from_toml(given.recipe[0])
    if not given.out:
        raise ValueError("-o FOLDER is needed where captures are given instead of a recipe")
    names = [
        os.path.relpath(os.path.join(top, name), root)
        for root in given.recipe
        for top, _, files in os.walk(root)
        for name in files
    ]
    pattern = (
        label_pattern(sorted(name.replace(os.sep, "/") for name in names))[0]
        if len(given.recipe) == 1 and names
        else ""
    )
    labels = [{"path": os.path.join(os.path.relpath(given.recipe[0]), pattern)}] if pattern else []
    model = {"name": given.model, "exact": given.exact} if given.model else {}
    return Dataset(given.recipe, given.out, labels, model=model)


def _progress(quiet: bool) -> Callable[[str], None]:
    def say(text: str) -> None:
        moving = text.startswith("read ")
        if not quiet and (not moving or sys.stderr.isatty()):
            print(text, end="\r" if moving else "\n", file=sys.stderr, flush=True)

    return say


def _check(given: Any) -> int:
    from .checking import check

    differences = check(given.out, not given.no_rows)
    for sentence in differences:
        print(sentence)
    if not differences:
        print(
            f"{given.out} is the same: captures, files and engine"
            + ("" if given.no_rows else ", and it comes out again byte for byte")
        )
    return 1 if differences else 0


def _report(given: Any) -> int:
    from .manifest import read
    from .report import html

    path = given.output or given.out / "report.html"
    path.write_text(html(read(given.out)), encoding="utf-8")
    print(f"{path} written")
    return 0
