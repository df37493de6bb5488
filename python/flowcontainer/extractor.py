"""The facade: `extract` as the original flowcontainer has it."""

from __future__ import annotations

import os
from collections.abc import Iterable

from . import _core, arguments
from .arguments import StrPath
from .flows import Flow, Rows
from .problems import finish


def extract(
    infile: StrPath,
    filter: str | None = "",
    extension: str | Iterable[str] | None = "",
    split_flag: bool = False,
    verbose: bool = False,
    ip_layer: bool = False,
    cmd_parameter: str | Iterable[str] | None = None,
    *,
    engine: str = "auto",
) -> dict[tuple[StrPath, str, str], Flow]:
    """The flows of a capture: {(infile, "tcp" or "udp", "stream number"): :class:`flowcontainer.flows.Flow`}.

    They stand in the order of their first kept packets. ICMP, mDNS, SSDP, TCP retransmissions and packets out of
    order are left out, and so are flows without any payload.

    :param infile: path of a capture
    :param filter: a Wireshark display filter that a packet must pass
    :param extension: a Wireshark field or several; their values are in :attr:`Flow.extension`
    :param split_flag: use all cores
    :param verbose: say what is read
    :param ip_layer: refused when true: it is not answered yet
    :param cmd_parameter: refused unless empty: it is for tshark's command line
    :param engine: "auto", "native" or "wireshark": see :func:`flowcontainer.scan`

    A missing file raises FileNotFoundError; a bad filter and an unknown field raise ValueError; a file that is no
    capture raises CaptureError, which is a ValueError. A capture that is damaged further on gives what stands before
    the damage, and a CaptureWarning.
    """
    path = _path(infile)
    _refuse(ip_layer, cmd_parameter)
    fields = _fields(extension)
    if verbose:
        print(f"Reading {os.fsdecode(path)}...")
    run = _core.open(
        (path,),
        fields,
        filter=filter or "",
        level="flows",
        style="classic",
        jobs=0 if split_flag else 1,
        engine=engine,
    )
    flows: dict[tuple[StrPath, str, str], Flow] = {}
    at: dict[str, int] = {}
    ruled = tuple(zip(fields, run.text_rules))
    while (array := run.next_batch()) is not None:
        at = at or {name: i for i, name in enumerate(array.names)}
        _add(flows, infile, Rows(array, at, ruled))
    finish(run)
    return flows


def _add(flows: dict[tuple[StrPath, str, str], Flow], infile: StrPath, rows: Rows) -> None:
    new = Flow.__new__
    protocols = rows.array.child(rows.at["protocol"]).to_list()
    streams = rows.array.child(rows.at["stream"]).to_list()
    for row, protocol in enumerate(protocols):
        flow = new(Flow)
        flow._rows = rows
        flow._row = row
        flows[infile, protocol, str(streams[row])] = flow


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


def _refuse(ip_layer: bool, cmd_parameter: str | Iterable[str] | None) -> None:
    if ip_layer:
        raise _core.UnsupportedError("ip_layer=True is not answered yet")
    if cmd_parameter and list(cmd_parameter):
        raise _core.UnsupportedError("cmd_parameter is for tshark's command line; it is not answered yet")
