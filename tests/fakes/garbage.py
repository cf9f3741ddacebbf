"""A script that replies with bytes that are no message."""

from __future__ import annotations

import sys

from tests.fakes.script import reply_to_first_request

reply_to_first_request("garbage", b"\x00\xff Segmentation fault?\n")
sys.stdin.read()
