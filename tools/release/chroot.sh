#!/usr/bin/env bash
# chroot.sh SUITE [PACKAGE...]: makes a Debian system in a folder (debootstrap), installs the packages that are missing in it, and
# prints the folder. It needs root. The folder is $FC_CHROOTS/SUITE (default: build/chroots/SUITE) and is kept for the next call.
set -eu
cd "$(dirname "$0")/../.."
suite=$1
shift
home=${FC_CHROOTS:-$PWD/build/chroots}
root=$home/$suite
[ "$(id -u)" -eq 0 ] || { echo "chroot.sh: needs root" >&2; exit 77; }
PATH=$PATH:/usr/sbin:/sbin
if [ ! -e "$root/.made" ]; then
    command -v debootstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap >&2
    # debootstrap knows no suite that is younger than itself; all of them are made by the script of sid.
    script=/usr/share/debootstrap/scripts/$suite
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
    rm -rf "$root"
    mkdir -p "$root"
    nice -n 10 debootstrap --variant=minbase "$suite" "$root" http://deb.debian.org/debian "$script" >&2
    # A mirror may be a snapshot, and the lists of sid are valid for a week only.
    printf 'Acquire::Languages "none";\nAcquire::Check-Valid-Until "false";\n' >"$root/etc/apt/apt.conf.d/90small"
    printf 'force-unsafe-io\n' >"$root/etc/dpkg/dpkg.cfg.d/90fast" # nothing of it has to survive a power cut
    printf 'path-exclude=/usr/share/man/*\npath-exclude=/usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\n' \
        >"$root/etc/dpkg/dpkg.cfg.d/91small"
    touch "$root/.made"
fi
missing=()
for package in "$@"; do
    chroot "$root" dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q ^ii || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
    nice -n 10 chroot "$root" apt-get update -qq >&2
    nice -n 10 env DEBIAN_FRONTEND=noninteractive chroot "$root" \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>"$root/.errors" ||
        { cat "$root/.errors" >&2; exit 1; }
fi
echo "$root"
