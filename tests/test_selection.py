import pytest

from harness import selection
from harness.backends import TABLE
from harness.case import CaseError, load
from harness.worker.entry import EntryPoint

OFFERED = [
    ("torch", EntryPoint("torch.nn.functional.conv1d", (1,), "")),
    ("torch", EntryPoint("torch.nn.functional.conv2d", (2,), "")),
    ("scipy", EntryPoint("scipy.signal.convolve2d", (2,), "")),
]


def test_backends_are_all_or_those_named_once():
    assert [backend.name for backend in selection.backends([])] == list(TABLE)
    assert [backend.name for backend in selection.backends(["torch", "numpy", "torch"])] == ["torch", "numpy"]


def test_an_unknown_backend_is_told_with_the_nearest():
    with pytest.raises(selection.SelectionError, match="--backend pytorch: .* nearest is torch"):
        selection.backends(["pytorch"])


def test_a_backend_that_was_asked_for_must_be_there():
    selection.demand(["torch"], {"jax": "not installed"})
    with pytest.raises(selection.MissingBackend, match="jax was asked for and is not available: not installed"):
        selection.demand(["torch", "jax"], {"jax": "not installed"})


@pytest.mark.parametrize(
    ("globs", "count"),
    [([], 3), (["torch.*"], 2), (["*2d"], 2), (["*conv1d", "scipy.*"], 2), (["torch.nn.functional.conv2d"], 1)],
)
def test_entry_points_are_chosen_by_glob(globs, count):
    assert len(selection.entry_points(globs, OFFERED)) == count


def test_a_glob_that_nothing_matches_is_told():
    with pytest.raises(selection.SelectionError, match="nearest is torch.nn.functional.conv2d"):
        selection.entry_points(["torch.nn.function.conv2d"], OFFERED)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("torch.nn.functional.conv2", "no entry point; nearest is torch.nn.functional.conv"),
        ("torch.nn.functional.conv2d", None),
        ("tensorflow.nn.conv2", None),  # its backend does not run, so nobody can tell
    ],
)
def test_names_in_expect_must_exist_where_their_backend_runs(tmp_path, name, message):
    path = tmp_path / "case.yaml"
    path.write_text(
        "title: a\nmeans: convolution\ninput: {layout: W, values: [1, 2]}\nkernel: {layout: W, values: [1]}\n"
        f"expect: {{as_written: [[{name}]]}}\n"
    )
    (case,) = load(path)
    if message is None:
        selection.check_names(case, OFFERED)
    else:
        with pytest.raises(CaseError, match=message):
            selection.check_names(case, OFFERED)
