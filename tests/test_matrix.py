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


def test_each_operation_has_a_table() -> None:
    found = tables((), (), (), operations=("convolution", "pooling", "convolution"))
    assert [(each.title, [line.case for line in each.lines]) for each in found if each.mode == "as_written"] == [
        ("As written, convolution, 2-D", ["0", "2"]),
        ("As written, pooling, 2-D", ["1"]),
    ]
