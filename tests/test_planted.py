"""`benchmarks.walk`: a share of the ports with planted mistakes, as a seed draws it, and the faithful ones."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.walk import planted
from benchmarks.walk.__main__ import row
from benchmarks.walk.planted import PLANTED, Found

SHARE = 1
"""Ports of a family besides the faithful one."""


def drawn(family: str) -> list[tuple[str, ...]]:
    return [(), *map(tuple, random.Random(f"15 {family}").sample(list(PLANTED[family]), SHARE))]


@pytest.mark.parametrize(("family", "needs"), [("exported", "onnxruntime"), ("transformer", "keras")])
def test_mistakes_are_named_and_nobody_else_is_accused(family: str, needs: str, tmp_path: Path):
    pytest.importorskip("torch")
    pytest.importorskip(needs)
    for found in planted.found(family, tmp_path, drawn(family)):
        assert (found.missed, found.innocent) == ((), ()), row(found)
        assert found.repaired == "agrees"
        assert found.share is not None and 1e-3 < found.share < 1


def test_every_family_has_ports_of_one_to_four_mistakes():
    every = [mistakes for ports in PLANTED.values() for mistakes in ports]
    assert len(every) >= 30
    assert {len(each) for each in every} == {1, 2, 3, 4}


def test_a_row_says_what_was_missed():
    found = Found("gray", ("a", "b"), ("a",), ("b",), ("c",), "agrees", 0.125, 2.0)
    assert row(found) == "| gray | a; b | b | c | agrees, 12 % of the bound | 2.0 |"
