"""zig as a C compiler for CMake: small programs `cc`, `ar` and `ranlib` for one target."""

import os
import pathlib


def make(home, zig, target, prefixes):
    """Writes the programs into `home`; returns the environment for CMake. `prefixes` are folders of this machine that must
    not stand in what is built, with the names that stand for them."""
    home = pathlib.Path(home)
    home.mkdir(parents=True, exist_ok=True)
    maps = " ".join(f"-ffile-prefix-map={folder}={name}" for folder, name in prefixes.items())
    # zig turns on traps for undefined behaviour, and processor features of this machine, unless it is told not to.
    for name, rest in {"cc": f"cc -target {target} -fno-sanitize=undefined {maps}", "ar": "ar", "ranlib": "ranlib"}.items():
        program = home / name
        text = f'#!/bin/sh\nexec "{zig}" {rest} "$@"\n'
        if not program.exists() or program.read_text() != text:
            program.write_text(text)
            program.chmod(0o755)
    return dict(os.environ, CC=str(home / "cc"), ZIG_GLOBAL_CACHE_DIR=str(home.parent / "zig-cache"),
                ZIG_LOCAL_CACHE_DIR=str(home.parent / "zig-cache"))


def cmake_options(home):
    """The arguments of CMake beside $CC: archives hold bitcode, which only zig's own programs read."""
    return [f"-DCMAKE_C_COMPILER={home}/cc", f"-DCMAKE_AR={home}/ar", f"-DCMAKE_RANLIB={home}/ranlib",
            "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG", "-DCMAKE_C_FLAGS=-flto=thin"]
