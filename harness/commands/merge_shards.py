"""`harness merge`: the shards of a run as the run."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.commands.concluding import conclude
from harness.commands.reports import demanded
from harness.report import merged, results
from harness.report.tally import Tally


def merge_command(options: argparse.Namespace) -> int:
    """Joins the shards of a run; the joined results are those of the run without shards."""
    kinds = demanded({("--output", options.output): results.Json})
    shards = merged.in_order({name: results.load(Path(name)) for name in options.results})
    header, asked = merged.header(shards), shards[0]["shard"]
    whole = kinds[options.output](header)
    tally = Tally(asked["backends"], asked["entry_points"], header["environment"])
    for piece in merged.all_pieces(shards):
        whole.add(piece)
        tally.add(piece)
    header["failures"] = tally.unanswered()
    return conclude(header, tally, {options.output: whole})
