"""The case files that `harness new` writes: one to start from, and one of a user's own arrays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from harness.canonical.layout import LayoutError, to_canonical
from harness.canonical.window import output_size, padding_pair
from harness.case.read import CaseError, load
from harness.case.schema import write_schema
from harness.grammar import files as readers
from harness.output import naming, replacing

SCHEMA = "case.schema.json"

TEMPLATE = """\
# A case: data, settings, and what is expected. `harness check` checks it, `harness run` runs it.
title: my convolution gives other numbers
why: weights were moved from one framework to another and the outputs differ
operation: convolution
input:
  layout: HW                  # letters of the axes: N batch, C channel, D H W; a letter that is left out has length 1
  dtype: float32
  values:                     # or  file: x.npy  or  integers: {shape: [6, 6], seed: 0, low: -9, high: 9}
    - [1, 2, 3, 4]
    - [5, 6, 7, 8]
    - [9, 1, 2, 3]
    - [4, 5, 6, 8]
kernel:
  layout: HW                  # O output channels, I input channels per group, D H W
  values:
    - [1, 2, 0]
    - [0, 3, 0]
    - [0, 0, 5]
means: cross-correlation      # what you want computed: cross-correlation (deep learning) or convolution (mathematics)
stride: 1
dilation: 1
padding: same                 # same | same_upper | same_lower | valid | full | 1 | [1, 2] | [[0, 1], [0, 1]]
# prototxt: |                 # instead of stride, dilation, padding and groups: a Caffe layer as its .prototxt has it
#   layer { name: "conv1" type: "Convolution" convolution_param { num_output: 1 kernel_size: 3 pad: 1 } }
# recorded:                   # an output that you have from somewhere else; null is an element that you do not know
#   - system: my own code
#     origin: printed by my program
#     layout: HW
#     digits: 6               # significant digits printed
#     values: [[1.0, 2.0, 3.0, 4.0], [null, null, null, null], [null, null, null, null], [null, null, null, null]]
"""
OF_ARRAYS = """\
# Made of arrays by `harness new`. Check what is marked with a question; `harness run` runs it on all backends.
title: {title}
why: my own numbers and those of a framework differ
operation: convolution
input:
  layout: {input}    # are these the axes? N batch, C channel, D H W; a letter that is left out has length 1
{dtype}  file: {input_file}{input_nonfinite}
kernel:
  layout: {kernel}    # and these? O output channels, I input channels per group, D H W
  file: {kernel_file}{kernel_nonfinite}
means: cross-correlation    # what do you want? cross-correlation (deep learning) or convolution (mathematics)
stride: {stride}
dilation: {dilation}
padding: {padding}    # same | same_upper | same_lower | valid | full | 1 | [1, 2] | [[0, 1], [0, 1]] | unknown
groups: {groups}
"""
BIAS = "bias: {{file: {bias_file}{bias_nonfinite}}}\n"
RECORDED = """\
recorded:
  - system: my own code
    origin: {origin}
    layout: {output}    # and are these the axes of your output?
    file: {output_file}{output_nonfinite}
"""
NONFINITE = {
    "input": "\n  nonfinite: true    # infinities and NaN are meant",
    "kernel": "\n  nonfinite: true    # infinities and NaN are meant",
    "bias": ", nonfinite: true",
    "output": "\n    nonfinite: true    # infinities and NaN are meant; without this line NaN is an element not known",
}
"""What follows an array that holds such numbers."""


def start(path: Path) -> None:
    """Writes a commented case to start from, and the schema for editors where none is found."""
    with replacing(path) as file:
        file.write(schema_line(path) + TEMPLATE)


def of_arrays(
    path: Path, files: Mapping[str, str], layouts: Mapping[str, str], stated: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Writes a case of arrays in files: input, kernel, perhaps bias and output, brought into a folder beside it.

    Settings are those that are `stated` (keys of a case, as YAML); padding and stride else what the sizes say, where
    these leave no choice. Raises CaseError, and writes nothing, when the arrays do not fit their layouts or each other,
    or when the folder exists; FileError for what cannot be read,
    OSError for what cannot be written.
    """
    folder = path.with_suffix("")
    if folder.exists():
        raise CaseError(f"{folder} exists already; choose another name or remove it")
    folder.mkdir(parents=True)
    try:
        with naming(folder):
            kept = {role: readers.bring(name, folder / role, len(layouts[role])) for role, name in files.items()}
        text = _document(path, files, kept, layouts, stated)
        with replacing(path) as file:
            file.write(schema_line(path) + text)
        list(load(path))
    except BaseException as error:  # whatever it is, Ctrl-C or a full disk, no half of a case is left
        path.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, CaseError | LayoutError):
            raise
        given = ",".join(layouts.values())
        raise CaseError(
            f"{error}\nnothing was written; the axes were taken to be {given}, where they are not, say so with --layout"
        ) from None


def _document(
    path: Path,
    files: Mapping[str, str],
    kept: Mapping[str, tuple[Path, np.ndarray]],
    layouts: Mapping[str, str],
    stated: Mapping[str, str],
) -> str:
    arrays = {role: array for role, (_, array) in kept.items()}
    full = ((role, array) for role, array in arrays.items() if role != "bias")
    sizes = {role: to_canonical(array, layouts[role], role).shape[2:] for role, array in full}
    stride, padding = settings(sizes["input"], sizes["kernel"], sizes.get("output"))
    told = {
        "title": quoted(f"{path.stem}, my own numbers"),
        "dtype": _dtype(kept),
        **{f"{role}_file": quoted(file.relative_to(path.parent).as_posix()) for role, (file, _) in kept.items()},
        **{f"{role}_nonfinite": _nonfinite(role, array) for role, array in arrays.items()},
        "stride": stride,
        "dilation": "1",
        "padding": padding,
        "groups": "1",
        **stated,
        "origin": quoted(Path(files["output"]).name) if "output" in files else "",
        **layouts,
    }
    parts = (OF_ARRAYS, BIAS if "bias" in files else "", RECORDED if "output" in files else "")
    return "".join(parts).format(**told)


def _dtype(kept: Mapping[str, tuple[Path, np.ndarray]]) -> str:
    """The line that says it: that of the output, else of the input; a printout may say its own, other text does not."""
    deciding = [kept[role] for role in ("output", "input") if role in kept]
    names = [array.dtype.name for file, array in deciding if file.suffix.lower() not in readers.TEXTS]
    if not names and kept["input"][0].suffix.lower() == readers.PRINTED:
        return ""
    return f"  dtype: {names[0] if names and names[0] in ('float16', 'float32', 'float64') else 'float32'}\n"


def _nonfinite(role: str, array: np.ndarray) -> str:
    """The line that says that infinities and NaN are meant, where there are some.

    NaN alone in an output is left to be what is not known: a convolution of finite numbers gives none.
    """
    meant = np.isinf(array) if role == "output" else ~np.isfinite(array)
    return NONFINITE[role] if meant.any() else ""


def quoted(text: str) -> str:
    """A text as YAML, which takes what JSON does."""
    return json.dumps(text, ensure_ascii=False)


def settings(n: Sequence[int], k: Sequence[int], found: Sequence[int] | None) -> tuple[str, str]:
    """(stride, padding) with which the output has the sizes that were found; unknown where no usual ones give them."""
    if found is None:
        return "1", "same"
    for stride in (1, 2):
        for padding in ("valid", "same", "full"):
            axes = ((size, taps, stride, 1, padding_pair(padding, size, taps, stride)) for size, taps in zip(n, k))
            if list(found) == [output_size(*axis) for axis in axes]:
                return str(stride), padding
    return "unknown", "unknown"


def schema_line(path: Path) -> str:
    """The line by which editors find the schema: that of a folder above, else a new one beside the case."""
    for number, folder in enumerate(path.absolute().parents):
        if (folder / SCHEMA).is_file():
            return f"# yaml-language-server: $schema={'../' * number}{SCHEMA}\n"
    write_schema(path.parent / SCHEMA)
    return f"# yaml-language-server: $schema={SCHEMA}\n"
