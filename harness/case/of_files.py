"""A case made of files and settings that were named on the command line, for `harness explain --input ...`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from harness.canonical.layout import usual
from harness.case.read import Case, CaseError, load
from harness.grammar import files as readers
from harness.grammar import regular
from harness.operations import TABLE, USUAL
from harness.operations.spoken import DATA, example, main_roles

USUAL_IN = (".npy", ".npz", ".safetensors", ".pt", ".pth", ".onnx", ".caffemodel")
"""Suffixes of files whose arrays are taken to have the usual layouts, where none are given."""


def usual_layout(role: str, path: str) -> str:
    """The layout that the array of a file is taken to have where none is given.

    Raises CaseError for files of systems that have other layouts, and for text, FileError for what is no such file.
    """
    name, key = readers.split_key(path)
    axes = len(readers.shape(Path(name), key))
    if Path(name).suffix.lower() not in USUAL_IN:
        raise CaseError(f"{path}: give the axes of all arrays with --layout, as {example(TABLE[USUAL])}")
    if not 1 <= axes <= 5:
        raise CaseError(f"{path}: expected an array of 1 to 5 axes, found {axes}")
    return usual(role, axes)


def case_of_files(
    operation: str, files: Mapping[str, str], layouts: Mapping[str, str], settings: Mapping[str, str]
) -> Case:
    """The case of an array in a file for each role and for the output, by role in `files` (`x.npz#key`) and `layouts`.

    `settings` are those of a case file, as text, and keys of DATA. Raises CaseError as `load` does, FileError for a
    file that cannot be used.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = {role: _brought(path, role, len(layouts[role]), Path(folder)) for role, path in files.items()}
        given = {key: _value(text) for key, text in settings.items()}
        document = _document(operation, names, files["output"], layouts, given)
        path = Path(folder) / "command-line.yaml"
        path.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML
        try:
            (case,) = load(path)
        except CaseError as error:
            raise CaseError(str(error).replace(str(path), "command line")) from error
    return replace(case, id="command line")


def _document(
    operation: str,
    names: Mapping[str, str],
    origin: str,
    layouts: Mapping[str, str],
    settings: Mapping[str, object],
) -> object:
    printed = {key: settings[key] for key in ("digits", "decimals") if key in settings}
    rest = {key: value for key, value in settings.items() if key not in DATA}
    kinds = {"input": {"dtype": settings["dtype"]}} if "dtype" in settings else {}
    roles = main_roles(TABLE[operation])
    seen = {"system": "observed", "origin": origin, "file": names["output"], "layout": layouts["output"]}
    return {
        "title": "Files that were named on the command line",
        "operation": operation,
        **{role: {"layout": layouts[role], "file": names[role], **kinds.get(role, {})} for role in roles},
        **TABLE[operation].new_cases().ASSUMED,
        **rest,
        "recorded": [{**seen, **printed}],
    }


def _brought(path: str, role: str, axes: int, folder: Path) -> str:
    """The name of a file with the same array in `folder`: text as it is, anything else as .npy."""
    source = Path(readers.split_key(path)[0])
    if fault := regular.fault(source):
        raise CaseError(f"{source}: {fault}; expected the {role} in one of {', '.join(readers.TABLE)}")
    (folder / role).mkdir()
    kept, _ = readers.bring(path, folder / role / source.stem, axes)
    return kept.relative_to(folder).as_posix()


def _value(text: str) -> object:
    """A setting as it would stand in a case file."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CaseError(f"{text!r} is no setting: {error}") from error
