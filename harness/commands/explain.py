"""`harness explain`: which changes give an observed output, and code that proves it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from harness.case import files
from harness.case.read import Case
from harness.commands import EXPECTED, Add, case_files, cases_of
from harness.explain import answers, asked
from harness.judge import fix
from harness.systems import selection
from harness.systems.pool import Pool
from harness.systems.process import Limits


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    explains = add(
        "explain",
        explain_command,
        "harness explain cases/my-layer.yaml --system torch",
        "harness explain --input x.npy --kernel w.npy --observed y.npy --padding same",
        "harness explain --input x.csv --kernel w.csv --observed y.csv --layout HW,HW,HW --padding unknown",
        "harness explain torch.nn.functional.conv2d scipy.signal.convolve2d cases/my-layer.yaml",
    )
    explains.add_argument("what", nargs="*", metavar="[A B] CASE", help="a case file; before it, two entry points")
    for name, text in (("input", "the input"), ("kernel", "the kernel"), ("observed", "the output, NaN not known")):
        explains.add_argument(f"--{name}", metavar="FILE", help=f"{text}: .npy, .csv, .safetensors#name ...")
    explains.add_argument("--layout", metavar="IN,KERNEL,OUT", help="axes of the three files, as NHWC,HWIO,NHWC")
    for name, text in files.SETTINGS.items():
        explains.add_argument(f"--{name}", metavar="VALUE", help=text)
    explains.add_argument(
        "--system", action="append", choices=list(fix.SYSTEMS), help="show code for this system only (default: all)"
    )
    explains.add_argument("--no-code", action="store_true", help="show no code, which starts no framework")
    explains.add_argument("--json", action="store_true", help="print JSON, one object for each case")


def explain_command(options: argparse.Namespace) -> int:
    """Says which changes of the intended call give the observed output, and shows code that proves it."""
    systems = () if options.no_code else tuple(options.system or fix.SYSTEMS)
    if options.input or options.kernel or options.observed:
        _say_explained(_case_of_files(options), systems, options.json)
        return EXPECTED
    if len(options.what) not in (1, 3):
        raise selection.SelectionError("explain takes a CASE, two entry points and a CASE, or --input with files")
    *names, path = options.what
    if not names:
        for case in cases_of(case_files([path])):
            _say_explained(case, systems, options.json)
        return EXPECTED
    backends = [each for name in names for each in selection.backends([name.split(".")[0].lower()], f"{name}:")]
    with Pool({each.name: each for each in backends}.values(), Limits()) as pool:
        selection.demand([each.name for each in backends], pool.hellos, pool.unavailable)
        for case in cases_of(case_files([path])):
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
    named = {"input": options.input, "kernel": options.kernel, "output": options.observed}
    if not all(named.values()):
        raise selection.SelectionError("--input, --kernel and --observed belong together; give all three files")
    stated = options.layout.split(",") if options.layout else [files.usual_layout(*each) for each in named.items()]
    if len(stated) != len(named):
        raise selection.SelectionError(f"--layout {options.layout}: expected three, as NHWC,HWIO,NHWC")
    settings = {key: value for key in files.SETTINGS if (value := getattr(options, key)) is not None}
    return files.case_of_files(named, dict(zip(named, stated)), settings)
