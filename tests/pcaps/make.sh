#!/bin/sh
# Builds the captures that are built by a program again, and MANIFEST.md. Needs python3, zstd and lz4; the bytes are
# always the same (those of the compressed ones depend on the versions of the compressors).
# The recorded ones are not touched: `sudo python3 record.py FOLDER` records new ones.
set -eu
cd "$(dirname "$0")"
exec python3 make_built.py .
