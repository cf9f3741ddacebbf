"""A case file of arrays that were pasted as they were printed, for `harness new NAME --paste`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.case import of_files, proposals, template
from harness.case.origins import Origins
from harness.case.read import CaseError
from harness.grammar import printouts
from harness.grammar.printouts import Printout, PrintoutError, chatter
from harness.grammar.printouts.lines import BLANKS
from harness.grammar.printouts.wrappings import unwrapped
from harness.operations import TABLE, USUAL
from harness.operations.spoken import ALSO, labels, main_roles, vectors

SOURCE = "standard input"


@dataclass(frozen=True)
class Pasted:
    """An array of the pasted text: what it shows, the letters of its axes, and its text."""

    shown: Printout
    layout: str
    text: str


def write(path: Path, text: str, layouts: Sequence[str], operation: str = USUAL) -> tuple[str, ...]:
    """Writes a case of the arrays in `text`, a labelled block for each; returns their roles.

    `layouts` are those of the arrays and of the output where the labels give none; where these are missing, too, they
    are usual ones, or the likeliest that fit the shapes. Raises CaseError, and writes nothing, where the text or an
    array in it cannot be read, or they do not fit.
    """
    roles = main_roles(TABLE[operation])
    given = dict(zip((*roles, "output"), layouts))
    blocks = _blocks(text, operation)
    if layouts and len(layouts) != len(named := [role for role in (*roles, "output") if role in blocks]):
        raise CaseError(f"--layout {','.join(layouts)}: expected {len(named)} layouts, of {', '.join(named)}")
    shown = {role: _shown(role, block, operation) for role, block in blocks.items()}
    stated = {role: own for role, block in blocks.items() if (own := block.layout or given.get(role, ""))}
    shapes = {role: each.values.shape for role, each in shown.items()}
    letters = _layouts(shapes, stated, operation)
    arrays = {role: Pasted(each, letters[role], blocks[role].text) for role, each in shown.items()}
    try:
        template.write(path, lambda: _document(path, arrays, operation))
    except CaseError as error:
        taken = ", ".join(f"{role} {each.layout}" for role, each in arrays.items())
        told = Origins(dict.fromkeys(arrays, ""), ["output"]).told(error)
        raise CaseError(
            f"{told}\nnothing was written; the axes were taken to be: {taken}; where they are not, say so behind the "
            f"label, as `{roles[-1]}: {TABLE[operation].ROLES[roles[-1]].letters}`"
        ) from None
    return tuple(arrays)


def _label(operation: str) -> re.Pattern[str]:
    """A line before each array: its role, and perhaps its layout before or behind the colon, `input:`, `input HWC:`."""
    roles = _roles(operation)
    letters = "".join(sorted({*"NCDHW", *(each for role in TABLE[operation].ROLES.values() for each in role.letters)}))
    return re.compile(rf"\s*((?i:{roles}))\b\s*\(?([{letters}]{{0,5}})\)?\s*:\s*([{letters}]{{0,5}})\s*")


def _roles(operation: str) -> str:
    roles = (*TABLE[operation].ROLES, "output")
    return "|".join((*roles, "observed", *(word for word, role in ALSO.items() if role in roles)))


@dataclass(frozen=True)
class _Block:
    """The lines below a label, the number of the first of them (from 1), and the layout that the label gives."""

    lines: list[str]
    first: int
    layout: str

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip("\n").rstrip()


def _blocks(text: str, operation: str) -> Mapping[str, _Block]:
    """The text below each label."""
    found: dict[str, _Block] = {}
    block: _Block | None = None
    pattern, needed = _label(operation), main_roles(TABLE[operation])
    lines = unwrapped(text).splitlines()
    for number, (line, spoken) in enumerate(zip(lines, chatter.spoken(lines)), 1):
        if label := pattern.fullmatch(line.translate(BLANKS)):
            role = label[1].lower().replace("observed", "output")
            role = ALSO.get(role, role)
            if role in found:
                raise CaseError(f"{SOURCE}:{number}: a second label for the {role}; give one array for each")
            block = found[role] = _Block([], number + 1, label[2] or label[3])
        elif block is not None:
            block.lines.append(line)
        elif line.strip() and not spoken:
            expected = labels(TABLE[operation]).replace(" and ", " or ")
            raise CaseError(f"{SOURCE}:{number}: expected a label first, a line {expected}")
    missing = [role for role in needed if role not in found]
    if missing:
        raise CaseError(
            f"{SOURCE}: no {' and no '.join(missing)}; expected the line `{missing[0]}:` and an array below it"
        )
    return found


def _shown(role: str, block: _Block, operation: str) -> Printout:
    try:
        return printouts.read("\n".join(block.lines))
    except PrintoutError as problem:
        line = block.first + problem.line - 1
        raise CaseError(f"{SOURCE}:{line}:{problem.column}: {role}: {problem}{_hint(block, operation)}") from problem


def _hint(block: _Block, operation: str) -> str:
    """What to do about a line that begins as a label does, and is none."""
    almost = re.compile(rf"\s*(?i:{_roles(operation)})\s*:\s*\S")
    written = ((number, line.translate(BLANKS)) for number, line in enumerate(block.lines, block.first))
    lines = (f"line {number}: {line.strip()}" for number, line in written if almost.match(line))
    return next((f"\na label has its line to itself, or its layout behind it; not so in {each}" for each in lines), "")


def _layouts(shapes: Mapping[str, tuple[int, ...]], stated: Mapping[str, str], operation: str) -> Mapping[str, str]:
    """The letters of each array, "" for what has none."""
    about = TABLE[operation]
    some = {role: shape for role, shape in shapes.items() if role not in vectors(about) and 1 <= len(shape) <= 5}
    own = {role: of_files.usual_of(role, shape, role, operation) for role, shape in some.items()}
    said = {role: each for role, each in stated.items() if role not in vectors(about) or about.ROLES[role].wide}
    found = proposals.likely(about, shapes, {role: each for role, each in said.items() if role in some}, own)
    main = main_roles(about)[0]
    axes = {
        role: of_files.layout_of_vector(about.ROLES[role], shape, found.get(main, ""), shapes[main])
        for role, shape in shapes.items()
        if role in vectors(about)
    }
    return dict.fromkeys(shapes, "") | vectors(about) | axes | found | said


def _document(path: Path, arrays: Mapping[str, Pasted], operation: str) -> str:
    values = {role: each.shown.values for role, each in arrays.items()}
    layouts = {role: each.layout for role, each in arrays.items()}
    parts = [template.head("printed arrays", path, operation)]
    roles = [role for role in TABLE[operation].ROLES if role in arrays]
    parts += [f"{role}:\n{_array(role, arrays[role], 2, operation)}" for role in roles]
    parts += [template.settings(operation, values, layouts)]
    if "output" in arrays:
        parts += [template.RECORDED.format(origin="pasted as it was printed")]
        parts += [_array("output", arrays["output"], 4, operation)]
    return "".join(parts)


def _array(role: str, each: Pasted, margin: int, operation: str) -> str:
    """Layout and text of an array, as YAML; the text stands as it was pasted."""
    indent = " " * margin
    roles = TABLE[operation].ROLES
    usual = role in roles and roles[role].vector == each.layout
    layout = "" if usual else template.axes(operation, role, each.layout, margin)
    mark = "|2" if each.text.startswith((" ", "\t")) else "|"  # the first line says how far a block is indented, else
    lines = (f"{indent}  {line}\n" if line.strip() else "\n" for line in each.text.split("\n"))
    return f"{layout}{indent}values: {mark}\n{''.join(lines)}"
