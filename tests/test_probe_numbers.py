"""Padding by numbers, below zero too, against systems that take it, refuse it, get it wrong or die of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.operations.card import Card
from harness.operations.windowed.probes.measure import card
from harness.parent.asking import Asking, Question
from harness.parent.outcome import Broken, Declined, Died, Outcome
from harness.worker.entry import Settings
from tests.fakes.honest import correlate
from tests.test_probe import answered, called, planted, refusing


def card_by(answer: Callable[[Question], Outcome], **declaration: Any) -> Card:
    """The card of a system whose outcomes are `answer`."""
    found: Card = answered(card("fake", "1", planted(refusing, **declaration)), answer)
    return found


def lows(question: Question) -> list[tuple[int, int]]:
    """The pairs of a question that is padded by numbers below zero, else nothing."""
    pairs = question.settings["padding"]
    return [] if isinstance(pairs, str) or min(map(min, pairs)) >= 0 else list(pairs)


def wrong(outcome: Outcome) -> Outcome:
    outcome.array[..., -1] += 1  # type: ignore[union-attr]
    return outcome


def refusing_negative(question: Question) -> Outcome:
    return called(question) if not lows(question) else Declined("no padding below zero")


def wrong_after(question: Question) -> Outcome:
    return wrong(called(question)) if any(high < 0 for _, high in lows(question)) else called(question)


def dying_of_both(question: Question) -> Outcome:
    return Died("was ended by SIGABRT") if any(max(pair) < 0 for pair in lows(question)) else called(question)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (called, "even as given; uneven as given; negative as given"),
        (refusing_negative, "even as given; uneven as given; negative declines no padding below zero"),
        (
            wrong_after,
            "even as given; uneven as given; negative as given before, not as given after, not as given on both sides",
        ),
        (
            dying_of_both,
            "even as given; uneven as given; negative as given before, as given after, "
            "dies: was ended by SIGABRT on both sides",
        ),
    ],
)
def test_negative_padding_is_asked_before_after_and_on_both_sides(answer, found):
    assert card_by(answer).conventions["numbers"] == found


def test_where_pairs_must_be_even_negative_padding_is_asked_on_both_sides():
    assert card_by(wrong_after, explicit="even").conventions["numbers"] == "even as given; negative not as given"


def test_no_padding_by_numbers_is_asked_where_none_is_taken():
    assert card_by(called, explicit="no").conventions["numbers"] == "none taken"


def test_negative_padding_is_asked_apart_and_last():
    rounds: list[list[Question]] = []

    def watched(asking: Asking[Any]) -> Asking[Any]:
        outcomes = None
        while True:
            try:
                rounds.append(next(asking) if outcomes is None else asking.send(outcomes))
            except StopIteration as stop:
                return stop.value
            outcomes = yield rounds[-1]

    answered(watched(card("fake", "1", planted(refusing))), called)
    *others, last = rounds
    assert last and all(question.alone and lows(question) for question in last)
    assert not any(question.alone or lows(question) for questions in others for question in questions)


def test_a_death_of_negative_padding_is_a_fault_that_no_case_can_hold():
    (fault,) = card_by(dying_of_both).faults
    assert fault.words == "the process dies: was ended by SIGABRT"
    assert fault.excluded


def test_only_what_a_system_raises_is_refused_by_it():
    def answer(question: Question) -> Outcome:
        dtypes = {str(array.dtype) for array in question.arrays.values()}
        if "int8" in dtypes:
            return Declined("no such numbers here")
        return Broken("KeyError: 'complex64' (backends/x.py, line 7)") if "complex64" in dtypes else called(question)

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        if x.dtype == np.int16:
            raise TypeError("no int16")
        return correlate(x, w, s)

    found: Card = answered(card("fake", "1", planted(call)), answer)
    assert found.conventions["dtypes"]["int8"] == "not offered"
    assert found.conventions["dtypes"]["int16"] == "refused"
    assert found.conventions["conjugation"] == "complex not known, as the worker broke"
    words = "a fault of the harness's own worker, not of the system: KeyError: 'complex64' (backends/x.py, line 7)"
    assert [(fault.words, fault.excluded) for fault in found.faults] == [(words, False)]
