"""The class that users hold."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..arguments import StrPath
from . import recipe
from .recipe import Recipe


#: Columns of numbers that name the connection, its place or its time: a model that sees them learns these.
NAMING = (
    "stream",
    "sport",
    "dport",
    "frames",
    "time_start",
    "time_end",
    "ip.ttl",
    "ip.id",
    "tcp.seq_raw",
    "tcp.ack_raw",
)


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
        """Builds the missing parts, and returns the manifest. A second call with nothing new reads nothing.

        :param say: is called with sentences about the progress
        """
        from .build import build

        return build(self.recipe, say).manifest

    def captures(self) -> list[str]:
        """Paths of the captures, in the order of the data set. Raises RecipeError if there are none."""
        from . import captures

        return [capture.path for capture in captures.listed(self.recipe)]

    def manifest(self) -> dict[str, Any]:
        """The manifest of the last build. Raises FileNotFoundError."""
        from . import manifest

        return manifest.read(self.out)

    def to_arrow(self, part: str | None = None) -> Any:
        """The rows as a pyarrow.Table with the columns part and label, which are texts. Needs the format parquet. Raises
        FileNotFoundError if the data set was not built, or has no rows."""
        return rows_of(self.out, None, part)

    def to_xy(self, part: str, columns: Iterable[str] | None = None) -> tuple[Any, Any]:
        """Numbers and labels of a part, as scikit-learn takes them: (rows x columns float64, rows of text). Null is NaN.

        :param columns: names of columns; None: all numbers but those that name the connection or its time (:data:`NAMING`)
        """
        import numpy as np

        from . import outputs

        rows = self.to_arrow(part)
        names = self.numbers() if columns is None else list(columns)
        x = [np.asarray(outputs.numbers_or_nan(rows[name].combine_chunks())) for name in names]
        return np.stack(x, 1) if x else np.zeros((rows.num_rows, 0)), np.array(rows["label"].to_pylist(), object)

    def numbers(self) -> list[str]:
        """Names of the columns of :meth:`to_xy`."""
        from . import family, outputs

        return outputs.measures(self.to_arrow().schema, (*NAMING, *family.NAMING))

    def arrays(self, part: str) -> dict[str, Any]:
        """The arrays of the model of a part, {name: array}, mapped into memory: also `label` (an index into `labels`) and `flow`."""
        import numpy as np

        folder = self.out / "model" / part
        labels = json.loads((folder.parent / "model.json").read_text())["labels"]
        return {**{path.stem: np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))}, "labels": labels}

    def __repr__(self) -> str:
        return f"<flowcontainer.Dataset in {self.out}>"


def rows_of(out: Path, columns: list[str] | None = None, part: str | None = None) -> Any:
    """The rows of the data set in a folder, as a pyarrow.Table."""
    import pyarrow as pa
    import pyarrow.dataset as files

    hive = files.partitioning(pa.schema([("part", pa.utf8()), ("label", pa.utf8())]), flavor="hive")
    rows = files.dataset(out / "parquet", partitioning=hive)
    return rows.to_table(columns=columns, filter=None if part is None else files.field("part") == part)
