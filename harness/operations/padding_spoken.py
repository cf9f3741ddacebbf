"""What a command line says of padding."""

from harness.operations.spoken import BIAS, Role

ROLES = {"input": Role("the input", "NHWC", "N batch, C channel, D H W"), "bias": BIAS}
OPTIONS = {
    "boundary": "zero (default), constant, edge, reflect (without the edge), symmetric (with it), wrap or unknown",
    "constant": "of boundary constant: what the padding is filled with; or unknown",
}
NODE = "Pad"
