"""What holds for all tests: those of properties are seeded, and have no time limit."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

from harness.interrupts import SIGNALS

settings.register_profile("tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@pytest.fixture
def heeded():
    """No signal is ignored, in what the test starts either: under nohup, say, the tests began with one that is."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
