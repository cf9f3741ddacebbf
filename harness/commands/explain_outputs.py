"""`harness explain`: which changes give an observed output, and code that proves it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from harness.case import of_files
from harness.case.chosen import case_files, cases_of
from harness.case.read import Case
from harness.ending import EXPECTED
from harness.explanation import answers, asked
from harness.operations import SPOKEN
from harness.operations.spoken import DATA, SYSTEMS
from harness.options.of_explain import EXAMPLE, FILES, OBSERVED, SETTINGS
from harness.parent.pool import Pool
from harness.parent.worker_limits import Limits
from harness.systems import selection


def explain_command(options: argparse.Namespace) -> int:
    """Says which changes of the intended call give the observed output, and shows code that proves it."""
    systems = () if options.no_code else tuple(options.system or SYSTEMS)
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


def _case_of_files(options: argparse.Namespace) -> Case:
    named = {name.replace(OBSERVED, "output"): getattr(options, name) for name in FILES}
    if not all(named.values()):
        *first, last = (f"--{name}" for name in FILES)
        raise selection.SelectionError(f"{', '.join(first)} and {last} belong together; give all of these files")
    stated = options.layout.split(",") if options.layout else [of_files.usual_layout(*each) for each in named.items()]
    if len(stated) != len(named):
        raise selection.SelectionError(f"--layout {options.layout}: expected {len(named)} layouts, as {EXAMPLE}")
    settings = {key: value for key in SETTINGS if (value := getattr(options, key)) is not None}
    known = {**SPOKEN[options.operation].OPTIONS, **DATA}
    for key in settings:
        if key not in known:
            raise selection.SelectionError(f"--{key} is no setting of this operation; leave it out")
    return of_files.case_of_files(options.operation, named, dict(zip(named, stated)), settings)
