"""The class that users hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..arguments import StrPath
from . import build, manifest, recipe
from .recipe import Recipe


class Dataset:
    """A data set that a recipe describes. The arguments are the sections of dataset.toml; each key is described there.

    Raises :class:`RecipeError` for an unknown key or a wrong value, which it names together with the choices.

    :param captures: folders, files or globs
    :param out: folder of the data set
    :param labels: sources of labels, such as ``{"path": "captures/{label}/*.pcap"}`` or ``{"function": f}``
    :param query: arguments of :func:`flowcontainer.scan`
    :param base: the folder from which relative paths start; default: the working directory
    """

    def __init__(
        self,
        captures: StrPath | Iterable[StrPath],
        out: StrPath = "out",
        labels: Mapping[str, Any] | Iterable[Mapping[str, Any]] = (),
        *,
        query: Mapping[str, Any] | None = None,
        cleaning: Mapping[str, Any] | None = None,
        split: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        model: Mapping[str, Any] | None = None,
        name: str = "",
        jobs: int = 0,
        base: StrPath = ".",
    ) -> None:
        paths = [captures] if isinstance(captures, (str, bytes, os.PathLike)) else list(captures)
        sections = {
            "dataset": {"captures": [os.fsdecode(path) for path in paths], "out": os.fsdecode(out), "name": name, "jobs": jobs},
            "labels": labels, "query": query or {}, "cleaning": cleaning or {}, "split": split or {},
            "outputs": outputs or {}, "model": model or {},
        }  # fmt: skip
        self.recipe: Recipe = recipe.of_sections(sections, Path(os.fsdecode(base)))

    @classmethod
    def from_toml(cls, path: StrPath) -> Dataset:
        """The data set of a recipe file. Raises RecipeError, OSError."""
        made = cls.__new__(cls)
        made.recipe = recipe.of_file(os.fsdecode(path))
        return made

    @property
    def out(self) -> Path:
        """Folder of the data set."""
        return self.recipe.out

    def build(self, say: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
        """Builds what is missing, and returns the manifest. A second call with nothing new reads nothing.

        :param say: is called with sentences about the progress
        """
        return build.build(self.recipe, say).manifest

    def manifest(self) -> dict[str, Any]:
        """The manifest of the last build. Raises FileNotFoundError."""
        return manifest.read(self.out)

    def to_arrow(self, part: str | None = None) -> Any:
        """The rows as a pyarrow.Table with the columns part and label, which are texts. Needs the format parquet. Raises
        FileNotFoundError if the data set was not built, or has no rows."""
        import pyarrow as pa
        import pyarrow.dataset as files

        hive = files.partitioning(pa.schema([("part", pa.utf8()), ("label", pa.utf8())]), flavor="hive")
        rows = files.dataset(self.out / "parquet", partitioning=hive)
        return rows.to_table(filter=None if part is None else files.field("part") == part)

    def __repr__(self) -> str:
        return f"<flowcontainer.Dataset in {self.out}>"
