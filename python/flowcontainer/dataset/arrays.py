"""The arrays of a model: `model/P/ARRAY.npy` with its mask, label and flow, and the files that the paper's code reads."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from .. import models
from ..held import Table
from ..models.sessions import session_name, splitcap
from .outputs import Plan, by_part
from .query import Query
from .recipe import Recipe

Array = np.ndarray[Any, Any]
FEW = {"flowpic": 16}  #: flows that are made together, so that memory stays small
MANY = 512


class Npy:
    """A .npy file that grows: the number of rows is written into its header at the end."""

    def __init__(self, path: Path, array: Array) -> None:
        self._kind, self._shape, self._rows = array.dtype, array.shape[1:], 0
        self._file = path.open("w+b")
        self._file.write(self._header())

    def _header(self) -> bytes:
        told = {
            "descr": np.lib.format.dtype_to_descr(self._kind),
            "fortran_order": False,
            "shape": (self._rows, *self._shape),
        }
        text = repr(told).encode().ljust(245) + b"\n"
        return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text

    def add(self, array: Array) -> None:
        """Adds rows."""
        self._file.write(np.ascontiguousarray(array, self._kind).tobytes())
        self._rows += len(array)

    def close(self) -> None:
        """Writes the number of rows."""
        self._file.seek(0)
        self._file.write(self._header())
        self._file.close()


class Arrays:
    """The arrays of each part. Sound forms, and exact forms of sequences, are made of the rows; other exact forms of the captures, whose
    sessions have label and part of their first kept flow."""

    def __init__(self, plan: Plan, recipe: Recipe, asked: Query) -> None:
        self._plan, self._recipe, self._asked = plan, recipe, asked
        self._name, self._exact = recipe.model["name"], recipe.model["exact"]
        self._options = {**recipe.model["options"], "exact": self._exact}
        self._files: dict[tuple[str, str], Npy] = {}
        self._faults: tuple[str, ...] = ()
        self._sessions: dict[str, dict[str, tuple[str, str | None]]] = {}  #: {capture: {name: (part, label)}}
        self._folder = plan.folder / "model"
        self._folder.mkdir()

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        if self._exact and self._name in models.OF_SESSIONS:
            return self._remember(batch)
        for part, rows in by_part(batch):
            size = FEW.get(self._name, MANY)
            for start in range(0, rows.num_rows, size):
                some = rows.slice(start, size)
                given = pa.table({name: some[column] for name, column in self._asked.model.items()})
                made = models.make(self._name, Table.from_arrow(given), **self._options)
                labels = [some["label"][int(i)].as_py() for i in made.rows]
                self._add(part, made, labels)
        return None

    def _add(self, part: str, made: models.Inputs, labels: list[str | None]) -> None:
        self._faults = made.faults
        code = {label: i for i, label in enumerate(self._plan.labels)}
        arrays = {**made.arrays, **{f"{name}.mask": mask for name, mask in made.masks.items()}}
        arrays["label"] = np.array([code.get(label, -1) for label in labels], np.int32)  # type: ignore[arg-type]
        arrays["flow"] = np.array([name.encode() for name in made.names], "S160")
        for name, array in arrays.items():
            if (part, name) not in self._files:
                (self._folder / part).mkdir(exist_ok=True)
                self._files[part, name] = Npy(self._folder / part / f"{name}.npy", array)
            self._files[part, name].add(array)
        self._papers(part, made, labels)

    def _papers(self, part: str, made: models.Inputs, labels: list[str | None]) -> None:
        """The files of the paper's code: PNG in a folder a label (YaTC), TSV of label and text (ET-BERT, TrafficFormer)."""
        if self._name == "yatc":
            for label in sorted({label or "" for label in labels}):
                some = [i for i, one in enumerate(labels) if (one or "") == label]
                names = [quote(made.names[i], safe="") for i in some]
                models.write_png(
                    self._folder / part / "png" / (quote(label, safe="") or "_"), made["image"][some], names
                )
        if made.texts:
            (self._folder / part).mkdir(exist_ok=True)
            with (self._folder / part / f"{self._name}.tsv").open("a", encoding="utf-8") as file:
                if file.tell() == 0:
                    file.write("label\ttext_a\n")
                for label, text in zip(labels, made["text"]):
                    code = self._plan.labels.index(label) if label in self._plan.labels else -1
                    file.write(f"{code}\t{text.strip()}\n" if "\n" not in text else f"{code}\t{json.dumps(text)}\n")

    # ---- sessions ----

    def _remember(self, batch: pa.RecordBatch) -> None:
        columns = [
            batch[self._asked.keys[name]] if self._asked.keys[name] in batch.schema.names else None
            for name in ("protocol", "src", "dst", "sport", "dport")
        ]
        if any(column is None for column in columns):
            raise self._recipe.wrong(
                "the exact form needs the columns protocol, src, dst, sport and dport in [query]", "query", "columns"
            )
        rows = zip(
            batch["capture"].to_pylist(),
            batch["part"].to_pylist(),
            batch["label"].to_pylist(),
            *(column.to_pylist() for column in columns),
        )  # type: ignore[union-attr]
        for capture, part, label, *ends in rows:
            self._sessions.setdefault(capture, {}).setdefault(_session(capture, *ends), (part, label))

    def _of_captures(self) -> None:
        for capture, known in self._sessions.items():
            some = [session for session in splitcap(self._recipe.base / capture) if session.name in known]
            made = models.make(self._name, some, **self._options)
            sides = [known[name] for name in made.names]
            for part in self._plan.counts:
                kept = [i for i, side in enumerate(sides) if side[0] == part]
                if kept:
                    self._add(part, _some(made, kept), [sides[i][1] for i in kept])

    def close(self) -> None:
        """Ends the files."""
        self._of_captures()
        for file in self._files.values():
            file.close()
        told = {
            "layout": self._name,
            "exact": self._exact,
            "options": self._recipe.model["options"],
            "faults": list(self._faults),
            "labels": self._plan.labels,
        }
        (self._folder / "model.json").write_text(json.dumps(told, indent=1) + "\n")
        if self._name == "ustc":
            for part in sorted({part for part, _ in self._files}):
                for array in ("image", "label"):
                    models.write_idx(
                        self._folder / part / f"{array}.idx", np.load(self._folder / part / f"{array}.npy")
                    )


def _session(capture: str, protocol: str, src: str, dst: str, sport: int, dport: int) -> str:
    ends = sorted(((ipaddress.ip_address(src).packed, sport), (ipaddress.ip_address(dst).packed, dport)))
    return session_name(capture.rsplit("/", 1)[-1], (6 if protocol == "tcp" else 17, *ends))


def _some(made: models.Inputs, kept: list[int]) -> models.Inputs:
    take = {name: array[kept] for name, array in made.arrays.items()}
    masks = {name: array[kept] for name, array in made.masks.items()}
    texts = {name: [text[i] for i in kept] for name, text in made.texts.items()}
    return models.Inputs(
        made.layout, made.exact, take, masks, made.rows[kept], [made.names[i] for i in kept], made.faults, texts
    )
