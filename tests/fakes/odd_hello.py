"""A script that says its argument for a hello, and ends."""

from __future__ import annotations

import sys

print(sys.argv[1], flush=True)
