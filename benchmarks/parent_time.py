"""Runs the harness's command line and prints, last of all, the processor seconds that this process itself used."""

import resource
import sys

from harness.cli import main

code = main(sys.argv[1:])
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_utime + usage.ru_stime)
sys.exit(code)
