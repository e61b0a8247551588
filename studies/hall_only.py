"""What does Hall drift make of a dipole without the chiral term, and with which spectrum?

A dipole of 3e14 G under Hall drift and Ohmic decay.

Expected: a poloidal dipole feeds toroidal field of even degree only (to round-off), and the cascade
is steep, near l^-2, in Hall-MHD simulations of the literature.

Run time: 10 minutes, 20 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/hall_only.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from pathlib import Path

from spectralcmi.paper import cases, figures, study

NAME = "hall_only"


def parameters(quick=False):
    """Runs by highest degree."""
    return cases(quick)["hall_only"]


def compute(parameters, folder):
    """Run the cases that `folder` lacks, and sum them up in one dataset."""
    return study.compute_group("hall_only", parameters, folder)[NAME]


def draw(dataset):
    """Energy by component and parity against time; spectra."""
    return figures.hall_only(dataset)


def main(quick=False, output="runs", redraw=None):
    """Compute or reload, save, print and draw."""
    runs = Path(output, "reproduce_quick" if quick else "reproduce", "runs")
    return study.answer(NAME, lambda: compute(parameters(quick), runs), draw, output, redraw)


if __name__ == "__main__":
    study.command_line(main, __doc__.splitlines()[0])
