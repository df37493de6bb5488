"""Live capture: from the loopback and veth interfaces of a network namespace of the test's own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import pytest

TALK = textwrap.dedent(
    """
    import socket, sys, time

    def talk(address, pause):
        server = socket.create_server((address, 0))
        client = socket.create_connection(server.getsockname())
        other, _ = server.accept()
        client.sendall(b"hello"), other.recv(10), other.sendall(b"world"), client.recv(10)
        client.close(), other.close(), server.close()
        time.sleep(pause)

    for _ in range(int(sys.argv[2])):
        talk(sys.argv[1], float(sys.argv[3]))
    """
)


@pytest.fixture(scope="module")
def space():
    """Runs programs in a network namespace: lo, and a pair a0 - a1 of virtual interfaces."""
    if not shutil.which("ip") or not shutil.which("unshare"):
        pytest.skip("ip and unshare are missing (tools/setup.sh test installs them): live capture was not tested")
    name = f"fc-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no network namespace may be made here ({made.stderr.strip()}): live capture was not tested")
    for words in ("link set lo up", "link add a0 type veth peer name a1", "addr add 10.9.8.1/24 dev a0",
                  "link set a0 up", "link set a1 up"):
        subprocess.run(["ip", "-n", name, *words.split()], check=True)
    yield ["ip", "netns", "exec", name]
    subprocess.run(["ip", "netns", "del", name], check=False)


@pytest.fixture(params=["dumpcap", "tcpdump"])
def capturer(request) -> dict[str, str]:
    path = shutil.which(request.param, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not path:
        pytest.skip(f"{request.param} is missing: live capture with it was not tested")
    return {"FLOWCONTAINER_CAPTURER": path}


class Live:
    def __init__(self, space, cli, *args: object, env: dict[str, str] | None = None) -> None:
        self.space = space
        self.process = subprocess.Popen(
            [*space, cli.path, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**cli.env, **(env or {})},
        )
        self.wait_for_child()

    def children(self) -> list[str]:
        found = subprocess.run(["ps", "-o", "args=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [line for line in found.stdout.splitlines() if "dumpcap" in line or "tcpdump" in line]

    def wait_for_child(self) -> None:
        deadline = time.monotonic() + 10
        while not self.children() and self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(1)  # the child has opened the interface

    def talk(self, address: str = "127.0.0.1", n: int = 3, pause: float = 0.0) -> float:
        subprocess.run([*self.space, sys.executable, "-c", TALK, address, str(n), str(pause)], check=True, timeout=30)
        return time.monotonic()

    def end(self, number: int = signal.SIGINT) -> tuple[int, list[str], str]:
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, said = self.process.communicate(timeout=20)
        return self.process.returncode, out.splitlines(), said


def leftovers() -> list[str]:
    found = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True).stdout.splitlines()
    return [line for line in found if ("dumpcap -q" in line or "tcpdump --imm" in line) and "ps " not in line]


def test_flows_of_an_interface(space, cli, capturer):
    live = Live(space, cli, "-i", "lo", "-T", "ndjson", env=capturer)
    live.talk()
    time.sleep(0.7)
    status, lines, said = live.end()
    flows = [json.loads(line) for line in lines]
    assert status == 0 and len(flows) == 3, said
    assert all(flow["capture"] == "lo" and flow["protocol"] == "tcp" for flow in flows)
    assert all(flow["fwd_payload_bytes"] == flow["bwd_payload_bytes"] == 5 for flow in flows)
    assert "in 3 flows" in said and leftovers() == []


def test_packets_are_seen_within_a_second(space, cli, capturer):
    live = Live(space, cli, "-i", "lo", "--level", "packets", "-T", "ndjson", "-C", "sport,dport", env=capturer)
    sent = live.talk(n=1)
    assert json.loads(live.process.stdout.readline())["dport"] > 0
    assert time.monotonic() - sent < 3  # below 1 on a machine that has nothing else to do
    assert live.end(signal.SIGTERM)[0] == 0 and leftovers() == []


def test_a_capture_filter_and_a_snap_length(space, cli, capturer):
    live = Live(space, cli, "-i", "a0", "-f", "udp port 9", "-s", 60, "-p", "-T", "csv", "-C", "dport,bytes",
                "-e", "frame.cap_len", "--values", "set", env=capturer)
    send = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); [s.sendto(bytes(200), ('10.9.8.2', p)) for p in (9, 10)]"
    subprocess.run([*space, "ip", "neigh", "replace", "10.9.8.2", "lladdr", "02:00:00:00:00:02", "dev", "a0"], check=True)
    subprocess.run([*space, sys.executable, "-c", send], check=True)
    time.sleep(0.7)
    status, lines, said = live.end()
    assert status == 0 and lines[1:] in (["9,228,60"], ["9,228,58"]), said  # tcpdump counts less on veth


def test_conditions_end_a_capture(space, cli, capturer):
    for condition in ("duration:3", "packets:4"):
        live = Live(space, cli, "-i", "lo", "-a", condition, "--level", "frames", "-T", "csv", "-C", "frame", env=capturer)
        live.talk()
        out, said = live.process.communicate(timeout=10)
        assert live.process.returncode == 0, said
        n = len(out.splitlines())
        assert n == 5 if condition == "packets:4" else 1 < n <= 31
    live = Live(space, cli, "-i", "lo", "-c", 4, "--level", "frames", "-T", "csv", "-C", "frame", env=capturer)
    live.talk()
    assert len(live.process.communicate(timeout=10)[0].splitlines()) == 5 and leftovers() == []


def test_several_interfaces_are_one_capture(space, cli):
    if not shutil.which("dumpcap"):
        pytest.skip("dumpcap is missing: several interfaces were not tested")
    live = Live(space, cli, "-i", "lo", "-i", "any", "--level", "frames", "-T", "csv",
                "-C", "capture,name=first(frame.interface_name)")
    live.talk(n=1)
    time.sleep(0.7)
    status, lines, said = live.end()
    assert status == 0 and set(lines[1:]) == {"\"lo,any\",lo", "\"lo,any\",any"}, said


def test_kill_leaves_no_child(space, cli, capturer):
    live = Live(space, cli, "-i", "lo", env=capturer)
    assert live.children()
    live.end(signal.SIGKILL)
    if "tcpdump" in capturer["FLOWCONTAINER_CAPTURER"]:
        live.talk()  # it has changed its user, so the kernel does not end it with its parent; its next packet does
    deadline = time.monotonic() + 5
    while leftovers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert leftovers() == []


def test_what_cannot_be_captured_says_why(space, cli, capturer):
    def run(*args):
        done = subprocess.run([*space, cli.path, *args], capture_output=True, text=True, timeout=20, env={**cli.env, **capturer})
        return done.returncode, done.stderr

    status, said = run("-i", "nosuch")
    assert status == 3 and "not captured: nosuch: " in said and "0 packets" not in said and "empty" not in said and "without a frame" not in said
    status, said = run("-i", "lo", "-f", "no such filter")
    assert status == 3 and "syntax error" in said


def test_a_missing_right_says_what_to_set(space, cli, capturer, tmp_path):
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can give up the right to capture: a missing right was not tested")
    drop = ["setpriv", "--bounding-set", "-net_raw,-net_admin", "--inh-caps", "-net_raw,-net_admin"]
    done = subprocess.run([*space, *drop, cli.path, "-i", "lo"], capture_output=True, text=True, timeout=20,
                          env={**cli.env, **capturer})
    assert done.returncode == 3 and "sudo setcap cap_net_raw,cap_net_admin=eip" in done.stderr, done.stderr


def test_interfaces_are_listed(space, cli, capturer):
    done = subprocess.run([*space, cli.path, "-D"], capture_output=True, text=True, env={**cli.env, **capturer})
    assert done.returncode == 0
    names = [line.split()[1] for line in done.stdout.splitlines()]
    assert {"lo", "a0", "a1", "any"} <= set(names)
    assert all(line.split(". ")[0] == str(i + 1) for i, line in enumerate(done.stdout.splitlines()))


def test_without_a_program_it_says_what_to_install(cli):
    done = cli("-i", "lo", env={**cli.env, "FLOWCONTAINER_CAPTURER": "/nonexistent/dumpcap"})
    assert done.returncode == 2 and "cannot be run" in done.stderr


@pytest.mark.parametrize(
    "args, says",
    [
        (["-i", "lo", "x.pcap"], "name one or the other"),
        (["-f", "tcp", "x.pcap"], "need an interface"),
        (["-a", "duration:3", "x.pcap"], "need an interface"),
        (["-i", "lo", "-a", "duration:x"], "duration:SECONDS"),
        (["-i", "lo", "-a", "files:3"], "duration:SECONDS"),
        (["-i", "lo", "-s", "many"], "number of bytes"),
        (["-i", ""], "empty"),
        (["explain", "-i", "lo"], "for flows"),
    ],
)
def test_wrong_use(cli, args, says):
    done = cli(*args)
    assert done.returncode == 2 and says in done.stderr


def test_a_still_means_all(cli, small):
    assert cli("-a", small).stdout == cli("--all", small).stdout != ""


# ---- Python ----

SCAN = textwrap.dedent(
    """
    import subprocess, sys, threading, time
    from flowcontainer import interfaces, scan

    def talk():
        time.sleep(1.5)
        subprocess.run([sys.executable, "-c", sys.argv[1], "127.0.0.1", "2", "0"], check=True)

    assert ("lo", "Loopback") in [(n, d[:8]) for n, d in interfaces()] or "lo" in dict(interfaces())
    threading.Thread(target=talk).start()
    live = scan(interface="lo", capture_filter="tcp", level="packets", columns=["sport"])
    for batch in live:
        print(batch.num_rows > 0)
        break
    print("closed")
    talker = threading.Thread(target=talk)
    talker.start()
    reading = scan(interface=["lo"], autostop="duration:4", snaplen=200, promiscuous=False)
    print(sum(len(batch) for batch in reading), reading.problems)
    try:
        list(scan(interface="nosuch"))
    except OSError as error:
        print("nosuch" in str(error))
    """
)


def test_scan_of_an_interface(space, capturer):
    done = subprocess.run([*space, sys.executable, "-c", SCAN, TALK], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **capturer})
    assert done.stdout.split("\n")[:4] == ["True", "closed", "2 []", "True"], done.stderr
    assert leftovers() == []


def test_scan_takes_paths_or_an_interface(small):
    from flowcontainer import scan

    for wrong in ({"interface": "lo", "paths": small}, {"paths": small, "snaplen": 3}, {"interface": "lo", "autostop": "x"}):
        with pytest.raises(ValueError):
            scan(**wrong)
    assert "lo" in repr(scan(interface="lo"))
