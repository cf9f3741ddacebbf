"""What a command line says of local response normalization."""

from harness.operations.spoken import BIAS, Role

ROLES = {"input": Role("the input", "NHWC", "N batch, C channel, D H W"), "bias": BIAS}
OPTIONS = {
    "size": "elements of the window along each axis; an even size has (size - 1) // 2 below; or unknown",
    "alpha": "what the sum of squares is multiplied by (default: 1e-4); or unknown",
    "beta": "the power (default: 0.75); or unknown",
    "k": "what is added to the sum (default: 1); or unknown",
    "divided": "by what the sum is divided: size (default), area (all elements of the window) or none; or unknown",
    "across": "axes of the window: C (default), or the spatial ones, as HW; or unknown",
}
NODE = "LRN"
