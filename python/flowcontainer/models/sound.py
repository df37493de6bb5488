"""The sound form of byte layouts: the engine's matrices of bytes, masked, by the lengths of headers and payload."""

from __future__ import annotations

from typing import Any

import numpy as np

from .inputs import Array, Inputs, Source

#: The fields that the sound form masks: those that name the connection instead of the application.
MASKS = ["addresses", "ports", "checksums", "ip_id", "sequence", "acknowledgement", "timestamps"]


def query(packets: int, header: int, payload: int) -> dict[str, Any]:
    """Arguments of scan for the bytes of headers and payload of the first packets."""
    return {
        "columns": ["flow_id"],
        "bytes": {
            "ip": {"packets": packets, "start": "ip", "length": max(header, 120), "mask": MASKS},
            "payload": {"packets": packets, "start": "payload", "length": payload},
        },
    }


def matrix(source: Any, asked: dict[str, Any], name: str) -> tuple[Source, Array, Array]:
    """The source, a matrix of bytes (flows, packets, length), and the mask of its real bytes."""
    rows = Source(source, asked)
    content, sizes = rows.matrix(name)
    mask = np.arange(content.shape[2]) < sizes[:, :, None]
    return rows, content, mask


def header_and_payload(layout: str, source: Any, packets: int, header: int, payload: int) -> Inputs:
    """Headers (flows, packets, header) and payload (flows, packets, payload), uint8, filled with 0."""
    asked = query(packets, header, payload)
    rows, whole, there = matrix(source, asked, "ip")
    data, data_sizes = rows.matrix("payload")
    real = (np.arange(header) < rows.header_lengths("ip", "payload")[:, :, None]) & there[:, :, :header]
    arrays = {"header": np.where(real, whole[:, :, :header], 0).astype(np.uint8), "payload": data}
    masks = {"header": real, "payload": np.arange(payload) < data_sizes[:, :, None]}
    return Inputs(layout, False, arrays, masks, np.arange(len(data)), rows.names())
