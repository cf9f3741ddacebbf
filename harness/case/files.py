"""A case made of files and settings that were named on the command line, for `harness explain --input ...`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from harness.case.read import Case, CaseError, load
from harness.grammar import files as readers

USUAL = {
    "input": {1: "W", 2: "HW", 3: "CHW", 4: "NCHW", 5: "NCDHW"},
    "kernel": {1: "W", 2: "HW", 3: "IHW", 4: "OIHW", 5: "OIDHW"},
    "output": {1: "W", 2: "HW", 3: "CHW", 4: "NCHW", 5: "NCDHW"},
}
"""Layouts that are taken for granted where none are given, by the number of axes."""

USUAL_IN = (".npy", ".npz", ".safetensors", ".pt", ".pth", ".onnx", ".caffemodel")
"""Suffixes of files whose arrays are taken to have them."""

SETTINGS = {
    "means": "cross-correlation (default), convolution or unknown",
    "stride": "as in a case file: 2, [1, 2] or unknown (default)",
    "dilation": "as in a case file: 2, [1, 2] or unknown",
    "padding": "as in a case file: same, valid, 1, [[0, 1], [0, 1]] or unknown (default)",
    "groups": "as many groups of channels",
    "boundary": "zero, edge, reflect, symmetric, wrap or unknown",
    "dtype": "of the arithmetic: float32 (default), float64 ...",
    "digits": "significant digits that were printed of the output",
    "decimals": "digits after the point that were printed of the output",
}
"""Settings that the command line takes, and what they may be."""


def usual_layout(role: str, path: str) -> str:
    """The layout that the array of a file is taken to have where none is given.

    Raises CaseError for files of systems that have other layouts, and for text, FileError for what is no such file.
    """
    name, key = readers.split_key(path)
    axes = len(readers.shape(Path(name), key))
    if Path(name).suffix.lower() not in USUAL_IN:
        raise CaseError(f"{path}: give the axes of the three arrays with --layout, as NHWC,HWIO,NHWC")
    if axes not in USUAL[role]:
        raise CaseError(f"{path}: expected an array of 1 to 5 axes, found {axes}")
    return USUAL[role][axes]


def case_of_files(files: Mapping[str, str], layouts: Mapping[str, str], settings: Mapping[str, str]) -> Case:
    """The case of three files: keys input, kernel and output, of `files` (with a key, `x.npz#key`) and `layouts`.

    `settings` are those of a case file, as text, and `dtype`, `digits`, `decimals`. Raises CaseError as `load` does,
    FileError for a file that cannot be used.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = {role: _brought(path, role, len(layouts[role]), Path(folder)) for role, path in files.items()}
        document = _document(names, files["output"], layouts, {key: _value(text) for key, text in settings.items()})
        path = Path(folder) / "command-line.yaml"
        path.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML
        try:
            (case,) = load(path)
        except CaseError as error:
            raise CaseError(str(error).replace(str(path), "command line")) from error
    return replace(case, id="command line")


def _document(
    names: Mapping[str, str], origin: str, layouts: Mapping[str, str], settings: Mapping[str, object]
) -> object:
    printed = {key: settings[key] for key in ("digits", "decimals") if key in settings}
    rest = {key: value for key, value in settings.items() if key not in ("digits", "decimals", "dtype")}
    kind = {"dtype": settings["dtype"]} if "dtype" in settings else {}
    seen = {"system": "observed", "origin": origin, "file": names["output"], "layout": layouts["output"]}
    return {
        "title": "Files that were named on the command line",
        "input": {"layout": layouts["input"], "file": names["input"], **kind},
        "kernel": {"layout": layouts["kernel"], "file": names["kernel"]},
        "means": "cross-correlation",
        "stride": "unknown",
        "padding": "unknown",
        **rest,
        "recorded": [{**seen, **printed}],
    }


def _brought(path: str, role: str, axes: int, folder: Path) -> str:
    """The name of a file with the same array in `folder`: text as it is, anything else as .npy."""
    source = Path(readers.split_key(path)[0])
    if not source.is_file():
        raise CaseError(f"{source}: no such file; expected the {role} in one of {', '.join(readers.TABLE)}")
    (folder / role).mkdir()
    kept, _ = readers.bring(path, folder / role / source.stem, axes)
    return kept.relative_to(folder).as_posix()


def _value(text: str) -> object:
    """A setting as it would stand in a case file."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CaseError(f"{text!r} is no setting: {error}") from error
