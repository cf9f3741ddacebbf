"""Signals as exceptions, and what must not be left half done."""

from __future__ import annotations

import signal
import threading

import pytest

from harness.interrupts import SIGNALS, Interrupted, held, raised

pytestmark = pytest.mark.usefixtures("heeded")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_an_exception_that_knows_its_exit_code(number):
    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as caught, raised():
        signal.raise_signal(number)
        pytest.fail("it goes on")
    assert (caught.value.name, caught.value.code) == (signal.Signals(number).name, 128 + number)
    assert isinstance(caught.value, KeyboardInterrupt)
    assert signal.getsignal(number) is before


def test_what_is_held_is_done_first():
    done = []
    with pytest.raises(Interrupted), raised():
        with held():
            signal.raise_signal(signal.SIGTERM)
            done.append("all of it")
        done.append("too much")
    assert done == ["all of it"]


def test_without_a_signal_nothing_happens():
    with raised(), held():
        pass


def test_an_error_in_what_is_held_is_raised():
    with pytest.raises(ZeroDivisionError), raised(), held():
        raise ZeroDivisionError


def test_what_is_ignored_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with raised():
            signal.raise_signal(signal.SIGINT)
            with held():
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_leave_signals_alone():
    seen = []

    def work():
        with raised(), held():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
