"""`extract`, with the parameters and the answer of the original flowcontainer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from . import _core, arguments
from .arguments import StrPath
from .captures import Capture, Source, captures, inputs, is_url, name_of
from .flows import Flow, Rows
from .problems import finish
from .protocols import Protocols
from .tshark_words import tshark_options


def extract(
    infile: Source,
    filter: str | None = "",
    extension: str | Iterable[str] | None = "",
    ip_layer: bool = False,
    verbose: bool = False,
    cmd_parameter: str | Iterable[str] | None = None,
    split_flag: bool = False,
    *,
    engine: str = "auto",
    storage_options: Mapping[str, Any] | None = None,
    filesystem: Any = None,
) -> dict[tuple[Any, str, str], Flow]:
    """The flows of a capture: {(infile, "tcp" or "udp", "stream number"): :class:`flowcontainer.flows.Flow`}.

    The flows are in the order of their first kept packets. ICMP, mDNS, SSDP, TCP retransmissions and packets out of
    order are left out, and so are flows without payload.

    :param infile: path of a capture; or a URL, a file object, a bytearray or memoryview, as :func:`flowcontainer.scan`
        takes them. The first part of the keys is the path, the URL, or the name of the object
    :param filter: a Wireshark display filter that a packet must pass
    :param extension: a Wireshark field or several; their values are in :attr:`Flow.extension`
    :param ip_layer: leave out only ICMP: retransmissions, packets out of order, mDNS and SSDP stay. (The original asks
        tshark for the same packets, and then returns an empty dict for every capture.)
    :param verbose: print the name of the capture
    :param cmd_parameter: options of tshark, as a list of words or one text: ``-o NAME:VALUE`` (a preference),
        ``-d LAYER==SELECTOR,PROTOCOL`` (decode as), ``-2``, ``-c N``, ``-n``. ``-o tls.keylog_file:FILE`` decrypts
    :param split_flag: use all cores
    :param engine: "auto", "native" or "wireshark": see :func:`flowcontainer.scan`
    :param storage_options: see :func:`flowcontainer.scan`
    :param filesystem: see :func:`flowcontainer.scan`

    A missing file raises FileNotFoundError. A bad filter, an unknown field and an unsupported option of tshark raise
    ValueError. A file that is not a capture raises CaptureError, which is a ValueError. A damaged capture gives the
    flows from before the damage, and a CaptureWarning.
    """
    capture = _capture(infile, storage_options, filesystem)
    key = infile if isinstance(infile, (str, bytes, os.PathLike)) else name_of(capture)
    fields = _fields(extension)
    if verbose:
        print(f"Reading {name_of(capture)}...")
    options = {
        "filter": filter or "",
        "level": "flows",
        "style": "classic",
        "drop": "icmp" if ip_layer else "default",
        "jobs": 0 if split_flag else 1,
        **tshark_options(cmd_parameter),
    }
    later = Protocols(capture, options)
    run = _core.open(inputs((capture,)), fields, engine=engine, **options)
    flows: dict[tuple[Any, str, str], Flow] = {}
    at: dict[str, int] = {}
    ruled = tuple(zip(fields, run.text_rules))
    while (array := run.next_batch()) is not None:
        at = at or {name: i for i, name in enumerate(array.names)}
        _add(flows, key, Rows(array, at, ruled, later))
    finish(run)
    return flows


def _add(flows: dict[tuple[Any, str, str], Flow], infile: Any, rows: Rows) -> None:
    new = Flow.__new__
    protocols = rows.array.child(rows.at["protocol"]).to_list()
    streams = rows.array.child(rows.at["stream"]).to_list()
    for row, protocol in enumerate(protocols):
        flow = new(Flow)
        flow._rows = rows
        flow._row = row
        flows[infile, protocol, str(streams[row])] = flow


def _capture(infile: Source, storage_options: Mapping[str, Any] | None, filesystem: Any) -> bytes | Capture:
    if isinstance(infile, (str, bytes, os.PathLike)) and filesystem is None and not is_url(infile):
        if storage_options:
            raise ValueError("storage_options are for URLs such as s3://bucket/day.pcap")
        return _path(infile)
    found = captures((infile,), storage_options, filesystem)
    if len(found) != 1:
        raise ValueError(f"extract() reads one capture, and {infile} is {len(found)}; flowcontainer.scan() reads several")
    return found[0]


def _path(infile: StrPath) -> bytes:
    """A file that exists: folders, globs and "-" are for `scan`."""
    path = arguments.path(infile)
    text = os.fsdecode(path)
    os.stat(text)
    if os.path.isdir(text):
        raise IsADirectoryError(21, "extract() reads one capture; flowcontainer.scan() reads folders", text)
    return b"./-" if path == b"-" else path


def _fields(extension: str | Iterable[str] | None) -> tuple[str, ...]:
    words = arguments.words("extension", extension)
    return tuple(dict.fromkeys(field.strip() for field in words if field.strip()))
