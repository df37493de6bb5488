#!/usr/bin/env bash
# Installs missing packages: `setup.sh build` those for building, `setup.sh test` also those for the tests, `setup.sh fuzz`
# those for building and fuzzing, `setup.sh integrations` those for the tests and the engines of `make test-integrations`.
# On Debian and Ubuntu it uses apt, and takes libwireshark's headers if apt has them. Elsewhere it names the packages.
set -eu
cd "$(dirname "$0")/.."
what=${1:-build}

packages=()
want() { # want PACKAGE CHECK...: the package is missing when the check fails
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || packages+=("$package")
}
has_python_headers() {
    python3 -c 'import os, sysconfig; raise SystemExit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'
}
has_system_program() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1"; }
has_venv() { python3 -c 'import venv, ensurepip'; }
has_header() { echo "#include <$1>" | cc -E -x c - ; }
has_pcre2() { printf '#define PCRE2_CODE_UNIT_WIDTH 8\n#include <pcre2.h>\n' | cc -E -x c - ; }

want gcc command -v cc
want libc6-dev has_header stdio.h
want cmake command -v cmake
want ninja-build command -v ninja
want python3 command -v python3
if command -v python3 >/dev/null; then
    want python3-dev has_python_headers
    want python3-venv has_venv
else
    packages+=(python3-dev python3-venv)
fi
want zlib1g-dev has_header zlib.h
want libzstd-dev has_header zstd.h
want liblz4-dev has_header lz4frame.h
want liblzma-dev has_header lzma.h
want libssl-dev has_header openssl/evp.h
want libbz2-dev has_header bzlib.h
want libpcre2-dev has_pcre2
if [ "$what" = integrations ]; then
    want default-jre-headless command -v java
fi
if [ "$what" = test ] || [ "$what" = integrations ]; then
    want tshark command -v tshark
    want wireshark-common command -v editcap
    want pkg-config command -v pkg-config
    want iproute2 has_system_program ip
    want tcpdump has_system_program tcpdump
fi

if [ "$what" = fuzz ]; then
    want clang command -v clang
fi

if [ ${#packages[@]} -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "There is no apt-get here. Please install the equivalent of these Debian packages:" >&2
        echo "  ${packages[*]}" >&2
        exit 1
    fi
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "Please install, as root: apt-get install ${packages[*]}" >&2; exit 1; }
        sudo="sudo"
    fi
    echo "Installing ${packages[*]}" >&2
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >/dev/null
fi

# The wireshark engine is optional; it is built if libwireshark's headers are installed.
optional=(pkg-config libwireshark-dev libwiretap-dev libwsutil-dev libglib2.0-dev)
can_install() { command -v apt-get && { [ "$(id -u)" -eq 0 ] || command -v sudo; } && apt-cache show "${optional[@]}"; }
if ! { command -v pkg-config && pkg-config --exists wireshark; } >/dev/null 2>&1; then
    if can_install >/dev/null 2>&1; then
        echo "Installing ${optional[*]}" >&2
        sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${optional[@]}" >/dev/null ||
            echo "The wireshark engine will not be built: ${optional[*]} could not be installed" >&2
    else
        echo "The wireshark engine will not be built; it needs ${optional[*]}" >&2
    fi
fi

[ "$what" != fuzz ] || exit 0 # no Python package is needed
requirements=tools/requirements-$what.txt
stamp=.venv/.installed-$what
if [ ! -x .venv/bin/python ]; then
    python3 -m venv .venv
fi
if [ ! -e "$stamp" ] || [ "$requirements" -nt "$stamp" ]; then
    echo "Setting up .venv ($what)" >&2
    .venv/bin/python -m pip install -q --disable-pip-version-check -r "$requirements"
    touch "$stamp"
fi
