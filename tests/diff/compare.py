#!/usr/bin/env python3
"""Compares flowcontainer with the stock tshark: the twin law.

    python tests/diff/compare.py [CAPTURE...]

In every capture (default: all of ../shared/corpus and tests/pcaps) it compares every native field of every frame with
`tshark -n -T fields`, the native names of protocols with tshark's, and the base columns of frames, packets and flows with a regrouping of tshark's text. Differences
are grouped by field and kind, and known.toml excuses some. The exit status is 1 if any other difference is left or a row
of known.toml excuses nothing, and 3 if there is nothing to compare with."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import captures
import known
import ours
import regroup
import tshark
from tshark import CELL

KEEP = 12  # most examples in a group
FIXED = {"capture", "flow"}


@dataclass
class Group:
    """The differences of one kind in one field of one capture."""
    frames: list[int] = field(default_factory=list)
    examples: list[tuple[int, str, str]] = field(default_factory=list)  # frame, tshark, ours


@dataclass
class Result:
    name: str
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    frames: int = 0
    unclear: int = 0  # frames whose base columns tshark's text does not determine
    notes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, name: str, kind: str, frame: int, theirs: object, mine: object) -> None:
        group = self.groups.setdefault((name, kind), Group())
        group.frames.append(frame)
        if len(group.examples) < KEEP:
            group.examples.append((frame, str(theirs)[:160], str(mine)[:160]))


def kind_of(theirs: str, mine: str) -> str:
    if not mine:
        return "missing"
    if not theirs:
        return "extra"
    a, b = theirs.split(","), mine.split(",")
    if len(a) != len(b):
        return "count"
    return "order" if sorted(a) == sorted(b) else "value"


# ---- fields ----


def compare_fields(result: Result, fields: list[str], theirs: list[str], mine: list[str], extra: int) -> None:
    base = min((row.count(CELL) for row in mine), default=0) + 1 - len(fields)
    for index, (a, b) in enumerate(zip(theirs, mine)):
        a, b = a.split(CELL, extra)[extra], b.split(CELL, base)[base]
        if a == b:
            continue
        for name, x, y in zip(fields, a.split(CELL, len(fields) - 1), b.split(CELL, len(fields) - 1)):
            if x != y:
                result.add(name, kind_of(x, y), index + 1, x, y)


# ---- names of protocols ----


def compare_names(result: Result, path: Path, theirs: list[str], columns: list[str]) -> None:
    """The frames on which a filter with nothing but the name of a protocol is true. tshark prints a text for a protocol of
    the frame. From the first frame with a doubt on, libwireshark answers."""
    doubt, mine = ours.shown(path)
    last = doubt - 1 if doubt else len(theirs)
    rows = [row.split(CELL, len(columns) - 1) for row in theirs[:last]]
    for name, frames in mine.items():
        at = columns.index(name)
        for frame, cells in enumerate(rows, 1):
            if bool(cells[at]) != (frame in frames):
                result.add("protocol." + name, "missing" if cells[at] else "extra", frame, name if cells[at] else "",
                           "" if cells[at] else name)


# ---- base columns of frames and packets ----


def number(value: int | None) -> str:
    return "" if value is None else str(value)


def packet_cells(packet: regroup.Packet) -> dict[str, str | None]:
    h = packet.header
    return {"flow": number(packet.flow.number), "protocol": h.kind, "stream": number(h.stream), "src": h.src, "dst": h.dst,
            "sport": number(h.sport), "dport": number(h.dport), "direction": "1" if packet.forward else "-1",
            "ip_length": None if h.ip_length is None else number(h.ip_length),
            "payload_length": None if h.payload is None else number(h.payload)}


NO_FLOW = dict.fromkeys(["flow", "protocol", "stream", "src", "dst", "sport", "dport", "direction", "ip_length",
                         "payload_length"], "")


def check_reason(result: Result, frame: regroup.Frame, reason: str) -> None:
    dropping = {"retransmission", "out_of_order", "mdns", "ssdp", "icmp"}
    if frame.kept != (not reason):
        result.add("frames.kept", "missing" if frame.kept else "extra", frame.number,
                   "kept" if frame.kept else "dropped: " + ",".join(sorted(frame.facts)), reason or "kept")
    elif reason and frame.is_ip and frame.facts and frame.headers and reason not in frame.facts:
        result.add("frames.reason", "value", frame.number, ",".join(sorted(frame.facts)), reason)
    elif reason in dropping and reason not in frame.facts:
        result.add("frames.reason", "extra", frame.number, ",".join(sorted(frame.facts)), reason)
    elif reason == "not_ip" and frame.is_ip:
        result.add("frames.reason", "value", frame.number, "ip", reason)


def compare_frames(result: Result, frames: list[regroup.Frame], packets: list[regroup.Packet], mine: ours.Answer) -> None:
    by_number = {packet.frame.number: packet for packet in packets}
    for frame, row in zip(frames, mine.rows):
        cells = dict(zip(mine.columns, row.split(CELL)))
        if frame.unclear:
            result.unclear += 1
            continue
        check_reason(result, frame, cells["reason"])
        packet = by_number.get(frame.number)
        wanted = {"frame": number(frame.number), "time": number(frame.time), "frame_length": number(frame.length)}
        if frame.kept == (not cells["reason"]):
            wanted |= packet_cells(packet) if packet else NO_FLOW
        for name, value in wanted.items():
            if value is not None and value != cells[name]:
                result.add("frames." + name, kind_of(value, cells[name]), frame.number, value, cells[name])


def compare_packets(result: Result, frames: ours.Answer, packets: ours.Answer) -> None:
    """The level packets is the level frames without the rows that have a reason."""
    kept = [row[:-1] for row in frames.rows if row.endswith(CELL)]
    if kept != packets.rows:
        at = next((i for i, (a, b) in enumerate(zip(kept, packets.rows)) if a != b), min(len(kept), len(packets.rows)))
        result.add("packets", "rows", at + 1, f"{len(kept)} kept frames", f"{len(packets.rows)} packets")


def compare_accounting(result: Result, what: str, n_frames: int, mine: ours.Answer) -> None:
    if sum(mine.counts.values()) != n_frames:
        result.add("accounting." + what, "sum", n_frames, n_frames, mine.counts)


# ---- flows ----


def flow_cells(flow: regroup.Flow, classic: bool) -> dict[str, list | str]:
    lengths, payloads, payload_times = [], [], []
    for when, forward, header in flow.packets:
        sign = 1 if forward else -1
        length = header.plen if classic else header.ip_length
        payload = header.length if classic else header.payload
        lengths.append(None if length is None else str(sign * length))
        if payload != 0:
            payloads.append(None if payload is None else str(sign * payload))
            payload_times.append(number(when))
    times = [number(when) for when, _, _ in flow.packets]
    known = [when for when, _, _ in flow.packets if when is not None]
    start, end = (number(min(known)), number(max(known))) if known else (number(None), number(None))
    return {"protocol": flow.protocol, "stream": number(flow.stream), "src": flow.client[0], "dst": flow.server[0],
            "sport": number(flow.client[1]), "dport": number(flow.server[1]), "client_by": flow.client_by,
            "outer_src": flow.outer[0] if flow.outer else "", "outer_dst": flow.outer[1] if flow.outer else "",
            "time_start": start, "time_end": end, "end": "capture", "ip_lengths": lengths,
            "ip_timestamps": times, "payload_lengths": payloads, "payload_timestamps": payload_times}


def same(wanted: list | str, cell: str) -> bool:
    if isinstance(wanted, str):
        return wanted == cell
    have = cell.split(",") if cell or len(wanted) == 1 else []
    return len(have) == len(wanted) and all(w is None or w == h for w, h in zip(wanted, have))


def compare_flows(result: Result, what: str, flows: list[regroup.Flow], mine: ours.Answer, classic: bool) -> None:
    if classic:
        flows = [flow for flow in flows if any(header.length for _, _, header in flow.packets)]
    rows = [dict(zip(mine.columns, row.split(CELL))) for row in mine.rows]
    keys = [(flow.protocol, str(flow.stream)) for flow in flows]
    have = [(row["protocol"], row["stream"]) for row in rows]
    if keys != have:
        for key in keys:
            if key not in have:
                result.add(what + ".rows", "missing", int(key[1]), "/".join(key), "")
        for key in have:
            if key not in keys:
                result.add(what + ".rows", "extra", int(key[1]), "", "/".join(key))
        if sorted(keys) == sorted(have):
            result.add(what + ".rows", "order", 0, keys[:6], have[:6])
    by_key = dict(zip(have, rows))
    for key, flow in zip(keys, flows):
        row = by_key.get(key)
        if row is None:
            continue
        for name, wanted in flow_cells(flow, classic).items():
            if not same(wanted, row[name]):
                text = wanted if isinstance(wanted, str) else ",".join("?" if w is None else w for w in wanted)
                result.add(f"{what}.{name}", kind_of(text, row[name]), flow.stream, text, row[name])


# ---- one capture ----


def compare(path: Path, fields: list[str], cache: Path | None = None) -> Result:
    started = time.monotonic()
    result = Result(captures.name_of(path))
    extra = [name for name in dict.fromkeys([*regroup.NEEDS, *ours.protocols()]) if name not in fields]
    theirs, status = tshark.rows(path, extra + fields, cache)
    try:
        compare_with(result, path, fields, theirs, status, extra)
        compare_names(result, path, theirs, extra + fields)
    except ours.Failed as failure:
        result.add("run", "failed", 0, f"{len(theirs)} frames", str(failure)[:2000])
    result.seconds = time.monotonic() - started
    return result


def compare_with(result, path, fields, theirs, status, extra, answers=None) -> None:
    """`answers`: those of ours.run_all, or the same from another engine."""
    result.frames = len(theirs)
    answers = answers or ours.run_all(path)
    every, mine = answers["bare"], answers["frames"]
    if len(every.rows) != len(theirs):
        result.add("frames", "missing" if len(every.rows) < len(theirs) else "extra", 0, len(theirs),
                   f"{len(every.rows)} {every.problems}")
    damages = [problem for problem in every.problems if problem[1] != "no_flows"]
    if (status != 0) != bool(damages):
        result.add("damage", "missing" if status else "extra", 0, f"exit status {status}", every.problems)
    result.notes = every.notes
    compare_fields(result, fields, theirs, every.rows, len(extra))
    columns = extra + fields
    wanted = {name: columns.index(name) for name in regroup.NEEDS}
    frames = []
    for row in theirs:
        cells = row.split(CELL)
        frames.append(regroup.frame_of({name: cells[at] for name, at in wanted.items()}))
    flows, packets = regroup.regroup(frames, classic=False)
    compare_frames(result, frames, packets, mine)
    compare_packets(result, mine, answers["packets"])
    compare_flows(result, "flows", flows, answers["flows"], classic=False)
    compare_flows(result, "classic", regroup.regroup(frames, classic=True)[0], answers["classic"], classic=True)
    for what, answer in answers.items():
        compare_accounting(result, what, len(mine.rows), answer)


def compare_all(paths: list[Path], jobs: int = 2, cache: Path | None = None) -> list[Result]:
    fields = ours.fields()
    tshark.version()
    # The largest first, so that no core works on a long capture at the end while the other has nothing to do.
    order = sorted(paths, key=lambda path: -path.stat().st_size)
    with ProcessPoolExecutor(jobs) as pool:
        results = pool.map(compare, order, [fields] * len(order), [cache] * len(order), chunksize=1)
        return sorted(results, key=lambda result: result.name)


# ---- telling ----


def tell_groups(results: list[Result], out) -> None:
    """The differences, most frequent first. Fields that differ in the same frames are grouped, because one cause is likely."""
    by_field: dict[tuple[str, str], list[tuple[Result, Group]]] = defaultdict(list)
    for result in results:
        for key, group in result.groups.items():
            by_field[key].append((result, group))
    alike = defaultdict(list)
    for (name, kind), found in by_field.items():
        where = tuple((result.name, tuple(group.frames)) for result, group in found)
        alike[kind, where].append(name)
    ranked = sorted(alike.items(), key=lambda item: -len(item[1]) * sum(len(frames) for _, frames in item[0][1]))
    for (kind, _), names in ranked:
        found = by_field[names[0], kind]
        n = sum(len(group.frames) for _, group in found)
        print(f"\n{' '.join(names)}: {kind}: {n} in {len(found)} captures", file=out)
        for result, group in sorted(found, key=lambda pair: -len(pair[1].frames))[:4]:
            print(f"  {result.name}: {len(group.frames)}", file=out)
            for frame, theirs, mine in group.examples[:3]:
                print(f"    {frame}: tshark {theirs!r}, ours {mine!r}", file=out)
    print("\nCAPTURES", file=out)
    totals = Counter({result.name: sum(len(group.frames) for group in result.groups.values()) for result in results})
    for name, n in totals.most_common():
        if n:
            result = next(result for result in results if result.name == name)
            fields = ", ".join(sorted({name for name, _ in result.groups})[:8])
            print(f"  {name}: {n} values in {len(result.groups)} groups: {fields}"
                  f"{' ' + str(result.notes) if result.notes else ''}", file=out)


def tell_one(result: Result) -> str:
    lines = [f"{result.name} differs from tshark {tshark.version()}:"]
    for (name, kind), group in sorted(result.groups.items(), key=lambda item: -len(item[1].frames)):
        lines.append(f"  {name}: {kind}: {len(group.frames)}")
        lines += [f"    {frame}: tshark {theirs!r}, ours {mine!r}" for frame, theirs, mine in group.examples[:3]]
    return "\n".join(lines)


def cut(path: Path, snap: int, folder: Path) -> Path:
    out = folder / captures.name_of(path).strip("/").replace("/", "-")
    subprocess.run(["editcap", "-s", str(snap), path, out], capture_output=True, env=tshark.environment())
    return out  # of a damaged capture as much as there is


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--cache", type=Path, help="folder to keep tshark's answers in")
    parser.add_argument("--snap", type=int, help="cut every frame to so many bytes first (editcap)")
    parser.add_argument("--all", action="store_true", help="also list the differences that known.toml excuses")
    options = parser.parse_args()
    if not tshark.found():
        print("NOTHING COMPARED: tshark is not installed")
        return 3
    paths = [p for path in options.captures for p in (captures.under(path) if path.is_dir() else [path])]
    whole = not paths
    paths = paths or captures.default()
    if whole and not captures.CORPUS.is_dir():
        print(f"{captures.CORPUS} is missing: only the project's own captures are compared")
    with tempfile.TemporaryDirectory() as folder:
        if options.snap:
            whole = False
            cut_paths = [cut(path, options.snap, Path(folder)) for path in paths]
            paths = [path for path in cut_paths if path.is_file()]
            print(f"cut to {options.snap} bytes; editcap reads {len(paths)} of {len(cut_paths)} captures")
        results = compare_all(paths, options.jobs, options.cache)
    rows = known.load()
    if not options.all:
        for result in results:
            known.excuse(rows, result, tshark.version())
    complaints = known.complaints(rows, whole and captures.CORPUS.is_dir()) if not options.all else []
    left = [result for result in results if result.groups]
    tell_groups(left, sys.stdout)
    for complaint in complaints:
        print(complaint)
    frames, unclear = sum(r.frames for r in results), sum(r.unclear for r in results)
    print(f"\n{len(results)} captures, {frames} frames, {len(ours.fields())} fields, tshark {tshark.version()}: "
          f"{len(left)} captures differ, {sum(r.excused for r in rows)} values excused, "
          f"base columns of {unclear} frames not determined, "
          f"{sum(r.seconds for r in results):.0f} s of work")
    return 1 if left or complaints else 0


if __name__ == "__main__":
    sys.exit(main())
