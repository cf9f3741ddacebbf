"""What a command line says of transposed convolutions."""

from harness.operations import convolution_spoken
from harness.operations.spoken import Role

ROLES = {
    **convolution_spoken.ROLES,
    "kernel": Role(
        "the kernel: I channels of the input, O of the output per group",
        "HWOI",
        "I input channels, O output channels per group, D H W",
        weights=True,
    ),
}
OPTIONS = {
    **{key: words for key, words in convolution_spoken.OPTIONS.items() if key not in ("boundary", "constant")},
    "output_padding": "samples behind the output: 1, or one for each spatial axis",
    "output_size": "the sizes of the output instead: 8, or one for each spatial axis",
}
NODE = "ConvTranspose"
