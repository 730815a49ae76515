"""What the assistant may say, and finding it."""

import os

# One question uses one core; workers use the others.  Threads inside a product would only wait for
# each other.  It must be set before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
