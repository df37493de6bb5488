"""Display filters: verdicts and refusals of flowcontainer and of the stock tshark.

filters.txt and filters_bad.txt hold the filters. filters.golden and filters_bad.golden hold tshark's answers for
filters.pcapng (the project's captures demo, icmp_quotes, eth_vlan, tcp_corners, snap, frag4, ip6_extensions, malformed,
eth_padding, tcp_keep_alive and tcp_reuse, one after the other). In the same way, filters_apps.txt holds filters over
protocols above TCP and UDP, for filters_apps.pcapng (demo, tls_versions, quic_connections, quic_frames, quic_pieces,
tcp_keep_alive, tcp_reuse, ntp and dhcp).

    filters.py --record            makes the golden files anew with tshark (minutes)
    filters.py --apps [CAPTURE...] compares all of filters_apps.txt, in one run of tshark per capture
    filters.py [-n N] [CAPTURE...] compares N filters drawn for each capture (default: 5 for each of the corpus; all: 0)
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import random
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import captures
import known
import ours
import tshark
import wireshark

HERE = Path(__file__).resolve().parent
CAPTURE = HERE / "filters.pcapng"
APPS = HERE / "filters_apps.pcapng"
NOT_NATIVE = "NOT_NATIVE"


def program() -> Path:
    return ours.program().with_name("diff_verdicts")


def lines(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()


def golden(name: str) -> list[list[str]]:
    return [line.split("\t") for line in lines(name)]


def answer(filters: list[str], *arguments: str) -> list[list[str]]:
    text = "".join(line + "\n" for line in filters)
    done = subprocess.run([program(), *arguments], input=text.encode(), capture_output=True, timeout=600,
                          env={**os.environ, "TZ": "UTC"})
    if done.returncode:
        raise ours.Failed(done.stderr.decode(errors="replace")[-3000:])
    return [line.split("\t") for line in done.stdout.decode("utf-8", "surrogateescape").splitlines()]


def our_frames(filters: list[str], capture: Path) -> list[str]:
    """For each filter the ranges of frames that pass, or "ERR", or "NOT_NATIVE" if it is not native."""
    return [cells[1] for cells in answer(filters, str(capture))[1:]]


def our_refusals(filters: list[str]) -> list[list[str]]:
    """For each filter [status, offset, message]."""
    return [["OK", "", ""] if cells[0] == "OK" else [cells[0], cells[1], cells[-1]] for cells in answer(filters, "-c")]


def ranges(frames: list[int]) -> str:
    out: list[list[int]] = []
    for frame in frames:
        if out and out[-1][1] == frame - 1:
            out[-1][1] = frame
        else:
            out.append([frame, frame])
    return "".join(f"{first}-{last}," for first, last in out)


def ask(text: str, capture: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["tshark", "-n", "-r", str(capture), "-Y", text, "-T", "fields", "-e", "frame.number"],
                          env=tshark.environment(), capture_output=True, text=True, errors="surrogateescape")


def their_frames(text: str, capture: Path) -> str:
    done = ask(text, capture)
    if done.returncode not in (0, 2):
        raise tshark.Broken(done.stderr)
    return ranges([int(line) for line in done.stdout.split()])


def their_refusal(text: str) -> tuple[str, str]:
    """The offset (-1 if tshark points nowhere) and the message; two empty texts if tshark accepts the filter."""
    done = ask(text, CAPTURE)
    if done.returncode == 0:
        return "", ""
    told = done.stderr.splitlines()
    at = next(i for i, line in enumerate(told) if line.startswith("tshark: "))
    caret = next((line for line in told[at + 1:] if re.fullmatch(r" +\^~*", line)), None)
    return (str(caret.index("^") - 4) if caret else "-1"), told[at].removeprefix("tshark: ")


def record_apps() -> None:
    texts = lines("filters_apps.txt")
    found = [ranges(sorted(frames)) for frames in wireshark.judged(APPS, texts)]
    (HERE / "filters_apps.golden").write_text("".join(f"{text}\t{frames}\n" for text, frames in zip(texts, found)))


def record() -> None:
    record_apps()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        good, bad = lines("filters.txt"), lines("filters_bad.txt")
        rows = zip(good, pool.map(lambda text: their_frames(text, CAPTURE), good))
        (HERE / "filters.golden").write_text("".join(f"{text}\t{frames}\n" for text, frames in rows))
        rows = zip(bad, pool.map(their_refusal, bad))
        (HERE / "filters_bad.golden").write_text("".join(f"{text}\t{at}\t{told}\n" for text, (at, told) in rows))


def differences(capture: Path, filters: list[str]) -> list[str]:
    """The filters for which tshark differs; filters that are not native are left out."""
    found = []
    for text, frames in zip(filters, our_frames(filters, capture)):
        if frames != NOT_NATIVE and (theirs := their_frames(text, capture)) != frames:
            found.append(f"{captures.name_of(capture)}: {text}\n  tshark {theirs[:200]}\n  ours   {frames[:200]}")
    return found


def comparable() -> list[Path]:
    """Captures for which known.toml excuses no difference in protocols above TCP and UDP."""
    rows = [row for row in known.load() if any(word in row.field for word in ("tls", "http", "dns", "x509", "frames"))]
    return [path for path in captures.default()
            if not any(row.matches(captures.name_of(path), row.field.split()[0], "value", row.wireshark + ".0")
                       for row in rows)]


def differences_of_apps(capture: Path, texts: list[str]) -> list[str]:
    """The same, in one run; empty if the native engine hands frames over to libwireshark."""
    rows = answer(texts, str(capture))
    if len(rows) < 2 or rows[0][2] != "0":
        return []
    try:
        wants = wireshark.judged(capture, texts)
    except tshark.Broken:
        return []
    return [f"{captures.name_of(capture)}: {text}\n  tshark {ranges(sorted(want))[:200]}\n  ours   {row[1][:200]}"
            for text, want, row in zip(texts, wants, rows[1:]) if row[1] not in (NOT_NATIVE, ranges(sorted(want)))]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--apps", action="store_true")
    parser.add_argument("-n", type=int, default=5)
    parser.add_argument("captures", nargs="*", type=Path)
    options = parser.parse_args()
    if options.record:
        record()
        return 0
    if options.apps:
        found = [one for capture in options.captures or comparable()
                 for one in differences_of_apps(capture, lines("filters_apps.txt"))]
        print("\n".join([*found, f"{len(found)} differences"]))
        return 1 if found else 0
    every, bad = lines("filters.txt"), 0
    for capture in options.captures or captures.default():
        drawn = random.Random(str(capture)).sample(every, options.n) if options.n else every
        for difference in differences(capture, drawn):
            print(difference)
            bad += 1
    print(f"{bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
