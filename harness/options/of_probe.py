"""What `harness probe` takes."""

from __future__ import annotations

from harness.backends.program_words import FILES, OPTIONS
from harness.operations import SPOKEN, USUAL
from harness.operations.spoken import places, plain_layout
from harness.options.taken import LAYOUTS, Add, above_zero, named

PLACES = places(SPOKEN[USUAL])
LAYOUT = plain_layout(SPOKEN[USUAL])


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    probes = add(
        "probe",
        "Measures what entry points, or a program of your own, compute. Exit code 1 where something is unexpected.",
        "harness.commands.probe_entries:probe_command",
        "harness probe torch.nn.functional.conv2d",
        "harness probe 'scipy.signal.*' --json",
        f"harness probe --command 'java MyLayer {PLACES}' --files csv",
        "harness probe --python my_module:my_layer --layout CHW,OIHW,CHW",
    )
    probes.add_argument("entry_points", nargs="*", metavar="ENTRY_POINT", help="a name or pattern (default: all)")
    probes.add_argument("--backend", action="append", default=[], metavar="NAME", help="only this backend")
    probes.add_argument(
        "--command",
        dest="own_command",
        metavar="LINE",
        help=f"your own program, with {PLACES} and perhaps {' '.join(map('{{{}}}'.format, OPTIONS))}",
    )
    probes.add_argument("--python", dest="own_python", metavar="MODULE:FUNCTION", help="your own Python function")
    probes.add_argument("--layout", metavar=LAYOUTS, help=f"its axes (default: {LAYOUT}, or else such as are usual)")
    probes.add_argument("--files", choices=FILES, default="npy", help="the files of --command (default: npy)")
    probes.add_argument("--padding", action="append", default=[], metavar="WORD", help="a word it takes for {padding}")
    probes.add_argument(
        "--time-limit",
        type=above_zero,
        default=30.0,
        metavar="SECONDS",
        help="for one call of it (default: %(default)g)",
    )
    probes.add_argument("--json", action="store_true", help="print JSON, a list of cards")
    probes.add_argument("--markdown", metavar="FILE", type=named, help="write the table of all cards, too")
    probes.add_argument("--faults", metavar="DIR", type=named, help="write what contradicts itself as case files")
