"""A flow with the attributes of the original flowcontainer. Lists are made when they are first used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

from ._core import Array, UnsupportedError
from .protocols import Protocols


class Rows(NamedTuple):
    """The data that all flows of one batch share."""

    array: Array
    at: dict[str, int]  # index of each column
    fields: tuple[tuple[str, int], ...]  # name and text_rule of each requested field
    later: Protocols


class Flow:
    """A TCP or UDP flow.

    - src, sport, dst, dport: the client is the side with the larger port in the flow's first packet
    - source, destination: (src, sport) and (dst, dport)
    - protocol: "tcp" or "udp"
    - ip_lengths, ip_timestamps: of each packet; lengths are positive from src to dst, negative from dst to src
    - payload_lengths, payload_timestamps: of each packet with payload (for UDP with the 8 bytes of its header)
    - lengths, timestamps: those of the payload, or those of the IP packets if main is "ip"
    - time_start, time_end: the first and the last of timestamps
    - extension: {field: [(text, index into ip_lengths), ...]}, without fields that have no value
    - ext_protocol: the texts of Wireshark's column Protocol for the packets, each once, in their order: "TCP|TLSv1.3".
      libwireshark must read the file twice more for it, so it is computed only when you first use it, and then for all
      flows of the capture

    Times are seconds since 1970 as floats. You may assign attributes and add new ones. Flows are ordered by the time of
    their start; len(flow) is that of `lengths`.
    """

    __slots__ = ("_rows", "_row", "_later", "__dict__", "__weakref__")

    main = "payload"

    def __init__(self, main: str = "payload", **attributes: Any) -> None:
        self._rows: Rows | None = None
        self._row = 0
        self._later: tuple[Protocols, str, int] | None = None  # source of ext_protocol for an unpickled flow
        if main != "payload":
            self.main = main
        self.__dict__.update(attributes)

    def __getattr__(self, name: str) -> Any:
        if (read := _READ.get(name)) is not None:
            value = self.__dict__[name] = read(self, name)
            return value
        if (compute := _COMPUTED.get(name)) is not None:
            return compute(self)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __len__(self) -> int:
        return len(self.lengths)

    def __bool__(self) -> bool:
        return True

    def __lt__(self, other: Flow) -> bool:
        return _start(self) < _start(other) if isinstance(other, Flow) else NotImplemented

    def __le__(self, other: Flow) -> bool:
        return _start(self) <= _start(other) if isinstance(other, Flow) else NotImplemented

    def __gt__(self, other: Flow) -> bool:
        return _start(self) > _start(other) if isinstance(other, Flow) else NotImplemented

    def __ge__(self, other: Flow) -> bool:
        return _start(self) >= _start(other) if isinstance(other, Flow) else NotImplemented

    def __str__(self) -> str:
        return (
            f"{self.protocol} {_endpoint(self.source)} -> {_endpoint(self.destination)}, "
            f"{len(self)} packets from {self.time_start} to {self.time_end}"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_READ, *_COMPUTED})

    def __getstate__(self) -> dict[str, Any]:
        for name in _READ:
            getattr(self, name)
        return {**self.__dict__, "_later": _later(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._rows, self._row = None, 0
        self._later = state.get("_later")
        self.__dict__.update({name: value for name, value in state.items() if name != "_later"})


def _endpoint(pair: tuple[str, int]) -> str:
    address, port = pair
    return f"[{address}]:{port}" if address and ":" in address else f"{address}:{port}"


# ---- attributes that are read from the batch once ----


def _cell(flow: Flow, name: str) -> Any:
    rows = flow._rows
    return None if rows is None else rows.array.cell(rows.at[name], flow._row)


def _list(flow: Flow, name: str) -> list[int]:
    rows = flow._rows
    return [] if rows is None else cast("list[int]", rows.array.cell(rows.at[name], flow._row))


def _seconds(flow: Flow, name: str) -> list[float]:
    rows = flow._rows
    return [] if rows is None else rows.array.seconds(rows.at[name], flow._row)


def _extension(flow: Flow, name: str) -> dict[str, list[tuple[str, int]]]:
    rows = flow._rows
    found: dict[str, list[tuple[str, int]]] = {}
    if rows is None:
        return found
    for field, rule in rows.fields:
        values = rows.array.texts(rows.at[field], flow._row, rule)
        if values:
            found[field] = values
    return found


_READ: dict[str, Callable[[Flow, str], Any]] = {
    **dict.fromkeys(("src", "dst", "sport", "dport", "protocol"), _cell),
    "ip_lengths": _list,
    "payload_lengths": _list,
    "ip_timestamps": _seconds,
    "payload_timestamps": _seconds,
    "extension": _extension,
}


# ---- attributes that are computed each time, because others may have been assigned ----


def _lengths(flow: Flow) -> Any:
    return flow.ip_lengths if flow.main == "ip" else flow.payload_lengths


def _timestamps(flow: Flow) -> Any:
    return flow.ip_timestamps if flow.main == "ip" else flow.payload_timestamps


class _NeedsWireshark(UnsupportedError, AttributeError):
    """Also an AttributeError, so that hasattr() and inspect treat the attribute as absent."""


def _later(flow: Flow) -> tuple[Protocols, str, int] | None:
    rows = flow._rows
    return (rows.later, _cell(flow, "protocol"), _cell(flow, "stream")) if rows else flow._later


def _ext_protocol(flow: Flow) -> str:
    if (later := _later(flow)) is None:
        return ""
    protocols, protocol, stream = later
    try:
        text = flow.__dict__["ext_protocol"] = protocols.of(protocol, stream)
    except UnsupportedError as error:
        raise _NeedsWireshark(f"ext_protocol: {error}") from None
    return text


_COMPUTED: dict[str, Callable[[Flow], Any]] = {
    "source": lambda flow: (flow.src, flow.sport),
    "destination": lambda flow: (flow.dst, flow.dport),
    "lengths": _lengths,
    "timestamps": _timestamps,
    "time_start": lambda flow: min(flow.timestamps, default=0.0),
    "time_end": lambda flow: max(flow.timestamps, default=0.0),
    "ext_protocol": _ext_protocol,
}


def _start(flow: Flow) -> float:
    """time_start, cached while the list of times is the same, because sorting uses it often."""
    if "time_start" in flow.__dict__:
        return cast(float, flow.time_start)
    times = flow.timestamps
    kept = flow.__dict__.get("_start")
    if kept is None or kept[0] is not times or kept[1] != len(times):
        kept = flow.__dict__["_start"] = (times, len(times), min(times, default=0.0))
    return cast(float, kept[2])
