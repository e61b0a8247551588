"""What Dask loads into the workers of a local cluster."""

import signal


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the parent alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
