"""A script that announces an array larger than any memory."""

from __future__ import annotations

import io
import sys

import numpy as np

from tests.fakes.script import reply_to_first_request

header = io.BytesIO()
np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 20, 1 << 20)})
reply_to_first_request("gigantic", b'{"answered": 0.0, "arrays": 1}\n' + header.getvalue())
sys.stdin.read()
