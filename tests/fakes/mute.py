"""A script that never says hello."""

from __future__ import annotations

import threading

threading.Event().wait()
