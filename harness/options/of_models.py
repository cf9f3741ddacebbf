"""What the commands on whole models take: `harness trace`, `harness walk` and `harness weights`."""

from __future__ import annotations

from pathlib import Path

from harness.options.taken import Add, named


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    trace = add(
        "trace",
        "Runs a model once and records its layers, their settings and the arrays between them.",
        "harness.commands.trace_model:trace_command",
        "harness trace model.onnx --input x.npy -o a.npz",
        "harness trace torch:net.py:make --input x.npy -o b.npz    # make() returns the module with its weights loaded",
        "harness trace model.keras --input image=x.npy -o c.npz --layers 'block1.*'",
        "harness trace net.prototxt net.caffemodel --input x.npy -o d.npz",
    )
    trace.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="model.onnx, torch:file.py:function, program.pt2, model.keras, a SavedModel's folder, "
        "net.prototxt net.caffemodel, or jax:file.py:function",
    )
    trace.add_argument(
        "--input", dest="inputs", action="append", required=True, metavar="[NAME=]FILE", help="in the model's layout"
    )
    trace.add_argument("-o", dest="out", type=named, required=True, metavar="FILE", help="the trace (.npz)")
    trace.add_argument("--layers", action="append", default=[], metavar="GLOB", help="record only layers of such names")
    walks = add(
        "walk",
        "Says which layers of a port differ from those of the original, why, and what is left when that is mended.",
        "harness.commands.walk_models:walk_command",
        "harness walk a.npz b.npz",
        "harness walk a.npz b.npz --out walked",
        "harness walk a.npz b.npz --pair stem.0=conv2d_1",
        "harness walk a.npz b.npz --case conv2d_1 --out cases/mine",
    )
    walks.add_argument("a", type=Path, metavar="A", help="the trace of the model that is right")
    walks.add_argument("b", type=Path, metavar="B", help="the trace of its port, of the same input")
    walks.add_argument("--pair", action="append", default=[], metavar="A=B", help="these layers are a pair")
    walks.add_argument("--out", type=named, metavar="DIR", help="write walk.html and walk.md there, or the case")
    walks.add_argument("--case", metavar="LAYER", help="write this layer of B as a case file with its arrays")
    walks.add_argument("--json", action="store_true", help="print JSON")
    weights = add(
        "weights",
        "Pairs two sets of parameters by their values; says what order B has them in, with code that converts.",
        "harness.commands.pair_weights:weights_command",
        "harness weights model.pt model.keras",
        "harness weights model.pt model.keras -o moved.npz    # A's numbers in B's names and layouts",
    )
    weights.add_argument("a", type=Path, metavar="A", help="a file of parameters, or a trace")
    weights.add_argument("b", type=Path, metavar="B", help="another, of the same network")
    weights.add_argument("--json", action="store_true", help="print the pairs as JSON")
    weights.add_argument("-o", dest="out", type=named, metavar="FILE", help="write A's parameters in B's form (.npz)")
