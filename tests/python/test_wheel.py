"""tools/release/check_wheel.py, which `make wheels` runs on each wheel."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

import flowcontainer
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/release"))
import check_wheel  # noqa: E402


@pytest.fixture(autouse=True)
def readelf() -> None:
    if not shutil.which("readelf"):
        pytest.skip("there is no readelf (binutils)")


def test_a_wheel_of_this_machine_is_refused(tmp_path: Path) -> None:
    """The module of an ordinary build needs libraries of this machine, or a newer glibc."""
    wheel = tmp_path / "x.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(flowcontainer._core.__file__, "flowcontainer/_core.abi3.so")
        archive.write(sys.executable, "flowcontainer/flowcontainer-worker-4.0")
    faults = check_wheel.check(wheel)
    assert any(fault.startswith("_core.abi3.so needs lib") for fault in faults), faults
    assert "flowcontainer-worker-4.0 is not linked with libwireshark" in faults


def test_no_module_is_a_fault(tmp_path: Path) -> None:
    wheel = tmp_path / "x.whl"
    zipfile.ZipFile(wheel, "w").close()
    assert check_wheel.check(wheel) == ["there is no _core.abi3.so"]


def test_the_wheels_that_were_built() -> None:
    wheels = sorted((ROOT / "build/wheels/dist").glob("*manylinux*.whl"))
    if not wheels:
        pytest.skip("no wheels were built (make wheels)")
    assert {wheel.name: check_wheel.check(wheel) for wheel in wheels} == {wheel.name: [] for wheel in wheels}
