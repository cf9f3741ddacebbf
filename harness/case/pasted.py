"""A case file of arrays that were pasted as they were printed, for `harness new NAME --paste`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.canonical.layout import LayoutError, to_canonical
from harness.case import template
from harness.case.files import USUAL
from harness.case.read import CaseError, load
from harness.grammar import printouts
from harness.grammar.printouts import Printout, PrintoutError
from harness.output import replacing

LABEL = re.compile(r"\s*((?i:input|kernel|bias|output|observed))\b\s*\(?([NCDHWOI]{0,5})\)?\s*:\s*([NCDHWOI]{0,5})\s*")
"""A line before each array: `input:`, `kernel HWIO:`, `output: HW`."""
NEEDED = ("input", "kernel")
SOURCE = "standard input"

HEAD = """\
# Made of printed arrays by `harness new`. Check what is marked with a question; `harness run` runs it on all backends.
title: {title}
why: my own numbers and those of a framework differ
operation: convolution
"""
AXES = {
    "input": "are these the axes? N batch, C channel, D H W; a letter that is left out has length 1",
    "kernel": "and these? O output channels, I input channels per group, D H W",
    "output": "and are these the axes of your output?",
}
SETTINGS = """\
means: cross-correlation    # what do you want? cross-correlation (deep learning) or convolution (mathematics)
stride: {stride}
dilation: 1
padding: {padding}    # same | same_upper | same_lower | valid | full | 1 | [1, 2] | [[0, 1], [0, 1]] | unknown
"""
RECORDED = """\
recorded:
  - system: my own code
    origin: pasted as it was printed
"""


@dataclass(frozen=True)
class Pasted:
    """An array of the pasted text: what it shows, the letters of its axes, and its text."""

    shown: Printout
    layout: str
    text: str


def write(path: Path, text: str, layouts: Sequence[str]) -> tuple[str, ...]:
    """Writes a case of the arrays in `text`, a labelled block for each; returns their roles.

    `layouts` are those of input, kernel and output where the labels give none, and usual ones where these are missing,
    too. Raises CaseError, and writes nothing, where the text or an array in it cannot be read, or they do not fit.
    """
    given = dict(zip((*NEEDED, "output"), layouts))
    arrays = {role: _pasted(role, block, given.get(role, "")) for role, block in _blocks(text).items()}
    try:
        document = _document(path, arrays)
        with replacing(path) as file:
            file.write(template.schema_line(path) + document)
        list(load(path))
    except BaseException as error:  # whatever it is, Ctrl-C or a full disk, no case is left that does not work
        path.unlink(missing_ok=True)
        if not isinstance(error, CaseError | LayoutError):
            raise
        taken = ", ".join(f"{role} {each.layout}" for role, each in arrays.items())
        raise CaseError(
            f"{error}\nnothing was written; the axes were taken to be: {taken}; where they are not, say so behind the "
            "label, as `kernel: HWIO`"
        ) from None
    return tuple(arrays)


@dataclass(frozen=True)
class _Block:
    """The lines below a label, the number of the first of them (from 1), and the layout that the label gives."""

    lines: list[str]
    first: int
    layout: str


def _blocks(text: str) -> Mapping[str, _Block]:
    """The text below each label."""
    found: dict[str, _Block] = {}
    block: _Block | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if label := LABEL.fullmatch(line):
            role = label[1].lower().replace("observed", "output")
            if role in found:
                raise CaseError(f"{SOURCE}:{number}: a second label for the {role}; give one array for each")
            block = found[role] = _Block([], number + 1, label[2] or label[3])
        elif block is not None:
            block.lines.append(line)
        elif line.strip():
            raise CaseError(f"{SOURCE}:{number}: expected a label first, a line `input:`, `kernel:` or `output:`")
    missing = [role for role in NEEDED if role not in found]
    if missing:
        raise CaseError(
            f"{SOURCE}: no {' and no '.join(missing)}; expected the line `{missing[0]}:` and an array below it"
        )
    return found


def _pasted(role: str, block: _Block, layout: str) -> Pasted:
    try:
        shown = printouts.read("\n".join(block.lines))
    except PrintoutError as problem:
        line = block.first + problem.line - 1
        raise CaseError(f"{SOURCE}:{line}:{problem.column}: {role}: {problem}") from problem
    letters = block.layout or layout or ("O" if role == "bias" else USUAL[role].get(shown.values.ndim, ""))
    return Pasted(shown, letters, "\n".join(block.lines).strip("\n").rstrip())


def _document(path: Path, arrays: Mapping[str, Pasted]) -> str:
    sizes = {
        role: to_canonical(each.shown.values, each.layout, role).shape[2:]
        for role, each in arrays.items()
        if role != "bias"
    }
    stride, padding = template.settings(sizes["input"], sizes["kernel"], sizes.get("output"))
    parts = [HEAD.format(title=template.quoted(f"{path.stem}, my own numbers"))]
    parts += [f"{role}:\n{_array(role, arrays[role], 2)}" for role in (*NEEDED, "bias") if role in arrays]
    parts += [SETTINGS.format(stride=stride, padding=padding)]
    parts += [RECORDED + _array("output", arrays["output"], 4)] if "output" in arrays else []
    return "".join(parts)


def _array(role: str, each: Pasted, margin: int) -> str:
    """Layout and text of an array, as YAML; the text stands as it was pasted."""
    indent = " " * margin
    layout = f"{indent}layout: {each.layout}    # {AXES[role]}\n" if role in AXES else ""
    mark = "|2" if each.text.startswith((" ", "\t")) else "|"  # the first line says how far a block is indented, else
    lines = (f"{indent}  {line}\n" if line.strip() else "\n" for line in each.text.split("\n"))
    return f"{layout}{indent}values: {mark}\n{''.join(lines)}"
