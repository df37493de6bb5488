#!/usr/bin/env python3
"""Model inputs against scapy, which the papers' own preprocessing uses to read packets.

    .venv/bin/python bench/models.py CAPTURE      (needs scapy)

For each layout: packets a second of the sound and of the exact form, and of a loop that only reads the packets with scapy and takes their bytes
as YaTC's program does (`raw(packet[IP])`, `raw(packet[Raw])`), without making sessions. So the ratio is a lower bound.
"""
import sys
import time
import warnings

from flowcontainer import models, records

LAYOUTS = ('yatc', 'etbert', 'nprint', 'mini_flowpic')


def rate(call, packets):
    start = time.monotonic()
    call()
    return packets / (time.monotonic() - start)


def with_scapy(path, most):
    from scapy.all import IP, PcapReader, Raw, raw

    with PcapReader(path) as reader:
        for number, packet in enumerate(reader):
            if number == most:
                return
            if IP in packet:
                header, payload = raw(packet[IP]).hex(), raw(packet[Raw]).hex() if Raw in packet else ''
                header.replace(payload, '')


def main(path):
    warnings.simplefilter('ignore')
    packets = sum(1 for _ in records.records(path))
    most = min(packets, 20_000)
    peer = rate(lambda: with_scapy(path, most), most)
    print(f'{"scapy":14} {peer:12,.0f} packets/s')
    for name in LAYOUTS:
        for exact in (False, True) if name != 'mini_flowpic' else (False,):
            ours = rate(lambda: models.make(name, path, exact=exact), packets)
            print(f'{name:14} {ours:12,.0f} packets/s  {"exact" if exact else "sound"}  {ours / peer:6.0f} times scapy')


if __name__ == '__main__':
    main(sys.argv[1])
