"""Signals as exceptions, and what must not be left half done."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from harness.interrupts import SIGNALS, Interrupted, held, raised, while_read

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


@contextlib.contextmanager
def piped() -> Iterator[TextIO]:
    """The other end of standard output, which is a pipe."""
    ours, theirs = os.pipe()
    with open(theirs, "w") as out, open(ours) as reader, contextlib.redirect_stdout(out):
        yield reader


def test_a_reader_that_is_gone_ends_what_is_computed_for_it():
    before = signal.getsignal(signal.SIGPIPE)
    with piped() as reader, pytest.raises(Interrupted) as caught, while_read():
        reader.close()
        threading.Event().wait(600)
        pytest.fail("it goes on")
    assert (caught.value.code, caught.value.unread) == (141, True)
    assert signal.getsignal(signal.SIGPIPE) is before


def test_what_was_done_when_the_reader_went_was_not_read():
    with piped() as reader, pytest.raises(Interrupted), while_read():
        reader.close()


def test_work_that_is_done_for_more_than_a_reader_goes_on():
    with piped() as reader, while_read(nothing_else=False):
        reader.close()


def test_a_pipe_of_another_that_breaks_is_no_reader_that_is_gone():
    """Of a worker, say."""
    with piped() as reader, while_read():
        ours, theirs = os.pipe()
        os.close(ours)
        with pytest.raises(BrokenPipeError):
            os.write(theirs, b"x")
        os.close(theirs)
        print("said", flush=True)
        assert reader.readline() == "said\n"


def test_other_threads_watch_no_reader():
    seen = []

    def work():
        with piped(), while_read():
            seen.append(signal.getsignal(signal.SIGPIPE))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGPIPE)]
