"""The command on a terminal: widths, colour, how many rows, progress."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time
import unicodedata

import cli_captures as captures
import pytest


def screen(cli, *args, columns=80, env=None, stdin=subprocess.DEVNULL, feed=None) -> tuple[int, str]:
    """Runs the command on a terminal of the given width; returns its status and everything that it printed."""
    mine, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [cli.path, *map(str, args)], stdin=stdin, stdout=theirs, stderr=theirs, env=cli.env | (env or {})
    )
    os.close(theirs)
    if feed:
        feed(process)
    seen = b""
    while True:
        try:
            part = os.read(mine, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            part = b""
        if not part:
            break
        seen += part
    os.close(mine)
    return process.wait(30), seen.decode().replace("\r\n", "\n")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*[mK]", "", text)


def width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    frames = captures.mixed_frames() + captures.web_frames(50001, captures.CLIENT6, captures.SERVER6)
    return captures.write(tmp_path_factory.mktemp("captures") / "mixed.pcap", frames)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return captures.write(tmp_path_factory.mktemp("captures") / "many.pcap", captures.many_flows(1200))


FIELDS = ["-e", "ip.ttl", "-e", "tcp.flags", "-e", "ip.src", "-e", "tcp.window_size_value"]


@pytest.mark.parametrize("columns", [60, 80, 100, 120, 200])
@pytest.mark.parametrize("args", [[], FIELDS, ["--level", "packets"], ["--level", "frames", *FIELDS]])
def test_the_table_fits_the_terminal(cli, mixed, columns, args):
    status, text = screen(cli, *args, mixed, columns=columns, env={"NO_COLOR": "1"})
    assert status == 0 and "\x1b[3" not in text
    lines = text.splitlines()
    table = lines[: next(i for i, line in enumerate(lines) if re.match(r"[\d,]+ packets\b", line))]
    assert len(table) >= 4
    assert max(map(width, table)) <= columns


def test_at_80_columns_addresses_of_ipv4_stay_whole(cli, mixed):
    _, text = screen(cli, mixed, columns=80)
    assert f"{captures.CLIENT}:50000" in text and f"{captures.SERVER}:443" in text
    assert "\u2026" in text and ":50001" in text  # the long ones are shortened, their ports are not


@pytest.mark.parametrize("columns", [60, 80, 100])
@pytest.mark.parametrize("args", [[], FIELDS, ["--level", "packets"], ["--level", "frames", *FIELDS]])
def test_ipv4_is_never_shortened(cli, tmp_path, columns, args):
    a, b = "255.255.255.254", "223.255.255.255"
    path = captures.write(tmp_path / "wide.pcap", [captures.udp(a, 65535, b, 65534, b"x")])
    _, text = screen(cli, *args, path, columns=columns, env={"NO_COLOR": "1"})
    assert re.search(rf"{a}:65535 +\u2192 +{b}:65534", text)
    assert max(map(width, text.splitlines())) <= columns


def test_the_stream_has_a_column_where_there_is_room(cli, many, tmp_path):
    web = captures.write(tmp_path / "web.pcap", captures.web_frames())
    assert "PROTO STREAM" in " ".join(screen(cli, web, columns=100, env={"NO_COLOR": "1"})[1].split())
    frames = captures.web_frames(50001, "198.51.100.100", "203.0.113.253")
    wide = captures.write(tmp_path / "wide.pcap", frames)
    assert "STREAM" not in screen(cli, wide, columns=80)[1]
    rows = cli("--level", "packets", many).stdout.splitlines()
    assert rows[0].split() == "NO. TIME PROTO STREAM FROM \u2192 TO FRAME PAYLOAD".split()
    assert rows[8].split()[:5] == ["8", "2023-11-14", "22:13:20.007", "udp", "7"]


def test_frames_without_a_flow_have_no_arrow_and_a_reason_in_words(cli, mixed):
    lines = cli("--level", "frames", mixed).stdout.splitlines()
    (arp,) = [line for line in lines if line.split()[0] == "11"]
    assert "\u2192" not in arp and arp.endswith("not IP")
    assert "\u2192" in next(line for line in lines if line.split()[0] == "1")


def test_a_pipe_shortens_nothing_in_later_rows(cli, tmp_path):
    frames = captures.many_flows(600) + captures.web_frames(50001, captures.CLIENT6, captures.SERVER6)
    assert f"[{captures.CLIENT6}]:50001" in cli(captures.write(tmp_path / "late.pcap", frames)).stdout


def test_a_pipe_gets_everything_in_full(cli, mixed):
    text = cli(mixed).stdout
    assert f"[{captures.CLIENT6}]:50001" in text and "2023-11-14 22:13:20.000" in text
    assert "\x1b" not in text and "\u2026" not in text
    (line,) = [line for line in text.splitlines() if "203.0.113.53" in line]
    flow = "udp 0 192.0.2.1:40000 \u2192 203.0.113.53:9053 2023-11-14 22:13:20.008 1.00 ms 1 1 58 B 118 B"
    assert " ".join(line.split()) == flow


def test_ascii_where_the_locale_is_not_utf8(cli, mixed):
    done = cli(mixed, "-e", "ip.ttl", env={**cli.env, "LC_ALL": "C"})
    assert done.stdout.isascii() and "->" in done.stdout
    _, text = screen(cli, mixed, env={"LC_ALL": "POSIX"}, columns=70)
    assert plain(text).isascii() and "~" in text


def test_colour_only_where_it_is_wanted(cli, mixed):
    assert "\x1b[1m" in screen(cli, mixed)[1]
    assert "\x1b[" not in screen(cli, mixed, env={"NO_COLOR": "1"})[1]
    assert "\x1b[" not in screen(cli, mixed, env={"TERM": "dumb"})[1]
    assert "\x1b[" not in screen(cli, "--color", "never", mixed)[1]
    assert "\x1b[1m" in cli("--color", "always", mixed).stdout


def test_a_terminal_gets_50_rows_unless_asked(cli, many):
    status, text = screen(cli, many)
    assert status == 0
    assert "... and 1,150 more flows (-a shows all" in text
    assert len(re.findall(r"^(?:\x1b\[\d+m)?udp", text, re.M)) == 50
    assert "1,200 packets in 1,200 flows" in text
    for args in (["-a"], ["--all"]):
        assert len(re.findall(r"^(?:\x1b\[\d+m)?udp", screen(cli, *args, many)[1], re.M)) == 1200
    assert len(re.findall(r"^udp", cli(many).stdout, re.M)) == 1200


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_the_summary_is_wrapped_at_spaces(cli, mixed, columns):
    _, text = screen(cli, mixed, columns=columns, env={"NO_COLOR": "1"})
    said = text[re.search(r"^[\d,]+ packets", text, re.M).start() :]
    assert max(map(width, said.splitlines())) <= columns
    assert " ".join(said.split()) == " ".join(cli(mixed).stderr.split())


def test_captures_are_headings(cli, mixed, many):
    lines = cli(mixed, many).stdout.splitlines()
    assert lines[1] == str(mixed) and lines[5] == str(many)
    assert str(mixed) not in cli(mixed).stdout


def test_a_capture_cannot_speak_to_the_terminal(cli, tmp_path):
    path = tmp_path / "\x1b]0;owned\x07.pcap"
    captures.write(path, captures.web_frames())
    other = captures.write(tmp_path / "b.pcap", captures.web_frames())
    done = cli(path, other, tmp_path / "gone\x1b[2J.pcap")
    assert "\x1b" not in done.stdout + done.stderr and "\\x1b[2J" in done.stderr
    assert "\\x1b]0;owned\\x07.pcap" in cli(path, other).stdout


def slowly(data: bytes, seconds: float):
    def feed(process):
        parts = 20
        size = len(data) // parts + 1
        for i in range(parts):
            process.stdin.write(data[i * size : (i + 1) * size])
            process.stdin.flush()
            time.sleep(seconds / parts)
        process.stdin.close()

    return feed


def test_progress_comes_by_itself_and_goes_again(cli):
    data = captures.pcap(captures.many_flows(30000))
    status, text = screen(cli, "-", stdin=subprocess.PIPE, feed=slowly(data, 2.0))
    assert status == 0
    lines = re.findall(r"\r([^\r\n]*)\x1b\[K", text)
    assert len(lines) >= 3 and "B/s" in lines[0] and "frames" in lines[0]
    before_table = text[: text.index("PROTO")]
    assert plain(before_table).endswith("\r")  # the last thing it does is to take its line away


def test_no_progress_where_it_is_not_wanted(cli):
    data = captures.pcap(captures.many_flows(3000))
    for args in (["--no-progress"], ["-q"]):
        _, text = screen(cli, *args, "-", stdin=subprocess.PIPE, feed=slowly(data, 1.5))
        assert "B/s" not in text


def test_progress_in_lines_where_there_is_no_terminal(cli):
    process = subprocess.Popen(
        [cli.path, "--progress", "-q", "-T", "csv", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env=cli.env,
    )
    slowly(captures.pcap(captures.many_flows(3000)), 1.5)(process)
    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(20) == 0
    assert "B/s" in said and "\r" not in said


def test_interrupt_ends_it(cli):
    data = captures.pcap(captures.many_flows(3000))

    def feed(process):
        process.stdin.write(data)
        process.stdin.flush()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.stdin.close()

    status, _ = screen(cli, "-T", "csv", "-", stdin=subprocess.PIPE, feed=feed)
    assert status == 130
