"""Generated arrays are pinned to their values, and what a recipe has wrong is told with its place."""

from __future__ import annotations

import numpy as np
import pytest

from harness.grammar import generators
from harness.grammar.document import CaseError, parse
from harness.grammar.generators import GENERATORS, Follows, generate
from harness.grammar.kinds import record


def made(text: str, follows: Follows | None = None) -> tuple[np.ndarray, Follows | None]:
    given = record(GENERATORS).read(parse(text, "f"))
    (key,) = given.items
    return generate(key, given[key], 1, follows)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("random: {shape: [2], seed: 0, distribution: uniform}", [0.6369616873214543, 0.2697867137638703]),
        (
            "random: {shape: [2], seed: 0, generator: Philox, distribution: uniform}",
            [0.014067035665647709, 0.2577672456246177],
        ),
        ("random: {shape: [2], seed: 0, generator: RandomState}", [1.764052345967664, 0.4001572083672233]),
        ("impulse: {shape: [3], at: [1], value: -2}", [0, -2, 0]),
        ("arange: {shape: [3], start: 2, step: 0.5}", [2, 2.5, 3]),
    ],
)
def test_generators_are_pinned(text: str, values: list[float]) -> None:
    assert made(text)[0].tolist() == values


def test_what_a_generator_makes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generators, "LARGEST_MADE", 6)
    assert made("arange: {shape: [6]}")[0].size == 6
    with pytest.raises(CaseError, match="7 elements; a generated array may have 6, one in a file 268435456"):
        made("arange: {shape: [7]}")


def test_normal_numbers_are_sums_of_twelve_uniforms() -> None:
    raw = np.random.PCG64(7).random_raw(24).astype(object)
    exact = [(sum(int(raw[i + 2 * k]) >> 11 for k in range(12)) - 6 * 2**53) / 2**53 for i in range(2)]
    assert made("random: {shape: [2], seed: 7}")[0].tolist() == exact
    assert made("random: {shape: [2], seed: 7, mean: 1, std: 0.5}")[0].tolist() == [1 + 0.5 * value for value in exact]


def test_normal_numbers_have_mean_0_and_variance_1() -> None:
    drawn = made("random: {shape: [100000], seed: 1}")[0]
    assert abs(drawn.mean()) < 0.01
    assert abs(drawn.var() - 1) < 0.02


def test_integers_reach_both_ends() -> None:
    assert sorted(set(made("integers: {shape: [300], seed: 0, low: -1, high: 1}")[0])) == [-1, 0, 1]


def test_a_stream_goes_on() -> None:
    first, stream = made("random: {shape: [3], seed: 5, generator: RandomState}")
    second, _ = made("random: {shape: [2], seed: input}", follows=stream)
    assert [*first, *second] == np.random.RandomState(5).randn(5).tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("random: {shape: [2], seed: input}", "f:1:28: random.seed: `input` goes on with the stream of the input"),
        (
            "random: {shape: [2, 2], seed: 0}",
            "f:1:17: random.shape: expected 1 lengths, one for each letter of the layout, found 2",
        ),
        (
            "random: {shape: [268435457], seed: 0}",
            "f:1:18: random.shape[0]: expected a whole number of at least 1 and at most",
        ),
        ("random: {shape: [2], seed: 0, low: 1}", "f:1:31: random.low: a normal distribution has mean and std only"),
        ("random: {shape: [2], seed: -1}", "f:1:28: random.seed: expected a whole number of at least 0"),
        (
            "random: {shape: [2], seed: 4294967296, generator: RandomState}",
            "f:1:28: random.seed: expected a seed below 2**32",
        ),
        (
            "random: {shape: [2], seed: inputs}",
            "f:1:28: random.seed: unknown word 'inputs'; the nearest known one is 'input'",
        ),
        ("random: {shape: [2], seed: 0, distribution: normla}", "f:1:45: random.distribution: unknown word 'normla'"),
        ("random: {shape: [2], sede: 0}", "f:1:22: random.sede: unknown key; the nearest known one is 'seed'"),
        ("random: {shape: [2]}", "f:1:9: random: the key 'seed' is missing"),
        ("integers: {shape: [2], seed: 0, low: 3, high: 2}", "f:1:47: integers.high: expected 3 or more"),
        ("impulse: {shape: [3], at: [3]}", "f:1:27: impulse.at: expected an index inside shape [3], found [3]"),
    ],
)
def test_wrong_recipes_say_where(text: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        made(text)
    assert str(caught.value).startswith(message)
