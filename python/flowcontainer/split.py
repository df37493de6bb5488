"""`flowcontainer split`: captures as one pcap a flow, a capture or a label, in place of SplitCap and PcapSplitter."""

from __future__ import annotations

import argparse
import ipaddress
import os
import struct
import sys
import warnings
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .arguments import StrPath
from .problems import CaptureWarning
from .records import records
from .table import scan

HELD = 64 << 20  #: bytes that wait in memory
COLUMNS = ("capture", "flow_id", "protocol", "src", "sport", "dst", "dport", "frames")
NAMES = ("splitcap", "pcapsplitter", "flow_id")


class Files:
    """Pcap files with nanoseconds that grow together. None stays open: frames wait in memory, and are appended when they are many."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._held, self._size = folder, dict[str, list[bytes]](), 0
        self._links: dict[str, int] = {}  #: {file: its link type}
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, time: int, wire: int, data: bytes, link: int) -> None:
        """Adds a frame. A file has one link type; frames of another go to a file of that name with the type behind it."""
        if self._links.setdefault(name, link) != link:
            name = f"{name.removesuffix('.pcap')}.link{link}.pcap"
            self._links[name] = link
        self._held.setdefault(name, []).append(
            struct.pack("<IIII", time // 10**9, time % 10**9, len(data), wire) + data
        )
        self._size += len(data) + 100
        if self._size > HELD:
            self.flush()

    def flush(self) -> None:
        """Writes all that waits."""
        for name, frames in self._held.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                if file.tell() == 0:
                    file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, self._links[name]))
                file.write(b"".join(frames))
        self._held, self._size = {}, 0

    def __len__(self) -> int:
        return len(self._links)


def split(
    captures: StrPath | Iterable[StrPath], out: StrPath, by: str = "flow", names: str = "splitcap",
    labels: Mapping[str, str] | None = None, **query: Any,
) -> int:  # fmt: skip
    """Writes the kept packets of captures into pcap files, and returns their number. A packet of IP fragments is the frame that completes it.

    Link types, captured bytes and nanoseconds stay as they are. Raises FileExistsError if `out` has files, ValueError for a wrong choice,
    CaptureError if no capture could be read; warns of damaged captures.

    :param by: "flow": a file a flow; "capture": a file a capture, without the packets that are in no flow; "label": a file a label
    :param names: of flows: "splitcap" (CAPTURE.TCP_ADDRESS_PORT_ADDRESS_PORT.pcap), "pcapsplitter" (CAPTURE-connection-...), "flow_id"; a
        further flow of the same ends has .2 behind it
    :param labels: {flow_id: label}, for by="label"; other flows are left out
    :param query: arguments of :func:`flowcontainer.scan`, such as filter, policy and drop
    """
    if by not in ("flow", "capture", "label") or names not in NAMES:
        raise ValueError(
            f"by must be flow, capture or label, and names one of {', '.join(NAMES)}, not {by!r} and {names!r}"
        )
    if by == "label" and labels is None:
        raise ValueError('by="label" needs labels: {flow_id: label}, or the folder of a data set for the command')
    folder = Path(os.fsdecode(out))
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    files = Files(folder)
    for capture, frames in _frames(captures, query, by, names, labels or {}):
        _write(files, capture, frames)
    files.flush()
    return len(files)


class _Frames:
    """The file of each kept frame of a capture: a number for a frame and a name for a flow, so that millions of flows fit into memory."""

    def __init__(self) -> None:
        self.names = [""]  #: files; 0: none
        self.file = array("I")  #: for each frame from 0 the place of its file in `names`

    def add(self, name: str, frames: list[int]) -> None:
        """Adds a flow."""
        if name and frames:
            self.names.append(name)
            if len(self.file) <= frames[-1]:
                self.file.extend(bytes(4 * (frames[-1] + 1 - len(self.file))))
            for frame in frames:
                self.file[frame] = len(self.names) - 1


def _frames(
    captures: Any, query: dict[str, Any], by: str, names: str, labels: Mapping[str, str]
) -> Iterator[tuple[str, _Frames]]:
    """The frames of each capture."""
    held, now, seen = _Frames(), "", dict[str, int]()
    for batch in scan(captures, columns=list(COLUMNS), batch_rows=4096, **query):
        columns = batch.to_pydict()
        for values in zip(*(columns[name] for name in COLUMNS)):
            flow = dict(zip(COLUMNS, values))
            if now != flow["capture"]:
                if now:
                    yield now, held
                held, now, seen = _Frames(), flow["capture"], {}
            held.add(_file(flow, by, names, labels, seen), flow["frames"])
    if now:
        yield now, held


def _file(flow: dict[str, Any], by: str, names: str, labels: Mapping[str, str], seen: dict[str, int]) -> str:
    """The file of a flow, "" for none."""
    base = os.path.basename(flow["capture"])
    if by == "capture":
        return f"{base}.pcap"
    if by == "label":
        label = labels.get(flow["flow_id"])
        return f"{quote(label, safe='')}.pcap" if label is not None else ""
    name = _name(base, flow, names)
    seen[name] = count = seen.get(name, 0) + 1
    return f"{name}.pcap" if count == 1 else f"{name}.{count}.pcap"


def _name(base: str, flow: dict[str, Any], names: str) -> str:
    if names == "flow_id":
        return str(flow["flow_id"])
    ends = [(flow[address], flow[port]) for address, port in (("src", "sport"), ("dst", "dport"))]
    if names == "splitcap":
        ends.sort(key=lambda end: (ipaddress.ip_address(end[0]).packed, end[1]))
    sides = [f"{str(address).replace('.', '-').replace(':', '-')}_{port}" for address, port in ends]
    if names == "splitcap":
        return f"{base}.{flow['protocol'].upper()}_{sides[0]}_{sides[1]}"
    return f"{base.partition('.')[0]}-connection-{flow['protocol']}_{sides[0]}-{sides[1]}"


def _write(files: Files, capture: str, frames: _Frames) -> None:
    """Writes the frames of a capture."""
    for place, record in zip(islice(frames.file, 1, None), records(capture)):
        if place:
            files.add(frames.names[place], record.time, record.wire, record.data, record.link)


# ---- the command ----


def main(words: Sequence[str]) -> int:
    """Runs `flowcontainer split` and returns its exit status, as in docs/guide/dataset.md."""
    parser = argparse.ArgumentParser(
        prog="flowcontainer split", description="Write captures as one pcap a flow, a capture or a label."
    )
    parser.add_argument(
        "captures", nargs="+", help="captures, folders, globs; with --by label the folder of a data set"
    )
    parser.add_argument("-o", "--output", required=True, help="folder of the files; it must be new or empty")
    parser.add_argument("--by", choices=["flow", "capture", "label"], default="flow")
    parser.add_argument("--names", choices=NAMES, default="splitcap", help="names of the files of flows")
    parser.add_argument("-Y", "--filter", default="", help="display filter")
    parser.add_argument("--policy", choices=["stream", "timeout"], default="stream")
    parser.add_argument("--idle", type=float)
    parser.add_argument("--active", type=float)
    parser.add_argument("--drop", help="packets to leave out, or none")
    parser.add_argument("--protocols", default="tcp,udp")
    try:
        given = parser.parse_args(words)
    except SystemExit as end:
        return int(end.code or 0)
    return _status(given)


def _status(given: Any) -> int:
    with warnings.catch_warnings(record=True) as damage:
        warnings.simplefilter("always", CaptureWarning)
        try:
            count = _run(given)
        except (ValueError, FileNotFoundError, FileExistsError) as error:
            print(f"flowcontainer: {error}", file=sys.stderr)
            return 2
        except OSError as error:
            print(f"flowcontainer: {error}", file=sys.stderr)
            return 4
    for warning in damage:
        print(f"flowcontainer: {warning.message}", file=sys.stderr)
    print(f"{count:,} files in {given.output}")
    return 1 if damage else 0


def _run(given: Any) -> int:
    query: dict[str, Any] = {
        name: value for name in ("filter", "policy", "idle", "active") if (value := getattr(given, name))
    }
    query["protocols"] = given.protocols.split(",")
    if given.drop is not None:
        query["drop"] = () if given.drop == "none" else given.drop.split(",")
    if given.by != "label":
        return split(given.captures, given.output, given.by, given.names, **query)
    captures, labels, own = _of_data_set(Path(given.captures[0]))
    return split(captures, given.output, "label", labels=labels, **own)


def _of_data_set(out: Path) -> tuple[list[str], dict[str, str], dict[str, Any]]:
    """Captures, labels and query of a data set."""
    if not (out / "manifest.json").exists():
        raise FileNotFoundError(f"{out} has no manifest.json: --by label takes the folder of a data set")
    from .dataset import manifest
    from .dataset.dataset import rows_of

    told = manifest.read(out)
    rows = rows_of(out, ["flow_id", "label"])
    labels = dict(zip(rows["flow_id"].to_pylist(), rows["label"].to_pylist()))
    names = ("filter", "drop", "protocols", "policy", "idle", "active", "tunnel", "max_frames")
    query = {name: value for name in names if (value := told["recipe"]["query"][name]) is not None}
    return [os.path.join(out, told["base"], one["name"]) for one in told["captures"]], labels, query
