"""Compiles every file of the library and the command for macOS with zig: macos.py. Nothing is linked or run, because libraries
of macOS are not here; a file that does not compile is an error."""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import wheels  # noqa: E402

TARGETS = "aarch64-macos", "x86_64-macos"


def main():
    os.nice(10)
    _, zig = wheels.make_environment()
    headers = next(wheels.HOME.glob("*/libraries/include"), None)
    if not headers:
        sys.exit("macos: the headers of the libraries are not there; make wheels brings them")
    files = sorted(wheels.ROOT.glob("src/*/*.c")) + sorted(wheels.ROOT.glob("cli/*.c"))
    files = [f for f in files if not f.name.endswith("_openssl.c")]
    defines = [f"-DFC_HAVE_{name}" for name in ("ZLIB", "ZSTD", "LZ4", "LZMA", "BZIP2")]
    environment = dict(os.environ, ZIG_GLOBAL_CACHE_DIR=str(wheels.HOME / "zig-cache"))
    failed = 0
    for target in TARGETS if "--all" in sys.argv else TARGETS[:1]:
        for file in files:
            done = subprocess.run([zig, "cc", "-target", target, "-c", "-o", os.devnull, "-std=gnu11", "-D_GNU_SOURCE", "-w", *defines,
                                   f"-I{wheels.ROOT}/src", f"-I{wheels.ROOT}/include", f"-I{wheels.ROOT}/cli",
                                   "-isystem", headers, file], env=environment, capture_output=True, text=True)
            if done.returncode:
                failed += 1
                print(done.stderr.strip())
        print(f"{target}: {len(files)} files compiled, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
