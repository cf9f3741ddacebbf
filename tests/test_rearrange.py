"""Rearrangements: loops over single elements, planted conventions, what data do not tell, calls, cards."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import numpy_moving, onnx_moving, tensorflow_moving, torch_moving
from harness.canonical.arithmetic import bounded, twofold
from harness.canonical.reference import evaluate
from harness.canonical.settled import Settled
from harness.case.read import Case, CaseError, load
from harness.judge import fix
from harness.judge.verdict import Judge
from harness.operations import rearrange
from harness.operations.by_settings.searching import setting
from harness.operations.call import Unsupported
from harness.operations.transforms.transform import applied
from harness.report import cards
from harness.worker.entry import EntryPoint, settled
from tests.small_layers import RUN
from tests.test_activation import explained, found
from tests.test_probe import answered, called

SHAPES = {"depth_to_space": "[2, 24, 2, 3]", "space_to_depth": "[2, 8, 4, 6]"}


def case_of(tmp_path: Path, settings: str, shape: str = "", dtype: str = "float32") -> Case:
    path = tmp_path / "case.yaml"
    shape = shape or SHAPES[settings.partition(":")[0]]
    drawn = f"integers: {{shape: {shape}, seed: 3, low: -900, high: 900}}"
    head = f"title: t\noperation: rearrange\n{settings}\n"
    path.write_text(f"{head}input:\n  layout: NCHW\n  dtype: {dtype}\n  {drawn}\n")
    return next(load(path))


def form_of(x: np.ndarray, **settings: Any) -> Settled:
    return Settled({"x": x}, {"order": "DCR", **settings}, rearrange)


# --- the formula -----------------------------------------------------------------------------------------------------


def to_space(x: np.ndarray, block: int, order: str, exchanged: bool) -> np.ndarray:
    """Element by element: which channel holds a sample of a block."""
    n, c, *space = x.shape
    count = block ** len(space)
    y = np.empty((n, c // count, *(size * block for size in space)))
    for place in np.ndindex(y.shape):
        image, channel, *at = place
        parts = [each % block for each in at][:: -1 if exchanged else 1]
        index = 0
        for part in parts:
            index = index * block + part
        taken = index * (c // count) + channel if order == "DCR" else channel * count + index
        y[place] = x[(image, taken, *(each // block for each in at))]
    return y


@pytest.mark.parametrize("how", ["", "axes exchanged"])
@pytest.mark.parametrize("order", ["DCR", "CRD"])
@pytest.mark.parametrize(("block", "rank"), list(product([1, 2, 3], [1, 2, 3])))
def test_both_directions_are_those_of_loops(block: int, rank: int, order: str, how: str) -> None:
    shape = (2, 2 * block**rank, *(2, 3, 1)[:rank])
    x = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    more = {"blocks": how} if how else {}
    y = evaluate(form_of(x, depth_to_space=block, order=order, **more))
    assert np.array_equal(y, to_space(x, block, order, bool(how)))
    assert np.array_equal(evaluate(form_of(y, space_to_depth=block, order=order, **more)), x)


def reorg(x: np.ndarray, s: int) -> np.ndarray:
    """The loops of Darknet's `reorg_cpu`, forward = 0, on one image."""
    c, h, w = x.shape
    y, flat = np.empty(x.size), x.ravel()
    for k, j, i in np.ndindex(c, h, w):
        channel, offset = k % (c // s**2), k // (c // s**2)
        column, row = i * s + offset % s, j * s + offset // s
        y[i + w * (j + h * k)] = flat[column + w * s * (row + h * s * channel)]
    return y.reshape(c * s**2, h // s, w // s)


@pytest.mark.parametrize(("shape", "block"), [((4, 2, 2), 2), ((8, 4, 6), 2), ((9, 3, 6), 3)])
def test_darknet_s_reorg_is_that_of_its_loops(shape: tuple[int, ...], block: int) -> None:
    x = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    y = evaluate(form_of(x[None], space_to_depth=block, blocks="as Darknet's reorg"))
    assert np.array_equal(y[0], reorg(x, block))


@pytest.mark.parametrize("arithmetic", [bounded, twofold])
def test_nothing_is_rounded(arithmetic: Any) -> None:
    x = np.random.default_rng(1).normal(0, 1, (1, 4, 2, 2))
    form = form_of(x, depth_to_space=2)
    y = form.computed(arithmetic, arithmetic.lifted)
    assert np.array_equal(y.parts[0], evaluate(form))
    assert not np.any(y.parts[1])


def test_one_unit_in_the_last_place_is_no_rounding(tmp_path: Path) -> None:
    case = case_of(tmp_path, "depth_to_space: 2")
    y = evaluate(case.meant()).astype(np.float32)
    assert Judge(case).live(y, "direct").kind == "agrees"
    y[1, 2, 3, 4] = np.nextafter(y[1, 2, 3, 4], np.float32(np.inf))
    assert Judge(case).live(y, "direct").kind != "agrees"


# --- planted conventions ---------------------------------------------------------------------------------------------

SETTINGS = [f"{each}: 2\norder: {order}" for each in SHAPES for order in rearrange.ORDERS]


def same_elsewhere(case: Case, one: Any, other: Any) -> bool:
    fresh = case.meant().map(lambda x: np.arange(float(x.size)).reshape(x.shape))
    return np.array_equal(*(evaluate(applied(fresh, each)) for each in (one, other)))


@pytest.mark.parametrize("settings", SETTINGS)
def test_planted_settings_are_named_and_so_are_two_of_them(tmp_path: Path, settings: str) -> None:
    case = case_of(tmp_path, settings)
    meant = case.meant()
    single = [change for change in rearrange.alternatives(meant) if {"order", "blocks", "channels"} & set(change)]
    pairs = [{**one, **other} for one, other in product(single, single) if set(one).isdisjoint(other)]
    assert len(single) > 2
    for change in [*single, *pairs[::2]]:
        planted = [setting(meant, {key: value}) for key, value in change.items()]
        y = evaluate(applied(meant, planted))
        if np.array_equal(y, evaluate(meant)):
            continue
        answer = explained(case, y)
        assert any(same_elsewhere(case, each.transforms, planted) for each in answer.explanations)
        assert answer.ambiguous or same_elsewhere(case, answer.explanations[0].transforms, planted)


PAIRS: list[tuple[Any, tuple[str, ...]]] = [
    (lambda y: y[:, ::-1], ("channels", "order")),
    (lambda y: 3 * y, ("order", "scale")),
    (lambda y: y + 17, ("bias", "order")),
    (lambda y: y.transpose(0, 1, 3, 2), ("order", "output_axes")),
]


@pytest.mark.parametrize(("change", "named"), PAIRS, ids=lambda each: "-".join(each) if type(each) is tuple else "")
def test_pairs_with_conventions_of_arrays_are_named(tmp_path: Path, change: Any, named: tuple[str, ...]) -> None:
    case = case_of(tmp_path, "depth_to_space: 2")
    y = change(evaluate(applied(case.meant(), [setting(case.meant(), {"order": "CRD"})])))
    assert named in found(explained(case, y))


def test_channels_that_were_reversed_before_are_named(tmp_path: Path) -> None:
    case = case_of(tmp_path, "depth_to_space: 2")
    y = evaluate(form_of(case.meant().x[:, ::-1], depth_to_space=2, order="CRD"))
    assert found(explained(case, y))[0] == ("channel_order", "order")


def test_one_channel_tells_no_order_and_repeated_numbers_are_a_tie(tmp_path: Path) -> None:
    case = case_of(tmp_path, "depth_to_space: 2", "[2, 4, 2, 3]")
    sees = rearrange.power().power(case.meant())
    assert "order CRD" not in (*sees.sees, *sees.blind)
    path = tmp_path / "case.yaml"
    flat = "values: [[[[0]], [[1]], [[2]], [[3]], [[2]], [[3]], [[4]], [[5]]]]"
    text = path.read_text().splitlines()
    path.write_text("\n".join([*text[:-1], f"  {flat}"]))
    tied = next(load(path))
    assert "blocks axes exchanged" in rearrange.power().power(tied.meant()).blind


def test_noise_and_one_exchange_are_explained_by_nothing(tmp_path: Path) -> None:
    case = case_of(tmp_path, "space_to_depth: 2", "[1, 3, 2, 4]")
    y = evaluate(case.meant())
    y[0, [0, 1], 0, 0] = y[0, [1, 0], 0, 0]
    assert explained(case, y).explanations == ()


@pytest.mark.parametrize(
    ("settings", "systems"),
    [
        ("depth_to_space: 2\norder: CRD", {"numpy", "torch"}),
        ("space_to_depth: 2\norder: CRD", {"numpy", "torch"}),
        ("depth_to_space: 2", {"numpy", "tensorflow"}),
    ],
)
@pytest.mark.usefixtures("kept")
def test_the_code_is_run_and_holds(tmp_path: Path, settings: str, systems: set[str]) -> None:
    case = case_of(tmp_path, settings)
    assert set(rearrange.program().programs(case, ())) == systems
    assert {each.system for each in fix.proofs(case, [()], sorted(RUN))} == systems & RUN


# --- cases and calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("order: CRD", "give one of depth_to_space and space_to_depth"),
        ("depth_to_space: 2\nspace_to_depth: 2", "give one of depth_to_space and space_to_depth"),
        ("depth_to_space: 5", "24 channels are not cut into blocks of 25"),
        ("space_to_depth: 3", r"\(2, 3\) samples are not cut into blocks of 3 along each axis"),
        ("depth_to_space: 0", "at least 1"),
        ("depth_to_space: 2\norder: RDC", "unknown word 'RDC'"),
        ("depth_to_space: 2\nblock: 2", "unknown key"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, settings, SHAPES["depth_to_space"])


ENTRIES = [
    each
    for module in (torch_moving, tensorflow_moving, onnx_moving, numpy_moving)
    for each in module.REARRANGEMENTS
    if each.name.split(".")[0] != "tensorflow"
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda each: each.name)
@pytest.mark.parametrize("settings", SETTINGS)
def test_the_channels_are_put_in_order_for_a_function_that_has_the_other(
    tmp_path: Path, settings: str, entry: EntryPoint
) -> None:
    """What comes of it is what the case means, where the function does what it declares."""
    case, lowering = case_of(tmp_path, settings), rearrange.lowering()
    (direction,) = entry.takes.free
    if direction not in settings:
        with pytest.raises(Unsupported, match="does not take "):
            lowering.normalized(case, entry)
        return
    call = lowering.normalized(case, entry)
    order = entry.takes.keeps.get("order", call.settings.get("order"))
    made = evaluate(form_of(call.arrays["input"], order=order, **{direction: call.settings[direction]}))
    assert np.array_equal(call.canonical(made), evaluate(case.meant()))
    assert bool(call.transforms) == (order not in settings)


def test_a_block_of_one_is_refused_where_it_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="takes blocks of 2 and more"):
        rearrange.lowering().as_written(case_of(tmp_path, "depth_to_space: 1"), tensorflow_moving.REARRANGEMENTS[0])


@pytest.mark.parametrize(("measured", "exchange"), [("", False), ("order CRD", True)])
def test_a_card_says_which_order(measured: str, exchange: bool) -> None:
    def call(arrays: Any, settings: Any) -> np.ndarray:
        return to_space(arrays["input"], settings["depth_to_space"], "CRD" if exchange else "DCR", False).astype("f4")

    about: dict[str, Any] = {"keeps": {"order": "DCR"}, "free": ("depth_to_space",), "ranks": (2,)}
    entry = settled("fake.shuffle", "rearrange", "tests", dtypes=("float32",), **about)(call)
    card = answered(rearrange.probes().card("fake", "1", entry), called)
    assert bool(card.differences) == bool(measured)
    assert all(measured in each for each in card.differences)
    assert "fake.shuffle" in cards.text(card.as_json())
