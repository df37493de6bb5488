"""Building a data set: recipe -> captures -> rows -> labels, cleaning, split -> files and manifest."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from . import captures, cleaning, manifest, outputs, query, reading, split, unchanged
from .arrays import Arrays
from .labels import Labels, extra_columns
from .pieces import Piece, Reader, even, in_order
from .query import Query
from .recipe import Recipe
from .rows import KEYS, Rows
from .scaling import Scaling
from .store import Store

Array = np.ndarray[Any, Any]
CHUNK = 4096  #: rows that are looked at together


class Built(NamedTuple):
    """The answer of a build."""

    manifest: dict[str, Any]
    new: bool  #: false if nothing had changed


def build(recipe: Recipe, say: Callable[[str], None] = lambda text: None) -> Built:
    """Builds the data set, or its missing parts. Raises RecipeError before any capture is read."""
    found = captures.listed(recipe)
    mark = unchanged.mark(recipe, found)
    if unchanged.found(recipe, mark):
        return Built(manifest.read(recipe.out), False)
    recipe.out.mkdir(parents=True, exist_ok=True)
    store = Store(recipe.out)
    try:
        cleaning.check(recipe)
        labels = Labels(recipe, [capture.name for capture in found])
        asked = query.of_recipe(recipe, found[0].path)
        todo = reading.work(store, found, asked)
        for sentence in todo.why:
            say(sentence)
        if not todo.read and (recipe.out / "manifest.json").exists():
            say("No capture is read anew; labels, cleaning, split and files are made anew.")
        unchanged.forget(recipe)
        reading.read(store, todo, asked, recipe.dataset["jobs"], say)
        del found, todo  # with 100,000 captures, they and the rows would be in memory together
        whole = _files(recipe, asked, store, labels)
        unchanged.remember(recipe, mark, whole)
        return Built(whole, True)
    finally:
        store.close()


# ---- files ----


def _files(recipe: Recipe, asked: Query, store: Store, labels: Labels) -> dict[str, Any]:
    """Writes all files into a new folder, which then takes the place of the old files."""
    new = store.folder / "new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    pieces = in_order(store.known().values())
    rows = _rows(recipe, asked, store, labels, pieces)
    reasons = cleaning.reasons(recipe, rows)
    part = split.assigned(recipe, rows, reasons == 0)
    made = manifest.made(recipe, asked, store, rows, reasons, part)
    _left_out(new, store, pieces, rows, reasons)
    rows.forget_all_but("label")
    _write(recipe, new, made, labels, rows, part, _stream(asked, store, pieces), asked)
    whole = manifest.write(new, made)
    for old in recipe.out.iterdir():
        if old.name != store.folder.name and old.name in _OURS:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for path in new.iterdir():
        os.replace(path, recipe.out / path.name)
    new.rmdir()
    return whole


_OURS = {
    "parquet",
    "arrow",
    "npy",
    "npz",
    "csv",
    "data.sqlite",
    "left_out.parquet",
    "scaling.json",
    "manifest.json",
    "model",
}


def _rows(recipe: Recipe, asked: Query, store: Store, labels: Labels, pieces: list[Piece]) -> Rows:
    by_path = all(label["path"] is not None for label in recipe.labels)
    rows = Rows(labels, recipe.cleaning["doubly_labelled"] == "first", store.folder)
    keys, columns = Reader(store.folder, "keys", KEYS if by_path else None), Reader(store.folder, "rows")
    for piece in pieces:
        done = piece.first
        for batch in keys.read(piece):
            here = Piece(piece.task, done, batch.num_rows)
            rows.add(batch, lambda here=here: pa.concat_batches(list(columns.read(here))))
            done += batch.num_rows
    return rows.finish()


def _stream(asked: Query, store: Store, pieces: list[Piece]) -> Iterator[pa.RecordBatch]:
    reader = Reader(store.folder, "rows")
    return even((batch for piece in pieces for batch in reader.read(piece)), CHUNK)


def _write(
    recipe: Recipe,
    new: Path,
    made: dict[str, Any],
    labels: Labels,
    rows: Rows,
    part: Array,
    stream: Iterator[pa.RecordBatch],
    asked: Query,
) -> None:
    names = list(split.parts(recipe))
    formats = [format for format in outputs.WRITERS if format in recipe.outputs["formats"]]
    if "npz" in recipe.outputs["formats"] and "npy" not in formats:
        formats.append("npy")
    counts = {name: int((part == i).sum()) for i, name in enumerate(names)}
    writers: list[Any] = []
    arrays: Arrays | None = None
    scaling: Scaling | None = None
    hidden = set(asked.hidden())
    first = 0
    for batch in stream:
        here = slice(first, first + batch.num_rows)
        first += batch.num_rows
        whole = _told(batch, labels, rows, part, names, here)
        told = whole.select([name for name in whole.schema.names if name not in hidden])
        if not writers:
            plan = outputs.Plan(
                new,
                told.schema,
                counts,
                rows.labels,
                recipe.outputs["length"],
                recipe.outputs["row_group"],
                manifest.metadata(made),
                reading.threads(recipe.dataset["jobs"]),
            )
            writers = [outputs.WRITERS[format](plan) for format in formats]
            arrays = Arrays(plan, recipe, asked) if recipe.model["name"] else None
            if recipe.split["scaling"]:
                scaling = Scaling(told.schema, names if recipe.split["scaling"] == "all" else names[:1])
        for writer in [*writers, *([scaling] if scaling else [])] if told.num_rows else ():
            writer.write(told)
        if arrays and whole.num_rows:
            arrays.write(whole)
    for writer in [*writers, arrays]:
        if writer:
            writer.close()
    if scaling:
        scaling.save(new)
    if writers and "npz" in recipe.outputs["formats"]:
        outputs.zipped(new, names)
        if "npy" not in recipe.outputs["formats"]:
            shutil.rmtree(new / "npy")


def _told(
    batch: pa.RecordBatch, labels: Labels, rows: Rows, part: Array, names: list[str], here: slice
) -> pa.RecordBatch:
    """The kept rows of a batch with the columns of paths, label and part behind them."""
    codes = rows["label"][here]
    columns = dict(zip(batch.schema.names, batch.columns))
    for name, column in extra_columns(labels.extras, batch["capture"]).items():
        columns.setdefault(name, column)
    columns["label"] = pa.array(rows.labels, pa.utf8()).take(pa.array(codes, mask=codes < 0))
    places = part[here]
    columns["part"] = pa.array(names, pa.utf8()).take(pa.array(places, mask=places < 0))
    whole = pa.record_batch(columns)
    return whole if (places >= 0).all() else whole.filter(pa.array(places >= 0))


_LISTED = ("capture", "flow_id", "protocol", "stream", "src", "sport", "dst", "dport", "time_start")


def _left_out(new: Path, store: Store, pieces: list[Piece], rows: Rows, reasons: Array) -> None:
    """left_out.parquet: every flow that is not in the data set, with the reason."""
    listed = _listed(store, pieces, rows, reasons)
    first = next(listed, None)
    if first is not None:
        with pa.parquet.ParquetWriter(new / "left_out.parquet", first.schema, compression="zstd") as writer:
            for batch in even(itertools.chain([first], listed), CHUNK):
                writer.write_batch(batch)


def _listed(store: Store, pieces: list[Piece], rows: Rows, reasons: Array) -> Iterator[pa.RecordBatch]:
    """The flows that are left out; the first batch may be empty."""
    reader = Reader(store.folder, "keys", _LISTED)
    first = 0
    for batch in (batch for piece in pieces for batch in reader.read(piece)):
        some = np.flatnonzero(reasons[first : first + batch.num_rows])
        if len(some) or not first:
            told = batch.select(_LISTED).take(some)
            labels = [rows.labels_of.get(first + i) or _one(rows, first + i) for i in some.tolist()]
            told = told.append_column("labels", pa.array(labels, pa.list_(pa.utf8())))
            yield told.append_column("reason", pa.array(cleaning.REASONS).take(pa.array(reasons[first + some])))
        first += batch.num_rows


def _one(rows: Rows, row: int) -> list[str]:
    code = int(rows["label"][row])
    return [rows.labels[code]] if code >= 0 else []
