"""`harness explain`: which changes give an observed output, and code that proves it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from harness.case import of_files
from harness.case.read import Case
from harness.commands import EXPECTED, LAYOUTS, ROLES, Add, case_files, cases_of
from harness.explanation import answers, asked
from harness.judge import fix
from harness.operations import TABLE, USUAL
from harness.parent.pool import Pool
from harness.parent.process import Limits
from harness.systems import selection

OBSERVED = "observed"
"""The option of the output."""
FILES = {**{role: TABLE[USUAL].ROLES[role].doc for role in ROLES[:-1]}, OBSERVED: "the output, NaN not known"}
"""Options that name a file, and what is in it."""
EXAMPLE = of_files.example(TABLE[USUAL])
SETTINGS = {
    **{key: words for each in TABLE.values() for key, words in each.new_cases().OPTIONS.items()},
    **TABLE[USUAL].new_cases().OPTIONS,
    **of_files.DATA,
}
"""Options of the settings, those of all operations, and what they may be."""


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    explains = add(
        "explain",
        explain_command,
        "harness explain cases/my-layer.yaml --system torch",
        f"harness explain {_named('npy')} --padding same",
        f"harness explain {_named('csv')} --layout HW,HW,HW --padding unknown",
        "harness explain torch.nn.functional.conv2d scipy.ndimage.correlate cases/my-layer.yaml",
    )
    explains.add_argument("what", nargs="*", metavar="[A B] CASE", help="a case file; before it, two entry points")
    for name, text in FILES.items():
        explains.add_argument(f"--{name}", metavar="FILE", help=f"{text}: .npy, .csv, .safetensors#name ...")
    explains.add_argument("--layout", metavar=LAYOUTS, help=f"axes of these files, as {EXAMPLE}")
    explains.add_argument(
        "--operation", choices=list(TABLE), default=USUAL, help="what these files are of (default: %(default)s)"
    )
    for name, text in SETTINGS.items():
        explains.add_argument(f"--{name}", metavar="VALUE", help=text)
    explains.add_argument(
        "--system", action="append", choices=list(fix.SYSTEMS), help="show code for this system only (default: all)"
    )
    explains.add_argument("--no-code", action="store_true", help="show no code, which starts no framework")
    explains.add_argument("--json", action="store_true", help="print JSON, one object for each case")


def explain_command(options: argparse.Namespace) -> int:
    """Says which changes of the intended call give the observed output, and shows code that proves it."""
    systems = () if options.no_code else tuple(options.system or fix.SYSTEMS)
    if any(getattr(options, name) for name in FILES):
        _say_explained(_case_of_files(options), systems, options.json)
        return EXPECTED
    if len(options.what) not in (1, 3):
        raise selection.SelectionError("explain takes a CASE, two entry points and a CASE, or --input with files")
    *names, path = options.what
    cases = case_files([path])
    if not names:
        for case in cases_of(cases):
            _say_explained(case, systems, options.json)
        return EXPECTED
    backends = [each for name in names for each in selection.backends([name.split(".")[0].lower()], f"{name}:")]
    with Pool({each.name: each for each in backends}.values(), Limits()) as pool:
        selection.demand([each.name for each in backends], pool.hellos, pool.unavailable)
        for case in cases_of(cases):
            _say(case, [asked.pair(case, (names[0], names[1]), pool, systems)], options.json)
    return EXPECTED


def _say_explained(case: Case, systems: Sequence[str], as_json: bool) -> None:
    _say(case, list(asked.recordings(case, systems)), as_json)


def _say(case: Case, found: Sequence[asked.Explained], as_json: bool) -> None:
    if as_json:
        recorded = [answers.as_json(each.system, each.answer, each.code) for each in found]
        print(json.dumps({"case": case.id, "recordings": recorded}))
        return
    print(f"{case.id}: {case.title}")
    for each in found:
        print(answers.text(each.system, each.answer, each.code))


def _named(suffix: str) -> str:
    """The options that name files, as an example."""
    return " ".join(f"--{name} {letter}.{suffix}" for name, letter in zip(FILES, "xwy"))


def _case_of_files(options: argparse.Namespace) -> Case:
    named = {name.replace(OBSERVED, "output"): getattr(options, name) for name in FILES}
    if not all(named.values()):
        *first, last = (f"--{name}" for name in FILES)
        raise selection.SelectionError(f"{', '.join(first)} and {last} belong together; give all of these files")
    stated = options.layout.split(",") if options.layout else [of_files.usual_layout(*each) for each in named.items()]
    if len(stated) != len(named):
        raise selection.SelectionError(f"--layout {options.layout}: expected {len(named)} layouts, as {EXAMPLE}")
    settings = {key: value for key in SETTINGS if (value := getattr(options, key)) is not None}
    known = {**TABLE[options.operation].new_cases().OPTIONS, **of_files.DATA}
    for key in settings:
        if key not in known:
            raise selection.SelectionError(f"--{key} is no setting of this operation; leave it out")
    return of_files.case_of_files(options.operation, named, dict(zip(named, stated)), settings)
