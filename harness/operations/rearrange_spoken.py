"""What a command line says of rearrangements."""

from harness.operations.spoken import BIAS, Role

ROLES = {"input": Role("the input", "NHWC", "N batch, C channel, D H W"), "bias": BIAS}
OPTIONS = {
    "depth_to_space": "samples along each axis that are made of channels",
    "space_to_depth": "samples along each axis that are made channels",
    "order": "DCR (default: a block is the slow part of the channels), CRD (the fast part), or unknown",
}
NODE = "DepthToSpace"
