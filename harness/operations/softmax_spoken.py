"""What a command line says of softmax."""

from harness.operations.spoken import BIAS, Role

ROLES = {"input": Role("the input", "NHWC", "N batch, C channel, D H W"), "bias": BIAS}
OPTIONS = {
    "over": "letters of the axes over which it sums to 1, as C (default) or HW; or unknown",
    "log": "true for its logarithm (default: false); or unknown",
}
NODE = "softmax"
