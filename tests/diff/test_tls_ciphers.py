"""src/proto/tls_ciphers.def against tshark: each number near to a cipher suite is chosen in a conversation of TLS and of DTLS whose
payload is not encrypted. tshark shows which key exchange it reads, and whether it dissects the payload."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

import captures
import pytest
import tshark

sys.path.insert(0, str(captures.OWN))
import packets  # noqa: E402
import tls_ciphers  # noqa: E402

TABLE = captures.ROOT / "src" / "proto" / "tls_ciphers.def"
ROW = re.compile(r"CIPHERS\((0x\w{4}), (0x\w{4}), (\w+), (ENCRYPTED|PLAIN), "
                 r"(EVERY_RELEASE|SINCE\(\d_\d\)|UNTIL\(\d_\d\)|FROM_TO\(\d_\d, \d_\d\))\)")
FIELDS = ["tls.handshake.p_len", "tls.handshake.server_curve_type", "tls.handshake.modulus_len", "tls.handshake.hint_len",
          "tls.handshake.sig_len", "tls.handshake.yc_len", "tls.handshake.client_point_len", "tls.handshake.epms_len",
          "tls.handshake.identity_len"]
SERVERS = {443, 40001}
SHOWN = {  # what tshark shows of key exchange messages
    "NONE": "", "RSA": "modulus sig epms", "DH": "yc", "DHE": "p sig yc", "DH_ANON": "p yc", "ECDHE": "server_curve sig client_point",
    "ECDH_ANON": "server_curve client_point", "ECJPAKE": "server_curve", "PSK": "hint identity", "RSA_PSK": "hint identity epms",
    "DHE_PSK": "hint p identity yc", "ECDHE_PSK": "hint server_curve identity client_point"}


def holds(releases: str) -> bool:
    """Whether a row is of the release of tshark that is installed."""
    now = tuple(int(part) for part in tshark.version().split(".")[:2])
    first, *rest = [tuple(int(part) for part in text.split("_")) for text in re.findall(r"\d_\d", releases)] or [(0, 0)]
    return (releases.startswith("UNTIL") or first <= now) and (releases.startswith(("EVERY", "SINCE")) or now <= (rest or [first])[-1])


def table() -> dict[int, tuple[str, str]]:
    """{suite: (exchange, payload)} of the rows."""
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("CIPHERS(")]
    found: dict[int, tuple[str, str]] = {}
    for line in lines:
        match = ROW.fullmatch(line)
        assert match, line
        first, last, exchange, payload, releases = match.groups()
        for suite in range(int(first, 16), int(last, 16) + 1) if holds(releases) else ():
            assert suite not in found, line
            found[suite] = exchange, payload
    return found


def shown(suites: list[int], datagram: bool, folder: Path) -> dict[int, tuple[str, str]]:
    """The same by tshark. Behind TLS or DTLS there is a protocol where it dissects the payload."""
    capture = folder / "suites.pcap"
    keys = tls_ciphers.LONE_KEY, tls_ciphers.CURVE_KEY, tls_ciphers.GROUP_KEY
    capture.write_bytes(packets.pcap(tls_ciphers.frames(dict.fromkeys(suites, keys), datagram)))
    fields = ["d" * datagram + field for field in FIELDS]
    rows, _ = tshark.rows(capture, ["udp.port" if datagram else "tcp.port", "frame.protocols", *fields])
    seen: dict[int, set[str]] = defaultdict(set)
    plain = set()
    for row in rows:
        ports, protocols, *values = row.split(tshark.CELL)
        suite = suites[next(port for port in map(int, ports.split(",")) if port not in SERVERS) - 20000]
        seen[suite] |= {re.sub("_(len|type)$", "", field.split(".")[2]) for field, value in zip(FIELDS, values) if value}
        if "tls:" in protocols:
            plain.add(suite)
    names = {frozenset(words.split()): name for name, words in SHOWN.items()}
    found = {}
    for suite in suites:
        words = frozenset(seen[suite])
        found[suite] = names.get(words, " ".join(sorted(words))), "PLAIN" if suite in plain else "ENCRYPTED"
    return found


@pytest.mark.parametrize("transport", ["TLS", "DTLS"])
def test_the_table_is_tsharks(transport: str, tmp_path: Path, stock: str) -> None:
    rows = table()
    pages = sorted({suite >> 8 for suite in rows} | {0x13, 0xc1})
    suites = [page << 8 | low for page in pages for low in range(256)]
    assert set(tls_ciphers.PLAIN + tls_ciphers.SEALED) < set(suites)
    theirs = shown(suites, transport == "DTLS", tmp_path)
    ours = {suite: rows.get(suite, ("NONE", "ENCRYPTED")) for suite in suites}
    assert [f"0x{s:04x}: {ours[s]}, tshark: {theirs[s]}" for s in suites if ours[s] != theirs[s]] == []
    assert {suite for suite in suites if theirs[suite][1] == "PLAIN"} == set(tls_ciphers.PLAIN)
