import pytest

from harness.backends import TABLE
from harness.case.read import CaseError, load
from harness.systems import selection
from harness.worker.entry import windowed

OFFERED = [
    ("torch", windowed("torch.nn.functional.conv1d", (1,), "")),
    ("torch", windowed("torch.nn.functional.conv2d", (2,), "")),
    ("scipy", windowed("scipy.signal.convolve2d", (2,), "")),
]


def test_backends_are_all_or_those_named_once():
    assert [backend.name for backend in selection.backends([])] == [name for name in TABLE if name != "keras"]
    assert [backend.name for backend in selection.backends(["torch", "numpy", "torch"])] == ["torch", "numpy"]


def test_an_unknown_backend_is_told_with_the_nearest():
    with pytest.raises(selection.SelectionError, match="--backend pytorch: .* nearest is torch"):
        selection.backends(["pytorch"], "--backend")


def test_messages_repeat_what_the_user_wrote_and_no_option_that_is_not_there():
    with pytest.raises(selection.SelectionError, match=r"^pytorch: there is no such backend"):
        selection.backends(["pytorch"])
    with pytest.raises(selection.SelectionError, match=r"^'': there is no such backend"):
        selection.backends([""])
    with pytest.raises(selection.SelectionError, match=r"^nope: no entry point"):
        selection.entry_points(["nope"], OFFERED)
    with pytest.raises(selection.SelectionError, match=r"^--entry nope: no entry point"):
        selection.entry_points(["nope"], OFFERED, "--entry")


@pytest.mark.parametrize(
    ("text", "version", "variables"),
    [
        ("torch==2.12.0", "==2.12.0", {}),
        ("torch>=2.10,<3", ">=2.10,<3", {}),
        ("tensorflow[onednn=0]", "", {"TF_ENABLE_ONEDNN_OPTS": "0"}),
        ("tensorflow[onednn=0]~=2.18", "~=2.18", {"TF_ENABLE_ONEDNN_OPTS": "0"}),
        ("keras[backend=jax]", "", {"KERAS_BACKEND": "jax"}),
    ],
)
def test_versions_and_variants_are_backends(text, version, variables):
    (backend,) = selection.backends([text])
    assert (backend.name, backend.version, backend.variables) == (text, version, variables)
    assert version in backend.environment.requirements[0]
    assert backend.environment.name == text.replace("[onednn=0]", "").replace("[backend=jax]", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("torch=2.12.0", "'=2.12.0' is no version; expected, say, torch==1.0"),
        ("torch==2.12.0 --index-url=x", "is no version"),
        ("torch==", "is no version"),
        ("torch==2;x", "is no version"),
        ("torch\n==2", "there is no such backend; nearest is torch"),
        ("octave==7", "octave is there in one version only"),
        ("torch[onednn=0]", "no variant 'onednn=0'; variants of this backend: none"),
        ("tensorflow[threads=1]", "no variant 'threads=1'; variants of this backend: onednn="),
        ("tensorflow[onednn]", "no variant 'onednn'"),
        ("tensorflow[]", "no variant ''"),
        ("tensorflow[onednn=]", "no variant 'onednn='"),
        ("tensorflow[onednn=0,onednn=1]", "a variant is given twice; keep one"),
        ("tensorflow[onednn=0", "no such backend|is no version"),
        ("", "there is no such backend"),
    ],
)
def test_what_is_no_backend_version_or_variant_is_told(text, message):
    with pytest.raises(selection.SelectionError, match=message):
        selection.backends([text])


def test_entry_points_of_a_version_are_chosen_by_the_name_of_the_function():
    offered = [(backend, entry.among("torch==2.12.0")) for backend, entry in OFFERED]
    assert len(selection.entry_points(["torch.nn.functional.conv2d"], offered)) == 1
    assert len(selection.entry_points(["*2.12.0"], offered)) == 3


def test_a_backend_that_was_asked_for_must_be_there():
    selection.demand(["torch"], ["torch"], {"jax": "not installed"})
    selection.demand([], ["torch"], {"jax": "not installed"})
    with pytest.raises(selection.MissingBackend, match="jax was asked for and is not available: not installed"):
        selection.demand(["torch", "jax"], ["torch"], {"jax": "not installed"})


def test_one_backend_must_be_there():
    with pytest.raises(selection.MissingBackend, match="no backend is available\njax: not installed"):
        selection.demand([], [], {"jax": "not installed"})


@pytest.mark.parametrize(
    ("globs", "count"),
    [([], 3), (["torch.*"], 2), (["*2d"], 2), (["*conv1d", "scipy.*"], 2), (["torch.nn.functional.conv2d"], 1)],
)
def test_entry_points_are_chosen_by_glob(globs, count):
    assert len(selection.entry_points(globs, OFFERED)) == count


@pytest.mark.parametrize(
    ("glob", "meant"),
    [
        ("Knet.conv4", ["Knet.conv4(mode=0)", "Knet.conv4(mode=1)"]),
        ("Knet.conv4(mode=1)", ["Knet.conv4(mode=1)"]),
        ("*.conv4", ["Knet.conv4(mode=0)", "Knet.conv4(mode=1)"]),
        ("Knet.conv", []),
        ("nnet.conv2d", ["nnet.conv2d", "nnet.conv2d(filter_flip=False) @ theano==1.0.5"]),
        ("ndimage.zoom", ["ndimage.zoom (order=0)", "ndimage.zoom (order=0, grid_mode=True)"]),
    ],
)
def test_a_name_without_its_arguments_is_that_of_all_its_variants(glob, meant):
    names = ["Knet.conv4(mode=0)", "Knet.conv4(mode=1)", "Knet.deconv4(mode=0)"]
    names += ["nnet.conv2d", "nnet.conv2d(filter_flip=False) @ theano==1.0.5"]
    names += ["ndimage.zoom (order=0)", "ndimage.zoom (order=0, grid_mode=True)"]
    assert [name for name in names if selection.matches(name, glob)] == meant


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["zoom (order=0)", "zoom (order=0, grid_mode=True)"], ["zoom (order=0)"]),
        (["resize (nearest)", "resize (nearest-exact)"], ["resize (nearest)", "resize (nearest-exact)"]),
        (["conv4(mode=0)", "conv4(mode=1)"], ["conv4(mode=0)", "conv4(mode=1)"]),
        (["conv2d", "conv2d(filter_flip=False)"], ["conv2d"]),
        (["conv2d", "zoom (order=0)"], ["conv2d", "zoom (order=0)"]),
    ],
)
def test_a_variant_that_says_all_of_another_and_more_is_not_the_plainest(names, left):
    found = selection.plainest([("a", windowed(name, [2])) for name in names])
    assert [entry.name for _, entry in found] == left


@pytest.mark.parametrize(
    ("glob", "told"),
    [
        ("torch.conv2d", "nearest is torch.nn.functional.conv2d"),
        ("mine.py:conv", "a function of your own: harness probe --python mine.py:conv"),
    ],
)
def test_a_name_in_another_module_and_a_function_of_ones_own_are_told_what_to_write(glob, told):
    assert told in str(selection.no_entry_point(glob, [entry.name for _, entry in OFFERED]))


def test_what_people_import_a_system_as_is_understood():
    told = selection.no_entry_point("tf.nn.relu", ["jax.nn.relu", "tensorflow.nn.relu"])
    assert "nearest is tensorflow.nn.relu" in str(told)


def test_a_glob_that_nothing_matches_is_told():
    with pytest.raises(selection.SelectionError, match="nearest is torch.nn.functional.conv2d"):
        selection.entry_points(["torch.nn.function.conv2d"], OFFERED)


def test_what_a_worker_left_out_is_missing_where_a_glob_means_nothing_else():
    left_out = {"torch.pool(mode=3)": "it raised", "torch.pool(mode=2)": "it is not defined"}
    told = (
        "--entry torch.pool: torch.pool(mode=3) is not available: it raised; torch.pool(mode=2) is not available: it is"
    )
    with pytest.raises(selection.MissingBackend) as missing:
        selection.entry_points(["torch.*", "torch.pool"], OFFERED, "--entry", left_out)
    assert str(missing.value).startswith(told)
    assert len(selection.entry_points(["torch.*"], OFFERED, "--entry", left_out)) == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("torch.nn.functional.conv2", "no entry point; nearest is torch.nn.functional.conv"),
        ("torch.nn.functional.conv2d", None),
        ("tensorflow.nn.conv2", None),  # its backend does not run, so nobody can tell
        ("torch.pool", None),  # other versions have it
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
        selection.check_names([(case.id, case.expect)], OFFERED, ["torch.pool"])
    else:
        with pytest.raises(CaseError, match=message):
            selection.check_names([(case.id, case.expect)], OFFERED, ["torch.pool"])
