"""`harness trace`: one run of one model, its layers and the arrays between them, as a file."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from harness.ending import EXPECTED
from harness.grammar import files
from harness.models import tracing_runs
from harness.models.traces import ARCHIVE
from harness.output import ANY, NOTHING, Output, demand


def trace_command(options: argparse.Namespace) -> int:
    """Runs a model once and records its layers, their settings and the arrays between them."""
    model = tracing_runs.source(options.source)
    out: Path = options.out
    if out.suffix.lower() != ARCHIVE:
        raise tracing_runs.TraceError(f"-o {out}: a trace is an {ARCHIVE} file; name it so")
    demand([Output("-o", out, ANY if tracing_runs.is_trace(out) else NOTHING)])
    inputs = dict(_input(each) for each in options.inputs)
    if len(inputs) < len(options.inputs):
        raise tracing_runs.TraceError("--input: two inputs have one name; give each its own, as --input NAME=FILE")
    counts = tracing_runs.traced(model, inputs, out, options.layers)
    print(f"{out} written: {counts['layers']} layers, {counts['arrays']} arrays")
    return EXPECTED


def _input(text: str) -> tuple[str, np.ndarray]:
    """Name and array of `x.npy` or `name=x.npy`; a file whose own name has a = in it is taken as it is."""
    name, separator, file = text.partition("=")
    if not separator or Path(text).exists():
        name, file = "", text
    path, key = files.split_key(file)
    return name, files.read(Path(path), key)
