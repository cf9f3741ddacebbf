"""What the data of a case can tell apart, what they cannot, and what no data can."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.case.read import load
from harness.operations.windowed import power as power_room
from harness.operations.windowed.power import power, strengthened, variants
from tests.declared import case_of
from tests.plain import convolutions, integers

WINDOW = Window((1, 1), (1, 1), ((1, 1), (1, 1)), (False, False))


def convolution(w, x=None, **changes) -> Linear:
    x = np.arange(30.0).reshape(1, 1, 5, 6) ** 2 if x is None else x
    return Linear(x, np.asarray(w, float)[None, None], None, replace(WINDOW, **changes))


def test_data_without_symmetry_see_everything():
    assert power(convolution([[1, 2, 3], [4, 5, 6], [7, 8, 10]])).blind == ()


@pytest.mark.parametrize(
    ("kernel", "blind"),
    [
        (
            [[1, 2, 1], [3, 4, 3], [1, 2, 1]],
            ["kernel reversed along H", "kernel reversed along W", "kernel reversed along H W"],
        ),
        ([[1, 2, 3], [4, 5, 4], [3, 2, 1]], ["kernel reversed along H W"]),
        ([[1, 2, 3], [4, 5, 6], [1, 2, 3]], ["kernel reversed along H"]),
        ([[1, 2, 3], [2, 5, 6], [3, 6, 9]], ["kernel transposed, H with W"]),
    ],
)
def test_a_symmetric_kernel_does_not_see_what_it_is_symmetric_to(kernel, blind):
    assert sorted(power(convolution(kernel)).blind) == sorted(blind)


def test_zeros_see_nothing():
    seen = power(convolution([[1, 2], [3, 4]], np.zeros((1, 1, 4, 4))))
    assert seen.sees == ()
    assert "kernel reversed along H W" in seen.blind
    assert "input transposed, H with W" in seen.blind
    assert "padding 0:2 along H" in seen.blind
    assert "boundary wrap" in seen.blind


def test_what_only_a_later_image_sees_is_seen():
    x = np.zeros((5, 1, 4, 4))
    x[4] = np.arange(16.0).reshape(4, 4) ** 2
    conv = convolution([[1, 2], [3, 5]], x)
    assert power(conv).blind == ()
    assert power(replace(conv, x=x[:4])).sees == ()


def test_what_no_data_can_tell_is_left_out():
    one_sample = power(convolution(np.zeros((3, 3))))
    assert "boundary symmetric" in one_sample.blind
    edge = power(convolution(np.zeros((3, 3)), boundary="edge"))
    assert "boundary symmetric" not in edge.blind + edge.sees  # with one sample of padding they are the same
    assert "boundary reflect" in edge.blind


@pytest.mark.parametrize(
    ("x", "w", "groups", "bias", "words"),
    [
        ((1, 3, 4, 5), (2, 3, 2, 2), 1, None, "input channels reversed"),
        ((1, 3, 4, 5), (2, 3, 2, 2), 1, None, "output channels reversed"),
        ((1, 2, 4, 5), (2, 2, 2, 2), 1, None, "kernel transposed, O with I"),
        ((1, 2, 4, 5), (2, 2, 2, 2), 1, None, "input reshaped, not transposed"),
        ((1, 2, 4, 5), (2, 2, 2, 2), 1, None, "kernel reshaped, not transposed"),
        ((1, 4, 4, 5), (4, 2, 2, 2), 2, None, "input channels of the groups interleaved"),
        ((1, 1, 4, 5), (2, 1, 2, 2), 1, (0, 0), "bias left out"),
    ],
)
def test_random_data_see_what_constant_data_do_not(x, w, groups, bias, words):
    window = replace(WINDOW, groups=groups)
    offset = None if bias is None else np.array(bias, float)
    blind = power(Linear(np.ones(x), np.ones(w), offset, window)).blind
    assert words in blind
    seeing = Linear(integers(x, 0), integers(w, 1), None if bias is None else np.arange(1.0, 3.0), window)
    assert power(seeing).blind == ()
    assert words in power(seeing).sees


def test_settings_of_two_axes_are_exchanged_where_the_size_stays():
    conv = Linear(
        np.zeros((1, 1, 7, 7)), np.ones((1, 1, 1, 1)), None, Window((2, 2), (1, 2), ((0, 0),) * 2, (False,) * 2)
    )
    assert "settings of H and W exchanged" not in power(conv).blind  # dilation of a single tap: no data can tell
    conv = replace(conv, x=np.zeros((1, 1, 9, 9)), w=np.ones((1, 1, 2, 2)), window=replace(conv.window, stride=(3, 3)))
    assert "settings of H and W exchanged" in power(conv).blind


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_do_not_count_as_seen(value):
    x = np.full((1, 1, 4, 4), value)
    assert "kernel reversed along H W" in power(convolution([[1, 2], [3, 5]], x)).blind


@settings(max_examples=60)
@given(convolutions(base_dilation=True))
def test_what_is_seen_and_what_is_not_is_as_the_whole_output_says(conv):
    seen = power(conv)
    meant = direct(conv)
    for words, transform in variants(conv):
        assert (words in seen.sees) == (not np.array_equal(meant, direct(transform.differ(conv)))), words


@settings(max_examples=60)
@given(convolutions(base_dilation=True))
def test_a_large_kernel_is_looked_at_on_fewer_outputs_and_for_fewer_changes_at_a_time(conv):
    with pytest.MonkeyPatch.context() as patch:
        whole = power(conv)
        patch.setattr(power_room, "ELEMENTS", 1)
        assert power(conv) == whole


@pytest.mark.parametrize("bias", [None, np.zeros(2)])
def test_stronger_data_are_a_case_file_that_sees(tmp_path, bias):
    conv = Linear(np.ones((1, 2, 4, 5), np.float32), np.ones((2, 2, 3, 3), np.float32), bias, WINDOW)
    snippet = strengthened(case_of(conv))
    path = tmp_path / "case.yaml"
    path.write_text("title: made\nmeans: cross-correlation\npadding: 1\n" + snippet)
    (case,) = load(path)
    assert case.values("input").shape == conv.x.shape
    assert case.values("kernel").shape == conv.w.shape
    assert power(case.meant()).blind == ()


def test_stronger_data_change_no_more_than_they_must():
    x = np.arange(30.0).reshape(1, 1, 5, 6) ** 2
    assert strengthened(case_of(convolution([[1, 2, 1], [3, 4, 3], [1, 2, 1]], x))).startswith("kernel:")
    assert strengthened(case_of(convolution([[1, 2], [3, 5]], np.zeros((1, 1, 4, 4))))).startswith("input:")
    assert strengthened(case_of(convolution([[1, 2, 3], [4, 5, 6], [7, 8, 10]]))) == ""


def test_what_is_not_known_tells_nothing():
    known = convolution([[1, 2], [3, 5]])
    assert not power(known, partial=True).blind
    x, w = np.full_like(known.x, np.nan), np.full_like(known.w, np.nan)
    for partly in (replace(known, x=x), replace(known, w=w)):
        found = power(partly, partial=True)
        assert not found.sees
        assert "kernel reversed along H W" in found.blind


@pytest.mark.parametrize(("times", "hidden"), [(0.9, True), (1.1, False)])
def test_float32_hides_a_difference_of_its_rounding_and_no_more(times, hidden):
    meant = np.array([1.0, 0.5])
    others = meant + times * 2.0**-23 * (meant + 1.0)
    assert power_room._close(meant, others).tolist() == [hidden, hidden]
