"""The one table of operations: what a case may be about, and an entry point compute.

Both sides of the pipe read it. The module NAME of `harness.operations` says all else of an operation, and NAME_spoken
there what a command line says of it, so nothing is imported here: shells complete by these names.
"""

OPERATIONS = (
    "convolution",
    "transposed_convolution",
    "pooling",
    "resize",
    "activation",
    "softmax",
    "normalization",
    "dense",
    "local_response_normalization",
    "rearrange",
    "padding",
)
"""By their names in case files and declarations; the first is meant where none is named."""
