"""A flow as the original flowcontainer gives it. Lists are made when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

from ._core import Array, UnsupportedError
from .protocols import Protocols


class Rows(NamedTuple):
    """What the flows of one batch share."""

    array: Array
    at: dict[str, int]  # column by name
    fields: tuple[tuple[str, int], ...]  # names asked for, and how their values print
    later: Protocols


class Flow:
    """A TCP or UDP flow.

    - src, sport, dst, dport: the client is the side with the larger port in the flow's first packet
    - source, destination: (src, sport) and (dst, dport)
    - protocol: "tcp" or "udp"
    - ip_lengths, ip_timestamps: of every packet; lengths are positive from src to dst, negative back
    - payload_lengths, payload_timestamps: of the packets that carry data (UDP: with the 8 bytes of its header)
    - lengths, timestamps: those of the payload, or of the IP packets when main is "ip"
    - time_start, time_end: the first and the last of timestamps
    - extension: {field: [(text, index into ip_lengths), ...]}, fields without a value left out
    - ext_protocol: "TCP|TLSv1.3": what Wireshark's column Protocol says of the packets, each name once, in their order.
      Read when it is first touched, for all flows of the capture at once: it takes libwireshark two more readings of
      the file, which those who do not ask should not pay for

    Times are seconds since 1970 as floats. Attributes may be assigned, and more be added. Flows are ordered by the
    time of their start; their length is that of `lengths`.
    """

    __slots__ = ("_rows", "_row", "_later", "__dict__", "__weakref__")

    main = "payload"

    def __init__(self, main: str = "payload", **attributes: Any) -> None:
        self._rows: Rows | None = None
        self._row = 0
        self._later: tuple[Protocols, str, int] | None = None  # of one without rows: where ext_protocol is found
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


# ---- read from the batch, once ----


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


# ---- computed each time, from what may have been assigned ----


def _lengths(flow: Flow) -> Any:
    return flow.ip_lengths if flow.main == "ip" else flow.payload_lengths


def _timestamps(flow: Flow) -> Any:
    return flow.ip_timestamps if flow.main == "ip" else flow.payload_timestamps


class _NeedsWireshark(UnsupportedError, AttributeError):
    """Also an AttributeError, so that hasattr() and inspect see an attribute that is not there."""


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
    """time_start, remembered for as long as the list of times is the same: sorting asks often."""
    if "time_start" in flow.__dict__:
        return cast(float, flow.time_start)
    times = flow.timestamps
    kept = flow.__dict__.get("_start")
    if kept is None or kept[0] is not times or kept[1] != len(times):
        kept = flow.__dict__["_start"] = (times, len(times), min(times, default=0.0))
    return cast(float, kept[2])
