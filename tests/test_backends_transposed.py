"""Declarations of transposed convolutions are claims: every entry point that is installed is held against its own."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from harness.backends import TABLE
from harness.canonical.reference import evaluate
from harness.canonical.window import Linear
from harness.case.read import Case
from harness.operations import transposed_convolution
from harness.operations.call import Unsupported
from harness.operations.stated import Given
from harness.operations.transforms.transform import changed
from harness.systems.lower import lower
from harness.worker.entry import EntryPoint, from_json
from harness.worker.spans import cut_pair, span
from tests.plain import integers
from tests.test_backends import FAULTY, Asker, fault

ENTRIES = [
    pytest.param(name, from_json(entry.as_json()), id=entry.name)
    for name, backend in TABLE.items()
    for entry in importlib.import_module(backend.module).ENTRY_POINTS
    if entry.operation == "transposed_convolution" and entry.takes.groups != "depthwise"
]
"""All but Knet's `unpool`, which takes a kernel of ones only: test_knet_worker."""


@pytest.fixture(scope="module")
def asker(workers):
    return Asker(workers)


def example(rank: int, seed: int, dtype: str = "float32", k: Any = None, **settings: Any) -> Case:
    """A transposed convolution of whole numbers with an asymmetric kernel of two groups or one."""
    groups, bias = settings.get("groups", 1), settings.pop("bias", None)
    x = integers((2, 4, *(4, 5, 3)[:rank]), seed, dtype)
    w = integers((2, 4, *(k or (3, 2, 3)[:rank])), seed + 1, dtype)
    letters = "DHW"[-rank:]
    arrays = {"input": Given(x, "NC" + letters), "kernel": Given(w, "OI" + letters)}
    if bias is not None:
        arrays["bias"] = Given(np.array(bias, dtype), "O")
    plain = {"means": "cross-correlation", "stride": (1,) * rank, "dilation": (1,) * rank, "groups": groups}
    rest = {"padding": "valid", "output_padding": (0,) * rank, "output_size": None}
    return Case(
        id="made",
        path=None,  # type: ignore[arg-type]
        operation=transposed_convolution,
        arrays=arrays,
        settings={**plain, **rest, **settings},
    )


def claims(entry: EntryPoint) -> Iterator[Case]:
    """One case for each thing that the declaration claims, in each rank."""
    takes = entry.takes
    for rank in entry.ranks:
        both, mixed = (2,) * rank, (2, 3, 1)[:rank]
        for dtype in entry.dtypes:
            yield example(rank, 1, dtype)
        for word, stride, k in itertools.product(takes.words, (1, 2, 3, 4), (1, 2, 3, 4)):
            taps = (k, 3, 2)[:rank]
            if entry.function not in FAULTY or stride <= min(taps):  # a known fault with shorter kernels
                yield example(rank, 2, padding=word, stride=(stride,) * rank, k=taps)
        if takes.explicit != "no":
            yield example(rank, 3, padding=((1, 1), (0, 0), (1, 1))[:rank], stride=both)
        if takes.explicit in ("uneven", "any"):
            yield example(rank, 4, padding=((0, 1), (1, 0), (1, 1))[:rank], stride=both)
        if takes.explicit == "any":
            yield example(rank, 5, padding=((-1, 2), (0, -1), (1, 0))[:rank], stride=both)
        if takes.output_padding:
            yield example(rank, 6, padding=((1, 1),) * rank, stride=both, output_padding=(1, 0, 1)[:rank])
        yield example(rank, 7, stride=mixed)
        if takes.dilation:
            yield example(rank, 8, dilation=both)
            yield example(rank, 9, dilation=mixed)
        if takes.dilation and takes.together:
            yield example(rank, 10, stride=both, dilation=both)
        if takes.groups == "any":
            yield example(rank, 11, groups=2)
        if takes.bias:
            yield example(rank, 12, bias=(5, -7), stride=both)


def declared(case: Case, entry: EntryPoint) -> Linear:
    """What the declaration says that the entry point computes where the call is as written."""
    form, given, takes = case.meant(), case.settings, entry.takes
    flags = (not takes.reversal,) * form.rank
    taps, extents = form.w.shape[2:], tuple(map(span, form.w.shape[2:], given["dilation"]))
    padding = given["padding"]
    if isinstance(padding, str) and padding in takes.words:
        recipe = takes.words[padding].recipe
        cuts = [cut_pair(recipe, *axis) for axis in zip(taps, given["stride"], given["dilation"])]
    else:
        cuts = list(transposed_convolution.cuts(case))
    raw = takes.raw and not (isinstance(padding, str) and padding in takes.words)
    pairs = tuple(
        (low, high + more) if raw else (extent - 1 - low, extent - 1 - high + more)
        for extent, (low, high), more in zip(extents, cuts, given["output_padding"])
    )
    return changed(form, reversal=flags, padding=pairs)


@pytest.mark.parametrize(("backend", "entry"), ENTRIES)
def test_an_entry_point_does_everything_that_it_claims(backend, entry, asker):
    here = asker.here(backend, entry)
    calls, expected = [], []
    for case in claims(entry):
        try:
            calls.append(lower(case, here, "as_written"))
        except Unsupported:
            continue  # no word for it, or this machine refuses it: both the declaration says
        expected.append(evaluate(declared(case, here)))
    assert calls
    outcomes = asker(backend, calls)
    found = [fault(call, outcome, wanted) for call, outcome, wanted in zip(calls, outcomes, expected, strict=True)]
    assert not list(filter(None, found))


def assorted(entry: EntryPoint, count: int) -> Iterator[Case]:
    """Cases of all settings at once, also those that the entry point does not have."""
    stream = np.random.default_rng(count)

    def pick(low: int, high: int, rank: int) -> tuple[int, ...]:
        return tuple(stream.integers(low, high + 1, rank).tolist())

    while count:
        rank = int(stream.choice(entry.ranks))
        pairs = tuple(zip(pick(-1, 2, rank), pick(-2, 2, rank), strict=True))
        case = example(
            rank,
            count,
            stride=pick(1, 3, rank),
            dilation=pick(1, 2, rank),
            k=pick(1, 3, rank),
            groups=int(stream.integers(1, 3)),
            means=str(stream.choice(["cross-correlation", "convolution"])),
            padding=["valid", "same", pairs][stream.integers(3)],
            output_padding=pick(0, 1, rank),
        )
        faulty = entry.function in FAULTY and max(case.settings["stride"]) > min(case.values("kernel").shape[2:])
        if min(case.meant().output_shape) > 0 and not faulty:
            count -= 1
            yield case


@pytest.mark.parametrize(("backend", "entry"), ENTRIES)
def test_normalized_calls_compute_what_the_case_means(backend, entry, asker):
    cases = list(assorted(entry, 24))
    calls = [lower(case, asker.here(backend, entry), "normalized") for case in cases]
    expected = [evaluate(case.meant()) for case in cases]
    outcomes = asker(backend, calls)
    found = [fault(call, outcome, wanted) for call, outcome, wanted in zip(calls, outcomes, expected, strict=True)]
    assert not list(filter(None, found))
