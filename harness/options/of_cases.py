"""What the commands on case files take: `harness check`, which takes traces, too, and `harness new`."""

from __future__ import annotations

from harness.operations import SPOKEN, USUAL
from harness.operations.spoken import example, labels
from harness.options.taken import LAYOUTS, PERHAPS, ROLES, Add

GIVEN = tuple(role.upper() for role in ROLES[:-1])
"""What stands for the files of a case in a help text."""
PERHAPS_OUT = f"{LAYOUTS.removesuffix(',OUT')}[,OUT]"
EXAMPLE = example(SPOKEN[USUAL])
NODE = f"model.onnx#/layer1/{SPOKEN[USUAL].NODE}"


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    checks = add(
        "check",
        "Checks case files and traces without running them; says what the data of a case cannot tell apart.",
        "harness.commands.check_cases:check_command",
        "harness check",
        "harness check cases/my-layer.yaml --strengthen",
        "harness check a.npz",
    )
    checks.add_argument(
        "cases", nargs="*", metavar="CASE", help="case files, folders of them (default: cases), or traces (.npz)"
    )
    checks.add_argument(
        "--strengthen", action="store_true", help="print data of the same shapes that can tell what a case's cannot"
    )
    news = add(
        "new",
        "Writes a case file: a commented one to start from, or one of your own arrays.",
        "harness.commands.new_case:new_command",
        "harness new my-layer                                     # a commented case to start from",
        "harness new my-layer --from x.npy w.npy --observed y.npy",
        "harness new my-layer --from x.npy w.npy --layout NHWC,HWIO",
        f"harness new my-layer --from x.npy {NODE}   # arrays and settings of that node",
        "harness new my-layer --paste                             # of arrays as they were printed, below labels",
    )
    news.add_argument("name", metavar="NAME", help="name of the case; cases/NAME.yaml is written")
    news.add_argument(
        *("--from", "--from-npy"),
        dest="arrays",
        nargs="+",
        metavar=GIVEN,
        help=f"make it of these files, as x.npy model.safetensors#conv1.weight or, for a node, {NODE}",
    )
    for role, doc in PERHAPS.items():
        news.add_argument(f"--{role}", metavar="FILE", help=f"{doc}, a file, too")
    news.add_argument(
        "--prototxt", metavar="FILE", help="the definition of net.caffemodel#LAYER, whose settings are taken"
    )
    news.add_argument("--observed", metavar="OUTPUT", help="what your own code made of them, a file, too")
    news.add_argument(
        "--paste",
        action="store_true",
        help=f"make it of arrays as they were printed, below {labels(SPOKEN[USUAL])}",
    )
    news.add_argument("--layout", metavar=PERHAPS_OUT, help=f"axes of the arrays, as {EXAMPLE}")
    news.add_argument(
        "--operation", choices=list(SPOKEN), default=USUAL, help="what is computed (default: %(default)s)"
    )
