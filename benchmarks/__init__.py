"""What the harness costs, and what breaks it: programs to run by hand."""

import os
import sys

if "numpy" not in sys.modules:  # one thread, as under the command line: see `harness.cli`
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
