"""Every declaration is held against the card that is measured of it; a difference names the property."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.backends import TABLE
from harness.operations.card import Card
from harness.parent.pool import Pool
from harness.probing import probe
from harness.probing.session import known_faults, unexpected

FAULTS = Path(__file__).parent.parent / "cases" / "known-faults"
CORE = ("numpy", "scipy", "tensorflow", "torch", "jax")
NAMES = [entry.name for name in CORE for entry in importlib.import_module(TABLE[name].module).ENTRY_POINTS]


@pytest.fixture(scope="module")
def cards(workers: Callable[[str], Pool]) -> dict[str, Card]:
    """The cards of all core frameworks that are here."""
    pools = [workers(name) for name in CORE]
    return {name: card for pool in pools for name, card in probe(pool, pool.entry_points()).items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_declaration_says_what_is_measured(cards: dict[str, Card], name: str) -> None:
    if name not in cards:
        pytest.skip(f"{name} is not available here")
    assert unexpected(cards[name], known_faults(FAULTS), by_name=True) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("numpy.convolve", "direct"),
        ("scipy.signal.convolve2d", "direct"),
        ("scipy.signal.convolve", "direct, FFT from"),
        ("scipy.signal.fftconvolve", "FFT"),
        ("scipy.signal.oaconvolve", "blocks"),
    ],
)
def test_algorithms_of_numpy_and_scipy(cards: dict[str, Card], name: str, found: str) -> None:
    assert cards[name].algorithm["algorithm"].startswith(found)


def test_scipy_ndimage_sums_in_float64(cards: dict[str, Card]) -> None:
    assert cards["scipy.ndimage.correlate"].precision["float32"]["sum"].startswith("52")
    assert cards["scipy.signal.correlate2d"].precision["float32"]["sum"].startswith("23")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "numpy.convolve",
            {"same": "same_half, operands exchanged", "valid": "valid, operands exchanged", "full": "full"},
        ),
        ("scipy.signal.convolve", {"same": "same_half", "valid": "valid, operands exchanged", "full": "full"}),
    ],
)
def test_kernels_larger_than_the_input(cards: dict[str, Card], name: str, words: dict[str, str]) -> None:
    assert cards[name].conventions["kernel larger"] == words


@pytest.mark.parametrize(
    ("name", "conjugated"),
    [("numpy.correlate", "kernel"), ("numpy.convolve", "none"), ("scipy.ndimage.convolve", "none")],
)
def test_conjugation(cards: dict[str, Card], name: str, conjugated: str) -> None:
    assert cards[name].conventions["conjugation"] == conjugated
