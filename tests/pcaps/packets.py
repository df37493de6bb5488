"""Words to build packets with: every function takes and gives bytes, checksums are right unless a case says otherwise."""
import ipaddress
import struct

A4, B4, A6, B6 = '10.1.0.1', '10.2.0.2', '2001:db8::a', '2001:db8::b'
MAC_A, MAC_B = bytes.fromhex('020000000a01'), bytes.fromhex('020000000b02')
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def be(fmt, *values):
    return struct.pack('>' + fmt, *values)


def addr(text):
    return ipaddress.ip_address(text).packed


def checksum(data):
    data += b'\0' * (len(data) & 1)
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(src, dst, proto, length):
    return addr(src) + addr(dst) + be('II', length, proto)


def ip4(src, dst, proto, body, ident=1, frag=0, ttl=64, options=b'', length=None, ihl=None, version=4, tos=0):
    n = 20 + len(options)
    head = be('BBHHHBBH', version << 4 | (n // 4 if ihl is None else ihl), tos, n + len(body) if length is None else length,
              ident, frag, ttl, proto, 0) + addr(src) + addr(dst) + options
    return head[:10] + be('H', checksum(head)) + head[12:] + body


def ip6(src, dst, nxt, body, hops=64, length=None, label=0):
    return be('IHBB', 6 << 28 | label, len(body) if length is None else length, nxt, hops) + addr(src) + addr(dst) + body


def udp(src, dst, sport, dport, data, length=None, proto=17):
    n = 8 + len(data)
    head = be('HHHH', sport, dport, n if length is None else length, 0)
    return head[:6] + be('H', checksum(pseudo(src, dst, proto, n) + head + data) or 0xffff) + data


def tcp(src, dst, sport, dport, seq, ack, flags, data=b'', win=8192, options=b'', doff=None):
    head = be('HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff,
              (5 + len(options) // 4 if doff is None else doff) << 4, flags, win, 0, 0) + options
    check = checksum(pseudo(src, dst, 6, len(head) + len(data)) + head + data)
    return head[:16] + be('H', check) + head[18:] + data


def icmp4(kind, code, rest, body):
    m = be('BBH', kind, code, 0) + rest + body
    return m[:2] + be('H', checksum(m)) + m[4:]


def icmp6(src, dst, kind, code, rest, body):
    m = be('BBH', kind, code, 0) + rest + body
    return m[:2] + be('H', checksum(pseudo(src, dst, 58, len(m)) + m)) + m[4:]


def ip(src, dst, proto, body, **kw):
    return (ip6 if ':' in src else ip4)(src, dst, proto, body, **kw)


def ip_udp(src, dst, sport, dport, data, **kw):
    return ip(src, dst, 17, udp(src, dst, sport, dport, data), **kw)


def ip_tcp(src, dst, sport, dport, seq, ack, flags, data=b'', win=8192, options=b'', **kw):
    return ip(src, dst, 6, tcp(src, dst, sport, dport, seq, ack, flags, data, win, options), **kw)


def ethernet(direction, kind, body, pad=False):
    """direction 0: A to B."""
    src, dst = (MAC_A, MAC_B) if direction == 0 else (MAC_B, MAC_A)
    frame = dst + src + be('H', kind) + body
    return frame.ljust(60, b'\0') if pad else frame


def ethertype(packet):
    return 0x86dd if packet[0] >> 4 == 6 else 0x0800


def on_ethernet(direction, packet):
    return ethernet(direction, ethertype(packet), packet)


def talk(six=False, port=40001, a=None, b=None):
    """A small conversation, as (direction, IP packet): a whole TCP connection and a UDP question with its answer."""
    a, b = a or (A6 if six else A4), b or (B6 if six else B4)
    c, s = 1000, 0xfffffff0  # the server's numbers wrap around
    mss = be('BBH', 2, 4, 1400)

    def up(seq, ack, flags, data=b'', options=b''):
        return 0, ip_tcp(a, b, port, 7777, c + seq, s + ack if flags & ACK else 0, flags, data, options=options)

    def down(seq, ack, flags, data=b'', options=b''):
        return 1, ip_tcp(b, a, 7777, port, s + seq, c + ack, flags, data, options=options)

    return [up(0, 0, SYN, options=mss), down(0, 1, SYN | ACK, options=mss), up(1, 1, ACK),
            up(1, 1, PSH | ACK, b'how many packets?\n'), down(1, 19, ACK), down(1, 19, PSH | ACK, b'twelve, with the datagrams\n'),
            up(19, 28, ACK), up(19, 28, FIN | ACK), down(28, 20, FIN | ACK), up(20, 29, ACK),
            (0, ip_udp(a, b, port, 6666, b'question')), (1, ip_udp(b, a, 6666, port, b'a longer answer'))]


# ---- capture files -------------------------------------------------------------------------------------------------

START = 1_700_000_000 * 10**9
STEP = 10_000_123


def stamped(frames, start=START, step=STEP):
    """Frames are bytes, or (bytes, length on the wire), or (bytes, length, ns)."""
    for i, f in enumerate(frames):
        data, length, ns = ((f, None, None) if isinstance(f, bytes) else (*f, None))[:3]
        yield start + i * step if ns is None else ns, data, len(data) if length is None else length


def pcap(frames, link=1, order='<', magic=0xa1b2c3d4, snaplen=262144, extra=b''):
    unit = 1 if magic == 0xa1b23c4d else 1000
    out = [struct.pack(order + 'IHHiIII', magic, 2, 4, 0, 0, snaplen, link)]
    for ns, data, length in stamped(frames):
        out += [struct.pack(order + 'IIII', ns // 10**9, ns % 10**9 // unit, len(data), length), extra, data]
    return b''.join(out)


def block(kind, body, order='<'):
    body += b'\0' * (-len(body) % 4)
    return struct.pack(order + 'II', kind, 12 + len(body)) + body + struct.pack(order + 'I', 12 + len(body))


def option(code, value, order='<'):
    return struct.pack(order + 'HH', code, len(value)) + value + b'\0' * (-len(value) % 4)


def section(order='<', length=-1, options=b''):
    return block(0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, length) + options, order)


def interface(link, order='<', snaplen=0, resolution=None, offset=None, name=None):
    options = b''
    if name:
        options += option(2, name, order)
    if resolution is not None:
        options += option(9, bytes([resolution]), order)
    if offset is not None:
        options += option(14, struct.pack(order + 'q', offset), order)
    if options:
        options += option(0, b'', order)
    return block(1, struct.pack(order + 'HHI', link, 0, snaplen) + options, order)


def enhanced(number, ticks, data, order='<', length=None, options=b''):
    head = struct.pack(order + 'IIIII', number, ticks >> 32, ticks & 0xffffffff, len(data), length or len(data))
    return block(6, head + data + b'\0' * (-len(data) % 4) + options, order)
