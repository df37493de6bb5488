#!/usr/bin/env python3
"""The cost of places: one capture as a local file and as an object of S3 on loopback, in turns, as ratios to the file.

    python bench/cloud.py CAPTURE [--runs 5]

s3: through fsspec (s3fs), and by pyarrow's own client, from the server of store.py in a process of its own. ranges: the
same reading ahead from ranges of bytes in memory, without a server: the part of flowcontainer. memory: the capture as a
memoryview. plain: the default columns; tls: with three fields of TLS. lazy: scan_captures with three fields, two columns
of it to all of them. Ratios are those of processor time of this process, the client of S3 included, and of the clock, which
the server's own work is part of. Needs s3fs, pyarrow and polars: `make test-integrations` installs them.
"""

import argparse
import importlib
import os
import subprocess
import sys
import time

import flowcontainer

TLS = ["tls.handshake.extensions_server_name", "tls.handshake.ja3", "tls.handshake.version"]


class Ranges:
    """A file system whose one object is in memory."""

    async_impl, protocol = True, "ranges"

    def __init__(self, data):
        self.data = memoryview(data)

    def info(self, path):
        return {"name": path, "size": len(self.data), "type": "file"}

    def cat_file(self, path, start=None, end=None):
        return bytes(self.data[start:end])


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def read(*arguments, **options):
    for batch in flowcontainer.scan(*arguments, **options):
        del batch


def in_turns(works, runs):
    """{name: (least seconds of processor time, least of the clock)}"""
    for work in works.values():
        work()
    found = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            found[name].append(timed(work))
    return {name: tuple(map(min, zip(*times))) for name, times in found.items()}


def ratios(title, found, to):
    base = found[to]
    for name, (cpu, wall) in found.items():
        print(f"{title} {name}: {cpu:.3f} s processor, {wall:.3f} s clock; ratio {cpu / base[0]:.2f}, {wall / base[1]:.2f}")


def server(folder):
    """The store in a process of its own: (process, URL)."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "store.py")
    process = subprocess.Popen([sys.executable, script, folder], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def arrow_store(url):
    """pyarrow's own client of S3; None if this pyarrow has none."""
    fs = importlib.import_module("pyarrow.fs")
    if not hasattr(fs, "S3FileSystem"):
        return None
    return fs.S3FileSystem(access_key="test", secret_key="test", endpoint_override=url, region="us-east-1")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("capture")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with open(options.capture, "rb") as file:
        data = file.read()
    folder, name = os.path.split(os.path.abspath(options.capture))
    process, url = server(folder)
    try:
        store = {"key": "test", "secret": "test", "endpoint_url": url}
        arrow = arrow_store(url)
        for title, fields in (("plain", ()), ("tls", TLS)):
            works = {
                "file": lambda: read(options.capture, fields),
                "memory": lambda: read(memoryview(data), fields),
                "ranges": lambda: read("x", fields, filesystem=Ranges(data)),
                "s3": lambda: read(f"s3://bench/{name}", fields, storage_options=store),
                "s3 by pyarrow": lambda: read(f"bench/{name}", fields, filesystem=arrow),
            }
            if arrow is None:
                del works["s3 by pyarrow"]
            ratios(title, in_turns(works, options.runs), "file")
    finally:
        process.kill()
        process.wait()
    lazy = flowcontainer.scan_captures(options.capture, TLS)
    ratios("lazy", in_turns({"all": lambda: lazy.collect(), "two": lambda: lazy.select("dst", "dport").collect()}, options.runs), "all")


if __name__ == "__main__":
    main()
