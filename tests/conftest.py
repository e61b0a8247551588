"""What all tests share: no window system, and hypothesis without a stopwatch."""

import matplotlib
from hypothesis import settings

matplotlib.use("Agg")

# the time of an example depends on the machine and on compilers warming up, not on the code
settings.register_profile("spectralcmi", deadline=None, print_blob=True)
settings.load_profile("spectralcmi")
