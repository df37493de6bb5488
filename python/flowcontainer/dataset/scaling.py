"""scaling.json: mean and deviation of the numbers, fitted on the first part, or on all rows where the recipe insists."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa

from .outputs import measures, numbers_or_nan


class Scaling:
    """Running statistics of columns; null and NaN are left out. Batches are joined as Chan, Golub and LeVeque do."""

    def __init__(self, schema: pa.Schema, parts: list[str]) -> None:
        self._parts = parts
        self._known = {name: (0, 0.0, 0.0, math.inf, -math.inf) for name in measures(schema, ())}

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        mine = np.isin(np.array(batch["part"].to_pylist(), object), self._parts)
        for name, (count, mean, square, low, high) in self._known.items():
            values = numbers_or_nan(batch[name])[mine]
            values = values[np.isfinite(values)]
            if not len(values):
                continue
            n, middle = count + len(values), float(values.mean())
            apart = middle - mean
            square += float(((values - middle) ** 2).sum()) + apart * apart * count * len(values) / n
            self._known[name] = (
                n,
                mean + apart * len(values) / n,
                square,
                min(low, float(values.min())),
                max(high, float(values.max())),
            )

    def save(self, folder: Path) -> None:
        """Writes scaling.json."""
        columns = {
            name: {"rows": n, "mean": mean, "std": math.sqrt(square / n), "min": low, "max": high}
            for name, (n, mean, square, low, high) in self._known.items()
            if n
        }
        (folder / "scaling.json").write_text(
            json.dumps({"fitted_on": self._parts, "columns": columns}, indent=1) + "\n"
        )
