"""What Dask loads into the workers of a local cluster as they start."""

import importlib
import signal
import threading


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C to the parent, and load what a run needs while the worker reports for work.

    A terminal sends Ctrl-C to all processes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=importlib.import_module, args=("spectralcmi.runs.run",)).start()
