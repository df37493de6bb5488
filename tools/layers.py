#!/usr/bin/env python3
"""Checks who may depend on whom: every room includes only rooms that src/LAYERS allows, the command and the Python extension
include only include/, and there is no circle of files in a room except those that src/LAYERS lists with a reason.

A file depends on the files that define the functions and objects that it names, and a header on the headers that it includes."""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*"([a-z_]+)/', re.M)
HEADER = re.compile(r'^\s*#\s*include\s*"([a-z_0-9/]+\.h)"', re.M)
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\b(?:struct|enum|union) \w+', re.S)
WORD = re.compile(r"\b[a-z_]\w*\b")
NOT_SHARED = r"^(?!static|typedef|extern|return|else)"
FUNCTION = re.compile(NOT_SHARED + r"[A-Za-z_][\w *]*?\b(\w+)\((?:[^;{}()]|\([^()]*\))*\)\s*\{", re.M)
OBJECT = re.compile(NOT_SHARED + r"(?:const )?[A-Za-z_][\w *]*?\b(\w+)(?:\[[^\]]*\])* *=", re.M)


def read_layers():
    """(room -> rooms that it may include, folder -> sets of files that may form a circle)."""
    rooms, circles = {}, collections.defaultdict(list)
    for line in (ROOT / "src/LAYERS").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, rest = line.partition(":")
        if name.startswith("circle "):
            files, _, reason = rest.partition("|")
            assert reason.strip(), f"src/LAYERS: {name} has no reason"
            circles[name.removeprefix("circle ")].append(set(files.split()))
        else:
            rooms[name.strip()] = set(rest.split()) | {name.strip()}
    return rooms, circles


def wrong_rooms(rooms):
    for path in sorted((ROOT / "src").glob("*/*.[ch]")):
        room = path.parent.name
        for other in INCLUDE.findall(path.read_text()):
            if other not in rooms.get(room, ()):
                yield f"{path.relative_to(ROOT)}: {room} may not include {other}"
    for path in sorted([*(ROOT / "cli").glob("*.[ch]"), *(ROOT / "python").glob("*.[ch]"), *(ROOT / "duckdb").glob("*.[ch]")]):
        for other in INCLUDE.findall(path.read_text()):
            if other in rooms:
                yield f"{path.relative_to(ROOT)}: sees include/ only, not {other}"


def dependencies(folder):
    """file -> file of the same folder -> a name because of which the first depends on the second."""
    texts = {path.name: NOT_CODE.sub("", path.read_text()) for path in sorted(folder.glob("*.c"))}
    owners = {name: file for file, text in texts.items() for name in FUNCTION.findall(text) + OBJECT.findall(text)}
    found = collections.defaultdict(dict)
    for file, text in texts.items():
        for word in sorted(set(WORD.findall(text)) & owners.keys()):
            if owners[word] != file:
                found[file][owners[word]] = word
    for path in folder.glob("*.h"):
        for other in HEADER.findall(path.read_text()):
            if (folder / pathlib.Path(other).name).is_file() and other in (f"{folder.name}/{pathlib.Path(other).name}",
                                                                           pathlib.Path(other).name):
                found[path.name][pathlib.Path(other).name] = other
    return found


def reachable(graph, start):
    seen, todo = set(), [start]
    while todo:
        for other in graph.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def circles_of(graph):
    """The largest sets of files each of which depends on all the others."""
    ahead = {file: reachable(graph, file) for file in graph}
    return {frozenset(other for other in ahead[file] if file in ahead.get(other, ())) for file in graph if file in ahead[file]}


def wrong_circles(folder, allowed):
    graph = dependencies(folder)
    left = [set(files) for files in allowed]
    for circle in sorted(map(sorted, circles_of(graph))):
        names = {pathlib.Path(file).stem for file in circle}
        if names in left:
            left.remove(names)
            continue
        yield f"{folder.relative_to(ROOT)}: a circle that src/LAYERS does not list: {' '.join(sorted(names))}"
        for file in circle:
            for other in sorted(graph[file].keys() & set(circle)):
                yield f"    {file} needs {other}: {graph[file][other]}"
    for names in left:
        yield f"src/LAYERS: there is no circle of {' '.join(sorted(names))} in {folder.relative_to(ROOT)}"


def main():
    rooms, circles = read_layers()
    wrong = list(wrong_rooms(rooms))
    folders = [*sorted(path for path in (ROOT / "src").iterdir() if path.is_dir()), *(ROOT / name for name in ("cli", "python", "duckdb", "worker"))]
    for folder in folders:
        wrong += wrong_circles(folder, circles.pop(folder.name, []))
    wrong += [f"src/LAYERS: there is no room {name}" for name in circles]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
