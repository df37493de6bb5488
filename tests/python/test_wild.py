"""`extract` as published scripts call it, and the original's documented queries, on real captures. The answers equal the
flows computed from tshark's text."""

from __future__ import annotations

import pickle
import shutil
import ssl
import subprocess
from pathlib import Path

import made
import flowcontainer
import pytest
import retold
from flowcontainer.extractor import extract
from flowcontainer.flows import Flow
from needs_worker import needs_worker

pytestmark = needs_worker
DEMO = Path(__file__).resolve().parents[1] / "pcaps" / "demo.pcap"

HTTP = ["http.host", "http.request.method", "http.request.uri", "http.user_agent", "http.response.code", "http.content_type"]
DNS = ["dns.qry.name", "dns.qry.type", "dns.a", "dns.aaaa", "dns.resp.name", "dns.flags", "dns.id"]
TLS = ["tls.handshake.extensions_server_name", "tls.handshake.ciphersuite", "tls.handshake.type", "tls.record.version",
       "tls.record.content_type", "tls.record.opaque_type"]  # fmt: skip
CERTIFICATES = ["tls.handshake.certificate", "x509sat.uTF8String", "x509sat.printableString", "x509af.serialNumber"]
HEADERS = ["udp.payload", "tcp.payload", "eth.src", "eth.dst"]
SNMP = ["snmp.version", "snmp.community", "snmp.name", "snmp.request_id", "snmp.variable_bindings", "udp.payload"]
QUERIES = [
    ("ndpi/http.pcapng", HTTP, "http"),
    ("zeek/multipart.pcap", HTTP, ""),
    ("zeek/get-gzip.pcap", [*HTTP, *HEADERS], "tcp"),
    ("ndpi/dns_ambiguous_names.pcap", DNS, "udp"),
    ("flowcontainer/1592993485_udp.pcap", [*DNS, "udp.payload", "eth.src"], "(tcp or udp)"),
    ("flowcontainer/1592754322_clear.pcap", TLS, "(tcp or udp or gre)"),
    ("flowcontainer/1592754322_clear.pcap", CERTIFICATES, "(tcp or udp)"),
    ("flowcontainer/1592993485_clear.pcap", ["tls.handshake.ciphersuite"], ""),
    ("flowcontainer/ssl.pcapng", [*HEADERS, "ip.ttl"], "udp"),
    ("flowcontainer/tls.pcap", TLS, "tls.handshake.type == 1"),
    ("flowcontainer/ssh.pcap", ["ssh.protocol", *HEADERS], "tcp.port == 22"),
    ("zeek/client-certificate.pcap", CERTIFICATES, ""),
    ("zeek/snmpv2_get.pcap", SNMP, "udp"),
    ("zeek/snmpv1_trap.pcap", SNMP, "snmp"),
    ("zeek/snmpv3_get_next.pcap", SNMP, ""),
    ("zeek/nflog-http.pcap", [*HTTP, "tcp.payload"], "tcp"),
]


@pytest.mark.parametrize(("name", "extension", "text"), QUERIES, ids=[f"{q[0]}-{q[2]}" for q in QUERIES])
def test_documented_queries(shared: Path, name: str, extension: list[str], text: str) -> None:
    path = shared / "corpus" / name
    if not path.exists():
        pytest.skip(f"{name} is not in the corpus")
    want = retold.flows(path, extension, text)
    assert want and any(flow["extension"] for flow in want.values())
    retold.assert_equal(extract(str(path), filter=text, extension=extension), want)


# ---- the survey's patterns ----


def test_tcp_then_udp_when_empty(shared: Path) -> None:
    """The loop of ET-BERT and of the projects that copied it."""
    path = str(shared / "corpus" / "flowcontainer" / "1592993485_udp.pcap")
    asked = ["tls.record.content_type", "tls.record.opaque_type", "tls.handshake.type"]
    found = {}
    for text in ("tcp", "udp"):
        feature = extract(path, filter=text, extension=asked)
        if feature:
            found[text] = feature
            retold.assert_equal(feature, retold.flows(Path(path), asked, text))
    assert found
    for feature in found.values():
        for key in feature:
            value = feature[key]
            assert isinstance(value, Flow) and key[0] == path and isinstance(key[2], str)
            directions = [1 if length > 0 else -1 for length in value.ip_lengths]
            assert len(directions) == len(value.ip_timestamps) and value.time_start <= value.time_end
            assert value.sport >= value.dport and value.src and value.dst


def test_one_flow_by_its_key(shared: Path) -> None:
    path = str(shared / "corpus" / "flowcontainer" / "1592754322_clear.pcap")
    result = extract(path, filter="tcp", extension=["tls.record.content_type"])
    stream = next(iter(result))[2]
    assert result[path, "tcp", stream].payload_lengths == extract(path)[path, "tcp", stream].payload_lengths


def test_split_flag_changes_nothing() -> None:
    plain, split = (extract(str(DEMO), "(tcp or udp)", ["tls.handshake.type"], split_flag=flag) for flag in (False, True))
    assert [f.extension for f in plain.values()] == [f.extension for f in split.values()]
    assert list(plain) == list(split)


def test_ip_layer_leaves_out_icmp_alone() -> None:
    got = extract(str(DEMO), ip_layer=True, extension=["ip.ttl"])
    retold.assert_equal(got, retold.flows(DEMO, ["ip.ttl"], rule=retold.NO_ICMP))
    plain = extract(str(DEMO))
    assert {key[1:] for key in got} - {key[1:] for key in plain} == {("udp", "7"), ("udp", "8")}  # mDNS, SSDP
    assert extract(str(DEMO), "", [], True).keys() == got.keys()  # its place among the original's parameters


# ---- ext_protocol ----


@pytest.mark.parametrize(
    "name", ["flowcontainer/1592993485_clear.pcap", "flowcontainer/ssl.pcapng", "ndpi/http.pcapng", "ndpi/quic-29.pcap",
             "ndpi/dns_ambiguous_names.pcap", "ndpi/sip.pcap"],
)  # fmt: skip
def test_ext_protocol_is_the_column(shared: Path, name: str) -> None:
    """Without SNMP: `tshark -2` gives its streams other numbers than one pass, and a flow has the number of one pass."""
    path = shared / "corpus" / name
    if not path.exists():
        pytest.skip(f"{name} is not in the corpus")
    want = {key: flow["ext_protocol"] for key, flow in retold.flows(path, [retold.PROTOCOL], words=["-2"]).items()}
    got = extract(str(path))
    assert want and {key: flow.ext_protocol.split("|") for key, flow in got.items()} == want


def test_ext_protocol_is_read_once_and_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.pcap"
    shutil.copy(DEMO, path)
    monkeypatch.chdir(tmp_path)
    flows = extract("x.pcap", filter="tcp")
    kept = pickle.dumps(flows)
    monkeypatch.chdir("/")  # the path was relative
    texts = [flow.ext_protocol for flow in flows.values()]
    assert "TCP|TLSv1.3" in texts and "TCP|HTTP" in texts
    assert [flow.ext_protocol for flow in pickle.loads(kept).values()] == texts
    again = pickle.dumps(flows)
    path.write_bytes(DEMO.read_bytes() + b"more")
    assert [flow.ext_protocol for flow in pickle.loads(again).values()] == texts
    with pytest.raises(RuntimeError, match="has changed"):
        _ = next(iter(pickle.loads(kept).values())).ext_protocol
    path.unlink()
    with pytest.raises(FileNotFoundError):
        _ = next(iter(pickle.loads(kept).values())).ext_protocol


# ---- cmd_parameter ----


@pytest.mark.parametrize(
    ("words", "tshark"),
    [
        (["-o", "tcp.desegment_tcp_streams:FALSE"], ["-o", "tcp.desegment_tcp_streams:FALSE"]),
        (["-o tcp.desegment_tcp_streams:FALSE", "-n"], ["-o", "tcp.desegment_tcp_streams:FALSE"]),
        ("-otcp.desegment_tcp_streams:FALSE -n", ["-o", "tcp.desegment_tcp_streams:FALSE"]),
        (["-d", "tcp.port==443,http"], ["-d", "tcp.port==443,http"]),
        (["-2"], ["-2"]),
        (["-c", "60"], ["-c", "60"]),
    ],
)
def test_words_of_tshark(words: object, tshark: list[str]) -> None:
    extension = ["tls.handshake.type", "http.host", "tls.record.length"]
    got = extract(str(DEMO), extension=extension, cmd_parameter=words)  # type: ignore[arg-type]
    retold.assert_equal(got, retold.flows(DEMO, extension, words=tshark))
    plain = extract(str(DEMO), extension=extension)
    changed = [f.extension for f in got.values()] != [f.extension for f in plain.values()]
    assert changed == (tshark != ["-2"])


@pytest.mark.parametrize(
    ("words", "said"),
    [(["-w", "x.pcap"], "'-w'"), (["-Y", "tcp"], "'-Y'"), (["tcp"], "'tcp'"), (["-o"], "-o needs a value"),
     (["-c", "many"], "many"), (["-o", "nonsense"], "NAME:VALUE"), (["-o", "no.such.preference:1"], "no.such.preference"),
     (["-d", "nonsense"], "nonsense"), (["-d", "tcp.port==80,nosuchprotocol"], "nosuchprotocol")],
)  # fmt: skip
def test_what_is_no_option_is_named(words: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        extract(str(DEMO), cmd_parameter=words)


# ---- decryption ----


def conversation(folder: Path) -> tuple[Path, Path]:
    """A capture of HTTP over TLS 1.3 on port 8443, recorded in memory, and its key log."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: no certificate for the conversation")
    key, certificate, keylog = folder / "key.pem", folder / "cert.pem", folder / "keys.txt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=secret.example"], check=True, capture_output=True,
    )  # fmt: skip
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(certificate, key)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname, client_context.verify_mode = False, ssl.CERT_NONE
    client_context.keylog_filename = str(keylog)
    pipes = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]  # in, out: of the client, of the server
    client = client_context.wrap_bio(*pipes[0], server_hostname="secret.example")
    server = server_context.wrap_bio(*pipes[1], server_side=True)
    frames: list[bytes] = []
    sent = [1, 1]

    def segment(side: int, flags: int, data: bytes = b"", at: int | None = None) -> None:
        ports = (50000, 8443) if side == 0 else (8443, 50000)
        ends = (made.CLIENT, made.SERVER) if side == 0 else (made.SERVER, made.CLIENT)
        packet = made.tcp(*ports, sent[side] if at is None else at, sent[1 - side], flags, data)
        frames.append(made.ethernet(made.ipv4(*ends, 6, packet)))
        sent[side] += len(data)

    def carry() -> None:
        for side in (0, 1):
            data = pipes[side][1].read()
            for i in range(0, len(data), 1400):
                segment(side, made.ACK | made.PSH, data[i : i + 1400])
            pipes[1 - side][0].write(data)

    segment(0, made.SYN, at=0)
    segment(1, made.SYN | made.ACK, at=0)
    segment(0, made.ACK)
    for _ in range(4):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            carry()
    client.write(b"GET /hidden HTTP/1.1\r\nHost: secret.example\r\n\r\n")
    carry()
    server.read(1000)
    server.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    carry()
    path = folder / "secret.pcap"
    made.write(path, frames)
    return path, keylog


def test_a_key_log_decrypts(tmp_path: Path) -> None:
    path, keylog = conversation(tmp_path)
    fields = ["http.request.uri", "tls.handshake.certificate"]
    decode = ["-d", "tcp.port==8443,tls"]
    assert "http.request.uri" not in next(iter(extract(str(path), extension=fields).values())).extension
    for words in (["-o", f"tls.keylog_file:{keylog}", *decode], f"-o ssl.keylog_file:{keylog} -d tcp.port==8443,tls"):
        flow = next(iter(extract(str(path), extension=fields, cmd_parameter=words).values()))
        assert [text for text, _ in flow.extension["http.request.uri"]] == ["/hidden"]
        assert flow.extension["tls.handshake.certificate"][0][0].startswith("3082")
        assert "HTTP" in flow.ext_protocol.split("|")
    want = retold.flows(path, fields, words=["-o", f"tls.keylog_file:{keylog}", *decode])
    retold.assert_equal(extract(str(path), extension=fields, cmd_parameter=["-o", f"tls.keylog_file:{keylog}", *decode]), want)
    for options in ({"keylog": keylog}, {"preferences": {"tls.keylog_file": keylog}}):
        scan = flowcontainer.scan(path, fields, level="packets", decode_as="tcp.port==8443,tls", **options)
        uris = [uri for batch in scan for cell in batch["http.request.uri"].to_list() for uri in cell]
        assert uris == ["/hidden"]
    with pytest.raises((FileNotFoundError, OSError, ValueError), match="nokeys"):
        flowcontainer.scan(path, fields, keylog=tmp_path / "nokeys").to_arrow()


def test_secrets_in_the_capture_decrypt(tmp_path: Path) -> None:
    """A decryption secrets block of pcapng; the native engine hands such a capture over from its first frame."""
    if not shutil.which("editcap"):
        pytest.skip("editcap is not installed")
    path, keylog = conversation(tmp_path)
    inside = tmp_path / "inside.pcapng"
    subprocess.run(["editcap", "--inject-secrets", f"tls,{keylog}", path, inside], check=True, capture_output=True)
    flow = next(iter(extract(str(inside), extension="http.request.uri", cmd_parameter=["-d", "tcp.port==8443,tls"]).values()))
    assert [text for text, _ in flow.extension["http.request.uri"]] == ["/hidden"]
    scan = flowcontainer.scan(inside, ["http.request.uri"], level="packets")
    assert [uri for batch in scan for cell in batch["http.request.uri"].to_list() for uri in cell] == ["/hidden"]
