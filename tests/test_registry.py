"""The shipped cases: valid, worded as facts, with a reason and a source, exact where they decide a convention."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from scipy import signal

from harness.case.read import find, load
from harness.case.schema import json_schema
from harness.grammar.document import Item, read

CASES = Path(__file__).parent.parent / "cases"
SCHEMA = CASES / "case.schema.json"
FILES = find([CASES])
each_file = pytest.mark.parametrize("path", FILES, ids=[path.relative_to(CASES).as_posix() for path in FILES])


def plain(item: Item) -> Any:
    """A document as JSON would hold it."""
    if item.is_mapping:
        return {key: plain(value) for key, value in item.entries().items()}
    return [plain(element) for element in item.elements()] if item.is_list else item.scalar


def test_the_exported_schema_is_up_to_date() -> None:
    assert json.loads(SCHEMA.read_text()) == json_schema(), "write it anew with harness.case.schema.write_schema"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@each_file
def test_every_case_loads_and_validates(path: Path) -> None:
    assert list(load(path))
    jsonschema.validate(plain(read(path, path.name)), json_schema())


@each_file
def test_every_case_is_documented(path: Path) -> None:
    case = next(load(path))
    up = "../" * (len(path.relative_to(CASES).parts) - 1)
    assert path.read_text().startswith(f"# yaml-language-server: $schema={up}case.schema.json\n")
    assert case.why
    assert case.source
    assert len(case.title) <= 100
    assert not case.title.endswith(".")
    assert not re.search(r"\b(should|must|tests? that|check)\b", case.title, re.IGNORECASE)


def test_titles_and_ids_are_unique() -> None:
    first = [next(load(path)).title for path in FILES]
    ids = [case.id for path in FILES for case in load(path)]
    assert len(set(first)) == len(first)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.parent.name == "conventions"], ids=lambda path: path.stem
)
def test_conventions_are_decided_exactly(path: Path) -> None:
    for case in load(path):
        terms = math.prod(case.values("kernel").shape[1:])
        assert np.array_equal(case.values("input"), np.round(case.values("input")))
        assert np.array_equal(case.values("kernel"), np.round(case.values("kernel")))
        assert terms * abs(case.values("input")).max() * abs(case.values("kernel")).max() < 2**24
        spatial = tuple(range(2, case.values("kernel").ndim))
        assert not np.array_equal(case.values("kernel"), np.flip(case.values("kernel"), spatial)), (
            "a symmetric kernel sees no rotation"
        )


@pytest.mark.parametrize(("index", "reverse"), [(0, True), (1, False)], ids=["Knet", "TensorFlow"])
def test_the_apple_recordings_fit_their_printed_digits(index: int, reverse: bool) -> None:
    (case,) = load(CASES / "seeds" / "apple-data.yaml")
    recording = case.recorded[index]
    apply = signal.convolve2d if reverse else signal.correlate2d

    def same(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return np.sum([apply(a, b, mode="same") for a, b in zip(x[0].astype(float), w[0].astype(float))], axis=0)

    assert case.arrays["input"].half_unit is not None
    assert case.arrays["kernel"].half_unit is not None
    printed = (
        same(case.arrays["input"].half_unit, abs(case.values("kernel")))
        + same(abs(case.values("input")), case.arrays["kernel"].half_unit)
        + recording.half_unit[0, 0]
    )
    rounding = 27 * np.finfo(recording.dtype).eps / 2 * same(abs(case.values("input")), abs(case.values("kernel")))
    assert (
        abs(same(case.values("input"), case.values("kernel")) - recording.values[0, 0]) <= printed + 1.01 * rounding
    ).all()


def test_the_loop_of_the_question_gives_its_recording() -> None:
    (case,) = load(CASES / "seeds" / "own-loop.yaml")
    np.testing.assert_array_equal(
        case.recorded[0].values[0, 0],
        signal.correlate2d(case.values("input")[0, 0], case.values("kernel")[0, 0], mode="valid"),
    )


def test_the_theano_data_are_those_of_the_answer() -> None:
    state = np.random.RandomState(42)
    image = state.randn(500, 500).astype(np.float32)
    kernel = state.randn(32, 32).astype(np.float32)
    for case in load(CASES / "seeds" / "theano-convolve2d.yaml"):
        np.testing.assert_array_equal(case.values("input")[0, 0], image)
        np.testing.assert_array_equal(case.values("kernel")[0, 0], kernel)
