"""What the commands on saved results take: `harness report`, `merge` and `diff`."""

from __future__ import annotations

from harness.options.taken import Add, above_zero, named


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    reports = add(
        "report",
        "Writes the reports of a saved run again.",
        "harness.commands.reports:report_command",
        "harness report out.json --out reports",
    )
    reports.add_argument("results", metavar="FILE", help="what `run --json` wrote")
    reports.add_argument(
        "--out", default="reports", metavar="DIR", type=named, help="folder of the reports (default: reports)"
    )
    merges = add(
        "merge",
        "Joins the shards of a run, as the run would have been. Exit code 1 where something is not as expected.",
        "harness.commands.merge_shards:merge_command",
        "harness merge 1.json 2.json 3.json -o all.json",
    )
    merges.add_argument("results", nargs="+", metavar="FILE", help="what `run --shard I/N --json` wrote, all N of them")
    merges.add_argument(
        *("-o", "--output"), required=True, metavar="FILE", type=named, help="the results of the run, for `report`"
    )
    diffs = add(
        "diff",
        "Compares two saved runs, as markdown: verdicts, numbers, versions, speed. Exit code 1 when a verdict changed.",
        "harness.commands.reports:diff_command",
        "harness diff before.json after.json",
        "harness diff before.json after.json --slower 5",
    )
    diffs.add_argument("old", metavar="OLD", help="what `run --json` wrote")
    diffs.add_argument("new", metavar="NEW", help="what a later run wrote")
    diffs.add_argument(
        "--slower",
        type=above_zero,
        default=2.0,
        metavar="RATIO",
        help="call a call slower from this ratio of times on (default: 2)",
    )
