"""describe.py LIBRARY EXTENSION VERSION: copies the library and appends the description that DuckDB reads: eight fields of 32
bytes, the last one first, and an empty signature of 256 bytes."""
import platform
import sys

API = "v1.2.0"  # of DuckDB's C extension API; api.h asks for it
SYSTEMS = {"Linux": "linux", "Darwin": "osx"}
MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def main():
    library, extension, version = sys.argv[1:]
    system, machine = SYSTEMS[platform.system()], MACHINES[platform.machine()]
    fields = ["4", f"{system}_{machine}", API, f"v{version}", "C_STRUCT", "", "", ""]
    with open(library, "rb") as file:
        code = file.read()
    with open(extension, "wb") as file:
        file.write(code + b"".join(field.encode().ljust(32, b"\0") for field in reversed(fields)) + bytes(256))


main()
