"""The bench's own door before the product: without one guarantee, or watched by a profiler.

BENCH_WITHOUT names a guarantee of `guarantees.py`; BENCH_PROFILE is the file of the profile.
"""

import os

from benchmarks.messages import sampling
from benchmarks.messages.guarantees import named
from config.asgi import application

__all__ = ["application"]

if os.environ.get("BENCH_WITHOUT"):
    named(os.environ["BENCH_WITHOUT"]).patch()
if os.environ.get("BENCH_PROFILE"):
    sampling.watch(os.environ["BENCH_PROFILE"])
