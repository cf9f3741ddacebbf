"""`harness walk`: two traces, layer by layer."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness import interrupts
from harness.ending import EXPECTED, UNEXPECTED
from harness.models import layer_case
from harness.models.gathering import gathered
from harness.models.graph import Graph
from harness.models.traced import Trace
from harness.models.traces import opened
from harness.models.walk import Walked, WalkError, walk
from harness.output import ANY, Output, demand, naming
from harness.report import walk_page
from harness.report import walked as told


def walk_command(options: argparse.Namespace) -> int:
    """Says which layers of a port differ from those of the original, why, and what is left when that is mended."""
    hints = _hints(options.pair)
    outputs = _outputs(options)
    with interrupts.while_read(not (options.out or options.case)), opened(options.a) as a, opened(options.b) as b:
        walked = walk(a, b, hints)
        names = _called(options.a, a), _called(options.b, b)
        if options.case:
            _write_case(walked, a, b, options)
        else:
            for path, page in outputs.items():
                page(walked, names, path)
        print(json.dumps(told.as_json(walked)) if options.json else told.text(walked, names))
    return EXPECTED if walked.agrees else UNEXPECTED


def _hints(pairs: Sequence[str]) -> Mapping[str, str]:
    """Layer of B -> of A."""
    hints: dict[str, str] = {}
    for text in pairs:
        mine, sign, its = text.partition("=")
        if not (mine and sign and its):
            raise WalkError(f"--pair {text}: expected A=B, the names of two layers")
        hints[its] = mine
    return hints


def _outputs(options: argparse.Namespace) -> Mapping[Path, walk_page.Page]:
    if not options.out or options.case:
        return {}
    pages = {options.out / name: page for name, page in walk_page.PAGES.items()}
    demand(Output("--out", path, walk_page.OURS) for path in pages)
    return pages


def _called(path: Path, trace: Trace) -> str:
    about = ", ".join(filter(None, [trace.system, trace.source]))
    return f"{path} ({about})" if about else str(path)


def _write_case(walked: Walked, a: Trace, b: Trace, options: argparse.Namespace) -> None:
    """Writes a layer of B: what A means, on B's own input, and what B gave."""
    mine, its = Graph(gathered(a)), Graph(gathered(b))
    asked = {name: each.asked for each in walked.pairs if each.asked for name in each.b}
    if options.case not in asked:
        raise WalkError(
            f"--case {options.case}: no layer of B that is paired with one of A; such are {', '.join(asked)}"
        )
    one, *ends = asked[options.case]
    folder = options.out or Path("cases")
    demand([Output("--out", folder / layer_case.FILE, ANY)])
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            taken, seen = map(its.signal, ends)
            layer_case.written(folder, mine, one, taken, seen, (b.system, options.case))
        except layer_case.NotJudged as problem:
            raise WalkError(f"--case {options.case}: {problem}") from None
