"""Tests the wheel flowcontainer-wireshark: bundle_test.py. Needs root, and both wheels in build/wheels/dist. In a chroot of Debian's sid
without Wireshark, fields and rows must be those of Debian 12 with its own tshark 4.0."""

import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import bundle  # noqa: E402
import releases  # noqa: E402
import wheels  # noqa: E402

DIST = wheels.HOME / "dist"
VENDORS = releases.ROOT / "tests/pcaps/eth_mpls_pseudowire.pcap"  # has addresses of Intel
FIELDS = "/fc/venv/bin/flowcontainer fields >/fc/fields"
# A name of an address needs a data file, a field of a plugin needs the plugin.
ROWS = """cd /fc/pcaps; for f in *; do FLOWCONTAINER_ENGINE=wireshark /fc/venv/bin/flowcontainer -q -T csv -e data.len -e ip.ttl \
    -e eth.addr.oui_resolved -e ecat.cmd -e tls.handshake.type -e udp.dstport "$f"; done >/fc/rows 2>&1"""
EXPLAINED = "/fc/venv/bin/flowcontainer explain -e ecat.cmd"


def answers(suite, names, *packages):
    """The list of fields and the rows of a suite with these wheels, as user and as root."""
    root = releases.chroot(suite, "python3", "python3-venv", *packages, use="bundle")
    home = root / "fc"
    shutil.rmtree(home, ignore_errors=True)
    (home / "pcaps").mkdir(parents=True)
    for file in [*releases.captures(), VENDORS]:
        shutil.copy(file, home / "pcaps")
    for name in names:
        shutil.copy(max(DIST.glob(name)), home)
    releases.inside(root, "python3 -m venv /fc/venv && /fc/venv/bin/pip install -q --no-index /fc/*.whl")
    print(f"{suite}: {releases.inside(root, EXPLAINED).strip()}")
    found = []
    for run in "{}", "su nobody -s /bin/sh -c '{}'":
        releases.inside(root, "chmod 777 /fc; rm -f /fc/rows /fc/fields")
        for command in FIELDS, ROWS:
            releases.inside(root, run.format(command), check=False)
        found.append([(home / name).read_bytes() for name in ("fields", "rows")])
    return found


def main():
    platform = "flowcontainer-8*-manylinux*x86_64.whl"
    root, user = answers("bookworm", [platform], "tshark")
    own_root, own_user = answers("sid", [platform, "flowcontainer_wireshark-*.whl"])
    n_fields = len(root[0].splitlines())
    if n_fields < 236_000 or b"Intel" not in root[1]:
        sys.exit(f"bundle: Debian 12 has {n_fields} fields, or no names of vendors: the comparison means nothing")
    for who, theirs, ours in (("root", root, own_root), ("nobody", user, own_user)):
        for what, a, b in zip(("fields", "rows"), theirs, ours):
            if a != b:
                sys.exit(f"bundle: {what} of {who} differ between Debian 12 with tshark and the wheel in sid")
    print(f"bundle: {n_fields:,} fields and {len(root[1].splitlines()):,} rows are those of Debian 12")


if __name__ == "__main__":
    main()
