"""The small cases of a campaign, and what they give when nothing happens."""

import contextlib
import io

import h5py
import numpy as np

from spectralcmi.cli import main

UNIFORM = """\
[background]
kind = "uniform_shell"
inner_radius = 9.0
outer_radius = 10.0
magnetic_diffusivity = 1e-3
hall_prefactor = 1e-3

[chiral]
enabled = false

[resolution]
lmax = 8
radial_order = 24

[time]
end = 5.0
"""
#: As seldom as a run is looked at here.
OUTPUT = ("--output.series_interval", "1.0", "--output.snapshot_times", "[0.0, 3.0]")
#: A checkpoint after every step.
OFTEN = ("--output.checkpoint_interval", "1e-6")


def run(case, output, *more):
    """The run of a case, as the command line is given it."""
    return ["run", str(case), "--output", str(output), "--quiet", *OUTPUT, *map(str, more)]


def command(*arguments):
    """What an attempt calls."""
    return lambda: main([str(argument) for argument in arguments])


def require(*arguments):
    """Run a command in this process, which must do it."""
    with silence():
        code = main([str(argument) for argument in arguments])
    assert code == 0, f"{arguments} ends with {code}"


@contextlib.contextmanager
def silence():
    """Let nothing be said."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        yield


def numbers(path):
    """All that a file in netCDF holds but for its attributes, whose text names files."""
    found = {}

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = np.asarray(item[()])

    with h5py.File(path) as file:
        file.visititems(add)
    return found
