#!/usr/bin/env python3
"""Lists functions and objects that no file of the product uses, and those with external linkage that only their own
file uses, which should be static. Tests do not count as users.

    unused.py build/checked

The symbol tables of the compiled objects say which file defines and which file uses a name; the text of the headers says
the same of inline functions, which have no symbol."""
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGETS = ("fc_objects", "flowcontainer", "flowcontainer-worker")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
WORD = re.compile(r"\b[a-z_]\w*\b")
INLINE = re.compile(r"^static inline [^;{=]*?(\w+)\(", re.M)

# Names that only tests call, each with the reason why it stays.
ALLOWED = {
    "memory_fail_after": "tests make the n-th allocation fail with it, and all later ones",
    "memory_fail_once": "the same for one allocation",
    "plan_check_release": "its test gives it fields that the table does not have",
    "plan_make_as": "tests plan queries for other releases than that of the native engine",
    "main": "the system calls it",
    "text_value": "tests call it with arrays of their own; the file's other functions build on it",
}



def symbols(build):
    """(file -> names that it defines, name -> files that use it), from the objects of the product."""
    defines, users = {}, collections.defaultdict(set)
    for target in TARGETS:
        for path in sorted((build / "CMakeFiles" / f"{target}.dir").rglob("*.c.o")):
            source = str(path.relative_to(build / "CMakeFiles" / f"{target}.dir"))[:-len(".o")]
            if not (ROOT / source).is_file():  # an object of a file that was removed
                continue
            defines[source] = []
            listed = subprocess.run(["nm", "-g", str(path)], capture_output=True, text=True, check=True).stdout
            for line in listed.splitlines():
                kind, name = line.split()[-2:]
                if kind == "U":
                    users[name].add(source)
                elif kind in "TDBRC":
                    defines[source].append(name)
    return defines, users


def unused_symbols(build):
    public = set(WORD.findall(COMMENT.sub("", (ROOT / "include/flowcontainer.h").read_text())))
    defines, users = symbols(build)
    if not defines:
        yield f"{build}: no objects; build the project first"
    inlines = collections.Counter(word for path in (ROOT / room for room in ("src", "worker"))
                                  for header in path.rglob("*.h")
                                  for word in WORD.findall(COMMENT.sub("", header.read_text())))
    stale = set(ALLOWED) - {"main"}
    for source, names in defines.items():
        words = collections.Counter(WORD.findall(COMMENT.sub("", (ROOT / source).read_text())))
        for name in names:
            if name in public or name.startswith("__") or users[name] - {source}:
                continue
            stale.discard(name)
            if name in ALLOWED or inlines[name] > 1:
                continue
            yield f"{source}: {name} " + ("should be static" if words[name] > 1 else "is not used")
    for name in stale if defines else ():
        yield f"tools/unused.py: {name} has a user or is gone; it need not be allowed"


def unused_inlines():
    texts = {path: COMMENT.sub("", path.read_text())
             for room in ("src", "cli", "python", "duckdb", "worker") for path in (ROOT / room).rglob("*.[ch]")}
    words = collections.Counter(word for text in texts.values() for word in WORD.findall(text))
    for path, text in texts.items():
        for name in INLINE.findall(text) if path.suffix == ".h" else ():
            if words[name] == 1:
                yield f"{path.relative_to(ROOT)}: {name} is not used"


def main():
    found = sorted([*unused_symbols(ROOT / sys.argv[1]), *unused_inlines()])
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
