#!/usr/bin/env python3
"""One folder as a store of S3, for measurements on loopback: as much of the interface as a reader of known objects uses.

    python bench/store.py FOLDER

The first part of a path is the bucket, and is ignored; the rest is a file of FOLDER. Answers are sent by sendfile, so that the
server takes little time of its own. Prints its URL, and serves until it is killed. No credential is checked.
"""

import email.utils
import http.server
import os
import re
import sys
import urllib.parse


class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = "."

    def answer(self, with_body):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path).lstrip("/").partition("/")[2]
        try:
            file = open(os.path.join(self.folder, path), "rb")
        except OSError:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with file:
            about = os.fstat(file.fileno())
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            start = int(asked[1]) if asked else 0
            end = min(int(asked[2]) + 1, about.st_size) if asked and asked[2] else about.st_size
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(end - start))
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{about.st_size}")
            self.send_header("ETag", f'"{about.st_mtime_ns:x}-{about.st_size:x}"')
            self.send_header("Last-Modified", email.utils.formatdate(about.st_mtime, usegmt=True))
            self.send_header("Content-Type", "application/octet-stream")
            self.end_headers()
            while with_body and start < end:
                start += os.sendfile(self.connection.fileno(), file.fileno(), start, end - start)

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def log_message(self, *_):
        pass


def main():
    Store.folder = sys.argv[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
