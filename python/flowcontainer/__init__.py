"""flowcontainer: network captures in, flow data sets out.

    import flowcontainer
    table = flowcontainer.scan("day.pcap", fields=["ip.ttl"]).to_arrow()

    from flowcontainer.extractor import extract
    flows = extract("day.pcap")
"""

from ._core import Cancelled, UnsupportedError
from ._core import version as __version__
from .arrays import Padded, Ragged
from .extractor import extract
from .flows import Flow
from .problems import CaptureError, CaptureWarning, Problem
from .table import Batch, Field, Scan, fields, scan

__all__ = [
    "Batch",
    "Cancelled",
    "CaptureError",
    "CaptureWarning",
    "Field",
    "Flow",
    "Padded",
    "Problem",
    "Ragged",
    "Scan",
    "UnsupportedError",
    "__version__",
    "extract",
    "fields",
    "scan",
]
