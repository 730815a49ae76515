"""Measurements."""

import os

# Before the first import of numpy, as `faq` does: what is measured has one core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
