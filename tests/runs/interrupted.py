"""Runs that are interrupted on their way."""

import pytest

from spectralcmi.runs.run import run


def interrupted_run(parameters, path, after):
    """File of a run that is interrupted after so many steps."""

    def progress(step):
        if step.steps == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(parameters, path, progress)
    return path
