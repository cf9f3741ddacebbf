"""Mutants of command lines, each in a folder with a mutated case, files and saved results.

No command is made that installs something, starts a framework or runs a program that a command line names.
"""

from __future__ import annotations

import json
import random

from benchmarks import mutants
from benchmarks.mutants import files, trees

COMMANDS = (
    "check case.yaml",
    "check --strengthen case.yaml",
    "check case.yaml . y.npy",
    "new fresh",
    "new fresh --from x.npy w.npy",
    "new fresh --from x.npy w.npy --observed y.npy",
    "new fresh --from x.npy w.npy --layout HW,HW",
    "explain case.yaml --no-code",
    "explain case.yaml --no-code --json",
    "explain --no-code --input x.npy --kernel w.npy --observed y.npy",
    "explain --no-code --input x.csv --kernel w.csv --observed y.csv --layout HW,HW,HW --padding unknown --digits 4",
    "explain --no-code --input x.npy --kernel w.npy --observed y.npy --padding same --stride 2 --means convolution",
    "explain --no-code --input x.npz#a --kernel w.npz#a --observed y.npz#a --layout HW,HW,HW --groups 1",
    "report out.json --out there",
    "diff out.json other.json",
    "diff out.json other.json --slower 3",
    "completion bash",
    "--version",
    "run missing.yaml --backend nope",
    "run case.yaml --backend nope --entry x --jobs 2 --time-limit 3",
    "probe nope.conv --backend nope",
    "clean nope",
)
ODD = [
    *(
        "",
        " ",
        "-",
        "--",
        "--json",
        "--layout",
        "case.yaml",
        "x.npy",
        "y.npy",
        "w.csv",
        "out.json",
        ".",
        "..",
        "there",
        "é",
        "\udcff",
    ),
    *(
        "0",
        "-1",
        "1e400",
        "nan",
        "unknown",
        "same",
        "[1, 2]",
        "[[0, 1], [2, 3]]",
        "{a: 1}",
        "!!python/name:os.system",
        "&a",
        "'",
    ),
    *(
        "HW,HW,HW",
        "NCHW,OIHW,NCHW",
        "W,W,W",
        "HW,HW",
        ",,",
        "x.npz#b",
        "x.npz#",
        "x.npy#a",
        "x" * 300,
        "a\nb",
        "\x1b[1m",
        "*",
    ),
]


def mutant(seed: str, results: str) -> tuple[mutants.Mutant, list[str]]:
    """The files of a folder, and the arguments; `results` is what `run --json` wrote of some run."""
    rng = random.Random(seed)
    arguments = rng.choice(COMMANDS).split()
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
        arguments = _changed(rng, arguments)
    return mutants.Mutant(_folder(rng, results)), arguments


def _changed(rng: random.Random, arguments: list[str]) -> list[str]:
    at = rng.randrange(1, len(arguments) + 1)
    return rng.choice(
        [
            arguments[:at] + arguments[at + 1 :],
            arguments[:at] + [rng.choice(ODD)] + arguments[at:],
            arguments[:at] + [rng.choice(ODD)] + arguments[at + 1 :],
            arguments[:at] + rng.choice(COMMANDS).split()[1:] + arguments[at:],
        ]
    )


def _folder(rng: random.Random, results: str) -> dict[str, bytes]:
    """A case, arrays in every kind of file, and saved results; a few of them broken."""
    made = dict(mutants.slight(str(rng.random())).files)
    for name, most in (("x", 6), ("w", 3), ("y", 6)):
        shape = [rng.randint(1, most) for _ in range(rng.choice([1, 2, 2, 2, 4]))]
        for _ in range(3):
            files.beside(rng, shape[-2:] if rng.random() < 0.8 else shape, made, name)
    made |= {name: _changed_results(rng, results) for name in ("out.json", "other.json")}
    return files.broken(rng, made, 0.1)


def _changed_results(rng: random.Random, results: str) -> bytes:
    """Saved results with a few places changed."""
    document = json.loads(results)
    for _ in range(rng.choice([0, 1, 1, 3])):
        trees.mutate(rng, document)
    return trees.written(document, False).encode("utf-8", "surrogatepass")
