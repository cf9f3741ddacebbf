"""What a command line says of activations."""

from harness.operations.spoken import BIAS, Role

ROLES = {
    "input": Role("the input", "NHWC", "N batch, C channel, D H W"),
    "slope": Role("the slopes of prelu, one for each channel", "C", "C channel", weights=True, vector="C"),
    "bias": BIAS,
}
NUMBERS = {
    "slope": "of leaky_relu, below zero",
    "low": "of clip; none where it is left out",
    "high": "of clip; none where it is left out",
    "alpha": "of elu, selu, celu; of hard_sigmoid, what x is multiplied by",
    "gamma": "of selu, what all is multiplied by",
    "beta": "of hard_sigmoid, what is added; of softplus, what x is multiplied by",
    "threshold": "of softplus: beyond it, beta x is taken for the result; none where it is left out",
    "theta": "of threshold: what is not above it is zero",
}
OPTIONS = {
    "function": "relu, leaky_relu, gelu, elu, hard_sigmoid, softplus ... (names of ONNX in snake case), or unknown",
    "approximate": "of gelu: none (default), tanh, quick or unknown",
    **NUMBERS,
}
NODE = "activation"
