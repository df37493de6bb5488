#!/bin/sh
# Rebuilds MANIFEST.md and all captures but the recorded ones. Needs python3, zstd and lz4. The bytes are always the same,
# except that compressed captures depend on the versions of the compressors.
# `sudo python3 record.py FOLDER` records new captures.
set -eu
cd "$(dirname "$0")"
exec python3 make_built.py .
