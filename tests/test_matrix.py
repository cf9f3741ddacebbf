"""The matrix: a table for each operation, columns for recordings, by name where they are few."""

from __future__ import annotations

import pytest

from harness.report import results
from harness.report.matrix import NAMED, Matrix, Table
from tests.pieces import both, report, result


def tables(*names: tuple[str, ...], operations: tuple[str, ...] = ()) -> list[Table]:
    """The tables of cases with recordings of these names."""
    matrix = Matrix()
    for number, recorded in enumerate(names):
        told = (result(name, "recorded", verdict="convention", transforms=("reverse_kernel",)) for name in recorded)
        info = {"operation": operations[number]} if operations else {}
        matrix.add(results.piece(report(f"{number}.yaml", (*both(result("torch.f")), *told), **info)))
    return list(matrix.tables())


def test_recordings_are_the_last_columns_as_written_and_no_others() -> None:
    as_written, normalized = tables(("Knet conv4", "torch.f"), ("torch.f",))
    assert as_written.groups == (
        ("torch", ("torch.f",)),
        ("recorded", ("Knet conv4 (recorded)", "torch.f (recorded)")),
    )
    signs = [[mark.sign if mark else "" for mark in line.marks] for line in as_written.lines]
    assert signs == [["=", "R", "R"], ["=", "", "R"]]
    assert normalized.columns == ("torch.f",)


@pytest.mark.parametrize(
    ("names", "heads"),
    [
        (tuple((name,) for name in "abcdef"[:NAMED]), [f"{name} (recorded)" for name in "abcdef"[:NAMED]]),
        (tuple((name,) for name in "abcdef"[: NAMED + 1]), ["recording 1"]),
        ((("one", "one"),), ["recording 1", "recording 2"]),
    ],
)  # fmt: skip
def test_many_recordings_are_numbered(names: tuple[tuple[str, ...], ...], heads: list[str]) -> None:
    as_written, _ = tables(*names)
    assert list(dict(as_written.groups)["recorded"]) == heads


def test_each_operation_has_a_table_and_convolution_the_first() -> None:
    found = tables((), (), (), operations=("convolution", "pooling", "convolution"))
    assert [each.title for each in tables((), (), operations=("pooling", "convolution"))][:2] == [
        "As written, convolution, 2-D",
        "As written, pooling, 2-D",
    ]
    assert [(each.title, [line.case for line in each.lines]) for each in found if each.mode == "as_written"] == [
        ("As written, convolution, 2-D", ["0", "2"]),
        ("As written, pooling, 2-D", ["1"]),
    ]


def test_a_table_says_how_large_it_is() -> None:
    as_written, _ = tables(("mine",), ())
    assert as_written.extent == "2 cases on 1 function of 1 system."


def test_how_a_call_is_mended_is_told_before_what_agrees() -> None:
    turned = {"verdict": "convention", "transforms": ("reverse_kernel",)}
    mended = {**turned, "own_edits": {"torch": "f(x, w)"}}
    matrix = Matrix()
    for number, (operation, fields) in enumerate(
        [("pooling", mended), ("convolution", {}), ("convolution", turned), ("convolution", mended)]
    ):
        matrix.add(results.piece(report(f"{number}.yaml", (result("a", "recorded", **fields),), operation=operation)))
    assert [each.case for each in sorted(matrix.answers, key=lambda each: each.rank)] == ["3", "0", "2", "1"]
