"""Data sets: from folders of captures to labelled, cleaned and split rows, with a manifest.

from flowcontainer.dataset import Dataset
Dataset.from_toml("dataset.toml").build()
"""

from .dataset import Dataset
from .errors import RecipeError

__all__ = ["Dataset", "RecipeError"]
