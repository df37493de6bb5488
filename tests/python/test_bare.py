"""The package without pyarrow, pandas, polars and numpy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PREAMBLE = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pyarrow", "pandas", "polars", "numpy", "duckdb"):
            raise ImportError(name + " is blocked")
sys.meta_path.insert(0, Blocked())
import flowcontainer
from flowcontainer.extractor import extract
path = sys.argv[1]
"""


def run(code: str, path: Path) -> str:
    done = subprocess.run([sys.executable, "-c", PREAMBLE + code, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_facade(small: Path) -> None:
    assert run("print([f.ip_lengths for f in extract(path).values()])", small) == str(
        [[40, -40, 40, 140, -340, 40], [48, -58]]
    )


def test_batches(small: Path) -> None:
    code = "print([(b.num_rows, b['sport'].to_list(), b.to_pydict()['src']) for b in flowcontainer.scan(path)])"
    assert run(code, small) == "[(2, [50000, 40000], ['10.0.0.1', '10.0.0.1'])]"


def test_what_is_missing_is_named(small: Path) -> None:
    code = """
for name, package in (("arrow", "arrow"), ("pandas", "pandas"), ("polars", "polars"), ("numpy", "numpy")):
    try:
        getattr(flowcontainer.scan(path), "to_" + name)()
    except ImportError as error:
        how = f'pip install "flowcontainer[{package}]>=8", or ".[{package}]" in a clone'
        assert str(error).endswith(how) and "\\n" not in str(error), error
        assert error.__cause__ is None and error.__suppress_context__
    else:
        raise SystemExit(name)
print("told")
"""
    assert run(code, small) == "told"


def test_import_is_light() -> None:
    code = "import sys, flowcontainer; print(sorted({'numpy', 'pyarrow', 'pandas', 'polars'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
