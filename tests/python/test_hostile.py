"""Captures and folders made to exhaust the machine: each is answered or refused, at a cost that is bounded."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import flowcontainer
import pytest
from flowcontainer import scan
from needs_worker import needs_worker

DEMO = Path(__file__).resolve().parents[1] / "pcaps" / "demo.pcap"


def bytes_written() -> int:
    """Bytes that this process has written so far, to files and pipes."""
    return int(next(line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("wchar")).split()[1])


@needs_worker
@pytest.mark.parametrize("fields", [[], ["snmp.version"]], ids=["headers", "libwireshark"])
def test_what_is_no_capture_is_not_unpacked(fields: list[str], tmp_path: Path) -> None:
    """An archive in a folder of captures is refused by its first megabyte."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(DEMO)
        zeros = tarfile.TarInfo("zeros")
        zeros.size = 60 << 20
        tar.addfile(zeros, io.BytesIO(bytes(zeros.size)))
    (tmp_path / "backup.tar.gz").write_bytes(gzip.compress(archive.getvalue(), 1))
    before = bytes_written()
    with pytest.raises(flowcontainer.CaptureError, match="not a capture"):
        scan(tmp_path, fields).to_arrow()
    assert bytes_written() - before < 3 << 20
