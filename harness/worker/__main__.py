"""`python -m harness.worker MODULE` serves one backend module; the protocol stands in `harness.worker.loop`.

With `trace` behind it, MODULE traces models, as `harness.worker.tracer` says.
"""

import os
import sys

from harness.worker import loop, tracer

(tracer if sys.argv[2:] == ["trace"] else loop).main(sys.argv[1])
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)  # frameworks' own shutdown takes up to a second and has nothing left to save
