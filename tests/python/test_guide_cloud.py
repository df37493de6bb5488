"""The guide to object stores: its snippets run from top to bottom, with a store in memory in the place of S3."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("fsspec", reason="fsspec is not installed")
pytest.importorskip("polars.io.plugins", reason="polars is not installed, or has no sources in Python")
pytest.importorskip("pyarrow.fs", reason="pyarrow is not installed")

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guide/cloud.md").read_text()
DEMO = ROOT / "tests/pcaps/demo.pcap"


def snippets(kind: str) -> list[str]:
    return re.findall(rf"^```python{kind}\n(.*?)^```", GUIDE, re.M | re.S)


@pytest.fixture()
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(DEMO, "day.pcap")
    Path("captures").mkdir()
    shutil.copy(DEMO, "captures")
    return tmp_path


@pytest.fixture()
def store():
    """A store for s3:// that wants the key of the guide."""
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    class Store(MemoryFileSystem):
        protocol = "s3"
        store: dict = {}
        pseudo_dirs = [""]

        def __init__(self, key: str, secret: str, **options) -> None:
            super().__init__(**options)

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return "/" + path.removeprefix("s3://").strip("/") if path.strip("/") else ""

    before = fsspec.registry.get("s3")
    fsspec.register_implementation("s3", Store, clobber=True)
    fs = Store("ACCESS", "SECRET")
    fs.pipe({f"/captures/day/{name}.pcap.gz": gzip.compress(DEMO.read_bytes()) for name in "ab"})
    yield fs
    if before is None:
        fsspec.registry._registry.pop("s3") if hasattr(fsspec.registry, "_registry") else None
    else:
        fsspec.register_implementation("s3", before, clobber=True)


def run(texts: list[str], names: dict[str, object]) -> dict[str, object]:
    for text in texts:
        exec(compile(text, "cloud.md", "exec"), names)
    return names


def test_snippets_run(folder: Path, store) -> None:
    names = run(snippets(""), {})
    assert names["flows"].num_rows == names["rows"] == 30
    assert names["opened"].num_rows == names["viewed"].num_rows == names["named"].num_rows == 15
    assert len(names["written"]) == 2
    assert len(names["top"]) > 1


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["delta", "iceberg"])
def test_recipes_run(folder: Path, kind: str) -> None:
    pytest.importorskip({"delta": "deltalake", "iceberg": "pyiceberg.catalog.sql"}[kind], reason=f"{kind} is not installed")
    Path("lake").mkdir()
    (text,) = snippets(f" {kind}")
    names = run([f"import flowcontainer\n{text}"], {})
    if kind == "iceberg":
        assert names["table"].scan().to_arrow().num_rows == 15
    else:
        assert names["deltalake"].DeltaTable("flows.delta").to_pyarrow_table().num_rows == 15
