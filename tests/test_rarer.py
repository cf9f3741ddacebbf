"""What is rare is named by what happened, alone and with a convention, and never where the data could not refute it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.case.read import load
from harness.explanation import diagnosis
from harness.explanation.diagnosis import Answer, diagnose
from harness.held import Call
from harness.judge import fix
from harness.judge.verdict import Judge
from harness.operations.budget import Budget
from harness.operations.transforms import in_order
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.endings import OutputBorder
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.kernels import KernelChange
from harness.operations.transforms.preparing import Flip, Offset
from harness.operations.transforms.settings import PaddingSplit, Stride
from harness.operations.transforms.transform import Transform, applied, beside, read
from harness.operations.transforms.values import Bias, Precision, Scale, scale_factors
from harness.operations.windowed import search
from harness.operations.windowed.search.bordered import LEFT
from harness.operations.windowed.search.question import Question
from harness.rounding.formats import BFLOAT16

SIZES = {1: (24,), 2: (8, 9), 3: (5, 4, 6)}
SLACK = 2.0**-20
MEAN, FACTORS = (0.485, 0.456, 0.406), (4.3668123, 4.4642857, 4.4444444)


def convolution(rank: int, seed: int = 0, outputs: int = 4, biased: bool = True, dtype: str = "float64") -> Linear:
    rng = np.random.default_rng([seed, rank])
    x, w = rng.normal(size=(2, 3, *SIZES[rank])), rng.normal(size=(outputs, 3, *(3,) * rank))
    window = Window((1,) * rank, (1,) * rank, ((1, 1),) * rank, (False,) * rank)
    return Linear(x.astype(dtype), w.astype(dtype), rng.normal(size=outputs) if biased else None, window)


def planted(conv: Linear) -> Iterator[tuple[Transform, ...]]:
    """What may have happened to a convolution, once each."""
    rows = "W" if conv.rank == 1 else "H"
    yield from ((change,) for change in (KernelChange("absolute"), KernelChange("order", rows, (1, 2, 0))))
    yield from ((KernelChange("short", "W", side=side),) for side in ("last", "first"))
    formats = ("float16", "bfloat16", "int8 (127)", "int8 (127) by channel", "uint8", "2 decimals", "3 decimals")
    yield from ((Precision(name, "kernel"),) for name in formats)
    yield from ((ChannelOrder("input", "any", order=(1, 2, 0)),), (ChannelOrder("output", "any", order=(2, 0, 1, 3)),))
    yield from ((Flip("input", "N"),), (Flip("input", "W"),), (Flip("output", "W"),))
    yield (OutputBorder(((1, 1),) * conv.rank),)
    yield from ((Boundary("constant", 0.5),), (Scale("1 / 255", (1 / 255,) * 3, "input"),))
    yield (Scale("a factor", FACTORS, "input"),)
    for padded in (False, True):
        offset = Offset(tuple(-a * b for a, b in zip(MEAN, FACTORS)), padded)
        yield from ((Offset((-0.5,) * 3, padded),), (Offset((-0.485, -0.456, -0.406), padded),))
        yield from (
            (Scale("2", (2.0,) * 3, "input"), Offset((-1.0,) * 3, padded)),
            (Scale("f", FACTORS, "input"), offset),
        )
        yield (ChannelOrder("input", "reversed"), Offset((-0.485, -0.456, -0.406), padded))
    if conv.biased:
        yield from ((Bias("negated"),), (Bias("for each channel", times=3),), (Bias("permuted", order=(2, 0, 1, 3)),))
        rule = "1 / the sum of each output's kernel"
        yield (Scale(rule, tuple(scale_factors(rule, conv.w).tolist()), "kernel"),)


CONVENTIONS = {
    "alone": lambda rank: (),
    "reversed": lambda rank: (ReverseKernel(tuple(range(rank))),),
    "stride": lambda rank: (Stride((2,) * rank, ((1, 1),) * rank),),
    "split": lambda rank: (PaddingSplit(((1, 1),) * rank, ((2, 0),) * rank),),
}


def asked(conv: Linear, changes: tuple[Transform, ...]) -> Question:
    y = read(direct(applied(conv, changes)), changes, ())
    return Question(conv, y.astype(np.float32).astype(np.float64), SLACK * float(np.abs(y).max()), dtype="float32")


def found(question: Question) -> list[tuple[Transform, ...]]:
    """What is found of a question: what is usual, and what is rare where that is nothing."""
    usual = list(search.explanations(search.Search(question, 2)))
    besides = [ways[0] for each in usual for ways in search.besides(question, each)]
    return [*usual, *besides] or [ways[0] for ways in search.rarer(question)]


def comes_to_the_same(conv: Linear, one: tuple[Transform, ...], other: tuple[Transform, ...]) -> bool:
    fresh = replace(convolution(conv.rank, 9, len(conv.w), conv.biased), window=conv.window)
    a, b = (read(direct(applied(fresh, each)), beside(each, fresh), ()) for each in (one, other))
    return a.shape == b.shape and bool(np.allclose(a, b, atol=1e-4))


@pytest.mark.parametrize(("rank", "convention"), list(itertools.product((1, 2), CONVENTIONS)))
def test_what_is_rare_is_found_alone_and_with_a_convention(rank, convention):
    conv = convolution(rank)
    first = list(CONVENTIONS).index(convention)  # all of them alone, and each with one of the conventions
    for change in itertools.islice(planted(conv), max(first - 1, 0), None, 3 if first else 1):
        changes = in_order((*CONVENTIONS[convention](rank), *change))
        assert any(comes_to_the_same(conv, each, changes) for each in found(asked(conv, changes))), changes


def test_what_is_rare_is_found_in_three_dimensions():
    conv = convolution(3)
    for change in itertools.islice(planted(conv), 0, None, 4):
        ways = [way[0] for way in search.rarer(asked(conv, change))]
        known = all(each.id == "bias" for each in change)
        assert known or any(comes_to_the_same(conv, each, change) for each in ways), change


def test_many_channels_in_another_order_are_put_in_order():
    rng = np.random.default_rng(0)
    conv = replace(convolution(2), x=rng.normal(size=(1, 6, 8, 9)), w=rng.normal(size=(7, 6, 3, 3)), bias=None)
    for change in (
        ChannelOrder("input", "any", order=(3, 0, 1, 5, 2, 4)),
        ChannelOrder("output", "any", order=(2, 0, 1, 6, 4, 3, 5)),
    ):
        assert [ways[0] for ways in search.rarer(asked(conv, (change,)))] == [(change,)]


def test_channels_that_are_alike_have_no_order_to_be_found():
    conv = convolution(2, outputs=6, biased=False)
    conv = replace(conv, w=np.repeat(conv.w[:2], 3, axis=0))
    order = ChannelOrder("output", "any", order=(3, 1, 2, 0, 4, 5))
    assert not list(search.rarer(asked(conv, (order,))))


def answer(folder, conv: Linear, y: np.ndarray) -> Answer:
    """What `explain` says of float32 arrays."""
    for name, values in (("x", conv.x), ("w", conv.w), ("b", conv.offsets), ("y", y)):
        np.save(folder / f"{name}.npy", values.astype(np.float32))
    (folder / "one.yaml").write_text(
        "title: One\nmeans: cross-correlation\n"
        "input: {layout: NCHW, file: x.npy}\nkernel: {layout: OIHW, file: w.npy}\n"
        f"padding: {[list(pair) for pair in conv.window.padding]}\n{'bias: {file: b.npy}' if conv.biased else ''}\n"
        "recorded: [{system: s, origin: o, layout: NCHW, file: y.npy}]\n"
    )
    judge = Judge(next(load(folder / "one.yaml")))
    return diagnose(judge, judge.observe(judge.case.recorded[0]))


def pictures(outputs: int = 4, padding: int = 1) -> Linear:
    """Bytes, as of a picture, and weights that float32 holds."""
    conv = convolution(2, outputs=outputs, dtype="float32")
    x = np.random.default_rng(1).integers(0, 256, conv.x.shape).astype(np.float32)
    return replace(conv, x=x, window=replace(conv.window, padding=((padding, padding),) * 2))


def ids(answer: Answer) -> list[str]:
    return [each.id for each in answer.explanations[0].transforms]


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((Scale("1 / 255", (1 / 255,) * 3, "input"),), "the system multiplied the input by 1 / 255"),
        (
            (Scale("1 / 127.5", (1 / 127.5,) * 3, "input"), Offset((-1.0,) * 3)),
            "multiplied the input by 1 / 127.5; prepare the input alike: the system added -1 to",
        ),
        ((Offset((-103.939, -116.779, -123.68)),), "added -103.939, -116.779, -123.68 to the values of its channels"),
        (
            (ChannelOrder("input", "reversed"), Offset((-103.939, -116.779, -123.68))),
            "reverse the order of the input channels (RGB and BGR); prepare the input alike",
        ),
    ],
)
def test_a_picture_that_was_prepared_is_said_to_be(tmp_path, monkeypatch, change, words, padding):
    small_budget(monkeypatch)
    conv = pictures(padding=padding)
    said = answer(tmp_path, conv, direct(applied(conv, change)))
    assert ids(said) == [each.id for each in change] and not said.ambiguous
    assert words in said.explanations[0].words


@pytest.mark.parametrize("order", [(), (ChannelOrder("input", "reversed"),)], ids=["RGB", "BGR"])
@pytest.mark.parametrize("padded", [False, True])
def test_a_picture_is_prepared_before_a_depthwise_convolution_too(order, padded):
    conv = pictures(outputs=3)
    conv = replace(conv, w=conv.w[:, :1], bias=None, window=replace(conv.window, groups=3))
    offset = Offset(tuple(-mean * factor for mean, factor in zip(MEAN, FACTORS)), padded)
    changes = in_order((*order, Scale("f", FACTORS, "input"), offset))
    y = direct(applied(conv, changes))
    ways = [way[0] for way in search.rarer(Question(conv, y, 1e-4, dtype="float32"))]
    assert any(np.allclose(direct(applied(conv, way)), y, atol=1e-3) for way in ways)
    assert {each.id for each in ways[0]} <= {"channel_order", "scale", "offset", "bias"}


def test_of_one_number_throughout_nothing_was_prepared():
    conv = convolution(2)
    assert not [*search.prepared(Question(conv, np.full(conv.output_shape, 2.5), SLACK), [()])]


def test_an_offset_that_reached_the_padding_explains_the_constants_of_all_channels(tmp_path):
    conv = pictures()
    said = answer(tmp_path, conv, direct(Offset((-117.0,) * 3, padded=True).differ(conv)))
    assert ids(said) == ["offset"] and not said.ambiguous
    assert said.explanations[0].words.endswith("added -117 to the values of its channels, the padding among them")


def test_constants_of_channels_that_no_offset_explains_are_a_bias(tmp_path):
    conv = pictures()
    said = answer(tmp_path, conv, direct(Bias("unknown", (11.0, -3.25, 40.5, 7.0)).differ(conv)))
    assert ids(said) == ["bias"] and not said.ambiguous


@pytest.mark.parametrize(("offset", "ambiguous"), [(-117.0, False), (-117.4839281, True)])
def test_one_constant_is_a_bias_or_an_offset_unless_one_of_them_is_short(tmp_path, offset, ambiguous):
    conv = pictures(outputs=1)
    said = answer(tmp_path, conv, direct(Offset((offset,) * 3, padded=True).differ(conv)))
    assert said.ambiguous == ambiguous
    assert ids(said)[0] in ("bias", "offset")
    assert {each.id for one in said.explanations for each in one.transforms} == {"bias", "offset"}


@pytest.mark.parametrize("whole", [True, False])
def test_weights_in_half_precision_are_told_from_inputs_where_the_data_tell(tmp_path, monkeypatch, whole):
    """Bytes are numbers of every format, so that nothing says whether they were rounded, too."""
    small_budget(monkeypatch)
    conv = pictures()
    conv = conv if whole else replace(conv, x=(conv.x / np.float32(7.3)).astype(np.float32))
    said = answer(tmp_path, conv, direct(Precision("float16", "kernel").differ(conv)))
    first = [one.transforms[0] for one in said.explanations]
    assert Precision("float16", "kernel") in first and said.ambiguous == whole


def small_budget(monkeypatch) -> None:
    monkeypatch.setattr(diagnosis, "Budget", lambda: Budget(3 * 10**8))


def test_a_number_in_the_padding_is_solved_for(tmp_path, monkeypatch):
    small_budget(monkeypatch)
    conv = pictures()
    said = answer(tmp_path, conv, direct(Boundary("constant", 114.0).differ(conv)))
    assert ids(said) == ["boundary"] and not said.ambiguous
    assert said.explanations[0].words == "correct the boundary; the system filled the padding with 114"


@pytest.mark.parametrize(
    ("change", "known"),
    [
        (Boundary("zero"), True),
        (Boundary("wrap"), True),
        (Boundary("constant", -0.25), False),
        (Scale("2", (2.0,) * 3, "input"), False),
        (Offset((-0.485, -0.456, -0.406)), False),
        (Offset((-0.485, -0.456, -0.406), True), True),  # which comes to a bias
    ],
)
def test_what_differs_from_a_padding_with_a_number_is_found(change, known):
    """What is done to the input before it is padded leaves the number that it is padded with."""
    plain = convolution(2)
    conv = replace(plain, window=plain.window.bounded("constant", 0.5))
    question = asked(conv, (change,))
    usual = list(search.explanations(search.Search(question, 2)))
    assert bool(usual) == known
    assert any(comes_to_the_same(conv, each, (change,)) for each in found(question))


@pytest.mark.parametrize("seed", range(6))
def test_one_wrong_element_is_no_preparation(tmp_path, monkeypatch, seed):
    small_budget(monkeypatch)
    conv = pictures()
    y = direct(Offset((-103.939, -116.779, -123.68)).differ(conv))
    y.flat[np.random.default_rng(seed).integers(y.size)] += 1.0
    said = answer(tmp_path, conv, y)
    assert said.ambiguous or not said.explanations or not said.explanations[0].by_conventions


FORMATS = {"float16": lambda y: y.astype(np.float16), "bfloat16": lambda y: BFLOAT16.round(y.astype(np.float32))}


@pytest.mark.parametrize(("name", "convention"), list(itertools.product(FORMATS, CONVENTIONS)))
def test_a_convention_and_a_number_format_that_the_file_does_not_show(tmp_path, monkeypatch, name, convention):
    """Outputs that were kept in a narrower format stand in a float32 file."""
    small_budget(monkeypatch)
    conv, changes = convolution(2, dtype="float32"), CONVENTIONS[convention](2)
    said = answer(tmp_path, conv, FORMATS[name](direct(applied(conv, changes))))
    kept = said.explanations[0].transforms
    assert kept[-1].id == "precision" and name in kept[-1].words() and not said.ambiguous
    assert comes_to_the_same(conv, kept, changes)


def test_a_factor_that_rounding_leaves_is_none(tmp_path, monkeypatch):
    """Numbers of five digits, reversed: a factor of 0.9999972 came a little closer than none."""
    small_budget(monkeypatch)
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=size).astype(np.float32) for size in ((1, 3, 9, 10), (4, 3, 3, 3)))
    conv = replace(convolution(2, biased=False), x=x, w=w)
    y = direct(ReverseKernel((0, 1)).differ(conv))
    y = np.array([float(f"{value:.5g}") for value in y.ravel()]).reshape(y.shape)
    said = answer(tmp_path, conv, y)
    assert not any(each.id == "scale" for one in said.explanations for each in one.transforms)


@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("convention", ["alone", "reversed", "split"])
def test_a_border_that_is_not_computed_is_read_off(tmp_path, monkeypatch, convention, left):
    small_budget(monkeypatch)
    conv = pictures(outputs=3)
    conv = conv if conv.bias is not None else replace(conv, bias=np.array([0.5, -1.25, 2.0], np.float32))
    changes = in_order((*CONVENTIONS[convention](2), OutputBorder(((1, 1), (1, 1)), left)))
    said = answer(tmp_path, conv, read(direct(applied(conv, changes)), beside(changes, conv), ()))
    assert "output_border" in ids(said) and not said.ambiguous
    assert comes_to_the_same(conv, said.explanations[0].transforms, changes)


@pytest.mark.parametrize("left", LEFT)
@pytest.mark.usefixtures("kept")
def test_the_code_of_a_border_is_run_and_holds(left):
    rng = np.random.default_rng(5)
    arrays = [rng.normal(size=size).astype(np.float32) for size in ((2, 3, 7, 8), (3, 3, 3, 3))]
    bias, settings = rng.normal(size=3).astype(np.float32), {"padding": 1, "means": "cross-correlation"}
    call = Call.of("convolution", arrays, {"bias": bias}, "NCHW,OIHW,NCHW", settings).named([])
    border = OutputBorder(((1, 1), (2, 1)), left)
    proofs = fix.proofs(call.case(np.ones((1,) * 4, np.float32)), [(border,)], ["numpy"])
    assert [each.system for each in proofs] == ["numpy"]


def test_zeros_that_are_no_border_are_none(tmp_path, monkeypatch):
    small_budget(monkeypatch)
    conv = pictures()
    y = direct(conv)
    y[:, :, 2:4] = 0
    said = answer(tmp_path, conv, y)
    assert not any(each.id == "output_border" for one in said.explanations for each in one.transforms)


@pytest.mark.parametrize("order", [(0, 2, 4, 1, 3, 5), (5, 1, 0, 2, 4, 3)])
def test_the_outputs_of_groups_may_stand_in_any_order(order):
    """As of a depthwise layer with a multiplier: c M + m, and m C + c."""
    conv = convolution(2, outputs=6)
    conv = replace(conv, w=conv.w[:, :1], window=replace(conv.window, groups=3))
    for convention in CONVENTIONS.values():
        changes = in_order((*convention(2), ChannelOrder("output", "any", order=order)))
        (ways, *others) = search.rarer(asked(conv, changes))
        assert ChannelOrder("output", "any", order=order) in ways[0] and not others
        assert applied(conv, ways[0]).window == applied(conv, changes).window


@pytest.mark.parametrize("role", ["input", "output"])
def test_groups_that_are_interleaved_are_found_among_what_is_usual(role):
    conv = convolution(2, outputs=6)
    x = np.random.default_rng(3).normal(size=(1, 6, 8, 9))
    conv = replace(conv, x=x, w=conv.w[:, :3], window=replace(conv.window, groups=2))
    change = ChannelOrder(role, "split", 2)
    assert (change,) in list(search.explanations(search.Search(asked(conv, (change,)), 1)))
