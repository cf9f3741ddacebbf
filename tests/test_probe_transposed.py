"""The card of a transposed convolution names what was planted, and says what every declaration says."""

from __future__ import annotations

import importlib
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import TABLE
from harness.case.read import load
from harness.operations.card import Card
from harness.operations.windowed import transposed_shown
from harness.operations.windowed.probes.properties import NO_WORD
from harness.operations.windowed.probes.transposed_probes import card
from harness.parent.pool import Pool
from harness.probing import probe
from harness.probing.session import known_faults, unexpected
from harness.report import cards
from harness.worker.entry import Transposition, Word, windowed
from harness.worker.loop import Declined
from harness.worker.spans import cut_pair, span
from tests.test_probe import answered, called
from tests.test_probe_backends import FAULTS

Function = Callable[[np.ndarray, np.ndarray, Transposition], np.ndarray]
NAMES = [
    (name, entry.name)
    for name, backend in TABLE.items()
    for entry in importlib.import_module(backend.module).ENTRY_POINTS
    if entry.operation == "transposed_convolution"
]
WORDS = {"valid": Word("VALID", "valid"), "same": Word("SAME", "same")}


def stamp(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    """The honest fake: x (N, C, H, W), w (I, O / groups, H, W), each input value stamps the kernel as it is."""
    if len(w) != x.shape[1] or len(w) % s.groups or s.padding == NO_WORD:
        raise ValueError("refused")
    steps = list(zip(x.shape[2:], w.shape[2:], s.stride, s.dilation, strict=True))
    inputs, outputs = len(w) // s.groups, w.shape[1]
    y = np.zeros((len(x), outputs * s.groups, *(span(n, a) - 1 + span(k, d) for n, k, a, d in steps)), x.dtype)
    for group, tap in itertools.product(range(s.groups), np.ndindex(w.shape[2:])):
        own, theirs = slice(group * inputs, (group + 1) * inputs), slice(group * outputs, (group + 1) * outputs)
        at = [slice(t * d, t * d + span(n, a), a) for t, (n, _, a, d) in zip(tap, steps, strict=True)]
        for i, o in itertools.product(range(inputs), range(outputs)):
            y[(slice(None), theirs.start + o, *at)] += x[:, own.start + i] * w[(own.start + i, o, *tap)]
    return left(y, s.padding if not isinstance(s.padding, str) else cuts(s, w), s.output_padding)


def cuts(s: Transposition, w: np.ndarray, rule: Callable[..., tuple[int, int]] = cut_pair) -> list[tuple[int, int]]:
    """What the words cut, SAME by `rule`."""
    axes = zip(w.shape[2:], s.stride, s.dilation, strict=True)
    return [rule("same", *axis) if s.padding == "SAME" else (0, 0) for axis in axes]


def left(y: np.ndarray, pairs: Any, more: Any) -> np.ndarray:
    """`y` without (low, high) of each axis; negative ones add zeros, `more` is cut less on the high side."""
    pairs = [(low, high - added) for (low, high), added in zip(pairs, more, strict=True)]
    y = np.pad(y, [(0, 0), (0, 0), *((max(-low, 0), max(-high, 0)) for low, high in pairs)])
    return y[:, :, *(slice(max(low, 0), n - max(high, 0)) for (low, high), n in zip(pairs, y.shape[2:], strict=True))]


def words_by(rule: Callable[..., tuple[int, int]]) -> Function:
    """A system whose SAME cuts by `rule`."""
    return lambda x, w, s: stamp(x, w, s._replace(padding=cuts(s, w, rule)) if s.padding == "SAME" else s)


def reversed_along(*axes: int) -> Function:
    return lambda x, w, s: stamp(x, np.flip(w, [axis + 2 for axis in axes]), s)


def raw(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    if isinstance(s.padding, str):
        return stamp(x, w, s)
    axes = zip(w.shape[2:], s.dilation, s.padding, strict=True)
    return stamp(x, w, s._replace(padding=[(span(k, d) - 1 - a, span(k, d) - 1 - b) for k, d, (a, b) in axes]))


def exchanged_sides(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    return stamp(x, w, s if isinstance(s.padding, str) else s._replace(padding=[pair[::-1] for pair in s.padding]))


def filled(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    """VALID has n stride samples where the stride is above the kernel."""
    axes = zip(w.shape[2:], s.stride, s.dilation, strict=True)
    return stamp(
        x, w, s._replace(padding=[cut_pair("valid_filled", *axis) for axis in axes]) if s.padding == "VALID" else s
    )


def low_side(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    if isinstance(s.padding, str):
        return stamp(x, w, s)
    pairs = [(low - added, high + added) for (low, high), added in zip(s.padding, s.output_padding, strict=True)]
    return stamp(x, w, s._replace(padding=pairs))


def zeros_behind(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    y = stamp(x, w, s._replace(output_padding=(0, 0)))
    return np.pad(y, [(0, 0), (0, 0), *((0, added) for added in s.output_padding)])


def undilated(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    return stamp(x, w, s._replace(dilation=(1, 1)))


def interleaved(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    """Output o belongs to group o % groups."""
    y = stamp(x, w, s)
    return y.reshape(len(y), s.groups, -1, *y.shape[2:]).swapaxes(1, 2).reshape(y.shape)


def apart(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    """Input channel c belongs to group c % groups; the rows of the kernel stay with the channels."""
    order = np.arange(x.shape[1]).reshape(-1, s.groups).T.ravel()
    return stamp(x[:, order], w[order], s)


def apart_on_both_sides(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    order = np.arange(x.shape[1]).reshape(-1, s.groups).T.ravel()
    return interleaved(x[:, order], w[order], s)


def of_ones(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    """Adds each number to its whole window, of which it is told the size only: Knet's `unpool`."""
    if (w != 1).any() or w.shape[1] != 1 or s.groups != x.shape[1]:
        raise Declined("only a kernel of ones, one for each channel")
    return stamp(x, w, s)


def wrong_together(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    """Wrong where a stride stands beside groups."""
    y = stamp(x, w, s)
    return y + 1 if max(s.stride) > 1 and s.groups == 2 else y


def card_of(function: Function, **declaration: Any) -> Card:
    usual = {"words": WORDS, "explicit": "any", "groups": "any", "output_padding": True, "kernel": "IO*"}
    entry = windowed("planted", (2,), "tests", operation="transposed_convolution", call=function, **usual | declaration)
    return replace(answered(card("fake", "1", entry), called), operation="transposed_convolution")


def same_lower(recipe: str, *axis: int) -> tuple[int, int]:
    return cut_pair("same_lower", *axis)


def same_clipped(recipe: str, *axis: int) -> tuple[int, int]:
    return cut_pair("same_clipped", *axis)


def of_kernel(recipe: str, k: int, stride: int, dilation: int) -> tuple[int, int]:
    return (span(k, dilation) - 1) // 2, span(k, dilation) // 2


def rule(word: str) -> Callable[[Card], Any]:
    return lambda found: found.conventions[f"padding {word}"]["rule"]


def of(property_: str) -> Callable[[Card], Any]:
    return lambda found: found.conventions[property_]


OUTPUTS_APART = "outputs interleaved, inputs one after another"
INPUTS_APART = "outputs one after another, inputs interleaved"
AS_GIVEN = "even as given; uneven as given; negative as given"


@pytest.mark.parametrize(
    ("function", "found", "expected", "difference"),
    [
        pytest.param(stamp, of("numbers"), AS_GIVEN, "", id="honest"),
        pytest.param(stamp, rule("same"), "same", "", id="honest same"),
        pytest.param(stamp, of("output padding"), "on the high side", "", id="honest output padding"),
        pytest.param(words_by(same_lower), rule("same"), "same_lower", "padding same", id="cuts the other way"),
        pytest.param(words_by(same_clipped), rule("same"), "same_clipped", "padding same", id="adds nothing"),
        pytest.param(words_by(of_kernel), rule("same"), "centred", "padding same", id="cut of the kernel alone"),
        pytest.param(filled, rule("valid"), "valid_filled", "padding valid", id="fills zeros"),
        pytest.param(reversed_along(0, 1), of("reversal"), {2: [True, True]}, "reversal", id="reversed"),
        pytest.param(reversed_along(1), of("reversal"), {2: [False, True]}, "reversal", id="reversed on one axis"),
        pytest.param(
            lambda x, w, s: stamp(x, w.swapaxes(0, 1), s), of("kernel"), {2: "OIHW"}, "kernel", id="I and O exchanged"
        ),
        pytest.param(
            lambda x, w, s: stamp(x, w, s).swapaxes(2, 3), of("output"), {2: "NCWH"}, "output", id="output transposed"
        ),
        pytest.param(raw, of("numbers"), "even raw; uneven raw; negative raw", "numbers", id="raw padding"),
        pytest.param(
            exchanged_sides,
            of("numbers"),
            "even as given; uneven with low and high exchanged; negative with low and high exchanged",
            "numbers",
            id="low and high exchanged",
        ),
        pytest.param(low_side, of("output padding"), "on the low side", "output padding", id="added on the low side"),
        pytest.param(zeros_behind, of("output padding"), "zeros on the high side", "output padding", id="zeros added"),
        pytest.param(interleaved, of("groups"), OUTPUTS_APART, "groups", id="groups in another order"),
        pytest.param(apart, of("groups"), INPUTS_APART, "groups", id="inputs of groups in another order"),
        pytest.param(apart_on_both_sides, of("groups"), "interleaved", "groups", id="both in another order"),
        pytest.param(apart_on_both_sides, of("depthwise"), "interleaved", "groups", id="and of single channels"),
        pytest.param(undilated, rule("valid"), None, "padding valid", id="ignores dilation"),
    ],
)
def test_a_planted_convention_is_recognized(
    function: Function, found: Callable[[Card], Any], expected: Any, difference: str
) -> None:
    measured = card_of(function)
    assert found(measured) == expected
    assert any(each.startswith(difference) for each in measured.differences) == bool(difference)
    assert bool(measured.differences) == bool(difference)


@pytest.mark.parametrize("function", [stamp, raw, filled, reversed_along(0), words_by(same_lower), low_side])
def test_no_convention_is_taken_for_a_fault(function: Function) -> None:
    assert card_of(function).faults == []


def test_what_takes_kernels_of_ones_only_has_a_card_of_what_they_tell() -> None:
    found = card_of(of_ones, words={}, explicit="even", groups="depthwise", output_padding=False, dilation=False)
    assert not found.unreadable and not found.faults and not found.differences
    assert found.conventions["takes"].startswith("a kernel of ones only, one for each channel; else it ")
    assert found.conventions["reversal"] == {2: []}
    assert found.conventions["numbers"] == "even as given"
    assert found.conventions["depthwise"] == "one after another"
    assert found.conventions["dtypes"]["float32"] == "float32"
    assert found.conventions["conjugation"] == "none"
    assert found.precision["float32"] == {"input": "unknown", "kernel": "unknown", "sum": "23 bits (float32)"}
    assert found.algorithm["algorithm"] == "direct"
    assert found.algorithm["integers exact below"] == "2**24"
    text = cards.text(found.as_json())
    assert "transpose of cross-correlation, or convolution: a kernel of ones does not tell" in text


def test_of_ones_the_input_tells_what_becomes_of_complex_numbers() -> None:
    words = {"words": {}, "explicit": "even", "groups": "depthwise", "output_padding": False, "dilation": False}
    found = card_of(lambda x, w, s: of_ones(x.conj(), w, s), **words)
    assert found.conventions["conjugation"] == "input"


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (raw, "even raw"),
        (
            lambda x, w, s: stamp(x, w, s._replace(padding=[(low + 1, high) for low, high in s.padding])),
            "even not as given",
        ),
    ],
)
def test_and_says_what_it_does_otherwise(function: Function, found: str) -> None:
    def limited(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
        of_ones(x, w, s._replace(padding=[(0, 0)] * 2))
        return function(x, w, s)

    card = card_of(limited, words={}, explicit="even", groups="depthwise", output_padding=False, dilation=False)
    assert card.conventions["numbers"].startswith(found)
    assert any(each.startswith("numbers") for each in card.differences)


def test_a_fault_is_shrunk_to_the_smallest_call_and_becomes_a_case(tmp_path: Path) -> None:
    (fault,) = card_of(wrong_together).faults
    assert fault.words == "numbers are wrong"
    assert not fault.excluded
    path = tmp_path / "fault.yaml"
    path.write_text(fault.case, encoding="utf-8")
    (case,) = load(path)
    assert case.operation.NAME == "transposed_convolution"
    assert case.settings["groups"] == 2
    assert max(case.settings["stride"]) == 2
    assert case.values("input").size == case.values("kernel").size == 2


def test_a_card_says_the_transpose_of_what_is_computed_and_what_is_cut() -> None:
    text = cards.text(card_of(stamp).as_json())
    assert "computes                transpose of cross-correlation\n" in text
    assert "padding same            same = n s outputs, the cut on the low side is max(0, (e - s) // 2)\n" in text
    assert "output padding          on the high side\n" in text
    assert "transpose of convolution" in cards.text(card_of(reversed_along(0, 1)).as_json())


def test_saved_results_and_the_table_hold_the_card() -> None:
    found = card_of(stamp).as_json()
    transposed_shown.conventions_form("card", json.loads(json.dumps(found))["conventions"])
    assert "| `planted` | transpose of cross-correlation |" in cards.markdown([found])


@pytest.fixture(scope="module")
def measured(workers: Callable[[str], Pool]) -> Callable[[str, str], Card | None]:
    """Name of a backend and of an entry point -> its card, None where it is not here."""
    known: dict[str, dict[str, Card]] = {}

    def found(backend: str, name: str) -> Card | None:
        if backend not in known:
            pool = workers(backend)
            entries = [each for each in pool.entry_points() if each[1].operation == "transposed_convolution"]
            known[backend] = probe(pool, entries)
        return known[backend].get(name)

    return found


@pytest.mark.parametrize(("backend", "name"), NAMES)
def test_a_declaration_says_what_is_measured(measured: Any, backend: str, name: str) -> None:
    card = measured(backend, name)
    if card is None:
        pytest.skip(f"{name} is not available here")
    if backend == "knet" and card.unreadable:  # recorded calls, and `unpool`, which takes kernels of ones only
        pytest.skip(card.unreadable)
    assert unexpected(card, known_faults(FAULTS), by_name=True) == []
