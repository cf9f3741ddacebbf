"""The harness as a plugin of its own tests, which run side by side: matrix products of theirs take one thread each."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: a second thread only waits on products this small

pytest_plugins = ["harness.pytest_plugin"]
