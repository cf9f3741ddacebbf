from __future__ import annotations

from typing import Any

import pytest

from harness.operations.by_settings import kept
from harness.operations.by_settings.kept import Kept


class Form:
    """Notes that it forgot; its output has `size` elements."""

    def __init__(self, size: int) -> None:
        self.output_shape, self.forgot = (1, size), False

    def forget(self) -> None:
        self.forgot = True


@pytest.mark.parametrize(
    ("sizes", "forgot"),
    [
        ([20, 20, 20], [False, False, False]),
        ([20, 20, 20, 20], [True, False, False, False]),
        ([10, 10, 10, 10, 10], [False] * 5),
        ([70], [False]),
        ([70, 70], [True, False]),
    ],
)
def test_the_oldest_large_outputs_are_forgotten(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], forgot: list[bool]
) -> None:
    monkeypatch.setattr(kept, "KEPT", 10)
    monkeypatch.setattr(kept, "REMEMBERED", 60)
    forms: list[Any] = [Form(size) for size in sizes]
    outputs = Kept()
    for form in forms:
        outputs.add(form)
    assert [form.forgot for form in forms] == forgot


def test_what_is_looked_at_again_is_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEPT", 10)
    monkeypatch.setattr(kept, "REMEMBERED", 40)
    first, second, third = forms = [Form(20), Form(20), Form(20)]
    outputs = Kept()
    for form in (first, second, first, third):
        outputs.add(form)  # type: ignore[arg-type]
    assert [form.forgot for form in forms] == [False, True, False]
