"""Captures and folders made to exhaust the machine: each is answered or refused, at a cost that is bounded."""

from __future__ import annotations

import gzip
import io
import os
import signal
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


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("act", ["drop", "pull", "count"])
def test_a_child_of_fork_does_not_hang(act: str, jobs: int) -> None:
    """A half-read stream belongs to the process that reads it; PyTorch's loaders fork with one at hand."""
    table = scan([DEMO] * 300, level="packets", batch_rows=1000, jobs=jobs)
    batches = iter(table)
    n_rows = len(next(batches))
    child = os.fork()
    if not child:
        signal.alarm(20)
        status = 1
        try:
            if act == "pull":
                next(batches)
        except OSError as error:
            status = 0 if "another process" in str(error) else 2
        else:
            if act == "count":
                table.notes  # noqa: B018
            del batches
            status = 0 if act != "pull" else 3
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert n_rows + sum(map(len, batches)) == 300 * 188  # the parent reads on
