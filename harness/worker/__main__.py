"""`python -m harness.worker MODULE` serves one backend module; the protocol stands in `harness.worker.loop`."""

import os
import sys

from harness.worker.loop import main

main(sys.argv[1])
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)  # frameworks' own shutdown takes up to a second and has nothing left to save
