"""flowcontainer: network captures in, flow data sets out.

    import flowcontainer
    table = flowcontainer.scan("day.pcap", fields=["ip.ttl"]).to_arrow()

    from flowcontainer.extractor import extract
    flows = extract("day.pcap")
"""

from ._core import Cancelled, UnsupportedError
from ._core import version as __version__
from .arrays import Padded, Ragged
from .bits import Bits
from .columns import Column, Values, columns, distinct, first, listed
from .extractor import extract
from .families import Family, families
from .flows import Flow
from .held import Cells, Table
from .lazy import scan_captures
from .partitions import Estimate
from .problems import CaptureError, CaptureWarning, Problem
from .rows import Batch
from .table import Field, Scan, fields, from_bytes, interfaces, scan

__all__ = [
    "Batch",
    "Bits",
    "Cancelled",
    "CaptureError",
    "CaptureWarning",
    "Cells",
    "Column",
    "Estimate",
    "Family",
    "Field",
    "Flow",
    "Padded",
    "Problem",
    "Ragged",
    "Scan",
    "Table",
    "UnsupportedError",
    "Values",
    "__version__",
    "columns",
    "distinct",
    "extract",
    "families",
    "fields",
    "first",
    "from_bytes",
    "interfaces",
    "listed",
    "scan",
    "scan_captures",
]
