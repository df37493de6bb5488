#!/bin/sh
# Installs the Python peers of versus.py into build/peers (a venv of their own). The others are Debian packages:
#   apt-get install tshark tcpdump libndpi-bin nfdump argus-server
set -u
cd "$(dirname "$0")/.."
python3 -m venv build/peers
for package in flowcontainer tqdm nfstream wa1kpcap; do # tqdm: the original imports it without saying so
    build/peers/bin/pip install -q "$package" || echo "$package: not installed, versus.py will leave it out" >&2
done
build/peers/bin/pip list 2>/dev/null | grep -iE 'flowcontainer|nfstream|wa1kpcap'
