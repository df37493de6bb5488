"""Conversations of TLS and DTLS, one for each cipher suite: what lies behind the change of cipher is sent as it is, with a
message authentication code at its end, and so can be dissected when the suite does not encrypt."""
import dtls
from packets import A4, ACK, B4, PSH, SYN, be, ip_tcp, ip_udp, on_ethernet

CODE = bytes(range(0xa0, 0xd0))  # 48 bytes: the longest code of a suite; of shorter ones, a part counts as data
REQUEST = b'GET / HTTP/1.0\r\n\r\n'
# Wireshark 4.0 dissects the payload of these without keys
PLAIN = (0x0001, 0x0002, 0x002c, 0x002d, 0x002e, 0x003b, 0x00b0, 0x00b1, 0x00b4, 0x00b5, 0x00b8, 0x00b9, 0xc001, 0xc006, 0xc00b,
         0xc010, 0xc015, 0xc039, 0xc03a, 0xc03b)
# They do not encrypt either, or have a number near to one that does not; Wireshark 4.0 takes all of them for encrypted
SEALED = (0x0000, 0x0003, 0x002f, 0x0047, 0x0082, 0x0083, 0x0084, 0x00af, 0x00b2, 0x00b7, 0xc000, 0xc002, 0xc038, 0xc03c, 0xc0b4,
          0xc0b5, 0xc100, 0xc101, 0xc102)
# Bodies of key exchange messages: an elliptic curve, a group and an RSA key, with a signature; a lone vector
SIGNATURE = be('HHB', 0x0401, 1, 0x22)
CURVE_KEY = be('BHBB', 3, 23, 1, 0x11) + SIGNATURE
GROUP_KEY = be('HBHBHB', 1, 0x11, 1, 0x12, 1, 0x13) + SIGNATURE
RSA_KEY = be('HBHB', 1, 0x11, 1, 0x12) + SIGNATURE
LONE_KEY = be('HB', 1, 0x11)
CLIENT_KEY = be('HBHB', 1, 0x14, 1, 0x15)
# Suites of each key exchange: RSA, DH, DHE, DH without certificates, ECDHE, ECDH, ECDH without certificates, PSK, PSK and more
# than a hint, DHE and PSK, RSA and PSK, ECDHE and PSK, ARIA, TLS 1.3
EXCHANGES = {0x002f: RSA_KEY, 0x0030: GROUP_KEY, 0x0033: GROUP_KEY, 0x0034: GROUP_KEY, 0xc013: CURVE_KEY, 0xc004: CURVE_KEY,
             0xc018: CURVE_KEY, 0x008c: LONE_KEY, 0x008d: GROUP_KEY, 0x0090: GROUP_KEY, 0x0094: LONE_KEY, 0xc035: CURVE_KEY,
             0xc03c: GROUP_KEY, 0x1301: GROUP_KEY}


class Stream:
    """Makes the records of both sides; of DTLS, with numbers of their own."""

    def __init__(self, datagram):
        self.datagram, self.epoch, self.number = datagram, [0, 0], [0, 0]

    def record(self, way, kind, body):
        if not self.datagram:
            return be('BHH', kind, 0x0303, len(body)) + body
        made = dtls.rec(kind, body, epoch=self.epoch[way], seq=self.number[way])
        self.number[way] += 1
        return made

    def message(self, way, kind, body, code=b''):
        made = dtls.msg(kind, body) if self.datagram else bytes([kind]) + dtls.u24(len(body)) + body
        return self.record(way, 22, made + code)

    def change(self, way):
        made = self.record(way, 20, b'\1')
        self.epoch[way], self.number[way] = 1, 0
        return made


def conversation(suite, datagram, keys=()):
    """[(way, payload)]: both hellos, key exchange messages of the server and the client, change of cipher, Finished (TLS), a
    request, an alert."""
    version = 0xfefd if datagram else 0x0303
    s, up, down = Stream(datagram), dtls.UP, dtls.DOWN
    hello = be('H', version) + bytes(range(32)) + b'\0' + b'\0' * datagram + be('HH', 2, suite) + b'\1\0'
    talk = [(up, s.message(up, dtls.CLIENT_HELLO, hello)),
            (down, s.message(down, dtls.SERVER_HELLO, dtls.server_hello(version, cipher=suite)))]
    talk += [(down, s.message(down, dtls.SERVER_KEY, body)) for body in keys]
    if keys:
        talk += [(up, s.message(up, dtls.CLIENT_KEY, CLIENT_KEY))]
    talk += [(way, s.change(way)) for way in (up, down)]
    if not datagram:
        talk += [(way, s.message(way, dtls.FINISHED, bytes(range(12)), CODE)) for way in (up, down)]
    return talk + [(up, s.record(up, 23, REQUEST + CODE)), (up, s.record(up, 21, b'\1\0' + CODE))]


def frames(suites, datagram):
    """The frames of a conversation for each suite, from client port 20000 on; suites: {suite: keys}."""
    found = []
    for client, (suite, keys) in enumerate(suites.items(), 20000):
        talk, sent = conversation(suite, datagram, keys), [1, 1]
        if not datagram:
            found += [on_ethernet(0, ip_tcp(A4, B4, client, 443, 0, 0, SYN)), on_ethernet(1, ip_tcp(B4, A4, 443, client, 0, 1, SYN | ACK))]
        for way, payload in talk:
            ends = (B4, A4, 40001 if datagram else 443, client) if way else (A4, B4, client, 40001 if datagram else 443)
            packet = (ip_udp(*ends, payload) if datagram else
                      ip_tcp(*ends, sent[way], sent[1 - way], PSH | ACK, payload))
            found.append(on_ethernet(way, packet))
            sent[way] += len(payload)
    return found
