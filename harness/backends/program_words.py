"""What a user's own program is told, and how: what `own_program` and the command line both know."""

OPTIONS = ("stride", "dilation", "padding", "groups", "bias")
"""Settings that its command line may have placeholders for."""
FILES = ("npy", "csv", "raw")
"""The kinds of files that its arrays can be in."""
VARIABLE = "HARNESS_PROGRAM"
"""The environment variable that says which program a worker serves, as JSON."""
VERSION = "own"
"""What stands for its version."""
AS_IT_IS = "as it is"
"""The word for a padding of which it is told nothing: what it then does is measured."""
OWN = "a program of the user's own"
"""What its declaration says of it."""
