"""The formats that the command writes through pyarrow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import flowcontainer
import pytest
from flowcontainer import scan

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flowcontainer", *map(str, words)], capture_output=True, text=True, timeout=60
    )


def test_parquet(several: Path, tmp_path: Path) -> None:
    out = tmp_path / "flows.parquet"
    done = command(several, "-e", "ip.ttl", "-e", "udp.payload", "-e", "frame.time_delta", "-o", out)
    assert done.returncode == 0, done.stderr
    want = scan(several, ["ip.ttl", "udp.payload", "frame.time_delta"]).to_arrow()
    assert parquet.read_table(out).to_pylist() == want.to_pylist()


@pytest.mark.parametrize("ending", [".arrow", ".feather", ".ARROW"])
def test_ipc(several: Path, tmp_path: Path, ending: str) -> None:
    import pyarrow.feather as feather

    out = tmp_path / f"flows{ending}"
    done = command(several, "-e", "ip.ttl", "-o", out)
    assert done.returncode == 0, done.stderr
    table = feather.read_table(out)
    assert table.to_pylist() == scan(several, ["ip.ttl"]).to_arrow().to_pylist()
    assert table.schema.field("capture").type == pa.utf8()


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
@pytest.mark.parametrize("options", [["-e", "ip.ttl"], ["--features", "cic-corrected"], ["--features", "cic-corrected,nfstream"]])
def test_files_name_the_engine_and_its_release(several: Path, tmp_path: Path, ending: str, options: list[str]) -> None:
    done = command(several, *options, "-o", tmp_path / f"flows{ending}")
    assert done.returncode == 0, done.stderr
    made = [path for path in tmp_path.iterdir() if path != several]
    assert len(made) == (2 if "," in options[1] else 1)
    explained = command("explain", *options, several).stdout.strip()
    for path in made:
        told = (parquet.read_schema(path) if ending == ".parquet" else pa.ipc.open_file(path).schema).metadata
        assert told[b"flowcontainer.engine"].decode() == explained
        assert told[b"flowcontainer.version"].decode() == flowcontainer.__version__


def test_many_captures_have_many_dictionaries(small: Path, several: Path, tmp_path: Path) -> None:
    import pyarrow.feather as feather

    want = scan([small, several]).to_arrow().to_pylist()
    for name, read in (("a.arrow", feather.read_table), ("a.parquet", parquet.read_table)):
        done = command(small, several, "-o", tmp_path / name)
        assert done.returncode == 0, done.stderr
        assert read(tmp_path / name).to_pylist() == want


def test_failure_leaves_no_file(several: Path, tmp_path: Path) -> None:
    out = tmp_path / "no such folder" / "flows.parquet"
    done = command(several, "-o", out)
    assert done.returncode != 0 and done.stderr and not out.exists()
    assert list(tmp_path.iterdir()) == [several]


def test_without_pyarrow(several: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from flowcontainer.__main__ import main\n"
        "sys.exit(main(['flowcontainer', *sys.argv[1:]]))"
    )
    out = tmp_path / "flows.parquet"
    done = subprocess.run([sys.executable, "-c", code, str(several), "-o", str(out)], capture_output=True, text=True)
    assert done.returncode != 0 and "flowcontainer[arrow]" in done.stderr
    assert not out.exists()
