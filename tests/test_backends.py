"""Declarations are claims: here every entry point of every framework that is installed is measured against its own.

The data are whole numbers, so a system that is as it says gives the very numbers that its declaration comes to.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import TABLE
from harness.canonical import layout
from harness.canonical.window import Linear, Window
from harness.case.read import Case
from harness.operations.call import Call, Unsupported
from harness.parent.outcome import Answered, Declined, Outcome, Raised
from harness.parent.pool import Pool
from harness.probing.session import known_faults
from harness.systems.lower import lower
from harness.worker.entry import EntryPoint, from_json
from tests.declared import case_of, simulated
from tests.plain import evaluate, integers

FAULTY = known_faults(Path(__file__).parent.parent / "cases" / "known-faults")
ENTRIES = [
    pytest.param(name, from_json(entry.as_json()), id=entry.name)
    for name, backend in TABLE.items()
    for entry in importlib.import_module(backend.module).ENTRY_POINTS
    if entry.operation == "convolution"
]


class Asker:
    """Outcomes of calls; skips where there is no worker."""

    def __init__(self, workers: Callable[[str], Pool]) -> None:
        self._workers = workers

    def _pool(self, backend: str) -> Pool:
        pool = self._workers(backend)
        if backend in pool.unavailable:
            pytest.skip(pool.unavailable[backend])
        if pool.hellos[backend].version.startswith("recorded"):
            pytest.skip(f"{backend} answers recorded calls only")
        return pool

    def here(self, backend: str, entry: EntryPoint) -> EntryPoint:
        """The entry point as the worker measured it on this machine."""
        return next(each for each in self._pool(backend).hellos[backend].entry_points if each.name == entry.name)

    def __call__(self, backend: str, calls: Sequence[Call]) -> list[Outcome]:
        pool = self._pool(backend)
        for index, call in enumerate(calls):
            pool.submit(backend, index, call)
        pool.flush()
        return [outcome for _, outcome in sorted((pool.collect() for _ in calls), key=lambda item: item[0])]


@pytest.fixture(scope="session")
def ask(workers):
    """ask(backend, calls): their outcomes."""
    return Asker(workers)


def taken(cases: Iterable[Case], entry: EntryPoint) -> Iterator[Call]:
    """The calls as written of cases; those that this machine refuses are left out, which the declaration says."""
    for case in cases:
        if entry.at(case.dtype).takes == entry.takes:
            yield lower(case, entry, "as_written")
            continue
        with contextlib.suppress(Unsupported):
            yield lower(case, entry, "as_written")


def faults(calls: Sequence[Call], outcomes: Sequence[Outcome], expected: Sequence[np.ndarray]) -> list[str]:
    """What is wrong with each outcome that is not as expected, smallest calls first."""
    found = []
    for call, outcome, wanted in zip(calls, outcomes, expected, strict=True):
        wrong = fault(call, outcome, wanted)
        if wrong:
            x, w = call.arrays["input"], call.arrays["kernel"]
            found.append((x.size + w.size, f"{call.settings}, x {x.dtype} {x.shape}, w {w.shape}: {wrong}"))
    return [text for _, text in sorted(found)]


def fault(call: Call, outcome: Outcome, expected: np.ndarray) -> str:
    """What is wrong with the canonical output of a call, "" if nothing; an FFT's is right when it rounds to it."""
    if not isinstance(outcome, Answered):
        return str(outcome)
    if outcome.array.dtype != call.arrays["input"].dtype:
        return f"dtype {outcome.array.dtype}"
    found = call.canonical(outcome.array)
    if found.shape != expected.shape:
        return f"shape {found.shape}, expected {expected.shape}"
    close = np.abs(found - expected) < 0.25 if call.entry.algorithm == "fft" else found == expected
    return "" if close.all() else f"found {found.ravel()[:6]}, expected {expected.ravel()[:6]}"


def example(entry: EntryPoint, rank: int, seed: int, dtype: str = "float32", **changes: Any) -> Case:
    """A case with an asymmetric kernel; `changes` are settings of its window, sizes `n` and `k`, bias, padding."""
    n, k = changes.pop("n", (6, 7, 5)[:rank]), changes.pop("k", (3, 2, 3)[:rank])
    groups, padding, bias = changes.pop("groups", 1), changes.pop("padding", "same"), changes.pop("bias", None)
    inputs = 1 if entry.takes.groups == "depthwise" else 2
    groups = max(groups, 2) if entry.takes.groups == "depthwise" else groups
    ones, none = (1,) * rank, ((0, 0),) * rank
    settings = {"stride": ones, "dilation": ones, "padding": none, "reversal": (False,) * rank, **changes}
    x = integers((2, inputs * groups, *n), seed, dtype)
    w = integers((2 * groups, inputs, *k), seed + 1, dtype)
    return case_of(Linear(x, w, bias, Window(groups=groups, **settings)), padding)


def usual(entry: EntryPoint) -> str:
    """A padding that the entry point takes whatever the kernel."""
    return next((word for word in ("valid", "same", "full") if word in entry.takes.words), "valid")


def claims(entry: EntryPoint) -> Iterator[Case]:
    """One case for each thing that the declaration claims, in each rank."""
    word = usual(entry)
    for rank in entry.ranks:
        for dtype in entry.dtypes:
            for padding in entry.takes.words:
                yield example(entry, rank, 1, dtype, padding=padding)
        if entry.takes.explicit != "no":
            yield example(entry, rank, 2, padding=((1, 1), (2, 2), (0, 0))[:rank])
        if entry.takes.explicit == "uneven":
            yield example(entry, rank, 3, padding=((0, 1), (2, 0), (3, 1))[:rank])
        if entry.takes.stride:
            yield example(entry, rank, 4, padding=word, stride=(2,) * rank)
            yield example(entry, rank, 5, padding=word, stride=(2, 3, 1)[:rank])
        if entry.takes.dilation:
            yield example(entry, rank, 6, padding=word, dilation=(2,) * rank)
            yield example(entry, rank, 7, padding=word, dilation=(1, 2, 2)[:rank])
        if entry.takes.stride and entry.takes.dilation and entry.takes.together:
            yield example(entry, rank, 8, padding=word, stride=(2,) * rank, dilation=(2,) * rank)
        if entry.takes.groups != "one":
            yield example(entry, rank, 9, padding=word, groups=2)
            yield example(entry, rank, 9, padding=word, groups=3)
        if entry.takes.bias:
            yield example(entry, rank, 10, padding=word, bias=np.array([5, -7], np.float32))
        for boundary in entry.takes.boundaries:
            padding = "same" if "same" in entry.takes.words else word
            yield example(entry, rank, 11, padding=padding, boundary=boundary, constant=7.0)


@pytest.mark.parametrize(("backend", "entry"), ENTRIES)
def test_an_entry_point_does_everything_that_it_claims(backend, entry, ask):
    calls = list(taken(claims(entry), ask.here(backend, entry)))
    expected = [call.canonical(simulated(call)) for call in calls]
    assert not faults(calls, ask(backend, calls), expected)


@pytest.mark.parametrize(("backend", "entry"), ENTRIES)
def test_padding_words_come_to_what_is_claimed(backend, entry, ask):
    """Each word on kernels of 1 to 5, inputs of 4 to 9 that are no shorter, and strides of 1 to 3.

    Where an entry point's fault with kernels that are shorter than the stride is known, kernels are no shorter.
    """
    rank = entry.ranks[0]
    others = (3, 3) if entry.function in FAULTY else (2, 1)
    cases: list[Case] = []
    for padding, word in entry.takes.words.items():
        for stride in (1, 2, 3) if entry.takes.stride and word.strided else (1,):
            for k in range(1, 6):
                if entry.function in FAULTY and stride > k:
                    continue
                for n in range(max(4, k), 10):
                    sizes, kernel = (n, 9, 6)[:rank], (k, *others)[:rank]
                    settings = {"n": sizes, "k": kernel, "stride": (stride,) * rank}
                    cases.append(example(entry, rank, n + k, padding=padding, **settings))
    calls = list(taken(cases, ask.here(backend, entry)))
    expected = [call.canonical(simulated(call)) for call in calls]
    assert not faults(calls, ask(backend, calls), expected)


def assorted(entry: EntryPoint, count: int) -> Iterator[Case]:
    """Cases of all settings at once, also those that the entry point does not have."""
    stream = np.random.default_rng(count)

    def pick(low: int, high: int, rank: int) -> tuple[int, ...]:
        return tuple(stream.integers(low, high + 1, rank).tolist())

    while count:
        rank = int(stream.choice(entry.ranks))
        case = example(
            entry,
            rank,
            count,
            n=pick(2, 6, rank),
            k=pick(1, 3, rank),
            stride=pick(1, 2, rank),
            dilation=pick(1, 2, rank),
            reversal=(bool(stream.integers(2)),) * rank,
            boundary=str(stream.choice(["zero", "constant", "edge", "reflect", "symmetric", "wrap"])),
            constant=float(stream.integers(-9, 10)),
            groups=int(stream.integers(1, 3)),
            padding=[None, "same", "same_lower", "valid", "full"][stream.integers(5)]
            or tuple(zip(pick(-1, 2, rank), pick(-1, 2, rank), strict=True)),
        )
        if min(case.meant().output_shape) > 0:
            count -= 1
            yield case


@pytest.mark.parametrize(("backend", "entry"), ENTRIES)
def test_normalized_calls_compute_what_the_case_means(backend, entry, ask):
    cases = list(assorted(entry, 24))
    calls = [lower(case, ask.here(backend, entry), "normalized") for case in cases]
    assert not faults(calls, ask(backend, calls), [evaluate(case.meant()) for case in cases])


@pytest.mark.parametrize(("backend", "entry"), ENTRIES)
def test_the_kernel_is_read_as_declared(backend, entry, ask):
    """The response to an impulse is the kernel, read backwards by a cross-correlation."""
    rank = entry.ranks[0]
    padding = "same" if "same" in entry.takes.words or entry.takes.explicit != "no" else usual(entry)
    case = example(entry, rank, 1, n=(7,) * rank, k=(3,) * rank, padding=padding)
    case.values("input")[:] = 0
    case.values("input")[(0, 0, *(3,) * rank)] = 1
    call = lower(case, entry, "as_written")
    (outcome,) = ask(backend, [call])
    assert isinstance(outcome, Answered)
    low = case.meant().window.padding[0][0]
    response = call.canonical(outcome.array)[(0, 0, *(slice(low + 1, low + 4),) * rank)]
    kernel = case.values("kernel")[0, 0] if entry.takes.reversal else np.flip(case.values("kernel")[0, 0])
    np.testing.assert_allclose(response, kernel, atol=1e-5)


@pytest.mark.parametrize(("backend", "entry"), ENTRIES)
def test_a_bad_call_is_refused_and_its_neighbours_are_answered(backend, entry, ask):
    """The kernel of the bad call has a channel too many: it is raised or declined, and breaks nothing."""
    cases = [example(entry, entry.ranks[0], seed, padding=usual(entry)) for seed in range(4)]
    good = [lower(case, entry, "as_written") for case in cases]
    x, w = good[2].arrays.values()
    axis = layout.expand(entry.layouts["kernel"], entry.ranks[0]).index(
        "O" if entry.takes.groups == "depthwise" else "I"
    )
    bad = replace(good[2], arrays={"input": x, "kernel": np.concatenate([w, w.take([0], axis)], axis)})
    outcomes = ask(backend, [*good[:2], bad, *good[2:]])
    assert isinstance(outcomes.pop(2), Raised | Declined)
    assert not faults(good, outcomes, [call.canonical(simulated(call)) for call in good])


def test_missing_frameworks_are_named_with_the_command_that_installs_them():
    missing = replace(TABLE["torch"], imports="no_such_framework").missing()
    assert missing is not None
    assert "no_such_framework is not installed" in missing
    assert "[torch]" in missing


def test_the_table_is_keyed_by_name_and_entry_points_have_names_of_their_own():
    assert all(name == backend.name for name, backend in TABLE.items())
    names = [parameter.id for parameter in ENTRIES]
    assert len(names) == len(set(names))
