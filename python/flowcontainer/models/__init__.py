"""Inputs of published traffic models.

    from flowcontainer import models
    images = models.yatc("captures/")["image"]                     # the sound form, of our flows
    published = models.yatc("day.pcap", exact=True)                # the published bytes, of SplitCap's sessions
    flows = scan("captures/", **models.query("yatc")).read()       # the columns that a layout needs
    images = models.yatc(flows)

Every layout takes captures, a Scan, a Table, a Dataset with the columns of :func:`query`, or anything with ``__arrow_c_stream__``, and gives :class:`Inputs`: arrays, their masks, and the
row and name of each sample's flow. The default masks what names a connection; ``exact=True`` takes captures and equals the published code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from . import lengths as _appscanner
from . import histograms as _flowpic
from . import images as _images
from . import tokens as _netfound
from . import packets as _packets
from . import sequences as _sequences
from . import text as _text
from . import tfegnn as _tfegnn
from .lengths import appscanner
from .histograms import flowpic, mini_flowpic
from .images import netmamba, ustc, write_idx, write_png, yatc
from .inputs import Inputs
from .tokens import netfound
from .packets import deep_packet, nprint, nprint_names
from .sequences import cesnet_ppi, df, fsnet, tiktok
from .sessions import splitcap
from .text import etbert, etbert_ids, trafficformer
from .tfegnn import tfe_gnn

#: {name: (function, arguments of scan that it needs)}
LAYOUTS: dict[str, tuple[Callable[..., Inputs], Callable[..., dict[str, Any]]]] = {
    "appscanner": (appscanner, _appscanner.appscanner_query),
    "fsnet": (fsnet, _sequences.fsnet_query),
    "df": (df, _sequences.df_query),
    "tiktok": (tiktok, _sequences.tiktok_query),
    "flowpic": (flowpic, _flowpic.flowpic_query),
    "mini_flowpic": (mini_flowpic, _flowpic.mini_flowpic_query),
    "cesnet_ppi": (cesnet_ppi, _sequences.cesnet_ppi_query),
    "yatc": (yatc, _images.yatc_query),
    "netmamba": (netmamba, _images.netmamba_query),
    "ustc": (ustc, _images.ustc_query),
    "etbert": (etbert, _text.etbert_query),
    "trafficformer": (trafficformer, _text.trafficformer_query),
    "deep_packet": (deep_packet, _packets.deep_packet_query),
    "nprint": (nprint, _packets.nprint_query),
    "tfe_gnn": (tfe_gnn, _tfegnn.tfe_gnn_query),
    "netfound": (netfound, _netfound.netfound_query),
}


#: Layouts whose exact form is made of SplitCap's sessions, and those whose exact form has rows that are no flows.
OF_SESSIONS = ("yatc", "netmamba", "ustc", "etbert", "trafficformer", "tfe_gnn", "netfound")
OF_PACKETS = ("appscanner", "deep_packet", "nprint")


def check(name: str, options: dict[str, Any]) -> None:
    """Refuses an unknown layout or argument with ValueError."""
    known = set(inspect.signature(_layout(name)[0]).parameters) - {"source", "exact"}
    for option in options:
        if option not in known:
            raise ValueError(f"{name} has no argument {option!r}; it has {', '.join(sorted(known)) or 'none'}")


def query(name: str, **options: Any) -> dict[str, Any]:
    """The arguments of :func:`flowcontainer.scan` that give a layout its columns. Raises ValueError for an unknown layout."""
    return _layout(name)[1](**options)


def make(name: str, source: Any, **options: Any) -> Inputs:
    """The inputs of a layout by its name. Raises ValueError for an unknown layout."""
    return _layout(name)[0](source, **options)


def _layout(name: str) -> tuple[Callable[..., Inputs], Callable[..., dict[str, Any]]]:
    if name not in LAYOUTS:
        raise ValueError(f"no layout {name!r}; there are {', '.join(LAYOUTS)}")
    return LAYOUTS[name]


__all__ = [
    "LAYOUTS",
    "OF_PACKETS",
    "OF_SESSIONS",
    "Inputs",
    "check",
    "etbert_ids",
    "make",
    "nprint_names",
    "query",
    "splitcap",
    "write_idx",
    "write_png",
    *LAYOUTS,
]
