"""`harness explain`: which changes give an observed output, and code that proves it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence

from harness import interrupts
from harness.backends import Backend
from harness.case import of_files
from harness.case.chosen import case_files, cases_of
from harness.case.read import Case
from harness.ending import EXPECTED, UNEXPECTED
from harness.explanation import answers, asked
from harness.grammar import files
from harness.judge.fix import Proof
from harness.operations import SPOKEN
from harness.operations.spoken import AFTER, DATA, FOLLOWING, SYSTEMS, Spoken, main_roles, vectors
from harness.options.of_explain import EVERY, OBSERVED, OF_FILES, SETTINGS
from harness.parent.pool import Pool
from harness.parent.worker_limits import Limits
from harness.progress import waited_for
from harness.systems import selection


@interrupts.while_read()
def explain_command(options: argparse.Namespace) -> int:
    """Says which changes of the intended call give the observed output, and shows code that proves it.

    What differs stands there before the first framework is started for code.
    """
    if any(getattr(options, name) for name in OF_FILES):
        case = _case_of_files(options)
        return _say(case, asked.recordings(case), options)
    if len(options.what) not in (1, 3):
        if options.json and len(options.what) == 2:
            raise selection.SelectionError(f"--json prints, and takes no file: write `> {options.what[1]}` for a file")
        raise selection.SelectionError("explain takes a CASE, two entry points and a CASE, or --input with files")
    *names, path = options.what
    cases = cases_of(case_files([path]))
    if not names:
        return max([_say(case, asked.recordings(case), options) for case in cases], default=EXPECTED)
    backends = _having(names)
    with Pool({each.name: each for each in backends}.values(), Limits()) as pool:
        selection.demand([each.name for each in backends], pool.hellos, pool.unavailable)
        asked_of = (names[0], names[1])
        codes = [_say(case, (asked.pair(each, asked_of, pool) for each in [case]), options) for case in cases]
    return max(codes, default=EXPECTED)


def _having(names: Sequence[str]) -> list[Backend]:
    """The backends of these entry points; what knows all of them is imported where some are named."""
    from harness.probing import session

    return [each for name in names for each in session.backends([name], [])]


def _say(case: Case, found: Iterator[asked.Explained], options: argparse.Namespace) -> int:
    """Says what explains the outputs of a case, as soon as it is known, and the code of it, as soon as it has held.

    The exit code: UNEXPECTED where one of them stays unexplained; of what cannot be computed nothing is asked.
    """
    said = (_as_json if options.json else _as_text)(case, waited_for(found, f"what explains {case.id}"), options)
    open_ = [each for each in said if each.answer.known and each.verdict == "unexplained"]
    return UNEXPECTED if open_ else EXPECTED


def _as_text(case: Case, found: Iterator[asked.Explained], options: argparse.Namespace) -> list[asked.Explained]:
    said: list[asked.Explained] = []
    print(f"{case.id}: {case.title}", flush=True)
    for each in found:
        said.append(each)
        print(answers.text(each.system, each.answer), flush=True)
    if blind := answers.blindness(asked.blind(case)):
        print(f"  * {blind}", flush=True)
    for each in said:
        of = f"\n{each.system}:" if len(said) > 1 else ""
        systems = _systems(each, options)
        held: list[Proof] = []
        proofs = waited_for(each.programs(case, systems), "code is run before it is shown")
        for proof in asked.told_once(proofs):
            print(f"{of}\n{each.told(proof)}".lstrip("\n"), flush=True)
            of = ""
            held.append(proof)
        for system in each.without_code(systems, held):
            print(f"  {system}: no code is shown, as no program for it ran and gave these numbers", flush=True)
    return said


def _as_json(case: Case, found: Iterator[asked.Explained], options: argparse.Namespace) -> list[asked.Explained]:
    said = list(found)
    recorded = [asked.mended(case, each, _systems(each, options)).as_json() for each in said]
    print(json.dumps({"case": case.id, "blind": list(asked.blind(case)), "recordings": recorded}))
    return said


def _systems(each: asked.Explained, options: argparse.Namespace) -> tuple[str, ...]:
    """Those in whose terms code is wanted of an explained output; a framework is started where code for it is."""
    wanted = () if options.no_code else tuple(dict.fromkeys(options.system or each.systems()))
    return (*SYSTEMS, *FOLLOWING) if EVERY in wanted else wanted


def _case_of_files(options: argparse.Namespace) -> Case:
    about = SPOKEN[options.operation]
    wanted, given = [*main_roles(about), OBSERVED], _given(options)
    vectors_of = _files_of_vectors(about, given)
    for name in OF_FILES:
        if name in given and name not in (*wanted, *vectors_of):
            raise selection.SelectionError(f"--{name}: this operation has none; leave it out")
    named = {name.replace(OBSERVED, "output"): given[name] for name in wanted if name in given}
    if len(named) < len(wanted):
        *first, last = (f"--{name}" for name in wanted)
        raise selection.SelectionError(f"{', '.join(first)} and {last} belong together; give all of these files")
    if options.layout:
        layouts = of_files.stated_layouts(options.layout, named, options.operation)
    else:
        layouts = dict(zip(named, of_files.usual_layouts(named, options.operation)))
    named |= vectors_of
    layouts |= of_files.layouts_of_vectors(options.operation, named, layouts[wanted[0]])
    settings = {key: given[key] for key in SETTINGS if key in given and key not in vectors_of}
    known = {**about.OPTIONS, **AFTER, **DATA}
    for key in settings:
        if key not in known:
            raise selection.SelectionError(f"--{key} is no setting of this operation; leave it out")
    return of_files.case_of_files(options.operation, named, layouts, settings)


def _given(options: argparse.Namespace) -> dict[str, str]:
    """What options of files and settings were given."""
    names = (*OF_FILES, *SETTINGS)
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _files_of_vectors(about: Spoken, given: Mapping[str, str]) -> dict[str, str]:
    """Files of arrays that may be missing, by role; what is no file is the setting of that name, if there is one."""
    return {
        role: given[role]
        for role in vectors(about)
        if role in given and (role not in about.OPTIONS or files.is_file(given[role]))
    }
