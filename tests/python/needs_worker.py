"""Whether the wireshark engine is available."""

from __future__ import annotations

import os
from pathlib import Path

import flowcontainer
import pytest

named = os.environ.get("FLOWCONTAINER_WORKER")
WORKER = Path(named) if named else Path(flowcontainer.__file__).with_name("flowcontainer-worker")
needs_worker = pytest.mark.skipif(not WORKER.exists(), reason="flowcontainer-worker is not built")
