"""A case made of arrays and settings that no case file holds: files named on a command line, or arrays in memory."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import yaml

from harness.canonical.layout import usual
from harness.case.origins import Origins
from harness.case.proposals import OUTPUT, proposed
from harness.case.read import Case, CaseError, load
from harness.grammar import files as readers
from harness.grammar import regular
from harness.grammar.files.stored import WIDE
from harness.grammar.gathered import Gathered
from harness.operations import SPOKEN, TABLE, USUAL
from harness.operations.operation import Operation
from harness.operations.spoken import DATA, Role, example, main_roles, vectors
from harness.operations.stated import Given

USUAL_IN = (".npy", ".npz", ".safetensors", ".pt", ".pth", ".onnx", ".caffemodel")
"""Suffixes of files whose arrays are taken to have the usual layouts, where none are given."""


def usual_layout(role: str, path: str, operation: str = USUAL) -> str:
    """The layout that the array of a file is taken to have where none is given.

    Raises CaseError for files of systems that have other layouts, and for text, FileError for what is no such file.
    """
    shape = shape_of(path)
    if not is_usual(path):
        raise CaseError(f"{path}: give the axes of all arrays with --layout, as {example(SPOKEN[operation])}")
    return usual_of(role, shape, path, operation)


def usual_layouts(files: Mapping[str, str], operation: str = USUAL) -> list[str]:
    """`usual_layout` of files by role; an error says, too, which layouts would fit."""
    shapes_of(files)
    try:
        return [usual_layout(*each, operation) for each in files.items()]
    except CaseError as error:
        raise _hinted(str(error), files, operation) from None


def stated_layouts(text: str, files: Mapping[str, str], operation: str = USUAL) -> dict[str, str]:
    """The layouts that `NHWC,HWIO,NHWC` gives to files by role. Raises CaseError where these are more or fewer."""
    letters = text.split(",")
    if len(letters) != len(files):
        wanted = f"expected {len(files)} layouts, of {', '.join(files)}, as {example(SPOKEN[operation])}"
        raise _hinted(f"--layout {text}: {wanted}", files, operation)
    return dict(zip(files, letters))


def _hinted(told: str, files: Mapping[str, str], operation: str) -> CaseError:
    """The error with the layouts that would fit these files, if they can be read."""
    hint = ""
    with suppress(readers.FileError):
        hint = proposed(TABLE[operation], {role: shape_of(path) for role, path in files.items()})
    return CaseError("\n".join(filter(None, [told, hint])))


def is_usual(path: str) -> bool:
    """Whether a file is of a kind whose arrays have usual layouts."""
    return Path(readers.split_key(path)[0]).suffix.lower() in USUAL_IN


def called(path: str) -> str:
    """What a message calls the array of a file: the file without its folder, and the key."""
    name, key = readers.split_key(path)
    return f"{Path(name).name}#{key}" if key else Path(name).name


def shapes_of(files: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    """`shape_of` of files by role. Raises CaseError, which tells in a line of all that cannot be read."""
    found, gathered = {}, Gathered()
    for role, path in files.items():
        with gathered.part():
            found[role] = shape_of(path)
    if gathered.faults:
        raise _in_a_line(gathered)
    return found


def _in_a_line(gathered: Gathered) -> CaseError:
    return CaseError("; ".join(map(str, gathered.faults)))


def shape_of(path: str) -> tuple[int, ...]:
    """Lengths of the axes of the array that a file holds. Raises FileError."""
    name, key = readers.split_key(path)
    return readers.shape(Path(name), key)


def usual_of(role: str, shape: Sequence[int], name: str, operation: str = USUAL) -> str:
    """The layout that an array, called `name`, is taken to have where none is given. Raises CaseError."""
    if not 1 <= len(shape) <= 5:
        raise CaseError(f"{name}: expected an array of 1 to 5 axes, found {len(shape)}")
    own = getattr(SPOKEN[operation], "USUAL", {})
    return str(own.get(role, {}).get(len(shape)) or usual(role, len(shape)))


def layout_of_vector(role: Role, shape: Sequence[int], letters: str, input_: Sequence[int]) -> str:
    """The axes of an array that has one as a rule, beside an input of these letters and lengths of axes.

    They are the last ones of the input where it may have others and fits only these. What is printed in one line is a
    table of one row.
    """
    own = [*shape[1:]] if len(shape) == 2 and shape[0] == 1 else [*shape]
    lengths, last = dict(zip(letters, input_)), len(input_) - len(own)
    usual = own == [lengths.get(role.vector, 1)]
    return letters[last:] if role.wide and not usual and own == [*input_[last:]] else role.vector


def layouts_of_vectors(operation: str, files: Mapping[str, str], letters: str) -> dict[str, str]:
    """`layout_of_vector` of files by role, of which one is the input. Raises CaseError."""
    shapes, about = shapes_of(files), SPOKEN[operation]
    return {
        role: layout_of_vector(about.ROLES[role], shape, letters, shapes[main_roles(about)[0]])
        for role, shape in shapes.items()
        if role in vectors(about)
    }


def case_of_files(
    operation: str, files: Mapping[str, str], layouts: Mapping[str, str], settings: Mapping[str, str]
) -> Case:
    """The case of an array in a file for each role and for the output, by role in `files` (`x.npz#key`) and `layouts`.

    `settings` are those of a case file, as text, and keys of DATA. Raises CaseError, which names the files and the
    settings, and says which layouts would fit.
    """
    made, gathered = _Made(TABLE[operation], {role: called(path) for role, path in files.items()}, layouts), Gathered()
    with tempfile.TemporaryDirectory() as folder:
        kept, given = _read(files, layouts, settings, Path(folder), gathered)
        names, made = {role: name for role, (name, _) in kept.items()}, made.meant({r: a for r, (_, a) in kept.items()})
        with gathered.part():
            if len(kept) == len(files):
                case = made.case(Path(folder), names, given)
        gathered.demand()
    arrays = {role: _as_stored(each, files[role]) for role, each in case.arrays.items()}
    return replace(case, id="command line", arrays=MappingProxyType(arrays))


def _read(
    files: Mapping[str, str],
    layouts: Mapping[str, str],
    settings: Mapping[str, str],
    folder: Path,
    gathered: Gathered,
) -> tuple[dict[str, tuple[str, np.ndarray]], dict[str, object]]:
    """What `_brought` gives of each file, and the settings; what is wrong with any of them is gathered."""
    kept, given, of_files = {}, {}, Gathered()
    for role, path in files.items():
        with of_files.part():
            kept[role] = _brought(path, role, len(layouts[role]), folder)
    gathered.faults += [_in_a_line(of_files)] if of_files.faults else []
    for key, text in settings.items():
        with gathered.part():
            given[key] = _value(key, text)
    return kept, given


def case_of_arrays(
    operation: str, arrays: Mapping[str, np.ndarray], layouts: Mapping[str, str], settings: Mapping[str, Any]
) -> Case:
    """The case of arrays in memory by role, outputs among them: `output`, and any others by the names of systems.

    `settings` as in `case_of_files`, but as values. Raises CaseError likewise.
    """
    made = _Made(TABLE[operation], dict.fromkeys(arrays, ""), layouts)
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        for number, (role, array) in enumerate(arrays.items()):
            if array.dtype.kind not in "biuf":
                raise CaseError(f"{role}: expected an array of numbers, found dtype {array.dtype}")
            names[role] = f"{number}.npy"
            np.save(Path(folder, names[role]), array, allow_pickle=False)
        made = made.meant(arrays)
        case = made.case(Path(folder), names, {key: _stated(key, each) for key, each in settings.items()})
    return replace(case, id="arrays")


@dataclass(frozen=True)
class _Made:
    """What a case is made of. origins: role -> what the user calls the array; outputs are what is no role.

    odd: roles of arrays whose infinities and NaN are meant.
    """

    operation: Operation
    origins: Mapping[str, str]
    layouts: Mapping[str, str]
    odd: frozenset[str] = frozenset()

    def meant(self, arrays: Mapping[str, np.ndarray]) -> _Made:
        """This, with what is not finite in the arrays meant."""
        return replace(self, odd=frozenset(r for r, each in arrays.items() if odd(each, r in self._outputs)))

    def _array(self, role: str, name: str) -> dict[str, object]:
        return {"file": name, **({"nonfinite": True} if role in self.odd else {})}

    def _of_axes(self, role: str) -> dict[str, str]:
        """The layout of an array of one axis as a rule, where that is another or has more."""
        letters = self.layouts[role]
        return {} if letters == self.operation.ROLES[role].vector else {"layout": letters}

    def case(self, folder: Path, names: Mapping[str, str], settings: Mapping[str, Any]) -> Case:
        """The case of the arrays in the files `names` of `folder`."""
        path = folder / "made.yaml"
        path.write_text(json.dumps(self._document(names, settings)), encoding="utf-8")  # JSON is YAML
        try:
            (case,) = load(path)
        except CaseError as error:
            raise Origins(self.origins, self._outputs, names).told(error) from None
        return case

    @property
    def _outputs(self) -> list[str]:
        return [role for role in self.origins if role not in self.operation.ROLES]

    def _document(self, names: Mapping[str, str], settings: Mapping[str, Any]) -> object:
        printed = {key: settings[key] for key in ("digits", "decimals") if key in settings}
        rest = {key: value for key, value in settings.items() if key not in DATA}
        kinds = {"input": {"dtype": settings["dtype"]}} if "dtype" in settings else {}
        narrow = [role for role in names if role in vectors(self.operation)]
        arrays = [role for role in main_roles(self.operation) if role in names]
        return {
            "title": "Arrays and settings that no case file holds",
            "operation": self.operation.NAME,
            **{
                role: {"layout": self.layouts[role], **self._array(role, names[role]), **kinds.get(role, {})}
                for role in arrays
            },
            **{role: {**self._of_axes(role), **self._array(role, names[role])} for role in narrow},
            **self.operation.new_cases().ASSUMED,
            **rest,
            "recorded": [
                {
                    "system": "observed" if role == OUTPUT else role,
                    "origin": self.origins[role] or role,
                    **self._array(role, names[role]),
                    "layout": self.layouts[role],
                    **printed,
                }
                for role in self._outputs
            ],
        }


def _as_stored(given: Given, path: str) -> Given:
    """The array with the dtype of its file, where the file that it was brought into has not that one."""
    name, key = readers.split_key(path)
    wide = Path(name).suffix.lower() not in readers.TEXTS and readers.dtype(Path(name), key) == WIDE
    return replace(given, stored=WIDE) if wide else given


def odd(array: np.ndarray, output: bool = False) -> bool:
    """Whether there are infinities or NaN, which are then meant.

    NaN alone in an output is left to be what is not known: finite numbers give none.
    """
    return bool((np.isinf(array) if output else ~np.isfinite(array)).any())


def _brought(path: str, role: str, axes: int, folder: Path) -> tuple[str, np.ndarray]:
    """The name of a file with the same array in `folder`, text as it is, anything else as .npy; and the array."""
    source = Path(readers.split_key(path)[0])
    if fault := regular.fault(source):
        raise CaseError(f"{source}: {fault}; expected the {role} in one of {', '.join(readers.TABLE)}")
    (folder / role).mkdir()
    kept, array = readers.bring(path, folder / role / source.stem, axes)
    return kept.relative_to(folder).as_posix(), array


_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
"""A number that YAML 1.1 takes for a text where it has no point, as `1e-5`; case files do not."""


def _value(key: str, text: str) -> object:
    """A setting as it would stand in a case file."""
    if _EXPONENT.fullmatch(text.strip()):
        return float(text)
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CaseError(f"{key}: {text!r} is no setting: {str(error).splitlines()[0]}") from error


def _stated(key: str, value: Any) -> Any:
    """A setting as JSON has it. Raises CaseError, which names it, for what JSON has not."""
    plain = _plain(value)
    try:
        json.dumps(plain)
    except (TypeError, ValueError):
        raise CaseError(f"{key}: expected what a case file has, found {type(value).__name__} {value!r:.40}") from None
    return plain


def _plain(value: Any) -> Any:
    """A setting as JSON has it: NumPy's numbers and arrays, and tuples, as others."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value
