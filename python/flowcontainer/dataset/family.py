"""Rows of another program's feature set in a data set: their keys, and the flow of the engine to which each row belongs.

The row is that of the program, unchanged. The columns and fields of the recipe stand behind it: those of the flow with the same ends and
protocol, in either direction, that began last before the row. They are null if there is no such flow.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..arguments import words
from ..families import tables_among
from .recipe import Recipe
from . import hashing
from .rows import mixed

Array = np.ndarray[Any, Any]
SECOND = 10**9
#: Names of protocol numbers, as the engine has them. These protocols make flows of the engine beside the rows.
PROTOCOLS = {6: "tcp", 17: "udp", 132: "sctp", 1: "icmp", 58: "icmpv6", 47: "gre", 50: "esp"}
WITH_PORTS = ("tcp", "udp", "sctp")
#: Keys of [query] that decide the packets and the end of a flow of the engine; a feature set has rules of its own.
OWN_RULES = ("filter", "drop", "protocols", "policy", "idle", "active", "tunnel", "limit", "bytes")


class Shape(NamedTuple):
    """The places of a row's keys in a feature set."""

    ends: tuple[str, str, str, str, str]  #: source address and port, destination address and port, number of the protocol
    start: Callable[[pa.RecordBatch], Array]  #: ns since 1970
    duration: Callable[[pa.RecordBatch], Array]  #: ns
    packets: tuple[str, ...]
    bytes: tuple[str, ...]
    step: int  #: ns: the times are whole multiples of it
    naming: tuple[str, ...] = ()  #: further columns of numbers that name the connection or its time


def _ns(name: str, unit: float) -> Callable[[pa.RecordBatch], Array]:
    def value(batch: pa.RecordBatch) -> Array:
        numbers = batch[name].fill_null(0).to_numpy(zero_copy_only=False)
        found: Array = np.rint(numbers * unit).astype(np.int64)
        return found

    return value


def _classic_start(batch: pa.RecordBatch) -> Array:
    times = pc.strptime(batch["Timestamp"], format="%d/%m/%Y %I:%M:%S %p", unit="s")
    return times.cast(pa.int64()).to_numpy(zero_copy_only=False) * SECOND  # type: ignore[no-any-return]


def _corrected_start(batch: pa.RecordBatch) -> Array:
    times = batch["Timestamp"].cast(pa.timestamp("ns"))
    return times.cast(pa.int64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


_CIC = Shape(
    ("Src IP", "Src Port", "Dst IP", "Dst Port", "Protocol"),
    _classic_start,
    _ns("Flow Duration", 1000),
    ("Total Fwd Packet", "Total Bwd packets"),
    ("Total Length of Fwd Packet", "Total Length of Bwd Packet"),
    SECOND,
)
SHAPES = {
    "cic-classic": _CIC,
    "cic-corrected": _CIC._replace(start=_corrected_start, step=1000),
    "nfstream": Shape(
        ("src_ip", "src_port", "dst_ip", "dst_port", "protocol"),
        _ns("bidirectional_first_seen_ms", 1e6),
        _ns("bidirectional_duration_ms", 1e6),
        ("bidirectional_packets",),
        ("bidirectional_bytes",),
        10**6,
        ("id", "expiration_id", "vlan_id",
         *(f"{side}_{end}_seen_ms" for side in ("bidirectional", "src2dst", "dst2src") for end in ("first", "last"))),
    ),
    "zeek-conn": Shape(
        ("id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "ip_proto"),
        _ns("ts", 1e9),
        _ns("duration", 1e9),
        ("orig_pkts", "resp_pkts"),
        ("orig_ip_bytes", "resp_ip_bytes"),
        1000,
        ("ts",),
    ),
    "netflow": Shape(
        ("IPV4_SRC_ADDR", "L4_SRC_PORT", "IPV4_DST_ADDR", "L4_DST_PORT", "PROTOCOL"),
        _ns("FLOW_START_MILLISECONDS", 1e6),
        _ns("FLOW_DURATION_MILLISECONDS", 1e6),
        ("IN_PKTS", "OUT_PKTS"),
        ("IN_BYTES", "OUT_BYTES"),
        10**6,
        ("FLOW_START_MILLISECONDS", "FLOW_END_MILLISECONDS", "DNS_QUERY_ID", "MIN_TTL", "MAX_TTL"),
    ),
}  # fmt: skip

#: Columns of numbers that name a connection, its place or its time, of all feature sets.
NAMING = tuple(
    sorted({name for shape in SHAPES.values() for name in (shape.ends[1], shape.ends[3], *shape.naming)})
)


def asked(recipe: Recipe) -> str:
    """The feature set of another program that the recipe asks for, "" if none. Raises RecipeError."""
    others = tables_among(words("features", recipe.query["features"]))
    if not others:
        return ""
    name = others[0]
    if len(others) > 1:
        raise recipe.wrong(f"{' and '.join(others)} have different rows: a data set has one of them", "query", "features")
    if name not in SHAPES:
        why = "a row of nprint is a packet, and a data set has flows"
        raise recipe.wrong(f'{why}; [model] name = "nprint" makes its bits of flows', "query", "features")
    for key in OWN_RULES:
        if recipe.query[key] != recipe.default("query", key):
            raise recipe.wrong(f"{name} has rules of its own for packets and flows: {key} does not apply", "query", key)
    if recipe.model["name"]:
        raise recipe.wrong(f"a model's arrays are made of flows, but rows are those of {name}", "model", "name")
    return name


class Flows:
    """The flows of some captures, among which rows find theirs."""

    def __init__(self, batches: list[tuple[pa.RecordBatch, pa.RecordBatch]]) -> None:
        self._columns, self._keys = (pa.concat_batches([pair[side] for pair in batches]) for side in (0, 1))
        self._ends = _ends(self._keys)
        self._start = _times(self._keys)

    def of(self, rows: pa.RecordBatch, step: int) -> pa.Array:
        """For each row of keys the index of its flow, or null."""
        ends = np.concatenate([self._ends, _ends(rows)])
        start = np.concatenate([self._start, _times(rows) + step - 1])
        count = len(self._ends)
        order = np.lexsort((np.arange(len(ends)) >= count, start, ends))
        place = np.arange(len(order))
        before = np.maximum.accumulate(np.where(order < count, place, -1))
        behind = np.minimum.accumulate(np.where(order < count, place, len(order) - 1)[::-1])[::-1]
        found = np.full(len(order), -1)
        for near in (behind, before):  # the flow before a row is the better one
            flow = order[np.maximum(near, 0)]
            right = (near >= 0) & (flow < count) & (ends[flow] == ends[order])
            found[order[right]] = flow[right]
        return pa.array(found[count:], mask=found[count:] < 0)

    def columns(self, place: pa.Array) -> dict[str, pa.Array]:
        """The columns of these flows."""
        return {name: self._columns[name].take(place) for name in self._columns.schema.names}

    def key(self, name: str, place: pa.Array) -> pa.Array:
        """A key of these flows."""
        return self._keys[name].take(place)

    def names(self) -> list[str]:
        """The names of the keys."""
        return list(self._keys.schema.names)


def joined(name: str, batch: pa.RecordBatch, flows: Flows) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Rows with the columns of their flows behind them, and their keys."""
    shape = SHAPES[name]
    keys = _own_keys(shape, batch)
    columns = {column: batch[column] for column in batch.schema.names if column != "Label"}
    place = flows.of(pa.record_batch(keys), shape.step)
    columns.update(flows.columns(place))
    for key in flows.names():
        if key not in keys and key != "lengths_hash":
            keys[key] = flows.key(key, place)
    keys["community_id"] = _connection(keys)
    if "bytes_hash" in keys:
        keys["bytes_hash"] = keys["bytes_hash"].fill_null(0)
    keys["lengths_hash"] = pa.array(_measures(shape, batch))
    return pa.record_batch(columns), pa.record_batch(keys)


def _own_keys(shape: Shape, batch: pa.RecordBatch) -> dict[str, pa.Array]:
    src, sport, dst, dport, number = (batch[name] for name in shape.ends)
    start = shape.start(batch)
    known = pa.array([PROTOCOLS.get(value, str(value)) for value in range(256)])
    return {
        "capture": batch["capture"],
        "protocol": known.take(number.cast(pa.int64()).fill_null(0)),
        "src": _plain_addresses(src),
        "dst": _plain_addresses(dst),
        "sport": sport.cast(pa.uint16()),
        "dport": dport.cast(pa.uint16()),
        "time_start": pa.array(start.view("datetime64[ns]")),
        "time_end": pa.array((start + shape.duration(batch)).view("datetime64[ns]")),
        "packets": _sum(batch, shape.packets),
        "bytes": _sum(batch, shape.bytes),
    }


def _sum(batch: pa.RecordBatch, names: tuple[str, ...]) -> pa.Array:
    return pa.array(sum(batch[name].cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False) for name in names))


def _plain_addresses(column: pa.Array) -> pa.Array:
    """Addresses as the engine writes them: Java writes each group of IPv6."""
    coded = column.dictionary_encode()
    texts = [str(ipaddress.ip_address(text)) if ":" in text else text for text in coded.dictionary.to_pylist()]
    return pa.array(texts, pa.utf8()).take(coded.indices)


def _times(keys: pa.RecordBatch) -> Array:
    found: Array = keys["time_start"].cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return found


def _ends(keys: pa.RecordBatch) -> Array:
    """A hash of capture, protocol and both ends, equal in both directions. ICMP and the like have no ports."""
    protocol = hashing.repeated(keys["protocol"])
    ports = np.isin(protocol, np.array([hashing.text(name) for name in WITH_PORTS], np.uint64))
    with np.errstate(over="ignore"):
        total = mixed(protocol ^ mixed(hashing.repeated(keys["capture"]), 6), 7)
        for address, port in (("src", "sport"), ("dst", "dport")):
            number = keys[port].cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False).astype(np.uint64)
            total = total + mixed(hashing.repeated(keys[address]) ^ np.where(ports, number, np.uint64(0)), 8)
    return total


def _connection(keys: dict[str, pa.Array]) -> pa.Array:
    """The Community ID of a row's flow; without a flow, a text of the same meaning."""
    found = keys["community_id"]
    if not found.null_count:
        return found
    names = ("protocol", "src", "sport", "dst", "dport")
    without = found.is_null()
    texts = []
    for protocol, src, sport, dst, dport in zip(*(keys[name].filter(without).to_pylist() for name in names)):
        texts.append(f"{protocol} {sorted([(src or '', sport or 0), (dst or '', dport or 0)])}")
    return pc.replace_with_mask(found, without, pa.array(texts, found.type))


def _measures(shape: Shape, batch: pa.RecordBatch) -> Array:
    """A hash of the measured values of each row: equal rows are near duplicates."""
    out = np.zeros(batch.num_rows, np.uint64)
    for place, (column, kind) in enumerate(zip(batch.schema.names, batch.schema.types)):
        if (pa.types.is_integer(kind) or pa.types.is_floating(kind)) and column not in (*shape.ends, *shape.naming):
            wide = batch[column].cast(pa.float64() if pa.types.is_floating(kind) else pa.int64(), safe=False)
            values = wide.fill_null(-1) if wide.null_count else wide
            hashing.add(out, values.to_numpy(zero_copy_only=False).view(np.uint64), place)
    return mixed(out, 10)
