"""Announces more arrays than one call can have."""

from __future__ import annotations

from tests.fakes.script import reply_to_first_request

reply_to_first_request("many_arrays", b'{"answered": 0.1, "arrays": 60000}\n')
