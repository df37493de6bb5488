"""The keys of a recipe: one table, from which the checks, the proposed recipe and the guide are made."""

from __future__ import annotations

from typing import Any, NamedTuple

NUMBER = (int, float)
TEXTS = (str, list)


class Key(NamedTuple):
    """A key of a recipe."""

    kinds: tuple[type, ...]  #: types of its value
    default: Any
    text: str
    choices: tuple[str, ...] = ()  #: of a text: the values that it may have


SECTIONS: dict[str, dict[str, Key]] = {
    "dataset": {
        "name": Key((str,), "", "name of the data set, for its manifest and its report"),
        "captures": Key(TEXTS, None, "folders, files or globs, from the folder of the recipe"),
        "out": Key((str,), "out", "folder of the data set, from the folder of the recipe"),
        "jobs": Key((int,), 0, "captures read at the same time; 0: one per core"),
    },
    "query": {
        "columns": Key((str, list, dict), None, "columns of a row, as scan(columns=); a table renames them"),
        "fields": Key(TEXTS, [], "Wireshark's fields, as scan(fields=)"),
        "features": Key(
            TEXTS,
            [],
            "statistics, as scan(features=); or the feature set of another program, whose rows are then those of the data set",
        ),
        "options": Key((dict,), {}, "options of such a feature set, as arguments of scan: { idle = 60 }"),
        "bytes": Key((dict,), None, "matrices of bytes, as scan(bytes=): name = { start, length, packets, mask }"),
        "filter": Key((str,), "", "display filter that a packet must pass"),
        "drop": Key(TEXTS, None, "packets to leave out of their flows; default as scan(drop=)"),
        "protocols": Key(TEXTS, None, "protocols that make flows; default tcp and udp"),
        "policy": Key((str,), "stream", "the end of a flow, as scan(policy=)"),
        "idle": Key(NUMBER, None, 'seconds; with policy = "timeout" or close = "fin"'),
        "active": Key(NUMBER, None, 'seconds; with policy = "timeout"'),
        "close": Key((str,), "never", "flows that leave after FIN or RST, as scan(close=)"),
        "max_flows": Key((int,), 0, "flows of a capture that are kept at the same time, as scan(max_flows=)"),
        "tunnel": Key((str,), "inner", "the header that decides the flow of a tunnelled packet"),
        "packets": Key((int,), None, "sequences, fields and bytes of the first so many packets of each flow"),
        "payload_only": Key((bool,), False, "sequences and fields of the packets that have payload"),
        "limit": Key((str,), "sequences", "the extent of packets and payload_only"),
        "values": Key((str,), "packets", "form of the values of fields"),
        "max_frames": Key((int,), 0, "frames read of each capture; 0: all"),
        "engine": Key((str,), "auto", "native, wireshark or auto"),
        "wireshark": Key((str,), None, "release of Wireshark whose values the rows have, such as 4.0"),
        "preferences": Key((dict, str, list), [], "preferences of Wireshark"),
        "decode_as": Key(TEXTS, [], "as tshark -d"),
        "enable_protocol": Key(TEXTS, [], "as tshark --enable-protocol"),
        "disable_protocol": Key(TEXTS, [], "as tshark --disable-protocol"),
        "enable_heuristic": Key(TEXTS, [], "as tshark --enable-heuristic"),
        "disable_heuristic": Key(TEXTS, [], "as tshark --disable-heuristic"),
        "keylog": Key((str,), None, "file of TLS secrets, from the folder of the recipe"),
        "passes": Key((int, str), "auto", "1, 2, 2R or auto"),
        "exact": Key((bool,), False, "dissect every frame"),
    },
    "labels": {
        "path": Key((str,), None, "pattern of a capture's path, with {label} and other {names}"),
        "rules": Key(
            (str,), None, "CSV of rules: label, start, end, address, src, dst, port, sport, dport, protocol, direction"
        ),
        "zeek": Key((str, list), None, "files conn.log.labeled of Zeek"),
        "field": Key((str,), None, "field whose values are compared with suffixes"),
        "suffixes": Key((dict, str), None, "suffix = label, or a CSV of suffix,label"),
        "function": Key(
            (str,), None, "file.py:name or module:name; takes a batch, returns a label or None for each row"
        ),
        "column": Key(
            (str,), "", "with zeek: the column of the label; default detailed-label where it is set, else label"
        ),
        "offset": Key(
            NUMBER, 0, "with rules: seconds to add to times without a time zone (a local time at UTC-3 has 10800)"
        ),
        "default": Key((str,), "", "label of the flows to which this source gives none"),
    },
    "cleaning": {
        "unlabelled": Key((str,), "leave_out", "flows without a label", ("leave_out", "keep")),
        "doubly_labelled": Key((str,), "leave_out", "flows with several labels", ("leave_out", "first")),
        "min_packets": Key((int,), 0, "fewest packets of a flow"),
        "min_bytes": Key((int,), 0, "fewest bytes of a flow"),
        "background": Key((list,), [], "protocols to leave out, by name"),
        "duplicates": Key((str,), "keep", "flows with equal lengths and equal masked bytes", ("keep", "drop")),
        "near_duplicates": Key((str,), "keep", "flows with equal lengths", ("keep", "drop")),
        "near_packets": Key((int,), 10, "fewest packets of a near duplicate, because short flows are alike by chance"),
        "across_labels": Key(
            (str,),
            "drop",
            "duplicates under different labels: drop all, or keep the first of each label",
            ("drop", "keep"),
        ),
        "cap": Key((int,), 0, "most flows of a label, drawn by the seed of the split; 0: all"),
    },
    "split": {
        "by": Key(
            (str,),
            "capture",
            "the unit that is never on both sides",
            ("capture", "client", "server", "time", "day", "flow", "row"),
        ),
        "parts": Key((dict,), {"train": 0.8, "test": 0.2}, "part = share"),
        "folds": Key((int,), 0, "k folds instead of parts"),
        "stratify": Key((bool,), True, "each label in the same shares"),
        "seed": Key((int,), 1, "seed of the split and of the cap"),
        "scaling": Key(
            (str,),
            "",
            "writes scaling.json with mean and deviation of numbers, fitted on the first part (train) or on all rows",
            ("", "train", "all"),
        ),
        "i_know": Key((str,), "", "the reason why an unsound choice is right here; it goes into the manifest"),
    },
    "outputs": {
        "formats": Key((list,), ["parquet"], "parquet, arrow, npy, npz, sqlite, csv"),
        "length": Key((int,), 100, "with npy and npz: length of padded sequences"),
        "row_group": Key((int,), 65536, "rows of a row group or a record batch"),
        "leaks": Key((bool,), True, "read SNI, certificates, TTL, IP id and sequence numbers for the leak report"),
    },
    "model": {
        "name": Key((str,), "", "a layout of flowcontainer.models"),
        "exact": Key((bool,), False, "the published code's arrays, its faults included"),
        "options": Key((dict,), {}, "other arguments of the layout"),
    },
}

LABEL_SOURCES = ("path", "rules", "zeek", "field", "function")
FORMATS = ("parquet", "arrow", "npy", "npz", "sqlite", "csv")


def guide_tables() -> str:
    """The tables of docs/guide/dataset.md, one a section."""
    return "\n\n".join(_table(section, keys) for section, keys in SECTIONS.items() if section != "labels")


def _table(section: str, keys: dict[str, Key]) -> str:
    lines = [f"| `[{section}]` | default | |", "|---|---|---|"]
    for name, key in keys.items():
        choices = f": {', '.join(choice for choice in key.choices if choice)}" if key.choices else ""
        default = "" if key.default in (None, "", [], {}) else f"`{_toml(key.default)}`"
        lines.append(f"| `{name}` | {default} | {key.text}{choices} |")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
