"""`harness new`: a case file to start from, or one of arrays that are there."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.canonical.layout import expand
from harness.case import layer, of_files, pasted, proposals, template
from harness.ending import EXPECTED, Mistake
from harness.grammar import files
from harness.operations import TABLE
from harness.operations.operation import Operation
from harness.operations.spoken import labels, main_roles
from harness.options.of_cases import GIVEN
from harness.options.taken import DEFAULT_CASES, PERHAPS
from harness.output import NOTHING, Output, demand, naming


def new_command(options: argparse.Namespace) -> int:
    """Writes a case file: a commented one to start from, or one of your own arrays."""
    path = _path(options.name)
    if os.path.lexists(path):
        raise Mistake(f"{path} exists already; choose another name or remove it")
    demand([Output("new", path, NOTHING)])
    observed = bool(options.observed)
    if options.paste:
        observed = _new_of_pasted(path, options)
    elif options.arrays:
        _new_of_arrays(path, options)
    elif options.observed or options.layout or options.prototxt:
        given = " ".join(GIVEN)
        raise Mistake(f"--observed and --layout belong to --from {given} or --paste; add it")
    else:
        template.start(path, options.operation)
    print(f"{path} written; run it with: harness run {shlex.quote(str(path))}")
    if observed:
        print(f"what explains the output that you observed: harness explain {shlex.quote(str(path))}")
    return EXPECTED


def _path(name: str) -> Path:
    """The file of a new case: NAME.yaml, in `cases` where the name has no folder."""
    stem = Path(name.removesuffix(".yaml").removesuffix(".yml"))
    if not stem.name.strip(". "):
        raise Mistake(f"{name!r} is no name for a case; expected, say, my-layer")
    path = stem.with_name(f"{stem.name}.yaml")
    return path if len(path.parts) > 1 else Path(DEFAULT_CASES) / path


def _new_of_pasted(path: Path, options: argparse.Namespace) -> bool:
    """Makes the case of standard input; whether an output is among its arrays."""
    if options.arrays or options.observed:
        raise Mistake("--paste reads all arrays from standard input; leave --from and --observed out")
    if sys.stdin.isatty():
        said = labels(TABLE[options.operation]).replace("and", "and perhaps")
        print(f"paste each array below a line {said}, then press Ctrl-D", file=sys.stderr)
    layouts = options.layout.split(",") if options.layout else []
    return "output" in pasted.write(path, _standard_input(), layouts, options.operation)


def _standard_input() -> str:
    try:
        with naming(Path(pasted.SOURCE)):
            return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise Mistake(f"{pasted.SOURCE} is no text in {error.encoding} (byte {error.start})") from None


def _new_of_arrays(path: Path, options: argparse.Namespace) -> None:
    operation, stated = TABLE[options.operation], {}
    roles = main_roles(operation)
    if len(options.arrays) != len(roles):
        wanted = f"expected {len(roles)} of this operation, {' and '.join(roles)}"
        raise Mistake(f"--from {' '.join(options.arrays)}: {wanted}")
    given = dict(zip(roles, options.arrays))
    layouts: dict[str, str] = {}
    weights = given[roles[-1]]
    node = layer.of_definition(weights, options.prototxt) if options.prototxt else layer.of_node(weights)
    if node:
        operation, stated = node.operation, node.settings
        given |= node.arrays
        axes = files.shape(*_file(node.arrays[roles[-1]]))
        layouts = {role: expand(each, len(axes) - 2) for role, each in operation.new_cases().NODE_LAYOUTS.items()}
    given |= _perhaps(operation, options)
    given |= {"output": options.observed} if options.observed else {}
    named = [role for role in (*roles, "output") if role in given]
    if options.layout:
        layouts |= of_files.stated_layouts(options.layout, {role: given[role] for role in named}, operation.NAME)
    of_files.shapes_of(given)
    if not layouts.keys() >= set(named):
        layouts = dict(_layouts(operation, given, layouts))
    layouts = of_files.layouts_of_vectors(operation.NAME, given, layouts[roles[0]]) | layouts
    template.of_arrays(path, given, {role: layouts[role] for role in given}, stated, operation.NAME)


def _perhaps(operation: Operation, options: argparse.Namespace) -> dict[str, str]:
    """Files of arrays that may be missing, by role. Raises Mistake for one that the operation has not."""
    given = {role: file for role in PERHAPS if (file := getattr(options, role))}
    for role in given:
        if role not in operation.ROLES:
            raise Mistake(f"--{role}: {operation.NAME} has none; leave it out, or say another --operation")
    return given


def _layouts(operation: Operation, given: Mapping[str, str], stated: Mapping[str, str]) -> Mapping[str, str]:
    """The stated ones, and those that such files usually have; where these do not fit, the likeliest that do."""
    shapes = of_files.shapes_of(given)
    usual = {
        role: of_files.usual_of(role, shapes[role], given[role], operation.NAME)
        for role in shapes
        if role not in PERHAPS
    }
    found = proposals.likely(operation, shapes, stated, usual)
    if any(found[role] != usual[role] for role in usual.keys() - stated.keys()):
        print(proposals.proposed(operation, shapes, "took"))
        return found
    for role in usual.keys() - stated.keys():
        of_files.usual_layout(role, given[role], operation.NAME)  # raises for kinds of files that have none
    return found


def _file(name: str) -> tuple[Path, str]:
    path, key = files.split_key(name)
    return Path(path), key
