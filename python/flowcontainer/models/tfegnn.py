"""TFE-GNN: bytes of headers and payloads of the first packets, and graphs of their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .inputs import Array, Inputs
from .sessions import Frame, sessions_of
from .sound import header_and_payload, query

PACKETS, HEADER, PAYLOAD, FILL = 50, 40, 150, 256


def tfe_gnn_query(**_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`tfe_gnn`."""
    return query(PACKETS, HEADER, PAYLOAD)


def tfe_gnn(source: Any, *, exact: bool = False) -> Inputs:
    """TFE-GNN: `header` (flows, 50, 40) and `payload` (flows, 50, 150), int16, filled with 256.

    The sound form has the headers of IP and TCP or UDP, with addresses, ports, checksums, IP id, sequence numbers and TCP timestamps
    masked, and row i of both belongs to packet i. :func:`graph` makes the graph of a packet's bytes.

    exact=True takes captures and gives the published arrays of SplitCap's TCP sessions: bytes 12 to 23 of the frame are cut away, which
    are addresses and ports in raw IP, but type and the begin of the IP header in Ethernet; packets without payload are left out of
    `payload` and not of `header`, so that rows belong to different packets. Sessions without payload, over 10,000 packets, of UDP
    or of IPv6 are left out.
    """
    if not exact:
        made = header_and_payload("tfe_gnn", source, PACKETS, HEADER, PAYLOAD)
        arrays = {name: np.where(made.masks[name], array, FILL).astype(np.int16) for name, array in made.arrays.items()}
        return Inputs("tfe_gnn", False, arrays, made.masks, made.rows, made.names)
    kept = [
        (i, one, both)
        for i, one in enumerate(sessions_of(source))
        if _read(one.frames) and (both := tfe_gnn_bytes(one.frames))
    ]
    arrays = {
        name: np.array([both[side] for _, _, both in kept], np.int16).reshape(len(kept), PACKETS, -1)
        for side, name in enumerate(("header", "payload"))
    }
    faults = (
        "rows of header and payload belong to different packets",
        "bytes 12 to 23 of the frame are cut away",
        "padding of Ethernet counts as header",
    )
    masks = {name: array != FILL for name, array in arrays.items()}
    return Inputs(
        "tfe_gnn",
        True,
        arrays,
        masks,
        np.array([i for i, _, _ in kept], np.int64),
        [one.name for _, one, _ in kept],
        faults,
    )


def _read(frames: Sequence[Frame]) -> bool:
    return all(frame.protocol == 6 and frame.version == 4 for frame in frames)


def tfe_gnn_bytes(frames: Sequence[Frame]) -> tuple[Array, Array] | None:
    """The published header and payload of a session; None if it is left out."""
    payloads = [frame.data[frame.payload : frame.end] for frame in frames]
    if not any(payloads) or sum(map(bool, payloads)) > 10000:
        return None
    headers = [frame.data[: len(frame.data) - len(payload)] for frame, payload in zip(frames, payloads)]
    cut = [header[:12] + header[24:] for header in headers]
    return _filled(cut, HEADER), _filled([payload for payload in payloads if payload], PAYLOAD)


def _filled(rows: Sequence[bytes], size: int) -> Array:
    out = np.full((PACKETS, size), FILL, np.int16)
    for i, row in enumerate(rows[:PACKETS]):
        out[i, : min(len(row), size)] = np.frombuffer(row[:size], np.uint8)
    return out


def graph(words: Array, window: int = 5) -> tuple[Array, Array, Array, Array]:
    """The graph of a packet's bytes: nodes in the order of their first appearance as a source, edges (source, target) as places of nodes,
    and weights (pointwise mutual information above 0). Self-loops of weight 1 stand behind the edges."""
    values = np.asarray(words).tolist()
    windows = [values[i : i + window] for i in range(max(len(values) - window + 1, 1))]
    frequency: dict[int, int] = {}
    pairs: dict[tuple[int, int], int] = {}
    for one in windows:
        for word in set(one):
            frequency[word] = frequency.get(word, 0) + 1
        for i in range(1, len(one)):
            for j in range(i):
                if one[i] != one[j]:
                    for pair in ((one[i], one[j]), (one[j], one[i])):
                        pairs[pair] = pairs.get(pair, 0) + 1
    count = len(windows)
    weights = {
        pair: np.log((n / count) / (frequency[pair[0]] * frequency[pair[1]] / count**2)) for pair, n in pairs.items()
    }
    edges = [(pair, weight) for pair, weight in weights.items() if weight > 0]
    nodes = list(dict.fromkeys(pair[0] for pair, _ in edges))
    place = {word: i for i, word in enumerate(nodes)}
    loops = list(range(len(nodes)))
    source = [place[a] for (a, _), _ in edges] + loops
    target = [place[b] for (_, b), _ in edges] + loops
    weight = [weight for _, weight in edges] + [1.0] * len(loops)
    return np.array(nodes, np.int16), np.array(source, np.int64), np.array(target, np.int64), np.array(weight)
