"""What `harness run` takes."""

from __future__ import annotations

from harness.options.taken import Add, above_zero, named, positive, shard
from harness.parent.worker_limits import Limits


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    runs = add(
        "run",
        "Runs cases and writes the reports.",
        "harness.commands.run_cases:run_command",
        "harness run                                              # all cases under cases/, on all backends",
        "harness run cases/my-layer.yaml --backend torch --backend scipy",
        "harness run shipped/conventions                          # cases that come with the harness",
        "harness run --entry 'torch.*' --json out.json            # to report again, or to compare with a later run",
        "harness run --junit out.xml                              # for CI",
        "harness run --shard 2/4 --json 2.json                    # one of four machines",
        "harness run --on tcp://scheduler:8786                    # on a cluster of Dask",
    )
    runs.add_argument(
        "cases",
        nargs="*",
        metavar="CASE",
        help="case files or folders of them (default: cases; `shipped`: those that come with the harness)",
    )
    runs.add_argument(
        "--backend", action="append", default=[], metavar="NAME", help="run this backend; it must be there and answer"
    )
    runs.add_argument(
        "--entry", action="append", default=[], metavar="GLOB", help="only entry points that match, as 'torch.*'"
    )
    runs.add_argument(
        "--out",
        metavar="DIR",
        type=named,
        help="folder of the reports (default: reports; of named cases reports/part, where reports are of more)",
    )
    runs.add_argument("--json", metavar="FILE", type=named, help="write the results as JSON, too")
    runs.add_argument("--junit", metavar="FILE", type=named, help="write the results as JUnit XML, too")
    runs.add_argument(
        "--shard",
        type=shard,
        metavar="I/N",
        help="only every N-th member, from the I-th on; `harness merge` joins them",
    )
    runs.add_argument(
        "--on",
        metavar="CLUSTER",
        help="run on workers of Dask: `dask` for this machine, or tcp://host:port of a scheduler",
    )
    runs.add_argument("--cards", action="store_true", help="measure what each entry point computes, for the reports")
    runs.add_argument("--jobs", type=positive, metavar="N", help="backends that work at a time (default: all)")
    runs.add_argument(
        "--time-limit",
        type=above_zero,
        default=Limits().call,
        metavar="SECONDS",
        help="for one call (default: %(default)g)",
    )
    runs.add_argument("--memory-limit", type=above_zero, metavar="GIB", help="address space of each worker (Linux)")
