"""DTLS datagrams, well made and badly made: the words for records, messages and hellos, and lists of
(direction, client port, server port, payload, captured bytes or None)."""
import os
import random

from packets import be

HERE = os.path.dirname(os.path.abspath(__file__))
UP, DOWN = 0, 1
CLIENT_HELLO, SERVER_HELLO, VERIFY, TICKET, RETRY, CERTIFICATE, SERVER_KEY, REQUEST, DONE, CHECK, CLIENT_KEY, FINISHED = \
    1, 2, 3, 4, 6, 11, 12, 13, 14, 15, 16, 20


def u24(n):
    return n.to_bytes(3, 'big')


def rec(kind, body, version=0xfefd, epoch=0, seq=0, length=None):
    return be('BHHHIH', kind, version, epoch, seq >> 32, seq & 0xffffffff, len(body) if length is None else length) + body


def msg(kind, body=b'', number=0, offset=0, size=None, length=None):
    return (bytes([kind]) + u24(len(body) if length is None else length) + be('H', number) + u24(offset)
            + u24(len(body) if size is None else size) + body)


def parts(kind, body, number, *cuts):
    edges = [0, *cuts, len(body)]
    return [rec(22, msg(kind, body[a:b], number, a, length=len(body))) for a, b in zip(edges, edges[1:])]


def ext(kind, body=b''):
    return be('HH', kind, len(body)) + body


def client_hello(version=0xfefd, exts=b'', cookie=b'', ciphers=(0xc02b, 0xc02f)):
    body = be('H', version) + bytes(range(32)) + b'\0' + bytes([len(cookie)]) + cookie + be('H', 2 * len(ciphers))
    return body + b''.join(be('H', c) for c in ciphers) + b'\1\0' + (be('H', len(exts)) + exts if exts else b'')


def server_hello(version=0xfefd, exts=b'', cipher=0xc02b):
    body = be('H', version) + bytes(range(32, 64)) + b'\0' + be('H', cipher) + b'\0'
    return body + (be('H', len(exts)) + exts if exts else b'')


GROUPS = ext(10, b'\0\2\0\x17')
HELLO, ANSWER, ALERT = client_hello(exts=GROUPS), server_hello(), rec(21, b'\1\0')


class Talk:
    """Collects datagrams; each new conversation has a client port of its own."""

    def __init__(self):
        self.found, self.port = [], 41000

    def new(self, *datagrams, server=40001):
        self.port += 1
        for d in datagrams:
            self.add(d, server)

    def add(self, d, server=40001):
        way, payload, cut = d if len(d) == 3 else (*d, None)
        self.found.append((way, self.port, server, payload, cut))


def up(payload):
    return UP, payload


def down(payload):
    return DOWN, payload


def recorded():
    for line in open(os.path.join(HERE, 'dtls.txt')):
        if line[0] in '<>':
            way, client, server, payload = line.split()
            yield UP if way == '>' else DOWN, int(client), int(server), bytes.fromhex(payload), None


def heuristic():
    t, data = Talk(), b'\1' * 40
    for kind in (19, 20, 21, 22, 23, 24, 25, 26, 64):
        t.new(up(rec(kind, data)))
    for version in (0xfeff, 0xfefe, 0xfefd, 0xfefc, 0x0100, 0x0101, 0x0303, 0x0304):
        t.new(up(rec(23, data, version)))
    odd = [rec(23, data, length=41), rec(23, data) + b'x', rec(23, data) + b'x' * 13, rec(23, data) + rec(99, b'x'),
           rec(23, data) + rec(22, b'x', 0x303), rec(23, b''), rec(23, b'') + rec(23, b'a'), rec(23, b'')[:12],
           rec(22, b'\xff' * 60), rec(23, b'\1' * 20000), rec(23, data, epoch=9, seq=1 << 47), rec(26, data),
           b'\x80\x60\0\1' + data, be('HHI', 1, 0, 0x2112a442) + b'abcdefghijkl', b'\x40\0\0\4abcd']
    for payload in odd:
        t.new(up(payload))
    t.new(up(rec(23, data)), *[up(p) for p in odd], down(rec(23, data)))
    for server in (853, 2221, 5684, 5868):
        for payload in (b'hello world, this is text', rec(23, data, 0x303), rec(23, data, 0xfefc), rec(26, data), rec(23, data),
                        rec(23, data) + b'x' * 13, rec(23, data, length=50), rec(22, msg(1, HELLO), length=300), rec(23, b''),
                        ALERT + b'\x17\xfe\xfd', b'\x17', rec(21, b'\1\0', length=30)):
            t.new(up(payload), server=server)
    for server in (53, 123, 161, 443, 1900, 3478, 3784, 4433, 5000, 5060, 19302):
        t.new(up(rec(22, msg(1, HELLO))), up(rec(23, data)), server=server)
    for payload in (rec(22, msg(1, HELLO)), rec(23, data), b'z' * 30, rec(22, msg(1, HELLO), length=300), b''):
        t.new(up(b'\1\0\0\0' + payload), down(b'\x11\1\2\3' + payload), server=5246)
        t.new(up(b'\1\0\0\0' + payload), up(payload), up(b'\1\0'), server=5247)
    t.new(down(rec(22, msg(2, ANSWER))), down(rec(20, b'\1')), server=5684)
    t.new(down(rec(22, msg(2, ANSWER))), down(rec(20, b'\1')), server=4433)
    chance = random.Random(1)
    for i in range(300):
        body = chance.randbytes(chance.choice((1, 2, 3, 9, 20, 60, 200)))
        t.new(up(rec(chance.randrange(20, 26), body, chance.choice((0xfeff, 0xfefd, 0x100)), chance.randrange(3), i)))
    return t.found


def fragments():
    t, c = Talk(), parts(1, HELLO, 0, 20, 40)
    for order in ('012', '102', '210', '021', '0012', '012012', '0122', '0212', '0210', '10012', '01'):
        t.new(*[up(c[int(i)]) for i in order])
    t.new(up(c[0] + c[1]), up(c[2]))
    t.new(up(c[0] + c[1] + c[2] + c[2] + c[1] + ALERT))
    t.new(up(c[0] + c[2]), up(c[1] + c[2] + ALERT))
    t.new(up(rec(22, c[0][13:] + c[1][13:] + c[2][13:])))
    t.new(up(c[0]), up(rec(22, msg(1, HELLO))), up(c[1]), up(c[2]))

    def piece(a, b, **more):
        return rec(22, msg(1, HELLO[a:b], 0, a, **{'length': len(HELLO), **more}))
    t.new(*[up(piece(a, b)) for a, b in ((0, 30), (20, 50), (50, 99))])
    t.new(up(piece(0, 30)), up(rec(22, msg(1, b'zz' + HELLO[22:], 0, 20, length=len(HELLO)))))
    t.new(up(c[0]), up(rec(22, msg(1, b'\xfe\xff' + HELLO[2:20], length=len(HELLO)))), up(c[1]), up(c[2]))
    t.new(up(c[0]), up(rec(22, msg(1, b'x' * 30, 0, 100, length=200))), up(c[1]), up(c[2]))
    t.new(up(c[0]), up(rec(22, msg(1, HELLO[40:] + b'x' * 16, 0, 40, length=200))), up(c[1]), up(c[2]))
    t.new(up(c[0]), up(piece(20, 99, length=59)), up(rec(22, msg(1, b'x' * 30, 0, 100, length=200))))
    t.new(up(c[0]), up(rec(22, msg(11, HELLO[20:], 0, 20))), up(rec(22, msg(11, HELLO[20:], 0, 20, length=len(HELLO)))))
    t.new(up(c[0]), up(c[2]), up(rec(22, msg(1, HELLO, 1))), up(c[1]))
    s, other = parts(2, ANSWER, 0, 20), parts(1, client_hello(ciphers=(1, 2), exts=GROUPS), 0, 20, 40)
    t.new(up(c[0]), down(s[0]), up(c[1]), down(s[1]), up(c[2]), up(other[0]), up(other[1]))
    empty = rec(22, msg(1, b'', 0, 0, length=len(HELLO)))
    t.new(up(empty), up(rec(22, msg(1, HELLO))), up(c[0]), up(empty), up(c[1]), up(c[2]), up(empty + ALERT))
    for offset in (20, 54):
        t.new(up(c[0]), up(c[1]), up(rec(22, msg(1, b'', 0, offset, length=54) + msg(14)) + ALERT), up(c[2]))
    for size in (20, 21, 31, 32, 33, 45):
        t.new(up(rec(22, msg(1, HELLO[:20], 0, 0, size, 80))))
        t.new(up(rec(22, msg(1, HELLO[:20], 0, 0, size, 80)) + ALERT + ALERT))
    t.new(up(rec(22, msg(1, HELLO[:20], 0, 70, 20, 80) + msg(14)) + ALERT))
    t.new(up(rec(22, msg(1, HELLO, length=len(HELLO) - len(GROUPS) - 2)) + ALERT))
    for tail in (b'zzz', msg(99, b'abc', 1), msg(1, b'abc', 1, 0, 5, 900), msg(1, b'abc', 1, 0, 28, 900), b'\1'):
        t.new(up(rec(22, msg(14) + tail)))
        t.new(up(rec(22, msg(14) + tail) + ALERT + ALERT))
    for body in (b'\1', b'\x63' * 5, b'\x63' * 11, msg(1, HELLO)[:11], bytes(40), msg(99), msg(99, b'\1' * 90),
                 msg(1, HELLO, length=20000), msg(1, HELLO, length=70000)):
        t.new(up(rec(22, body)))
        t.new(up(rec(22, body, epoch=1)))
    return t.found


def hellos():
    t = Talk()
    cookie = rec(22, msg(VERIFY, b'\xfe\xff\4abcd'), 0xfeff)
    flight = (msg(2, ANSWER, 1) + msg(11, b'\0\0\0', 2) + msg(12, b'\3\0\x17\4abcd\4\1\0\4sign', 3)
              + msg(13, b'\1\1\0\2\4\3\0\0', 4) + msg(14, b'', 5))
    t.new(up(rec(22, msg(1, HELLO))), down(cookie), up(rec(22, msg(1, client_hello(cookie=b'abcd'), 1))), down(rec(22, flight)),
          up(rec(22, msg(16, b'\4abcd', 2)) + rec(20, b'\1') + rec(22, b'\1' * 40, epoch=1)),
          up(rec(22, msg(1, HELLO), epoch=1)), down(rec(20, b'\1') + rec(22, b'\1' * 40, epoch=1)),
          down(rec(22, msg(14), epoch=1)), down(rec(22, msg(20, b'a' * 12))))
    t.new(up(rec(22, msg(1, HELLO))), down(rec(22, msg(2, ANSWER)) + rec(20, b'\1')), down(rec(20, b'\1')))
    sign = rec(22, msg(15, b'\4\3\0\4sign'))
    for version in (0xfeff, 0xfefd, 0x0100, 0xfefc, 0xfefe, 0x0303):
        t.new(up(rec(22, msg(1, client_hello(version)), 0xfeff)), down(rec(22, msg(2, server_hello(version, cipher=0x2f)), 0xfeff)), up(sign),
              up(rec(22, msg(16, b'\0\4abcd'))), up(rec(23, b'x' * 20)), down(rec(22, msg(4, b'\0\0\1\0\0\4abcd'))))
    for first in (cookie, rec(22, msg(1, HELLO), 0xfeff), rec(22, b'\x63' * 30, 0xfeff), rec(23, b'z', 0xfeff), parts(2, ANSWER, 0, 20)[0]):
        t.new(up(first), up(sign))
    for n in (0, 32, 33, 255):
        for version in (0xfeff, 0xfefd, 0x100):
            t.new(down(rec(22, msg(3, be('HB', version, n) + b'c' * n), version)), up(rec(22, msg(1, client_hello(version, cookie=b'c' * n)), version)))
    for body in (b'\xfe\xff\x44abcd', b'\xfe\xff', b'\xfe\xff\2abcd'):
        t.new(down(rec(22, msg(3, body), 0xfeff) + ALERT))
    some = be('H', len(GROUPS)) + GROUPS + b'\1\2\3\4\5\6'
    for kind in (*range(27), 67, 254, 255):
        if kind != 22:
            t.new(down(rec(22, msg(kind, some))))
    for version in (b'\xfe\xfd', b'\xfe\xff', b'\3\3', b'\x7f\x12', b'\x7f\x13', b'\xfe\xfc', b'\3\4'):
        share = ext(51, b'\0\x17')
        t.new(down(rec(22, msg(6, version + b'\x13\1' + be('H', len(share)) + share))))
        chosen = ext(43, version) + ext(51, b'\0\x17\0\4abcd')
        t.new(up(rec(22, msg(1, client_hello(exts=ext(43, b'\2' + version))))), down(rec(22, msg(2, server_hello(exts=chosen, cipher=0x1301)))),
              down(rec(23, b'x' * 20)), down(rec(22, msg(11, b'\0\0\0\0'))), down(rec(22, msg(2, server_hello(exts=chosen)))))
    retry = bytes.fromhex('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c')
    share = ext(43, b'\xfe\xfc') + ext(51, b'\0\x17\0\4abcd') + ext(44, b'\0\4cook')
    t.new(down(rec(22, msg(2, b'\xfe\xfd' + retry + b'\0\x13\1\0' + be('H', len(share)) + share))))
    for body in (HELLO[:30], HELLO[:-6], HELLO[:50], HELLO + b'\0', HELLO[:35] + b'\xff' + HELLO[36:]):
        t.new(up(rec(22, msg(1, body) + msg(14)) + ALERT))
    for body in (ANSWER[:30], ANSWER + b'\0'):
        t.new(down(rec(22, msg(2, body) + msg(14)) + ALERT))
    return t.found


def extensions():
    t = Talk()
    for body in (b'\0\4\0\1\0\2\0', b'\0\4\0\1\0\2\3abc', b'\0\3\0\1\0\0', b'\0\x14\0\1\0\2\0', b'\0', b'\0\2\0\1\0zz', b'\0\2\0\1\5zz'):
        t.new(up(rec(22, msg(1, client_hello(exts=ext(14, body))))), down(rec(22, msg(2, server_hello(exts=ext(14, body))))))
    many = (ext(0, b'\0\7\0\0\4a.de') + ext(16, b'\0\3\2h2') + ext(35) + ext(13, b'\0\2\4\3') + ext(5, b'\1\0\0\0\0') + ext(0xff01, b'\0')
            + ext(0x1a1a, b'\0') + ext(21, b'\0' * 9) + ext(1, b'\2') + ext(15, b'\1') + ext(28, b'\x40\0') + ext(27, b'\2\0\2')
            + ext(34, b'\0\2\4\3') + ext(45, b'\1\1') + ext(44, b'\0\2ab') + ext(42) + ext(57, b'\1\2\x40\5')
            + ext(41, b'\0\x0a\0\4abcd\0\0\0\1\0\x21\x20' + b'b' * 32))
    t.new(up(rec(22, msg(1, client_hello(exts=many)))), up(rec(23, b'z' * 9)), down(rec(22, msg(2, ANSWER))),
          down(rec(22, msg(4, b'\0\0\0\x09\0\3abc'))))
    sct = b'\0\x35\0\x33\0' + b'L' * 32 + b'\0\0\1\x80\0\0\0\0\0\0\4\3\0\4sign'
    t.new(down(rec(22, msg(2, server_hello(exts=ext(18, sct))))))
    return t.found


def connection_ids():
    def named(cid, body, seq=1):
        return be('BHHHI', 25, 0xfefd, 1, 0, seq) + cid + be('H', len(body)) + body

    def chosen(cid, kind=54):
        return ext(kind, bytes([len(cid)]) + cid)
    t = Talk()
    t.new(up(rec(25, b'no ID was agreed on')), up(named(b'', b'z')))
    t.new(up(rec(22, msg(1, client_hello(exts=chosen(b'CCC'))))), down(rec(22, msg(2, server_hello(exts=chosen(b'SSSS'))))),
          up(named(b'SSSS', b'z' * 20)), down(named(b'CCC', b'z' * 20)), up(named(b'SSSS', b'z' * 20) + named(b'SSSS', b'z' * 9)),
          up(rec(23, b'x' * 9)))
    t.new(up(rec(22, msg(1, client_hello(exts=chosen(b'DDD'))))), down(named(b'DDD', b'z' * 20)))
    t.new(up(rec(22, msg(1, client_hello(exts=chosen(b''))))), down(rec(22, msg(2, server_hello(exts=chosen(b'TTTT'))))),
          up(named(b'TTTT', b'z' * 20)))
    t.new(up(rec(22, msg(1, client_hello(exts=chosen(b'EEE', 53))))), down(rec(22, msg(2, server_hello(exts=chosen(b'UU', 53))))),
          up(named(b'UU', b'z' * 20)))
    return t.found


def records():
    t = Talk()
    for n in (16384, 18432, 18433):
        t.new(up(rec(23, b'z' * n)))
    for kind in (20, 21, 22, 23, 24, 25):
        t.new(up(rec(kind, b'')))
        t.new(up(rec(kind, b'') + ALERT))
    for level in (0, 1, 2, 3):
        for what in range(256) if level == 1 else (0, 40):
            t.new(up(rec(21, bytes([level, what]))))
    for body in (b'\2', b'\1\0\0', b'\1' * 30):
        t.new(up(rec(21, body)))
        t.new(up(rec(21, body, epoch=1) + ALERT))
    t.new(up(rec(20, b'\1\2')), up(rec(20, b'\2')))
    for head, n in ((b'\1\0\5hello', 16), (b'\1\0\x7fhello', 16), (b'\1\0\6hello', 16), (b'\1\0\5hello', 17), (b'\2\0\5hello', 16),
                    (b'\3\0\5hello', 16), (b'\1\0\5', 0), (b'\1\0\0', 15), (b'\1\0\x64', 15), (b'\1\0\x0a', 15), (b'\1\0\x0f', 15),
                    (b'\1\0\x11', 15), (b'\2\0\0', 16)):
        t.new(up(rec(24, head + b'p' * n)))
        t.new(up(rec(24, head + b'p' * n) + ALERT))
    return t.found


def cut():
    t, hello = Talk(), rec(22, msg(1, HELLO))
    for payload in (hello, rec(23, b'z' * 20), ALERT, rec(20, b'\1'), parts(1, HELLO, 0, 20)[0], rec(22, msg(14)) + ALERT, hello + ALERT,
                    rec(24, b'\1\0\5hello' + b'p' * 16)):
        for n in range(3, len(payload)):
            t.new((UP, payload, n))
    return t.found
