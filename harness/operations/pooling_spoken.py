"""What a command line says of pooling."""

from harness.operations.spoken import BIAS, Role

ROLES = {"input": Role("the input", "NHWC", "N batch, C channel, D H W"), "bias": BIAS}
OPTIONS = {
    "reduce": "max, average or norm, or unknown",
    "p": "of norm: the power",
    "window": "elements of a window, one number or one for each axis",
    "stride": "samples between windows, one number or one for each axis (default: the window)",
    "dilation": "samples between the elements of a window",
    "padding": "valid (default), same, a number, one per axis, or [low, high] per axis",
    "rounding": "of the output's size: floor (default), ceil or unknown",
    "divisor": "of average: valid (default), padded, window or unknown",
}
NODE = "MaxPool"
