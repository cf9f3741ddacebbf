"""What a command line says of convolutions."""

from harness.operations.spoken import Role

ROLES = {
    "input": Role("the input", "NHWC", "N batch, C channel, D H W"),
    "kernel": Role("the kernel", "HWIO", "O output channels, I input channels per group, D H W", weights=True),
    "bias": Role("added to each output channel", "O", "O output channels", weights=True, vector="O"),
}
OPTIONS = {
    "means": "cross-correlation (default), convolution or unknown",
    "stride": "as in a case file: 2, [1, 2] or unknown (default)",
    "dilation": "as in a case file: 2, [1, 2] or unknown",
    "padding": "as in a case file: same, valid, 1, [[0, 1], [0, 1]] or unknown (default)",
    "groups": "as many groups of channels",
    "boundary": "zero, constant, edge, reflect, symmetric, wrap or unknown",
    "constant": "of boundary constant: what the padding is filled with; or unknown",
}
NODE = "Conv"
