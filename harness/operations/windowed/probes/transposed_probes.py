"""The card of an entry point that transposes a convolution: what it cuts off the full output, and how it stamps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.operations.card import Card
from harness.operations.windowed.probes import measure, properties, transposed_padding
from harness.operations.windowed.probes.channel_orders import by_inputs, depthwise, groups
from harness.operations.windowed.probes.stamping import Stamping
from harness.operations.windowed.probes.subject import Subject
from harness.operations.windowed.probes.transposed_padding import AS_GIVEN, CUTS, HIGH, RAW
from harness.operations.windowed.probes.transposed_trials import trials
from harness.parent.asking import Asking, together
from harness.worker.entry import EntryPoint, Word


def card(backend: str, version: str, entry: EntryPoint) -> Asking[Card]:
    """Measures one entry point."""
    own = measure.Operation(Stamping, conventions, CUTS, trials, transposed_padding.negative, differences)
    return measure.measured(own, backend, version, entry)


def conventions(subjects: Sequence[Subject]) -> Asking[dict[str, Any]]:
    """Property -> what was measured. The first subject is measured in full, those of other ranks for their padding."""
    first = subjects[0]
    takes = first.entry.takes
    found = yield from together(
        {
            **{f"padding {word}": _padding(subjects, own) for word, own in takes.words.items()},
            "numbers": transposed_padding.numbers(first),
            "output padding": transposed_padding.output_padding(first),
            **({} if takes.groups == "one" else {"groups": groups(first, by_inputs)}),
            **({} if takes.groups == "one" else {"depthwise": depthwise(first, by_inputs)}),
            **properties.common(first),
        }
    )
    axes = properties.by_rank(subjects)
    stamps = {rank: [not backwards for backwards in flags] for rank, flags in axes["reversal"].items()}
    larger = {word: found[f"padding {word}"]["rule"] or "unknown" for word in takes.words}
    nothing = {"groups": "none", "depthwise": "none", "boundaries": {}}
    return {**axes, "reversal": stamps, **properties.takes_only(first), **nothing, "kernel larger": larger, **found}


def _padding(subjects: Sequence[Subject], word: Word) -> Asking[dict[str, Any]]:
    """The rule of a word at the first rank, and what other ranks do not share."""
    parts = {}
    for index, subject in enumerate(subjects):
        takes = subject.entry.takes
        calls = list(transposed_padding.grid(subject.rank, index == 0, takes.stride, takes.dilation))
        parts[str(subject.rank)] = transposed_padding.measure(subject, word.native, calls)
    found = yield from together(parts)
    return {**properties.of_all_ranks(found), "word": word.native}


def differences(entry: EntryPoint, measured: dict[str, Any]) -> Iterator[str]:
    """Where the declaration of padding by numbers and of the output says otherwise."""
    takes = entry.takes
    due = RAW if takes.raw else AS_GIVEN
    name = "negative" if takes.explicit == "any" else takes.explicit
    if takes.explicit != "no" and f"{name} {due}" not in measured["numbers"]:
        yield f"numbers: declared {takes.explicit} {due}, measured {measured['numbers']}"
    if takes.output_padding and measured["output padding"] != HIGH:
        yield f"output padding: declared {HIGH}, measured {measured['output padding']}"
