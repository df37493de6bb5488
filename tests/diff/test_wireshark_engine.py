"""The twin law of the wireshark engine: the frames that pass a filter, and every value of many fields, equal the stock
tshark's, on captures of many protocols. Each capture is compared with a filter and without one."""

from __future__ import annotations

import captures
import pytest
import wireshark

FIELDS = """
    frame.time_delta frame.time_delta_displayed frame.protocols eth.src ip.src ip.id ipv6.dst tcp.stream tcp.flags
    tcp.analysis.flags tcp.options tcp.payload udp.stream udp.payload icmp.type
    http.host http.user_agent http.request.method http.request.full_uri http.response.code http.content_type
    http.content_length http.request.line http.time
    dns.id dns.qry.name dns.qry.type dns.a dns.aaaa dns.resp.ttl dns.txt dns.time
    tls.handshake.type tls.handshake.ciphersuite tls.handshake.version tls.handshake.extensions_server_name
    tls.handshake.random_time tls.handshake.ja3 tls.record.content_type tls.app_data
    x509af.serialNumber x509af.utcTime x509ce.dNSName x509sat.uTF8String x509sat.printableString
    snmp.name snmp.version snmp.value.oid smb2.cmd smb2.filename smb2.sesid smb2.create.time smb2.server_guid
    ssh.protocol ssh.message_code ssh.kex_algorithms kerberos.CNameString quic.frame_type quic.scid
    dhcp.option.dhcp dhcp.hw.mac_addr ntp.xmt ntp.rootdelay mqtt.topic rtp.timestamp sip.Method wlan.fc.type_subtype
""".split()
LABELS = ["eth", "tcp", "data", "text", "_ws.expert.message", "_ws.malformed", "http.host"]  # need a visible tree

FILTERS = [
    "tcp.port == 443 and tls",
    "not tcp and not udp",
    "ip.addr == 192.168.0.0/16",
    'http.host matches "(?i)[a-z]+\\\\.com"',
    'frame contains "GET"',
    "tcp.flags.syn == 1 && tcp.flags.ack == 0",
    "tcp.len > 100 or udp.length in {8 .. 60}",
    "dns.qry.name contains \".\"",
    "tcp.analysis.flags",
    "eth.src[0:3] == 00:0c:29",
    "frame.number % 3 == 1",
    "!(arp or icmp) and frame.time_delta > 0.01",
    "upper(http.request.method) == \"GET\" or any ip.ttl < 65",
    "_ws.expert.severity >= 0x00400000",
    "tcp.stream == 1 or udp.stream == 1",
    "tls.handshake.type in {1, 2} and len(tls.handshake.session_id) > 0",
    "tcp.srcport > tcp.dstport or ip.src == ip.dst",
]

NAMES = """
    ndpi/http.pcapng ndpi/443-curl.pcap ndpi/4in6tunnel.pcap ndpi/dns_exfiltration.pcap ndpi/dns_ambiguous_names.pcap
    ndpi/dtls_certificate.pcapng ndpi/ftp.pcap ndpi/kerberos.pcap ndpi/mqtt.pcap ndpi/netbios.pcap ndpi/quic-29.pcap
    ndpi/smb_deletefile.pcap ndpi/smbv1.pcap ndpi/ssh.pcap ndpi/tls_port_80.pcapng ndpi/sip.pcap
    ndpi/vxlan.pcap ndpi/websocket.pcap ndpi/malformed_dns.pcap ndpi/NTPv3.pcap ndpi/rtcp_multiple_pkts_in_the_same_datagram.pcap
    zeek/basic-auth-with-colon.pcap zeek/cisco-fabric-path.pcap zeek/client-certificate.pcap
    zeek/dce_rpc_ntlm.pcapng zeek/geneve.pcap zeek/get-gzip.pcap zeek/icmp6-nd-options.pcap
    zeek/ipv6-fragmented-dns.pcap zeek/linux_dlt_sll2.pcap zeek/multipart.pcap zeek/nflog-http.pcap zeek/radiotap.pcap
    zeek/retransmit-fast009.pcap zeek/smb2_fscontrol.pcap zeek/smb311.pcap zeek/snmpv2_get.pcap zeek/snmpv3_get_next.pcap
    zeek/ssh_kex_mlkem.pcap zeek/tls-fragmented-handshake.pcap.gz zeek/tls13_wolfssl.pcap zeek/vlan-pcp-dei.pcapng
    flowcontainer/1592993485_udp.pcap flowcontainer/tls.pcap
""".split()


@pytest.fixture(scope="module")
def worker(built):
    if not (built.parent / "flowcontainer-worker").exists():
        pytest.skip("flowcontainer-worker is not built: libwireshark's headers are missing")


DAILY = range(len(NAMES)) if captures.LONG else [i for i in range(len(NAMES)) if i // 2 % captures.PARTS == captures.PART]


@pytest.mark.parametrize("index", DAILY, ids=NAMES.__getitem__)
def test_equals_tshark(index: int, stock: str, worker: None) -> None:
    capture = captures.CORPUS / NAMES[index]
    if not capture.exists():
        pytest.skip(f"{NAMES[index]} is not in the corpus")
    texts = [""] if index % 2 else ["", FILTERS[index // 2 % len(FILTERS)]]
    for text in texts:
        assert wireshark.differences(capture, FIELDS, text) == []


@pytest.mark.parametrize("name", NAMES[3::8])
def test_labels_equal_tshark(name: str, stock: str, worker: None) -> None:
    capture = captures.CORPUS / name
    if not capture.exists():
        pytest.skip(f"{name} is not in the corpus")
    assert wireshark.differences(capture, LABELS) == []


def test_the_comparison_can_fail(stock: str, worker: None) -> None:
    capture = captures.OWN / "demo.pcap"
    want = wireshark.theirs(capture, ["ip.src"])
    got, _ = wireshark.mine(capture, ["ip.src"], "tcp")
    assert want and got and want != got


AHEAD = ["!dns.response_in", "tcp.completeness == 31", "http.response_in or ip.reassembled_in", "not icmp.no_resp and !smb2.response_to"]


@pytest.mark.parametrize("name", ["ndpi/dns_exfiltration.pcap", "ndpi/http.pcapng", "ndpi/smb_deletefile.pcap", "zeek/ipv6-fragmented-dns.pcap", "ndpi/443-curl.pcap"])
def test_a_filter_that_looks_ahead_is_decided_in_the_second_pass(name: str, stock: str, worker: None) -> None:
    """As by `tshark -2 -Y`."""
    capture = captures.CORPUS / name
    if not capture.exists():
        pytest.skip(f"{name} is not in the corpus")
    for text in AHEAD:
        assert wireshark.differences(capture, ["frame.time_delta_displayed", "tcp.stream"], text, twice=True) == []
