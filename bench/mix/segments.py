"""Messages become segments, and segments rows of packets as one tap sees them.

Invariant: a packet acknowledges only data that its sender has already received. Both sequence and acknowledgement
numbers come from the same two tables (sent until t, received without a hole until t), so loss and reordering need no
cases of their own.
"""
import numpy as np

from mix.flows import (AT_ONCE, BY_REPLY, DATA, M_FIN, M_KEEP, M_PROBE, M_RST, M_SYN, M_SYN2, M_WINDOW, MS, NEVER,
                       repeats)
from mix.render import ACK, FIN, PLAIN, PSH, QUIC_SHORT, ROW, RST, RTP, SYN, TCP

KEY = 1 << 42  # more nanoseconds than a chunk's flows live; makes (flow, direction, time) one sortable integer


def stall(i, gap, rtt):
    """The delay of segment i of a message by slow start, beyond the pace of the link."""
    total, window, sent = np.zeros(len(i), 'i8'), 10, 0
    for _ in range(14):
        sent += window
        total += np.where(i >= sent, np.maximum(0, rtt - window * gap), 0)
        window *= 2
    return total


def first_of_group(group):
    return np.r_[True, group[1:] != group[:-1]] if len(group) else np.zeros(0, '?')


def cumsum_before(values, group):
    """Sum of the values before this one in its (contiguous) group."""
    before = np.cumsum(values) - values
    start = np.maximum.accumulate(np.where(first_of_group(group), np.arange(len(group)), 0))
    return before - before[start]


def segments(rng, f, m):
    """Cuts messages into segments and loses, repeats and reorders some of them."""
    flow = m['flow']
    mss = f['mss'][flow].astype('i8')
    m['takes'] = np.where(m['kind'] == DATA, m['len'], np.isin(m['kind'], (M_SYN, M_FIN)).astype('i8'))
    by_side = np.lexsort((m['k'], 2 * flow + m['dir']))
    m['off'] = np.empty(len(flow), 'i8')
    m['off'][by_side] = cumsum_before(m['takes'][by_side], (2 * flow + m['dir'])[by_side])
    m['off'] -= np.isin(m['kind'], (M_SYN2, M_KEEP))
    counts = np.maximum(1, -(-m['len'] // mss))
    own, i = repeats(counts)
    fl = flow[own]
    gap, rtt = f['gap'][fl], 2 * f['half'][fl].sum(1)
    s = dict(msg=own, flow=fl, dir=m['dir'][own], kind=m['kind'][own], off=m['off'][own] + i * mss[own],
             src=m['src'][own] + i * mss[own], len=np.minimum(mss[own], m['len'][own] - i * mss[own]),
             last=i == counts[own] - 1)
    s['takes'] = np.where(s['kind'] == DATA, s['len'], m['takes'][own])
    planned = i * gap + stall(i, gap, rtt) + rng.integers(0, 1 + gap // 8)
    tcp_data = (f['proto'][fl] == TCP) & (s['kind'] == DATA)
    lost = tcp_data & (rng.random(len(own)) < f['loss'][fl])
    fast = counts[own] - i > 4
    repair = planned + np.where(fast, rtt + 4 * gap + 30_000, np.maximum(rtt, 0) + 210 * MS)
    late = tcp_data & ~lost & (rng.random(len(own)) < f['reorder'][fl]) & ~s['last']
    s['planned'], s['seen'] = planned, planned + np.where(late, rng.integers(2, 6, len(own)) * gap, 0)
    s['arrives'] = s['seen'].copy()
    unseen = lost & (rng.random(len(own)) < .5)  # lost before the tap: only the repair is seen
    s['seen'][unseen] = repair[unseen]
    s['arrives'][lost] = repair[lost]
    twice = lost & ~unseen
    needless = tcp_data & ~lost & (rng.random(len(own)) < .0004)  # its ACK was lost: sent again, spuriously
    s['again'] = np.where(twice, repair, np.where(needless, planned + 220 * MS + rtt, -1))
    timeline(f, m, s, counts)
    return s


def timeline(f, m, s, counts):
    """Times relative to messages become times of the capture: a message waits for the one before it."""
    flow = m['flow']
    takes_ns = np.maximum.reduceat(np.maximum(s['arrives'], s['planned']), np.cumsum(counts) - counts)
    turned = ~first_of_group(flow) & (np.r_[0, m['dir'][:-1]] != m['dir'])
    wait = m['gap'] + np.where(turned, 2 * f['half'][flow, m['dir']], 0)
    step = wait + takes_ns
    m['t'] = f['start'][flow] + cumsum_before(step, flow) + wait
    m['end'] = m['t'] + takes_ns
    for name in ('planned', 'seen', 'arrives'):
        s[name] += m['t'][s['msg']]
    s['again'] += np.where(s['again'] >= 0, m['t'][s['msg']], 0)


class Delivered:
    """Tells up to which offset a (flow, direction) was received, or sent, without a gap at a given time."""

    def __init__(self, side, off, end, time, origin):
        order = np.lexsort((off, side))
        self.side, self.end, self.origin = side[order], end[order], origin
        t = time[order] - origin
        # A segment counts only after all segments before it: a running maximum inside each side.
        self.key = np.maximum.accumulate(self.side * KEY + t)
        self.known = np.r_[-1, self.side]

    def at(self, side, time):
        i = np.searchsorted(self.key, side * KEY + np.maximum(time - self.origin, 0), 'right')
        found = self.known[i] == side
        return np.where(found, np.r_[0, self.end][i], 0)


def rows_of(rng, f, m, s, ids0):
    """Every packet of the chunk's flows, unordered. Sequence numbers are relative to the ISN until the end."""
    side, tcp = 2 * s['flow'] + s['dir'], f['proto'][s['flow']] == TCP
    origin = int(min(s['planned'].min(), s['arrives'].min())) - 1
    counted = s['takes'] > 0
    args = (side[counted], s['off'][counted], (s['off'] + s['takes'])[counted])
    received = Delivered(*args, s['arrives'][counted], origin)
    sent = Delivered(*args, s['planned'][counted], origin)

    copies = np.flatnonzero(s['again'] >= 0)
    pick = np.r_[np.arange(len(side)), copies]
    seen = np.r_[s['seen'], s['again'][copies]]
    data = new_rows(f, s['flow'][pick], s['dir'][pick], seen, received)
    data['seq'], data['src'], data['len'] = s['off'][pick], s['src'][pick], s['len'][pick]
    data['flags'] = segment_flags(s, f)[pick]
    data['ack'][(data['flags'] & ACK) == 0] = 0
    data['patch'] = np.where((m['k'][s['msg'][pick]] >= 20) | (f['patch'][s['flow'][pick]] == RTP),
                             f['patch'][s['flow'][pick]], PLAIN)

    acks = ack_rows(rng, f, m, s, pick, seen, received, sent)
    rows = np.concatenate([data, acks])
    sides = f['isn'][rows['flow'], rows['dir']], f['isn'][rows['flow'], 1 - rows['dir']]
    is_tcp = f['proto'][rows['flow']] == TCP
    rows['seq'] = np.where(is_tcp, rows['seq'] + sides[0], rows['seq'])
    with_ack = (rows['flags'] & ACK) != 0
    rows['ack'][with_ack] += sides[1][with_ack]
    rows['sack'] += sides[1][:, None]
    rows['flow'] += ids0
    return rows


def segment_flags(s, f):
    kind, dir = s['kind'], s['dir']
    flags = np.where(s['last'] & (s['len'] > 0), PSH | ACK, ACK)
    flags = np.where((kind == M_SYN) | (kind == M_SYN2), np.where(dir == 0, SYN, SYN | ACK), flags)
    flags = np.where(kind == M_FIN, FIN | ACK, flags)
    flags = np.where(kind == M_RST, RST | ACK, flags)
    flags = np.where((kind == M_KEEP) | (kind == M_PROBE) | (kind == M_WINDOW), ACK, flags)
    return np.where(f['proto'][s['flow']] == TCP, flags, 0)


def new_rows(f, flow, dir, t, received):
    r = np.zeros(len(flow), ROW)
    r['t'], r['flow'], r['dir'] = t, flow, dir
    r['ack'] = received.at(2 * flow + 1 - dir, t - 2 * f['half'][flow, dir])
    wobble = (f['window'][flow, dir] >> 3) * ((r['ack'] >> 15) & 3) // 4
    window = (f['window'][flow, dir] - wobble) >> f['scale'][flow, dir]
    r['win'] = np.minimum(window, 65535)
    return r


def ack_rows(rng, f, m, s, pick, seen, received, sent):
    """Acknowledgments of receivers: for each second segment, each one out of order, and the last of a message."""
    n = len(s['flow'])
    dead = np.zeros(len(pick), '?')
    dead[:n] = (s['again'] >= 0) & (s['arrives'] == s['again'])  # the first copy never arrived
    flow, dir = s['flow'][pick], s['dir'][pick]
    order = np.lexsort((seen, 2 * flow + dir))
    order = order[~dead[order]]
    side, t = (2 * flow + dir)[order], seen[order]
    p = pick[order]
    nth = cumsum_before(np.ones(len(p), 'i8'), side)
    got = received.at(side, t)
    end = s['off'][p] + s['takes'][p]
    ahead = (got < end) & (s['kind'][p] == DATA)
    msg = s['msg'][p]
    mode, last = m['ack'][msg], s['last'][p]
    next_t = np.r_[m['t'][1:], 0]
    replied = np.r_[(m['flow'][1:] == m['flow'][:-1]) & (m['dir'][1:] != m['dir'][:-1]), False]
    half = f['half'][s['flow'][p], 1 - s['dir'][p]]
    soon = replied[msg] & (next_t[msg] < m['end'][msg] + 2 * half + 40 * MS)
    old = np.r_[False, (side[1:] == side[:-1]) & (got[1:] - got[:-1] != s['takes'][p][1:])]
    want = ~last & ((nth & 1 == 1) | ahead | old) | last & ((mode == AT_ONCE) | (mode == BY_REPLY) & ~soon)
    want &= (mode != NEVER) & ((f['proto'][s['flow'][p]] == TCP) | (s['kind'][p] == DATA) & (f['patch'][s['flow'][p]] == QUIC_SHORT))
    w = np.flatnonzero(want)
    p, fl, back, t, half = p[w], s['flow'][p[w]], 1 - s['dir'][p[w]], t[w], half[w]
    delay = np.where(last[w] & (mode[w] == BY_REPLY), 40 * MS, rng.integers(4_000, 40_000, len(w)))
    r = new_rows(f, fl, back, t + 2 * half + delay, received)
    r['seq'] = sent.at(2 * fl + back, t + delay + 2 * half)
    is_tcp = f['proto'][fl] == TCP
    r['flags'] = np.where(is_tcp, ACK, 0)
    r['has_sack'] = ahead[w] & is_tcp
    r['sack'][:, 0], r['sack'][:, 1] = s['off'][p], end[w]
    r['win'][m['zero'][msg[w]] & last[w]] = 0
    r['len'] = np.where(is_tcp, 0, 28 + (fl & 15))
    r['src'] = np.where(is_tcp, 0, s['src'][p])
    r['patch'] = f['patch'][fl]
    return r
