#!/usr/bin/env python3
"""Builds the captures of this folder that were not recorded, with the same bytes each time. Usage: make_built.py [FOLDER]"""
import bz2
import gzip
import lzma
import os
import subprocess
import sys
import zlib

import dtls
import tls_ciphers
from packets import *  # noqa: F403 (functions that build packets)

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = {}


def capture(name, says):
    """Registers a function that returns the file's bytes; `says` goes into MANIFEST.md."""
    def add(f):
        CASES[name] = says, f
        return f
    return add


def both(wrap, six=True):
    """The conversation over IPv4, then over IPv6, each packet wrapped into a frame by wrap(direction, packet)."""
    return [wrap(d, p) for v6 in ([False, True] if six else [False]) for d, p in talk(v6)]


# ---- link types ----------------------------------------------------------------------------------------------------

def family(order, six):
    return lambda d, p: struct.pack(order + 'I', six if p[0] >> 4 == 6 else 2) + p


def ppp_number(p):
    return be('H', 0x57 if p[0] >> 4 == 6 else 0x21)


def sll(d, p, kind=None, arphrd=1):
    return be('HHH', 0 if d else 4, arphrd, 6) + MAC_A + b'\0\0' + be('H', kind or ethertype(p)) + p


def sll2(d, p):
    return be('HHIHBB', ethertype(p), 0, 7, 1, 0 if d else 4, 6) + MAC_A + b'\0\0' + p


def nflog(d, p, order='<'):
    def tlv(kind, value):
        return struct.pack(order + 'HH', 4 + len(value), kind) + value + b'\0' * (-len(value) % 4)
    return (bytes([10 if p[0] >> 4 == 6 else 2, 0]) + be('H', 30) + tlv(1, be('HBB', ethertype(p), 1, 0))
            + tlv(10, b'in\0') + tlv(4, be('I', 2)) + tlv(9, p))


LINKS = {
    0: ('null_little', family('<', 24), 'BSD loopback, little endian'), 108: ('loop', family('>', 28), 'OpenBSD loopback'),
    12: ('raw12', lambda d, p: p, 'raw IP'), 14: ('raw14', lambda d, p: p, 'raw IP'), 101: ('raw', lambda d, p: p, 'raw IP'),
    9: ('ppp', lambda d, p: b'\xff\x03' + ppp_number(p) + p, 'PPP with address and control'),
    50: ('ppp_hdlc', lambda d, p: b'\xff\x03' + ppp_number(p) + p, 'PPP in HDLC-like framing'),
    51: ('pppoe', lambda d, p: be('BBHH', 0x11, 0, 5, 2 + len(p)) + ppp_number(p) + p, 'PPPoE session without Ethernet'),
    204: ('ppp_direction', lambda d, p: bytes([1 - d]) + ppp_number(p) + p, 'PPP with a direction byte'),
    104: ('c_hdlc', lambda d, p: b'\x0f\0' + be('H', ethertype(p)) + p, 'Cisco HDLC'),
    112: ('c_hdlc', lambda d, p: b'\x0f\0' + be('H', ethertype(p)) + p, 'Cisco HDLC, by another number'),
    113: ('sll', sll, 'Linux cooked'), 276: ('sll2', sll2, 'Linux cooked, version 2'), 239: ('nflog', nflog, 'Linux netfilter log'),
    10: ('fddi', lambda d, p: b'\x50' + MAC_B + MAC_A + b'\xaa\xaa\3\0\0\0' + be('H', ethertype(p)) + p, 'FDDI with LLC/SNAP'),
}
for number, (name, wrap, says) in LINKS.items():
    capture(f'link_{number}_{name}.pcap', f'{says} (link type {number}), the conversation over IPv4 and IPv6')(
        lambda number=number, wrap=wrap: pcap(both(wrap), number))


@capture('link_228_229_ip.pcapng', 'raw IPv4 (228) and raw IPv6 (229), one interface each')
def _():
    out = [section(), interface(228), interface(229)]
    for i, (d, p) in enumerate(talk() + talk(True)):
        out.append(enhanced(i >= 12, START // 1000 + i * 10_000, p))
    return b''.join(out)


@capture('link_0_null_big.pcap', 'BSD loopback, big-endian file and family; IPv6 families 24, 28, 30 and 10 in turn')
def _():
    frames = both(family('>', 24))
    for i, (d, p) in enumerate(talk(True, 40002)):
        frames.append(struct.pack('>I', (28, 30, 10)[i % 3]) + p)
    return pcap(frames, 0, order='>')


@capture('link_9_ppp_short.pcap', 'PPP without address and control, and with one-byte protocol numbers')
def _():
    return pcap([ppp_number(p) + p for d, p in talk()] + [ppp_number(p)[1:] + p for d, p in talk(port=40002)], 9)


@capture('link_113_sll_odd.pcap', 'Linux cooked with a VLAN tag inside, of ARPHRD 65534 (tun), 778 (GRE) and 772 (loopback), and not IP')
def _():
    tagged = [sll(d, be('HH', 5, ethertype(p)) + p, 0x8100) for d, p in talk()]
    tun = [sll(d, p, arphrd=65534) for d, p in talk(port=40002)]
    lo = [sll(d, p, arphrd=772) for d, p in talk(port=40003)]
    return pcap(tagged + tun + lo + [sll(0, bytes(20), 4), sll(0, bytes(30), 0x88cc)], 113)


@capture('link_239_nflog_odd.pcap', 'NFLOG: big-endian TLVs, no payload TLV, a zero-length TLV, a TLV longer than the packet, family 0')
def _():
    p = talk()[10][1]
    head = b'\2\0' + be('H', 1)
    odd = [head + struct.pack('<HHI', 8, 4, 2), head + struct.pack('<HH', 0, 9) + p, head + struct.pack('<HH', 900, 9) + p,
           b'\0\0' + nflog(0, p)[2:], head[:3], b'\2\1' + nflog(0, p)[2:]]
    return pcap([nflog(d, p) for d, p in talk()] + odd, 239)


@capture('link_147_unknown.pcap', 'a link type without a dissector (user 0): it gives no flow, and that must be an error')
def _():
    return pcap([p for d, p in talk()], 147)


# ---- 802.11 --------------------------------------------------------------------------------------------------------

AP = bytes.fromhex('02000000aa00')
SNAP = b'\xaa\xaa\3\0\0\0'


def wifi(d, p, qos=False, wds=False, order=False, sub=0, body=None, protected=False):
    """To the access point (direction 0), from it (1), or over a bridge (four addresses)."""
    src, dst = (MAC_A, MAC_B) if d == 0 else (MAC_B, MAC_A)
    flags = 3 if wds else (1 if d == 0 else 2)
    control = bytes([0x08 | (0x80 if qos else 0) | sub << 4, flags | (0x80 if order else 0) | (0x40 if protected else 0)])
    addresses = AP + MAC_B + dst if wds else (AP + src + dst if d == 0 else dst + AP + src)
    head = control + b'\0\0' + addresses + b'\x10\0' + (src if wds else b'')
    if qos:
        head += b'\0\0' + (b'\0\0\0\0' if order else b'')
    return head + (SNAP + be('H', ethertype(p)) + p if body is None else body)


def amsdu(packets):
    parts = []
    for i, (d, p) in enumerate(packets):
        src, dst = (MAC_A, MAC_B) if d == 0 else (MAC_B, MAC_A)
        msdu = SNAP + be('H', ethertype(p)) + p
        part = dst + src + be('H', len(msdu)) + msdu
        parts.append(part + (b'\0' * (-len(part) % 4) if i + 1 < len(packets) else b''))
    return b''.join(parts)


def wifi_frames():
    frames = both(wifi)
    frames += [wifi(d, p, qos=True) for d, p in talk(port=40002)]
    frames += [wifi(d, p, qos=True, order=True) for d, p in talk(port=40003)]
    frames += [wifi(d, p, wds=True) for d, p in talk(port=40004)]
    frames += [wifi(d, p, qos=True, wds=True) for d, p in talk(port=40005)]
    two = amsdu([(0, p) for d, p in talk(port=40006)[:4] if d == 0])
    aggregate = wifi(0, b'', qos=True, body=two)
    at = 24
    frames.append(aggregate[:at] + b'\x80\0' + aggregate[at + 2:])
    frames.append(wifi(0, talk()[0][1], protected=True, body=bytes(range(60))))
    frames.append(wifi(0, b'\0' * 20, qos=True, sub=4, body=b''))  # QoS null
    frames.append(b'\x80\0\0\0' + b'\xff' * 6 + AP + AP + b'\x20\0' + bytes(8) + b'\x64\0\1\0' + b'\0\4test' + b'\1\1\x82')
    frames.append(b'\xd4\0\0\0' + MAC_A)  # an ACK
    return frames


@capture('link_105_80211.pcap', '802.11 data: to and from the AP, QoS, HT control, four addresses, A-MSDU, protected, null; beacon, ACK')
def _():
    return pcap(wifi_frames(), 105)


@capture('link_127_radiotap.pcap', 'the same behind radiotap: without FCS, and with a flags field that announces one')
def _():
    plain = struct.pack('<BBHI', 0, 0, 8, 0)
    flags = struct.pack('<BBHIB', 0, 0, 9, 2, 0x10)
    rich = struct.pack('<BBHII4xQBBHHb', 0, 0, 31, 0x8000002f, 0, 77, 0x10, 12, 2412, 0x00a0, -40)
    frames = wifi_frames()
    return pcap([plain + f for f in frames] + [flags + f + b'\1\2\3\4' for f in frames[:12]]
                + [rich + f + b'\1\2\3\4' for f in frames[24:36]], 127)


@capture('link_192_ppi.pcap', 'the same behind PPI (data link type 105), one field of 20 bytes; and PPI over Ethernet')
def _():
    field = struct.pack('<HHQHHHHBBbb', 2, 20, 1, 0, 2, 2412, 0, 0, 0, -40, -90)
    return pcap([struct.pack('<BBHI', 0, 0, 8 + len(field), 105) + field + f for f in wifi_frames()]
                + [struct.pack('<BBHI', 0, 0, 8, 1) + on_ethernet(d, p) for d, p in talk(port=40010)], 192)


# ---- link types that libwireshark alone reads ----------------------------------------------------------------------

def pflog(d, p, family=None):
    return (bytes([61, family or (24 if p[0] >> 4 == 6 else 2), 0, 0]) + b'em0'.ljust(16, b'\0') + bytes(16)
            + be('IIIIII', 3, 0xffffffff, 0, 0, 0, 0) + bytes([1 + d, 0, 0, 0]) + p)


def pktap(d, p, dlt=1, frame=None):
    frame = on_ethernet(d, p) if frame is None else frame
    return (struct.pack('<III', 108, 1, dlt) + b'en0'.ljust(24, b'\0') + struct.pack('<IIIII', 1 + d, 2, 14, 0, 77)
            + b'curl'.ljust(20, b'\0') + struct.pack('<IHHI', 0, 6, 0, 77) + b'curl'.ljust(20, b'\0') + frame)


def prism(d, p):
    head = struct.pack('<II', 0x44, 144) + b'wlan0'.ljust(16, b'\0')
    return head + b''.join(struct.pack('<IHHI', 0x10044 + (i << 16), 0, 4, i) for i in range(10)) + wifi(d, p)


def avs(d, p):
    return be('IIQQIIIIIIIIII', 0x80211001, 64, 1, 2, 4, 6, 10, 0, 0, 0, 0, 0, 1, 0)[:64].ljust(64, b'\0') + wifi(d, p)


def llc(p):
    return SNAP + be('H', ethertype(p)) + p


def erf(d, p, kind=2):
    """An Ethernet record of an Endace card: time, type, flags, lengths, losses; padding, then the frame."""
    frame = on_ethernet(d, p)
    n = 16 + 2 + len(frame)
    return struct.pack('<Q', START // 10**9 << 32) + be('BBHHH', kind, 4 + d, n, 0, len(frame)) + b'\0\0' + frame


def docsis(d, p):
    """Frame control, parameter, length, check sequence of these (as in X.25); Ethernet with its own."""
    frame = on_ethernet(d, p) + bytes(4)
    head, crc = be('BBH', 0, 0, len(frame)), 0xffff
    for byte in head:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return head + struct.pack('<H', crc ^ 0xffff) + frame


FOREIGN = {
    6: ('token_ring', lambda d, p: b'\x10\x40' + MAC_B + MAC_A + llc(p), 'Token Ring'),
    11: ('atm_rfc1483', lambda d, p: llc(p), 'RFC 1483 LLC'),
    13: ('enc', lambda d, p: struct.pack('<III', 24 if p[0] >> 4 == 6 else 2, 7, 0) + p, 'OpenBSD enc'),
    106: ('clip', lambda d, p: p, 'IP over ATM'),
    107: ('frame_relay', lambda d, p: b'\x18\x41\3' + (b'\x8e' if p[0] >> 4 == 6 else b'\xcc') + p, 'Frame Relay, NLPID'),
    117: ('pflog', pflog, 'OpenBSD packet filter log'),
    119: ('prism', prism, '802.11 behind a Prism header'),
    122: ('ip_over_fc', lambda d, p: b'\x10\0' + MAC_B + b'\x10\0' + MAC_A + llc(p), 'IP over Fibre Channel'),
    123: ('sunatm', lambda d, p: be('BBH', 2, 0, 100) + llc(p), 'Sun ATM, LLC'),
    138: ('ieee1394', lambda d, p: MAC_B + b'\0\1' + MAC_A + b'\0\2' + be('H', ethertype(p)) + p, 'IP over IEEE 1394'),
    143: ('docsis', docsis, 'DOCSIS'),
    163: ('avs', avs, '802.11 behind an AVS header'),
    178: ('juniper_ether', lambda d, p: b'MGC' + bytes([1 - d]) + on_ethernet(d, p), 'Juniper Ethernet'),
    197: ('erf', erf, 'ERF records of Ethernet'),
    242: ('ipoib', lambda d, p: bytes(40) + be('HH', ethertype(p), 0) + p, 'IP over Infiniband'),
    258: ('pktap', pktap, 'Apple PKTAP around Ethernet'),
}
for number, (name, wrap, says) in FOREIGN.items():
    six = number != 107  # of a circuit of Frame Relay tshark takes all UDP for one stream
    capture(f'foreign_{number}_{name}.pcap', f'{says} (link type {number}), the conversation over IPv4{" and IPv6" * six}')(
        lambda number=number, wrap=wrap, six=six: pcap(both(wrap, six), number))


@capture('foreign_late.pcapng', 'Ethernet, later also PFLOG, PKTAP, a link type without a dissector, PPI around PFLOG; streams continue')
def _():
    out = [section(), *map(interface, (1, 117, 258, 147, 192))]
    frames = [(i // 3 % 3 if i > 5 else 0, d, p) for i, (d, p) in enumerate(talk() + talk(True))]
    wraps = [on_ethernet, pflog, pktap]
    for i, (link, d, p) in enumerate(frames):
        out.append(enhanced(link, START // 1000 + i * 10_000, wraps[link](d, p)))
        if i % 5 == 4:
            out.append(enhanced(3, START // 1000 + i * 10_000 + 1, p))
            out.append(enhanced(1, START // 1000 + i * 10_000 + 2, pflog(0, b'\0\1\x08\0\6\4' + bytes(22), 99)))
            ppi = struct.pack('<BBHI', 0, 0, 8, 117) + pflog(d, talk(port=40002)[i % 12][1])
            out.append(enhanced(4, START // 1000 + i * 10_000 + 3, ppi))
    return b''.join(out)


@capture('foreign_fragments.pcap', 'PKTAP: fragments, a tunnel, an ICMP error, ARP, padding, raw IP and frames cut short inside')
def _():
    whole = udp(A4, B4, 40001, 6666, bytes(range(200)))
    parts = [ip4(A4, B4, 17, whole[at:at + 80], ident=9, frag=at // 8 | (0x2000 if at < 160 else 0)) for at in (0, 80, 160)]
    question = talk(port=40002)[10][1]
    error = ip4(B4, A4, 1, icmp4(3, 3, bytes(4), question[:28]))
    inner = [ip4(A4, B4, 4, p) for d, p in talk(port=40003, a='10.9.0.1', b='10.9.0.2')[:6]]
    frames = [pktap(0, p) for p in parts + [question, error] + inner]
    frames += [pktap(0, b'', frame=ethernet(0, 0x0806, be('HHBBH', 1, 0x0800, 6, 4, 1) + bytes(20))),
               pktap(0, b'', frame=ethernet(0, 0x0800, question, True) + b'\1\2\3\4'),
               pktap(0, b'', dlt=12, frame=talk(port=40004)[10][1])]
    cut = pktap(0, talk(port=40005)[3][1])
    frames += [(cut[:n], len(cut)) for n in (0, 30, 108, 120, 130, 150, 160, 170, len(cut) - 3)]
    return pcap(frames, 258)


# ---- on Ethernet ---------------------------------------------------------------------------------------------------

def tags(*stack):
    """(TPID, tag) pairs from the outside in."""
    def wrap(d, p):
        body, kind = p, ethertype(p)
        for tpid, tag in reversed(stack):
            body, kind = be('HH', tag, kind) + body, tpid
        return ethernet(d, kind, body)
    return wrap


def mpls(*labels):
    def wrap(d, p):
        stack = b''.join(be('I', label << 12 | (i + 1 == len(labels)) << 8 | 64) for i, label in enumerate(labels))
        return ethernet(d, 0x8847, stack + p)
    return wrap


def pppoe(d, p):
    return ethernet(d, 0x8864, be('BBHH', 0x11, 0, 9, 2 + len(p)) + ppp_number(p) + p)


def many(*wraps):
    return [w(d, p) for i, w in enumerate(wraps) for d, p in talk(i % 2 == 1, 40001 + i)]


@capture('eth_vlan.pcap', '802.1Q, 802.1ad, stacks of two and three, TPID 0x9100, priority tag, and one 5-tuple in two VLANs')
def _():
    return pcap(many(tags((0x8100, 5)), tags((0x8100, 6)), tags((0x88a8, 100), (0x8100, 5)), tags((0x8100, 7), (0x8100, 8)),
                     tags((0x88a8, 1), (0x8100, 2), (0x8100, 3)), tags((0x9100, 4), (0x8100, 5)), tags((0x8100, 0xe000)))
                + [tags((0x8100, v))(d, p) for d, p in talk(port=41000) for v in (1, 2)])


@capture('eth_mpls_pseudowire.pcap', 'Ethernet over MPLS, with and without a control word')
def _():
    def real(frame):  # addresses of a known maker: tshark tells the two forms apart by them
        return bytes.fromhex('001b21') + frame[3:6] + bytes.fromhex('001b21') + frame[9:]

    return pcap([ethernet(d, 0x8847, be('I', 17 << 12 | 0x140) + word + real(on_ethernet(d, p)))
                 for i, word in enumerate((b'', bytes(4))) for d, p in talk(port=40010 + i)])


@capture('eth_mpls_own.pcap', 'what could be IP behind each reserved label of MPLS, two of which announce messages of MPLS itself')
def _():
    short, long = (ip_udp(A4, B4, 40020, 53, bytes(n)) for n in (1, 60))
    stacks = [(label,) for label in range(17)] + [(13, 16), (14, 16), (16, 13), (16, 14), (14, 14)]
    own = [mpls(*labels)(0, p) for labels in stacks for p in (short, long, ip_udp(A6, B6, 40020, 53, bytes(60)))]
    channels = [be('I', 0x10000021) + long, be('I', 0x10000057) + ip_udp(A6, B6, 40020, 53, bytes(60)), be('I', 0x21) + long,
                be('I', 0x10000007) + long, be('I', 0x10000021) + ip_udp(A6, B6, 40020, 53, bytes(60)), b'\x10\0\0']
    return pcap(own + [mpls(13)(0, p) for p in channels])


@capture('eth_mpls.pcap', 'MPLS of one and three labels, and under a VLAN tag')
def _():
    vlan = [ethernet(d, 0x8100, be('HH', 5, 0x8847) + be('I', 18 << 12 | 0x140) + p) for d, p in talk(port=40011)]
    return pcap(many(mpls(16), mpls(16), mpls(100, 200, 300), mpls(100, 200, 300)) + vlan)


@capture('eth_pppoe.pcap', 'PPPoE sessions, one in a VLAN, discovery frames and a PPP control packet')
def _():
    vlan = [ethernet(d, 0x8100, be('HH', 5, 0x8864) + be('BBHH', 0x11, 0, 9, 2 + len(p)) + ppp_number(p) + p)
            for d, p in talk(port=40010)]
    return pcap([ethernet(0, 0x8863, be('BBHH', 0x11, 9, 0, 4) + be('HH', 0x101, 0), True)] + both(pppoe) + vlan
                + [ethernet(0, 0x8864, be('BBHH', 0x11, 0, 9, 6) + b'\xc0\x21\1\1\0\4', True)])


@capture('eth_llc_snap.pcap', '802.3 lengths with LLC/SNAP and plain LLC (06), padding behind, spanning tree, jumbo frames')
def _():
    def snap(d, p):
        return ethernet(d, 8 + len(p), SNAP + be('H', ethertype(p)) + p, True)

    stp = bytes.fromhex('0180c2000000') + MAC_A + be('H', 38) + b'\x42\x42\3' + bytes(35) + bytes(8)
    plain = [ethernet(d, 3 + len(p), b'\6\6\3' + p, True) for d, p in talk(port=40003)]
    big = ip_udp(A4, B4, 5, 6, bytes(8900))
    return pcap(both(snap) + [stp] + plain + [on_ethernet(0, big), ethernet(0, 0x0806, be('HHBBH', 1, 0x800, 6, 4, 1) + bytes(20), True)])


@capture('eth_padding.pcap', 'short frames padded to 60 bytes, with a trailer that is not payload, and 4 bytes of FCS after it')
def _():
    return pcap([f.ljust(60, b'\0') for f in both(on_ethernet)] + [on_ethernet(d, p) + b'trailer!' for d, p in talk(port=40002)])


# ---- tunnels -------------------------------------------------------------------------------------------------------

OUT_A, OUT_B, OUT6_A, OUT6_B = '203.0.113.1', '203.0.113.2', '2001:db8:ff::1', '2001:db8:ff::2'


def outer(d, proto, body, six=False):
    a, b = (OUT6_A, OUT6_B) if six else (OUT_A, OUT_B)
    return on_ethernet(d, ip(*((a, b) if d == 0 else (b, a)), proto, body))


def outer_udp(d, port, body, sport=None):
    a, b = (OUT_A, OUT_B) if d == 0 else (OUT_B, OUT_A)
    return on_ethernet(d, ip_udp(a, b, sport or port, port, body))


def gre(d, p, kind=None, check=False, key=None, seq=None, six=False, routing=False):
    flags = check << 15 | (key is not None) << 13 | (seq is not None) << 12
    head = be('HH', flags, kind or ethertype(p)) + (be('HH', 0, 0) if check else b'')
    head += (be('I', key) if key is not None else b'') + (be('I', seq) if seq is not None else b'')
    if check:
        head = head[:4] + be('H', checksum(head + p)) + head[6:]
    return outer(d, 47, head + p, six)


@capture('tunnel_gre.pcap', 'GRE: plain, with checksum, key, sequence and all three, carrying Ethernet (0x6558), over IPv6; a keep-alive')
def _():
    n = iter(range(1000))
    return pcap(many(gre, gre, lambda d, p: gre(d, p, check=True), lambda d, p: gre(d, p, key=7),
                     lambda d, p: gre(d, p, seq=next(n)), lambda d, p: gre(d, p, check=True, key=7, seq=next(n)),
                     lambda d, p: gre(d, on_ethernet(d, p), 0x6558), lambda d, p: gre(d, p, six=True))
                + [gre(0, b'', 0x9999)])


@capture('tunnel_pptp.pcap', 'PPTP: enhanced GRE with sequence and acknowledgement, PPP inside, with and without address and control')
def _():
    def pptp(d, p, hdlc=False, ack=None, i=[0]):
        i[0] += 1
        ppp = (b'\xff\x03' if hdlc else b'') + ppp_number(p) + p
        flags = 0x3001 | (0x80 if ack is not None else 0)
        return outer(d, 47, be('HHHHI', flags, 0x880b, len(ppp), 5, i[0]) + (be('I', ack) if ack is not None else b'') + ppp)

    return pcap(many(pptp, pptp, lambda d, p: pptp(d, p, True), lambda d, p: pptp(d, p, True, 3))
                + [outer(0, 47, be('HHHHI', 0x2081, 0x880b, 0, 5, 9))])


@capture('tunnel_ip_in_ip.pcap', 'IP in IP, 6in4, 4in6, 6in6, and three levels')
def _():
    def plain(six):
        return lambda d, p: outer(d, 41 if p[0] >> 4 == 6 else 4, p, six)

    deep = [outer(d, 4, ip4('192.0.2.9', '192.0.2.10', 41, ip6('2001:db8:9::1', '2001:db8:9::2', 4, p))) for d, p in talk(port=40020)]
    return pcap(many(plain(False), plain(False), plain(True), plain(True)) + deep)


@capture('tunnel_vxlan.pcap', 'VXLAN, with and without a VLAN tag inside, two VNIs of one inner 5-tuple, and without the I flag')
def _():
    def vxlan(vni, tag=None, flags=8):
        def wrap(d, p):
            inner = tags((0x8100, tag))(d, p) if tag else on_ethernet(d, p)
            return outer_udp(d, 4789, be('II', flags << 24, vni << 8) + inner, 51234)
        return wrap

    return pcap(many(vxlan(1), vxlan(1), vxlan(2, 5), vxlan(3, None, 0)) + [vxlan(v)(d, p) for d, p in talk(port=41000) for v in (8, 9)])


@capture('tunnel_geneve.pcap', 'GENEVE: no options, options of 8 and 4 bytes, IP directly inside, the critical bit')
def _():
    def geneve(options=b'', bare=False, critical=False):
        def wrap(d, p):
            kind = ethertype(p) if bare else 0x6558
            head = be('BBHI', len(options) // 4, critical << 6, kind, 77 << 8) + options
            return outer_udp(d, 6081, head + (p if bare else on_ethernet(d, p)), 52345)
        return wrap

    options = be('HBB', 0x102, 1, 2) + bytes(8) + be('HBB', 0x102, 2, 0)
    return pcap(many(geneve(), geneve(), geneve(options), geneve(options, critical=True), geneve(bare=True), geneve(options, True)))


@capture('tunnel_gtp.pcap', 'GTP-U: bare, with sequence, with extension headers (PDU session, PDCP), N-PDU; echo, error indication; GTP-C')
def _():
    def gtp(flags=0x30, more=b''):
        return lambda d, p: outer_udp(d, 2152, be('BBHI', flags, 255, len(more) + len(p), 0x1234) + more + p)

    sequence = gtp(0x32, be('HBB', 9, 0, 0))
    session = gtp(0x34, be('HBB', 0, 0, 0x85) + b'\1\0\5\0')
    two = gtp(0x36, be('HBB', 9, 0, 0xc0) + b'\1\0\1\x85' + b'\1\0\5\0')
    return pcap(many(gtp(), gtp(), sequence, session, two, gtp(0x31, be('HBB', 0, 3, 0)))
                + [outer_udp(0, 2152, be('BBHIHBB', 0x32, 1, 4, 0, 1, 0, 0)), outer_udp(1, 2152, be('BBHI', 0x30, 26, 0, 0)),
                   outer_udp(0, 2123, be('BBHIHBB', 0x32, 1, 4, 0, 1, 0, 0))])


@capture('tunnel_l2tp.pcap', 'L2TP v2 data: bare, with length, sequence and offset; a control message')
def _():
    def l2tp(flags, i=[0]):
        def wrap(d, p):
            ppp = b'\xff\x03' + ppp_number(p) + p
            body = be('HH', 3, 4)
            if flags & 0x0800:
                i[0] += 1
                body += be('HH', i[0], 0)
            if flags & 0x0200:
                body += be('H', 2) + b'\0\0'
            head = be('H', flags | 2)
            if flags & 0x4000:
                head += be('H', 4 + len(body) + len(ppp))
            return outer_udp(d, 1701, head + body + ppp)
        return wrap

    control = be('HHHHHH', 0xc802, 20, 1, 0, 0, 0) + be('HHHH', 0x8008, 0, 0, 1)
    return pcap([outer_udp(0, 1701, control)] + many(l2tp(0), l2tp(0), l2tp(0x4000), l2tp(0x4800), l2tp(0x4a00)))


@capture('tunnel_teredo.pcap', 'Teredo: bare IPv6, with authentication, with origin indication, with both')
def _():
    auth = b'\0\1\0\0' + bytes(8) + b'\0'
    origin = b'\0\0' + be('H', 0xffff ^ 5555) + bytes(255 ^ b for b in addr('198.51.100.7'))
    wraps = [lambda d, p, h=h: outer_udp(d, 3544, h + p, 51000) for h in (b'', auth, origin, auth + origin)]
    return pcap([w(d, p) for i, w in enumerate(wraps) for d, p in talk(True, 40001 + i)])


@capture('tunnel_ah_esp.pcap', 'authentication header (transport and tunnel mode, IPv4 and IPv6); ESP, which encrypts everything')
def _():
    def ah(d, p, tunnel=False):
        six = p[0] >> 4 == 6
        inner, nxt = (p, 41 if six else 4) if tunnel else (p[40:] if six else p[20:], p[6] if six else p[9])
        head = be('BBHII', nxt, 4, 0, 77, 1) + bytes(12)
        if tunnel:
            return outer(d, 51, head + inner, six)
        a, b = (A6, B6) if six else (A4, B4)
        return on_ethernet(d, ip(*((a, b) if d == 0 else (b, a)), 51, head + inner))

    return pcap(many(ah, ah, lambda d, p: ah(d, p, True), lambda d, p: ah(d, p, True))
                + [outer(d, 50, be('II', 9, i) + bytes(range(48))) for i, d in enumerate((0, 1, 0))])


@capture('tunnel_nested.pcap', 'tunnels in tunnels: VXLAN in GRE, GTP-U in IP in IP, GRE in VXLAN, all in a VLAN with MPLS')
def _():
    vxlan = [gre(d, outer_udp(d, 4789, be('II', 8 << 24, 256) + on_ethernet(d, p))[14:]) for d, p in talk()]
    gtp = [outer(d, 4, outer_udp(d, 2152, be('BBHI', 0x30, 255, len(p), 1) + p)[14:]) for d, p in talk(True, 40002)]
    both_ways = [outer_udp(d, 4789, be('II', 8 << 24, 256) + gre(d, p, key=1)) for d, p in talk(port=40003)]
    deep = [ethernet(d, 0x8100, be('HH', 5, 0x8847) + be('I', 16 << 12 | 0x140) + gre(d, p)[14:]) for d, p in talk(port=40004)]
    return pcap(vxlan + gtp + both_ways + deep)


# ---- IPv6 headers, fragments ---------------------------------------------------------------------------------------

def six(nxt, body, d=0):
    return on_ethernet(d, ip6(*((A6, B6) if d == 0 else (B6, A6)), nxt, body))


def hop(nxt, n=0):
    return be('BB', nxt, n) + b'\1' + bytes([4 + 8 * n]) + bytes(4 + 8 * n)


@capture('ip6_extensions.pcap', 'extension headers: hop-by-hop, destination, routing, atomic fragment, AH, mobility, all at once; no next '
         'header; an unknown one; a chain that never ends')
def _():
    u = [udp(A6, B6, 5000 + i, 53000, b'data %d' % i) for i in range(12)]
    routing = be('BBBBI', 17, 2, 0, 0, 0) + addr(B6)
    atomic = be('BBHI', 17, 0, 0, 99)
    ah = be('BBHII', 17, 4, 0, 1, 1) + bytes(12)
    chain = hop(60) + hop(43) + be('BBBBI', 44, 2, 0, 0, 0) + addr(B6) + be('BBHI', 51, 0, 0, 7) + be('BBHII', 60, 4, 0, 1, 1) + bytes(12) + hop(17, 1)
    endless = hop(60) * 40
    return pcap([six(0, hop(17) + u[0]), six(60, hop(17, 3) + u[1]), six(43, routing + u[2]), six(44, atomic + u[3]),
                 six(51, ah + u[4]), six(0, chain + u[5]), six(59, u[6]), six(253, u[7]), six(60, endless),
                 six(0, hop(6) + tcp(A6, B6, 5010, 53000, 1, 0, SYN)), six(135, be('BBBBHH', 59, 0, 5, 0, 0, 0)),
                 six(0, b'\x11\xff' + u[8]), six(60, b'\x11')])


def cut4(payload, ident, proto=17, size=24, tagged=None, src=A4, dst=B4):
    """IPv4 fragments of `size` payload bytes, as frames."""
    out = []
    for at in range(0, len(payload), size):
        more = 0x2000 if at + size < len(payload) else 0
        p = ip4(src, dst, proto, payload[at:at + size], ident, more | at // 8)
        out.append(tags((0x8100, tagged))(0, p) if tagged else on_ethernet(0, p))
    return out


def cut6(payload, ident, nxt=17, size=24):
    out = []
    for at in range(0, len(payload), size):
        more = 1 if at + size < len(payload) else 0
        out.append(six(44, be('BBHI', nxt, 0, at | more, ident) + payload[at:at + size]))
    return out


def fragment_cases(cut, a, b):
    n = iter(range(100))

    def datagram(length=70):
        i = next(n)
        return udp(a, b, 6000 + i, 7000, bytes([65 + i]) * length), 100 + i

    frames = cut(*datagram()) + cut(*datagram())[::-1]
    first = cut(*datagram())
    frames += [first[1], first[0], first[1]] + first[2:] + [first[3]]  # duplicates before and after completion
    frames += cut(*datagram())[:2]  # never whole
    data, ident = datagram()
    frames += cut(data, ident) + cut(data[:2] + be('H', 7001) + data[4:], ident)  # the number is used again
    data, ident = datagram(90)
    frames += [cut(data, ident, size=48)[0]] + cut(data, ident, size=32)[1:]  # they overlap
    one, two = cut(*datagram()), cut(*datagram())
    frames += [f for pair in zip(one, two) for f in pair]  # two datagrams, interleaved
    t = tcp(a, b, 6100, 7100, 1, 0, SYN, b'')
    frames += cut(t, 190, 6, size=8) + cut(tcp(a, b, 6100, 7100, 2, 1, PSH | ACK, b'data' * 20), 191, 6)
    data, ident = datagram()
    short = cut(data, ident)
    return frames + [(short[0][:50], len(short[0]))] + short[1:]  # the first one is cut by the snap length


@capture('frag4.pcap', 'IPv4 fragments: in order, reversed, duplicate, never whole, number used again, overlapping, interleaved, TCP, '
         'cut by snap length, in two VLANs, in GRE, a ping of death, a hole')
def _():
    frames = fragment_cases(cut4, A4, B4)
    u = udp(A4, B4, 6200, 7000, b'v' * 70)
    a, b = cut4(u, 300, tagged=1), cut4(u, 300, tagged=2)
    frames += [a[0], b[1], a[2], b[3], a[1], a[3]]
    frames += [gre(0, f[14:]) for f in cut4(udp(A4, B4, 6201, 7000, b'g' * 70), 301)]
    frames += [f for f in cut4(gre(0, ip_udp(A4, B4, 6202, 7000, b'h' * 70))[34:], 302, 47, 32)]
    frames += [on_ethernet(0, ip4(A4, B4, 1, bytes(64), 303, 0x1fff))]
    hole = cut4(udp(A4, B4, 6203, 7000, b'o' * 100), 304)
    return pcap(frames + hole[:1] + hole[2:])


@capture('frag6.pcap', 'the same cases with IPv6 fragment headers, and an atomic fragment amid a reassembly')
def _():
    frames = fragment_cases(cut6, A6, B6)
    u = udp(A6, B6, 6200, 7000, b'v' * 70)
    parts = cut6(u, 300)
    return pcap(frames + parts[:2] + [six(44, be('BBHI', 17, 0, 0, 300) + udp(A6, B6, 6201, 7000, b'atomic'))] + parts[2:])


# ---- ICMP, other transports, numbers -------------------------------------------------------------------------------

@capture('icmp_quotes.pcap', 'ICMP and ICMPv6 errors that quote packets: 8 bytes, all, before the flow itself, a SYN with another '
         'number, quoting a fragment, a quote in a quote; echo, neighbour discovery')
def _():
    def error(inner, kind=3, code=3):
        return on_ethernet(1, ip4(B4, A4, 1, icmp4(kind, code, bytes(4), inner)))

    def error6(inner, kind=1):
        return on_ethernet(1, ip6(B6, A6, 58, icmp6(B6, A6, kind, 4, bytes(4), inner)))

    u, u6 = ip_udp(A4, B4, 5000, 33434, b'probe'), ip_udp(A6, B6, 5000, 33434, b'probe')
    syn = ip_tcp(A4, B4, 5001, 80, 1000, 0, SYN)
    late = ip_udp(A4, B4, 5002, 33435, b'seen only here')
    frames = [on_ethernet(0, u), error(u[:28]), error(u), on_ethernet(0, u6), error6(u6), error6(u6[:48]), error(late),
              on_ethernet(0, syn), error(syn, 11, 0), error(ip_tcp(A4, B4, 5001, 80, 9000, 0, SYN)),
              on_ethernet(0, ip_tcp(A4, B4, 5001, 80, 1001, 1, PSH | ACK, b'GET')), error(syn[:28]), error(syn[:36]),
              error(ip4(A4, B4, 17, bytes(16), 7, 0x2001)), error(error(u)[14:]), error(u[:22]), error(b'')]
    frames += [on_ethernet(d, ip4(*((A4, B4) if d == 0 else (B4, A4)), 1, icmp4(0 if d else 8, 0, be('HH', 1, s), b'abcdefgh')))
               for s in range(2) for d in (0, 1)]
    frames.append(on_ethernet(0, ip6(A6, 'ff02::1:ff00:b', 58, icmp6(A6, 'ff02::1:ff00:b', 135, 0, bytes(4), addr(B6)), hops=255)))
    return pcap(frames)


@capture('transports.pcap', 'UDP-Lite with a short coverage, SCTP, DCCP, ESP, IGMP, OSPF, port 0, one address and port at both ends, ARP')
def _():
    lite = udp(A4, B4, 1, 2, b'light')
    sctp = be('HHII', 9, 9, 1, 0) + be('BBHIHHI', 0, 3, 20, 1, 0, 0, 0) + b'data'
    same = ip_udp(A4, A4, 9, 9, b'to myself')
    frames = [ip_udp(A4, B4, 1, 2, b'full'), ip4(A4, B4, 136, lite[:4] + be('H', 8) + lite[6:]),
              ip4(A4, B4, 136, udp(A4, B4, 3, 4, b'lite only', proto=136)), ip_udp(A4, B4, 3, 4, b'now full'), ip4(A4, B4, 132, sctp),
              ip4(B4, A4, 132, sctp), ip4(A4, B4, 33, be('HHBBHBBH', 1, 2, 4, 0, 0, 1, 0, 0) + bytes(8)), ip4(A4, B4, 50, bytes(40)),
              ip4(A4, '224.0.0.22', 2, be('BBHI', 0x22, 0, 0, 0)), ip4(A4, '224.0.0.5', 89, bytes(44)),
              ip_udp(A4, B4, 0, 0, b'port zero'), ip_tcp(A4, B4, 0, 0, 1, 0, SYN), same, ip_tcp(A4, A4, 9, 9, 1, 0, SYN),
              ip_udp(A6, B6, 1, 2, b'six'), ip6(A6, B6, 132, sctp), ip_udp('::ffff:10.1.0.1', '::ffff:10.2.0.2', 1, 2, b'mapped')]
    return pcap([on_ethernet(0, f) for f in frames] + [ethernet(0, 0x0806, be('HHBBH', 1, 0x800, 6, 4, 1) + bytes(20)), ethernet(0, 0x88cc, bytes(30))])


@capture('tcp_reuse.pcap', 'one 5-tuple again and again: another ISN, the same ISN, after RST, after FIN, a SYN from the other side, a '
         'SYN/ACK of another number, late packets of the old connection')
def _():
    def c(seq, flags, ack=0, data=b'', port=40000):
        return on_ethernet(0, ip_tcp(A4, B4, port, 80, seq, ack, flags, data))

    def s(seq, flags, ack=0, data=b'', port=40000):
        return on_ethernet(1, ip_tcp(B4, A4, 80, port, seq, ack, flags, data))

    frames = []
    for isn, end in ((1000, FIN), (90000, RST), (90000, FIN), (200000, 0)):
        frames += [c(isn, SYN), s(isn + 500, SYN | ACK, isn + 1), c(isn + 1, ACK, isn + 501), c(isn + 1, PSH | ACK, isn + 501, b'data'),
                   s(isn + 501, ACK, isn + 5)]
        frames += [c(isn + 5, end | ACK, isn + 501)] if end else []
    frames += [c(1005, ACK, 1501, b'late'), s(777777, SYN | ACK, 200001), s(5, SYN), c(6, SYN, port=40001), s(7, SYN, port=40001),
               s(7, SYN | ACK, 7, port=40001), c(9, ACK, 8, b'x', port=40002), c(8, SYN, port=40002), c(50, SYN, port=40002)]
    return pcap(frames)


@capture('tcp_corners.pcap', 'sequence numbers that wrap, clocks that go back, lost and acknowledged-unseen segments, overlaps, probes, '
         'window scale, urgent data, SYN with data, FIN with data, checksum wrong')
def _():
    frames, now = [], [START]

    def seg(d, seq, ack, flags, data=b'', win=1000, options=b'', port=40000, wait=1_000_000):
        a, b, sp, dp = (A4, B4, port, 80) if d == 0 else (B4, A4, 80, port)
        now[0] += wait
        f = on_ethernet(d, ip_tcp(a, b, sp, dp, seq, ack, flags, data, win, options))
        frames.append((f, None, now[0]))

    ws = be('BBHBBBB', 2, 4, 1460, 1, 3, 3, 7)
    top = 0xfffffff0
    seg(0, top, 0, SYN, options=ws)
    seg(1, 5, top + 1, SYN | ACK, options=ws, wait=20_000_000)
    seg(0, top + 1, 6, ACK)
    for i in range(6):
        if i != 2:
            seg(0, top + 1 + 10 * i, 6, PSH | ACK, b'0123456789')
        if i > 2:
            seg(1, 6, top + 21, ACK)
    seg(0, top + 21, 6, ACK, b'0123456789', wait=2_000_000)
    seg(1, 6, top + 61, ACK, win=0)
    seg(0, top + 61, 6, ACK, b'p', wait=200_000_000)
    seg(1, 6, top + 61, ACK, win=0)
    seg(1, 6, top + 61, ACK, win=500)
    seg(0, top + 61, 6, ACK, b'0123456789')
    seg(0, top + 61, 6, ACK, b'0123456789')  # again at once
    seg(0, top + 71, 6, ACK, b'abcdefghij', wait=-5_000_000)  # the clock goes back
    seg(0, top + 66, 6, ACK, b'5678abcdefghijklm', wait=50_000_000)  # overlaps old and new
    seg(1, 6, top + 300, ACK)  # acknowledges what was never seen
    seg(0, top + 400, 6, ACK, b'after a gap')
    seg(0, top + 410, 6, ACK, b'', wait=2_000_000_000)  # keep-alive
    seg(1, 6, top + 411, ACK)
    seg(0, top + 411, 6, ACK | 32, b'urgent')
    seg(0, top + 417, 6, FIN | PSH | ACK, b'last words')
    seg(1, 6, top + 428, FIN | ACK)
    seg(0, top + 428, 7, ACK)
    seg(0, 100, 0, SYN, b'fast open', port=40001)
    seg(1, 900, 110, SYN | ACK, b'and back', port=40001)
    seg(0, 110, 909, RST, port=40001)
    seg(0, 1, 0, 0, b'no flags at all', port=40002)
    seg(0, 1, 0, 0xff, b'all flags', port=40003)
    frames.append((frames[0][0][:-3] + b'zzz', None, now[0]))
    return pcap(frames)


@capture('names.pcap', 'mDNS and SSDP as Wireshark defines them, and packets that look like them; SNMP, TFTP and SOCKS, which shift stream numbers')
def _():
    query = be('6H', 0, 0, 1, 0, 0, 0) + b'\4_ipp\4_tcp\5local\0' + be('HH', 12, 1)
    search = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n'
    snmp = bytes.fromhex('302602010004067075626c6963a019020101020100020100300e300c06082b060102010101000500')
    frames = [ip_udp(A4, '224.0.0.251', 5353, 5353, query), ip_udp(A6, 'ff02::fb', 5353, 5353, query), ip_udp(A4, B4, 5353, 5353, b'junk'),
              ip_udp(A4, B4, 5353, 53, query), ip_udp(A4, B4, 4000, 5353, b''), ip_udp(A4, '239.255.255.250', 4001, 1900, search),
              ip_udp(A4, B4, 4002, 1900, b'junk'), ip_udp(A4, '239.255.255.250', 4003, 1901, search), ip_udp(A4, B4, 5355, 5353, query),
              ip_udp(A6, 'ff02::c', 4004, 1900, search.replace(b'M-SEARCH', b'NOTIFY')), ip_udp(A4, B4, 1900, 4005, b'HTTP/1.1 200 OK\r\n\r\n')]
    frames += [ip_udp(A4, B4, 4010, 161, snmp), ip_udp(B4, A4, 161, 4010, snmp.replace(b'\xa0\x19', b'\xa2\x19')), ip_udp(A4, B4, 4010, 161, snmp),
               ip_udp(A4, B4, 4011, 9999, b'after snmp')]
    frames += [ip_udp(A4, B4, 4020, 69, b'\0\1file\0octet\0'), ip_udp(B4, A4, 7000, 4020, b'\0\3\0\1data'), ip_udp(A4, B4, 4020, 7000, b'\0\4\0\1'),
               ip_udp(B4, A4, 7001, 4020, b'\0\3\0\2data'), ip_udp(A4, B4, 4021, 9999, b'after tftp')]
    c, s = (A4, B4, 4030, 1080), (B4, A4, 1080, 4030)
    frames += [ip_tcp(*c, 0, 0, SYN), ip_tcp(*s, 0, 1, SYN | ACK), ip_tcp(*c, 1, 1, ACK), ip_tcp(*c, 1, 1, PSH | ACK, b'\5\1\0'),
               ip_tcp(*s, 1, 4, PSH | ACK, b'\5\0'), ip_tcp(*c, 4, 3, PSH | ACK, b'\5\1\0\1' + addr('198.51.100.1') + be('H', 80)),
               ip_tcp(*s, 3, 14, PSH | ACK, b'\5\0\0\1' + addr('198.51.100.1') + be('H', 80)), ip_tcp(*c, 14, 13, PSH | ACK, b'GET / HTTP/1.0\r\n\r\n'),
               ip_tcp(A4, B4, 4031, 9999, 0, 0, SYN)]
    return pcap([on_ethernet(0 if f[12:16] == addr(A4) else 1, f) for f in frames])


# ---- HTTP ----------------------------------------------------------------------------------------------------------

def exchange(port, *pieces, server=80):
    """A connection of its own; each piece: from the client (True) or the server, bytes."""
    seq, frames = [1, 1], []
    ends = (A4, B4, port, server), (B4, A4, server, port)
    frames += [on_ethernet(0, ip_tcp(*ends[0], 0, 0, SYN)), on_ethernet(1, ip_tcp(*ends[1], 0, 1, SYN | ACK))]
    for client, data in pieces:
        d = 0 if client else 1
        for at in range(0, len(data), 1000):
            part = data[at:at + 1000]
            frames.append(on_ethernet(d, ip_tcp(*ends[d], seq[d], seq[1 - d], PSH | ACK, part)))
            seq[d] += len(part)
    frames += [on_ethernet(d, ip_tcp(*ends[d], seq[d], seq[1 - d], FIN | ACK)) for d in (1, 0)]
    return frames


def bodies():
    """Heads and bodies of responses."""
    text = b'hello body, hello body, hello body\r\n' * 40
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = {b'gzip': gzip.compress(text, mtime=0), b'deflate': zlib.compress(text), b'x-deflate': raw.compress(text) + raw.flush()}
    chunks = b'5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n'
    yield b'', text
    yield b'', b'a\xc3\xa9\x80\x01\x1f\x7f\tb\0c'
    yield b'', b'\0'
    for name, data in packed.items():
        yield b'Content-Encoding: ' + name + b'\r\n', data
        yield b'Content-Encoding: ' + name.upper() + b'\r\n', data[:30]
        yield b'Content-Encoding: ' + name + b'\r\n', data[:20] + b'\xff\x55\xff' + data[23:]
        yield b'Content-Encoding: ' + name + b'\r\n', data + b'more'
    for name in (b'identity', b'gzip;q=1', b'gzip, deflate', b'none', b''):
        yield b'Content-Encoding: ' + name + b'\r\n', packed[b'gzip']
    for name in (b'identity', b'gzip', b'deflate', b'compress'):
        yield b'Transfer-Encoding: ' + name + b'\r\n', text
    yield None, b'Transfer-Encoding: chunked\r\n\r\n' + chunks
    gz = packed[b'gzip']
    yield None, b'Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n' % (len(gz), gz)
    yield None, b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    yield None, b'\r\nto the end of the connection'


@capture('http_bodies.pcap', 'bodies of HTTP: chunks, trailers, gzip and deflate whole, cut, damaged; codings that are none; text that is not; '
         'what begins with bytes that are no text, with an empty line, with a header')
def _():
    request, frames = b'GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n', []
    for i, (head, body) in enumerate(bodies()):
        tail = body if head is None else head + b'Content-Length: %d\r\n\r\n' % len(body) + body
        frames += exchange(41000 + i, (True, request), (False, b'HTTP/1.1 200 OK\r\n' + tail))
    for i, start in enumerate((b'\0', b'x', b'\t', b'\r\n', b'\n', b'\r\nabc', b'a: b\r\nc', b'abc\r\nd: e\r\n')):
        frames += exchange(42000 + i, (True, start), (True, request))
        frames += exchange(43000 + i, (True, request), (True, start), (True, request))
        frames += exchange(44000 + i, (True, start), (True, request), server=9091)
    return pcap(frames)


# ---- QUIC ----------------------------------------------------------------------------------------------------------

def quic_datagrams(group):
    found, frames = False, []
    for line in open(os.path.join(HERE, 'quic.txt')):
        if line.startswith('['):
            found = line.strip() == f'[{group}]'
        elif found:
            way, client, server, payload = line.split()
            ends = (A4, B4, int(client), int(server)) if way == '>' else (B4, A4, int(server), int(client))
            frames.append(on_ethernet(0 if way == '>' else 1, ip_udp(*ends, bytes.fromhex(payload))))
    return pcap(frames)


@capture('quic_connections.pcap', 'short headers from known, new and wrong places, coalesced packets, padding and cut headers after them')
def _():
    return quic_datagrams('connections')


@capture('quic_frames.pcap', 'CRYPTO frames that overlap, repeat and come too early; closes, acknowledgments, undefined frames')
def _():
    return quic_datagrams('frames')


@capture('quic_pieces.pcap', 'ClientHellos in several Initials, out of order and coalesced')
def _():
    return quic_datagrams('pieces')


@capture('quic_strangers.pcap', 'packets of connections whose start was not seen, version negotiation')
def _():
    return quic_datagrams('strangers')


@capture('quic_heuristic.pcap', 'packets that look like QUIC: versions, lengths of connection IDs, headers cut at every byte')
def _():
    return quic_datagrams('heuristic')


def quic_long(first, target, source, rest, token=b''):
    """A packet with a long header, whose content is not decrypted. IDs are hexadecimal."""
    ids = b''.join(bytes([len(one) // 2]) + bytes.fromhex(one) for one in (target, source))
    return bytes([first]) + be('I', 1) + ids + token + be('H', 0x4000 | len(rest)) + rest


@capture('quic_claims.pcap', 'QUIC connection IDs that several connections claim, as clients, as servers and before the first answer, also '
         'with many connections in between')
def _():
    frames = []

    def sent(way, port, packet):
        ends = (A4, B4, port, 443) if way == '>' else (B4, A4, 443, port)
        frames.append(on_ethernet(0 if way == '>' else 1, ip_udp(*ends, packet)))

    def connect(port, first, client, server):
        sent('>', port, quic_long(0xc4, first, client, b'Z' * 48, b'\0'))
        sent('<', port, quic_long(0xc4, client, server, b'Z' * 48, b'\0'))

    def ask(port, one):
        """One short and one long header, from either side of two new paths and of a path that may be known."""
        for way in '><':
            for at in (port, 60000 + len(frames), 60000 + len(frames)):
                sent(way, at, b'\x41' + bytes.fromhex(one) + b'w' * 40)
            sent(way, 60000 + len(frames), quic_long(0xe1, one, '0f' * 8, b'f' * 30))
            sent(way, 60000 + len(frames), quic_long(0xd1, one, '0f' * 8, b'f' * 30))

    client, server = ['2%d' % i * 4 for i in range(6)], ['9%d' % i * 8 for i in range(6)]
    connect(50000, '1a' * 8, client[0], server[0])
    connect(50001, '1b' * 8, client[0], server[1])
    ask(50000, client[0])
    connect(50000, server[0], client[0], server[0])
    ask(50001, client[0])
    connect(50010, '2a' * 8, client[1], server[2])
    connect(50011, '2b' * 8, client[2], server[2])
    ask(50010, server[2])
    connect(50020, '3a' * 8, client[3], server[3])
    connect(50021, '3a' * 8, client[4], server[4])
    ask(50020, '3a' * 8)
    connect(50030, '4a' * 8, '5a' * 4, server[5])
    connect(50031, '4b' * 8, client[5], '5a' * 4)
    ask(50030, '5a' * 4)
    for i in range(160):
        connect(51000 + i, '%016x' % (i * 0x9e3779b97f4a7c15 % 2**64), '%08x' % (0xe0000000 + i), '%016x' % (i * 0xbf58476d1ce4e5b9 % 2**64 | 1))
        if i % 50 == 7:
            connect(52000 + i, '6a' * 8, client[0], server[2])
    for one in (client[0], server[2], '3a' * 8, '5a' * 4, '6a' * 8):
        ask(50000, one)
    return pcap(frames)


# ---- DTLS ----------------------------------------------------------------------------------------------------------

def dtls_datagrams(datagrams):
    frames = []
    for way, client, server, payload, cut in datagrams:
        ends = (B4, A4, server, client) if way else (A4, B4, client, server)
        frame = on_ethernet(way, ip_udp(*ends, payload))
        frames.append(frame if cut is None else (frame[:len(frame) - len(payload) + cut], len(frame)))
    return pcap(frames)


for part, says in (
        ('recorded', 'openssl s_client and s_server: DTLS 1.2 and 1.0, client certificates, RSA, DHE and PSK, small fragments, fragments '
                     'lost, swapped and repeated'),
        ('heuristic', 'what looks like DTLS: types, versions and lengths of records on ports with and without an owner, CAPWAP'),
        ('fragments', 'handshake messages in fragments: every order, repeated, overlapping, contradicting, too long, empty'),
        ('hellos', 'versions, cookies, messages of every type, bodies cut short'),
        ('extensions', 'extensions of hellos, those of DTLS alone among them'),
        ('connection_ids', 'records that name a connection ID'),
        ('records', 'empty and too long records, all alerts, heartbeats'),
        ('cut', 'datagrams cut by the snap length at every byte')):
    capture(f'dtls_{part}.pcap', says)(lambda make=getattr(dtls, part): dtls_datagrams(make()))


@capture('dtls_quoted.pcap', 'DTLS in the datagrams that ICMP errors quote, whole and cut; fragments of messages there')
def _():
    hello, pieces = dtls.rec(22, dtls.msg(1, dtls.HELLO)), dtls.parts(1, dtls.HELLO, 0, 20, 40)
    data, frames = dtls.rec(23, b'z' * 40), []

    def sent(payload, client, server=40001):
        frames.append(on_ethernet(0, ip_udp(A4, B4, client, server, payload)))

    def quoted(payload, client, server=40001, n=None):
        frames.append(on_ethernet(1, ip4(B4, A4, 1, icmp4(3, 3, bytes(4), ip_udp(A4, B4, client, server, payload)[:n]))))
    sent(hello, 41000)
    quoted(hello, 41000)
    for n in range(28, 100, 3):
        quoted(hello + dtls.ALERT, 41000, n=n)
        quoted(data, 41001, n=n)
        quoted(data, 41002, 5684, n)
    for piece in pieces:
        quoted(piece, 41003)
    for piece in pieces + pieces:
        (sent if len(frames) % 2 else quoted)(piece, 41004)
    quoted(pieces[0], 41005)
    sent(pieces[1], 41005)
    sent(pieces[2], 41005)
    return pcap(frames)


# ---- cipher suites -------------------------------------------------------------------------------------------------

for datagram in (False, True):
    capture('dtls_ciphers.pcap' if datagram else 'tls_ciphers.pcap',
            f'{"DTLS" if datagram else "TLS"} whose payload is not encrypted: suites that Wireshark takes for encrypted all the same, '
            'then those whose payload it dissects')(
                lambda datagram=datagram: pcap(tls_ciphers.frames(dict.fromkeys(tls_ciphers.SEALED + tls_ciphers.PLAIN, ()), datagram)))
    capture('dtls_key_exchanges.pcap' if datagram else 'tls_key_exchanges.pcap',
            f'{"DTLS" if datagram else "TLS"} with suites of each key exchange, and the messages of it')(
                lambda datagram=datagram: pcap(tls_ciphers.frames({s: (k,) for s, k in tls_ciphers.EXCHANGES.items()}, datagram)))


# ---- NTP, DHCP -----------------------------------------------------------------------------------------------------

CLOCK = be('BBBIII', 2, 6, 0xec, 0x0a01, 0x0b02, 0xc0a80001)
TIMES = b''.join(be('II', *pair) for pair in ((0xe0000000, 0x80000000), (0, 0), (0x7fffffff, 0xffffffff), (0x83aa7e80, 5)))


def ntp(mode, version=4, tail=b'', leap=0):
    return be('B', leap << 6 | version << 3 | mode) + CLOCK + TIMES + tail


@capture('ntp.pcap', 'NTP of all versions and modes of clocks, with and without keys and digests, on several ports, over IPv6 and UDP-Lite, '
         'quoted by ICMP, cut at every byte')
def _():
    packets = [ip_udp(A4, B4, 123, 123, ntp(mode, version, leap=mode % 4)) for version in range(8) for mode in range(6)]
    packets += [ip_udp(A6, B6, 40000, 123, ntp(3)), ip_udp(B6, A6, 123, 40000, ntp(4))]
    packets += [ip_udp(A4, B4, 40001, 123, ntp(3, tail=bytes(range(n)))) for n in range(1, 40)]
    packets += [ip_udp(A4, B4, 40001, 123, ntp(3)[:n]) for n in range(1, 48)]
    packets += [ip_udp(A4, B4, *ports, ntp(3)) for ports in ((123, 1900), (1900, 123), (53, 123), (123, 124), (124, 125))]
    packets += [ip4(A4, B4, 136, udp(A4, B4, 123, 123, ntp(3), length=8, proto=136)),
                ip4(A4, B4, 17, udp(A4, B4, 123, 123, ntp(3) + b'tail', length=56))]
    quote = ip_udp(A4, B4, 40002, 123, ntp(3, tail=be('I', 1) + bytes(16)))
    packets += [ip4(B4, A4, 1, icmp4(3, 3, bytes(4), quote[:n])) for n in (28, 29, 32, 60, 76, 80, 84, 96)]
    whole = on_ethernet(0, quote)
    return pcap([on_ethernet(0, p) for p in packets] + [(whole[:n], len(whole)) for n in range(42, len(whole))])


@capture('ntp_others.pcap', 'NTP: an extension, a control message, a private one, NTP over TCP')
def _():
    extension = be('HH', 0x0104, 28) + bytes(24)
    packets = [ip_udp(A4, B4, 40000, 123, ntp(3)), ip_udp(A4, B4, 40000, 123, ntp(3, tail=extension)),
               ip_udp(A4, B4, 40000, 123, be('BBHHHHH', 0x16, 2, 1, 0, 0, 0, 0)), ip_udp(A4, B4, 40000, 123, be('BBBB', 0x17, 0, 3, 42) + bytes(4)),
               ip_tcp(A4, B4, 40001, 123, 1, 1, PSH | ACK, ntp(3))]
    return pcap([on_ethernet(0, p) for p in packets])


def bootp(op=1, options=b'', hardware=(1, 6), secs=0, server=b'', file=b'', cookie=b'\x63\x82\x53\x63'):
    return (be('BBBBIHH', op, *hardware, 0, 0x12345678, secs, 0x8000) + addr('0.0.0.0') + addr('10.0.0.9') + addr(B4) + bytes(4)
            + (MAC_A + bytes(range(10))) + server.ljust(64, b'\0') + file.ljust(128, b'\0') + cookie + options)


def options(*pairs, end=b'\xff'):
    return b''.join(be('BB', code, len(value)) + value for code, value in pairs) + end


def of_client(message, *ports):
    return on_ethernet(0, ip_udp('0.0.0.0', '255.255.255.255', *(ports or (68, 67)), message))


@capture('dhcp.pcap', 'DHCP: an exchange; every option with several lengths; BOOTP, hardware addresses, padding, strings, ports; cut and '
         'short ones')
def _():
    kind, client = (lambda n: (53, bytes([n]))), (61, b'\1' + MAC_A)
    lease = [(54, addr(B4)), (51, be('I', 3600)), (58, be('I', 1800)), (59, be('I', 3150)), (1, addr('255.255.255.0')), (3, addr(B4)),
             (6, addr(B4) + addr('9.9.9.9')), (15, b'example.net'), (121, b'\x18\x0a\1\2' + addr(B4) + b'\0' + addr(B4))]
    asks = [(12, b'host'), (60, b'vendor 5.0'), (55, bytes([1, 3, 6, 15, 121, 252])), (57, be('H', 1500)), (81, b'\0\0\0host.example.net')]
    frames = [of_client(bootp(1, options(kind(1), client, (50, addr('10.0.0.9')), *asks) + bytes(40))),
              of_client(bootp(2, options(kind(2), *lease)), 67, 68),
              of_client(bootp(1, options(kind(3), client, (50, addr('10.0.0.9')), (54, addr(B4)), *asks))),
              of_client(bootp(2, options(kind(5), *lease, end=b'\0\0\xff')), 67, 68)]
    parts = {43, 52, 60, 61, 63, 77, 78, 79, 81, 82, 83, 90, 94, 99, 117, 119, 120, 121, 122, 123, 124, 125, 146, 151, 152, 154, 155,
             158, 159, 212, 242, 249}
    for code in sorted(set(range(1, 255)) - parts):
        frames.append(of_client(bootp(1, options(kind(1), *((code, bytes(range(65, 65 + n))) for n in (1, 2, 4, 9))))))
    for value in (b'', b'\0', b'\0x', b'\1' + MAC_A, b'\6' + MAC_A, b'\2' + MAC_A, b'\x40' + MAC_A, b'\0' + bytes(16), b'\0' + bytes(6),
                  b'\xff' + bytes(4) + be('HHI', 1, 1, 7) + MAC_A, b'\xff' + bytes(4) + be('H', 4) + bytes(16)):
        frames += [of_client(bootp(1, options(kind(3), (61, value)))), of_client(bootp(1, options(kind(3), (97, value))))]
    frames += [of_client(bootp(1, options(kind(3), pair))) for pair in
               ((43, b'\1\2\3\4'), (60, b''), (81, b'\0\0'), (81, b'\xf1\1\2'), (81, b'\0\0\0a\0b'), (94, b'\1\2\3'), (94, b'\0\2\3'),
                (121, b'\0'), (249, b'\x20' + addr(A4) + addr(B4)), (12, b'\xc3\xa9\0x'), (15, b'a\tb'), (12, b''))]
    frames += [of_client(bootp(1, options(kind(1)), hardware)) for hardware in
               ((1, 0), (1, 5), (1, 16), (1, 17), (1, 254), (6, 6), (0, 6), (32, 0), (255, 16))]
    frames += [of_client(bootp(op, options(kind(1)), secs=secs)) for op, secs in ((0, 1), (3, 255), (1, 256), (2, 257), (1, 0xff00))]
    frames += [of_client(bootp(1, rest, server=b'server\0x', file=b'fil\xe9')) for rest in
               (b'', b'\xff', b'\0', b'\0\0\xff\1\2', options((12, b'host')), options(kind(1), end=b''))]
    frames += [of_client(bootp(1, options(kind(1))), *ports) for ports in ((68, 68), (67, 67), (40000, 68), (53, 67), (69, 67))]
    frames += [of_client(bootp(1)[:n]) for n in range(1, 236)] + [of_client(bootp(2)[:n]) for n in (1, 2, 3, 4, 30, 44, 235)]
    whole = of_client(bootp(1, options(kind(1)) + bytes(20)))
    return pcap(frames + [(whole[:n], len(whole)) for n in range(len(whole) - 20, len(whole))])


@capture('dhcp_others.pcap', 'DHCP: options with suboptions, overload, options and messages that end too early')
def _():
    kind = (53, b'\1')
    frames = [of_client(bootp(1, options(kind, pair))) for pair in
              ((12, b'host'), (82, b'\1\2ab'), (52, b'\1'), (81, b'\4\0\0\4host\0'), (119, b'\3foo\0'), (60, b'docsis1.1:05'), (121, b'\x21' + bytes(9)),
               (77, b'\2ab'), (94, b'\1'), (125, be('IB', 9, 2) + b'\1\0'))]
    frames += [of_client(bootp(1, rest)) for rest in (options((53, b'')), options(kind, end=b'\x0c\x08abc'), options(kind, end=b'\x0c'),
                                                      options(kind, (60, b'PXEClient'), (43, b'\6\1\x0b\xff')))]
    frames += [of_client(bootp(1, cookie=b'abcd')), of_client(bootp(1, b'x' * 80, cookie=b'abcd')), of_client(bootp(1)[:238]),
               of_client(b'no DHCP', 4011, 9999), of_client(bootp(1, options(kind)), 4011, 4011)]
    whole = of_client(bootp(2, options(kind, (12, b'host'))))
    return pcap(frames + [(whole[:n], len(whole)) for n in range(42, len(whole), 13)])


# ---- damage --------------------------------------------------------------------------------------------------------

@capture('malformed.pcap', 'headers with wrong values: lengths too small and too large, versions, offsets, cut options, IPv6 length 0, frames of 0 to '
         '13 bytes, an IPv4 length of 0 as TSO leaves it')
def _():
    t = tcp(A4, B4, 1, 2, 10, 20, PSH | ACK, b'payload of thirty bytes, right')
    u = udp(A4, B4, 3, 4, b'payload')
    p4 = [ip4(A4, B4, 6, t[:12] + bytes([0x40]) + t[13:]), ip4(A4, B4, 6, t[:12] + b'\0' + t[13:]), ip4(A4, B4, 6, t[:12] + b'\xf0' + t[13:]),
          ip4(A4, B4, 6, t, ihl=4), ip4(A4, B4, 6, t, ihl=15), ip4(A4, B4, 6, t, length=19), ip4(A4, B4, 6, t, length=20),
          ip4(A4, B4, 6, t, length=38), ip4(A4, B4, 6, t, length=2000), ip4(A4, B4, 6, t, length=0), ip4(A4, B4, 6, t, version=5),
          ip4(A4, B4, 6, t, version=6), ip4(A4, B4, 6, t, version=0), ip4(A4, B4, 6, b''), ip4(A4, B4, 17, b'\0\1\0'),
          ip4(A4, B4, 17, u[:4] + be('H', 7) + u[6:]), ip4(A4, B4, 17, u[:4] + be('H', 0) + u[6:]), ip4(A4, B4, 17, u[:4] + be('H', 500) + u[6:]),
          ip4(A4, B4, 17, u[:4] + be('H', 10) + u[6:]), ip4(A4, B4, 17, u, options=b'\7\x0b\4' + bytes(9)), ip4(A4, B4, 17, u, options=b'\x44\0\0\0'),
          ip4(A4, B4, 17, u, frag=0x8000), ip4(A4, B4, 6, tcp(A4, B4, 5, 6, 1, 1, ACK, b'x', options=b'\2\4\5\xb4\3\0\1\1')),
          ip4(A4, B4, 6, tcp(A4, B4, 5, 6, 1, 1, ACK, b'x', options=b'\x08\x0a\0\0\0\1\0\0'))]
    p6 = [ip6(A6, B6, 17, udp(A6, B6, 3, 4, b'x'), length=0), ip6(A6, B6, 17, udp(A6, B6, 3, 4, b'x'), length=4),
          ip6(A6, B6, 17, udp(A6, B6, 3, 4, b'x'), length=900), ip6(A6, B6, 17, udp(A6, B6, 3, 4, b'x', length=0)),
          ip6(A6, B6, 17, udp(A6, B6, 3, 4, b'x', length=5)), ip6(A6, B6, 0, be('BBBBI', 17, 0, 0xc2, 4, 70000) + udp(A6, B6, 3, 5, b'jumbogram', length=0), length=0)]
    good = on_ethernet(0, ip_udp(A4, B4, 3, 4, b'whole'))
    return pcap([on_ethernet(0, p) for p in p4 + p6] + [good[:n] for n in (0, 1, 13, 14)] + [on_ethernet(0, p4[0])[:12] + be('H', 0x0800), good])


@capture('tso.pcap', 'large segments as captured on the sending host: IPv4 total length 0, IPv6 payload length 0, frames of 20 kB')
def _():
    big = bytes(range(256)) * 80
    return pcap([on_ethernet(0, ip4(A4, B4, 6, tcp(A4, B4, 1, 2, 1, 1, PSH | ACK, big), length=0)),
                 on_ethernet(1, ip_tcp(B4, A4, 2, 1, 1, 20481, ACK)),
                 on_ethernet(0, ip6(A6, B6, 6, tcp(A6, B6, 1, 2, 1, 1, PSH | ACK, big), length=0)),
                 on_ethernet(0, ip_tcp(A4, B4, 1, 2, 20481, 1, PSH | ACK, b'normal'))])


@capture('snap.pcap', 'one packet of each kind cut by the snap length at every byte of its headers')
def _():
    kinds = [ip_tcp(A4, B4, 1, 2, 1, 1, PSH | ACK, b'twelve bytes', options=b'\1\1\x08\x0a' + bytes(8)), ip_udp(A6, B6, 1, 2, b'eight by'),
             gre(0, ip_udp(A4, B4, 7, 8, b'in gre'))[14:]]
    return pcap([(on_ethernet(0, p)[:n], 14 + len(p)) for p in kinds for n in range(12, 15 + len(p))], snaplen=100)


@capture('snap_flow.pcap', 'a connection of 1,400-byte segments captured with 60 bytes each')
def _():
    frames = [on_ethernet(0, ip_tcp(A4, B4, 1, 2, 0, 0, SYN)), on_ethernet(1, ip_tcp(B4, A4, 2, 1, 0, 1, SYN | ACK))]
    frames += [on_ethernet(0, ip_tcp(A4, B4, 1, 2, 1 + 1400 * i, 1, ACK, bytes(1400))) for i in range(6)]
    return pcap([(f[:60], len(f)) for f in frames], snaplen=60)


# ---- file formats --------------------------------------------------------------------------------------------------

def plain_frames():
    return both(on_ethernet)


FORMATS = {
    'pcap_us_little': ('<', 0xa1b2c3d4, b''), 'pcap_us_big': ('>', 0xa1b2c3d4, b''), 'pcap_ns_little': ('<', 0xa1b23c4d, b''),
    'pcap_ns_big': ('>', 0xa1b23c4d, b''), 'pcap_modified_little': ('<', 0xa1b2cd34, bytes([1, 0, 0, 0, 8, 0, 4, 0])),
    'pcap_modified_big': ('>', 0xa1b2cd34, bytes([0, 0, 0, 1, 0, 8, 4, 0])),
}
for name, (order, magic, extra) in FORMATS.items():
    capture(f'format_{name}.pcap', 'the conversation in this form of pcap: ' + name.replace('_', ' '))(
        lambda order=order, magic=magic, extra=extra: pcap(plain_frames(), 1, order, magic, extra=extra))


@capture('format_fcs_link.pcap', 'a link field with the FCS bits of pcap set (4 bytes of FCS behind each frame)')
def _():
    return pcap([f + b'\xde\xad\xbe\xef' for f in plain_frames()], 1 | 0x04000000 | 2 << 28)


def ng(order, frames=None):
    out = [section(order, options=option(4, b'made by hand', order) + option(0, b'', order)), interface(1, order, name=b'eth0')]
    for ns, data, _ in stamped(frames or plain_frames()):
        out.append(enhanced(0, ns // 1000, data, order))
    return b''.join(out)


capture('format_pcapng_little.pcapng', 'one section, one interface, little endian')(lambda: ng('<'))
capture('format_pcapng_big.pcapng', 'the same, big endian')(lambda: ng('>'))


@capture('format_pcapng_sections.pcapng', 'three sections: little endian, big endian, little endian with a stated length; stream numbers continue')
def _():
    frames = [on_ethernet(d, p) for d, p in talk()]
    last = interface(1) + b''.join(enhanced(0, START // 1000 + 10**6 + i, on_ethernet(d, p)) for i, (d, p) in enumerate(talk(port=40009)))
    return ng('<', frames[:6]) + ng('>', frames[6:]) + section('<', len(last)) + last


@capture('format_pcapng_interfaces.pcapng', 'interfaces of four link types and clocks: microseconds, nanoseconds, 2^-20 s, seconds with offset; '
         'one of them unknown')
def _():
    out = [section(), interface(1), interface(101, resolution=9), interface(113, resolution=0x94, name=b'any'),
           interface(1, resolution=0, offset=1_600_000_000), interface(147)]
    forms = [(on_ethernet, lambda ns: ns // 1000), (lambda d, p: p, lambda ns: ns), (sll, lambda ns: (ns << 20) // 10**9),
             (on_ethernet, lambda ns: ns // 10**9 - 1_600_000_000), (lambda d, p: p, lambda ns: ns // 1000)]
    for i, (d, p) in enumerate(talk() + talk(True) + talk(port=40003)):
        wrap, clock = forms[i % 5]
        out.append(enhanced(i % 5, clock(START + i * STEP), wrap(d, p)))
    return b''.join(out)


@capture('format_pcapng_blocks.pcapng', 'every kind of block: simple and old packets, names, statistics, secrets, unknown; packet options')
def _():
    data = [on_ethernet(d, p) for d, p in talk()]
    us = START // 1000
    old = struct.pack('<HHIIII', 0, 0xffff, us >> 32, us & 0xffffffff, len(data[1]), len(data[1])) + data[1]
    names = struct.pack('<HH', 1, 4 + 9) + addr(A4) + b'client.x\0' + b'\0\0\0' + struct.pack('<HH', 0, 0)
    return b''.join([
        section(), interface(1, snaplen=70), block(4, names), enhanced(0, us, data[0]), block(2, old),
        block(3, struct.pack('<I', len(data[2])) + data[2][:70]), block(5, struct.pack('<III', 0, us >> 32, us & 0xffffffff)),
        block(10, struct.pack('<II', 0x544c534b, 6) + b'CLIENT'),
        block(0x7777, b'nobody knows this block'), enhanced(0, us + 5, data[3], options=option(1, b'a comment') + option(2, b'\1\0\0\0') + option(0, b'')),
        *(enhanced(0, us + 10 + i, f) for i, f in enumerate(data[4:]))])


@capture('format_pcapng_custom.pcapng', 'custom blocks amid the packets: tshark 4.0 counts each as a frame without time or protocol')
def _():
    parts = [enhanced(0, START // 1000 + i, on_ethernet(d, p)) for i, (d, p) in enumerate(talk())]
    custom = [block(kind, struct.pack('<I', 32473) + b'custom') for kind in (0xbad, 0x40000bad)]
    return section() + interface(1) + b''.join(parts[:4] + custom[:1] + parts[4:7] + custom[1:] + parts[7:])


def compressed(command):
    return lambda: subprocess.run(command, input=pcap(plain_frames()), stdout=subprocess.PIPE, check=True).stdout


capture('format_gz.pcap.gz', 'gzip')(lambda: gzip.compress(pcap(plain_frames()), mtime=0))
capture('format_bz2.pcap.bz2', 'bzip2')(lambda: bz2.compress(pcap(plain_frames())))
capture('format_xz.pcap.xz', 'xz')(lambda: lzma.compress(pcap(plain_frames())))
capture('format_zst.pcap.zst', 'zstd')(compressed(['zstd', '-q', '-c']))
capture('format_lz4.pcap.lz4', 'lz4')(compressed(['lz4', '-q', '-c']))
capture('format_gz_members.pcapng', 'gzip of two members, pcapng inside, under a name that says nothing of it')(
    lambda: gzip.compress(ng('<')[:900], mtime=0) + gzip.compress(ng('<')[900:], mtime=0))
capture('cut_record.pcap', 'ends in the middle of a packet')(lambda: pcap(plain_frames())[:-20])
capture('cut_header.pcap', 'ends in the middle of a record header')(lambda: pcap(plain_frames() + [b''])[:-5])
capture('cut_block.pcapng', 'ends in the middle of a block')(lambda: ng('<')[:-30])
capture('cut_gz.pcap.gz', 'the gzip stream ends early')(lambda: gzip.compress(pcap(plain_frames()), mtime=0)[:-60])
capture('bad_length.pcap', 'after six packets a record length that cannot be')(
    lambda: pcap(plain_frames()[:6]) + struct.pack('<IIII', START // 10**9, 0, 0x7fffffff, 60) + bytes(60))
capture('bad_block.pcapng', 'after some packets a block length that is no multiple of four')(
    lambda: ng('<', plain_frames()[:6]) + struct.pack('<II', 6, 33) + bytes(25))
capture('bad_interface.pcapng', 'a packet of an interface that was never described')(
    lambda: ng('<', plain_frames()[:6]) + enhanced(3, START // 1000, plain_frames()[6]))
capture('bad_empty.pcap', 'no byte at all')(lambda: b'')
capture('bad_text.pcap', 'not a capture')(lambda: b'This is a text file with the name of a capture.\n' * 3)
capture('bad_no_packets.pcap', 'a file header and no packet')(lambda: pcap([]))


# ---- out -----------------------------------------------------------------------------------------------------------

def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else HERE
    for name, (_, build) in CASES.items():
        with open(os.path.join(folder, name), 'wb') as out:
            out.write(build())
    with open(os.path.join(HERE, 'RECORDED.md')) as recorded, open(os.path.join(folder, 'MANIFEST.md'), 'w') as out:
        out.write(recorded.read().rstrip('\n') + '\n\n## Built by make_built.py\n\n| file | what it holds |\n|---|---|\n')
        for name in sorted(CASES):
            out.write(f'| {name} | {CASES[name][0]} |\n')


if __name__ == '__main__':
    main()
