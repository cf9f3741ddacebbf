"""What a command line says of normalizations."""

from harness.operations.spoken import BIAS, Role


def _of_channels(doc: str, instead: str = "") -> Role:
    axes = "C channel, or other axes of the input"
    return Role(doc, "C", axes, weights=True, vector="C", wide=True, instead=instead)


ROLES = {
    "input": Role("the input", "NHWC", "N batch, C channel, D H W"),
    "mean": _of_channels("means that are given (inference)", instead="over"),
    "variance": _of_channels("variances that are given (inference)", instead="over"),
    "scale": _of_channels("what the normalized input is multiplied by: gamma, weight"),
    "offset": _of_channels("what is added then: beta, bias"),
    "bias": BIAS,
}
OPTIONS = {
    "over": "letters of the axes of which statistics are computed, as NHW, CHW, HW or C; none where they are given",
    "groups": "groups of channels, each with statistics of its own (default: 1)",
    "statistic": "variance (default), mean_square, sum_square or sum_absolute",
    "centre": "false where no mean is taken off (default: true)",
    "epsilon": "what is added (default: 1e-5), or unknown",
    "epsilon_at": "variance (default: under the root, if one is taken), deviation, variance_floor or deviation_floor",
}
NODE = "BatchNormalization"
