"""What a command line says of a dense layer."""

from harness.operations.spoken import Role

ROLES = {
    "input": Role("the input, of which all but N is flattened", "NHWC", "N batch, C channel, D H W"),
    "kernel": Role("the weights", "OI", "O output channels, I what is flattened", weights=True, flattens="flattened"),
    "bias": Role("one number for each output channel", "O", "O output channels", weights=True, vector="O"),
}
OPTIONS = {
    "flattened": "letters of the input as they are flattened, slow to fast, as CHW or HWC; or unknown",
}
NODE = "Gemm"
USUAL = {
    "input": {2: "NC"},
    "kernel": {2: "OI", 3: "OCW", 4: "OCHW", 5: "OCDHW"},
    "output": {2: "NC"},
}
CALLED = "dense layer"
