"""`harness probe`: what entry points, or a program of a user, compute."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from harness import interrupts
from harness.case.chosen import known_faults
from harness.ending import EXPECTED, UNEXPECTED
from harness.operations.card import Card
from harness.output import ANY, Output, demand, replacing
from harness.probing import session
from harness.report import cards
from harness.systems import own_programs


def probe_command(options: argparse.Namespace) -> int:
    """Measures what entry points, or a program of your own, compute. Exit code 1 where something is unexpected."""
    demand([Output("--markdown", options.markdown, cards.OURS)] if options.markdown else [])
    demand([Output("--faults", options.faults / "a case", ANY)] if options.faults else [])
    way = {name: value for name in ("command", "python") if (value := getattr(options, f"own_{name}")) is not None}
    if way and (options.entry_points or options.backend):
        raise own_programs.OwnProgramError(
            f"--{next(iter(way))} probes that program alone; leave out {(options.entry_points or options.backend)[0]!r}"
        )
    with interrupts.while_read(not (options.markdown or options.faults)):
        if way:
            about = (way, options.files, options.padding, options.time_limit)
            found = [session.read_by(options.layout, lambda letters: session.card_of_program(letters, *about))]
        else:
            backends = session.backends(options.entry_points, options.backend)
            found = session.cards(backends, options.entry_points, options.backend)
        shown = [card.as_json() for card in found]
        print(json.dumps(shown, indent=2) if options.json else "\n\n".join(map(cards.text, shown)))
    if options.markdown:
        with replacing(options.markdown) as file:
            file.write(cards.markdown(shown))
    for path in session.write_faults(options.faults, found) if options.faults else ():
        print(f"written: {path}", file=sys.stderr)
    return _judged(found, by_name=bool(way or options.entry_points or options.backend))


def _judged(found: Sequence[Card], by_name: bool) -> int:
    """The exit code; what is unexpected is said on standard error."""
    known = frozenset().union(*map(session.known_faults, known_faults()))
    told = [f"{card.entry_point}: {words}" for card in found for words in session.unexpected(card, known, by_name)]
    for line in told:
        print(f"NOT AS EXPECTED  {line}", file=sys.stderr)
    return UNEXPECTED if told else EXPECTED
