"""A script that exits in the middle of a reply: the array it announced ends too early."""

from __future__ import annotations

import io
import sys

import numpy as np

from harness.worker import wire
from tests.fakes.script import reply_to_first_request

whole = io.BytesIO()
wire.write_message(whole, {"answered": 0.0}, [np.zeros(1000)])
reply_to_first_request("half_reply", whole.getvalue()[:500])
sys.exit(3)
