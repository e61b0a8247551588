"""Do seeds of 1, 1e3, 1e6 and 1e12 G grow alike and saturate alike?

Expected: yes. Below the quench by E.B the equation is linear in B, so that a seed weaker by 1e12
is late by ln(1e12)/0.18 = 154 yr, and comes closer to the rate of linear theory, since the fastest
mode has had time to outgrow the others.

Run time: 10 minutes, 20 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/seed_field_scan.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from pathlib import Path

from spectralcmi.paper import cases, figures, study

NAME = "seed_field_scan"


def parameters(quick=False):
    """Runs by polar field of the seed [G]."""
    return cases(quick)["seed_field_scan"]


def compute(parameters, folder):
    """Run the cases that `folder` lacks, and sum them up in one dataset."""
    return study.compute_group("seed_field_scan", parameters, folder)[NAME]


def draw(dataset):
    """Field against time, and the growth rate against time since 1e15 G."""
    return figures.seed_field_scan(dataset)


def main(quick=False, output="runs", redraw=None):
    """Compute or reload, save, print and draw."""
    runs = Path(output, "reproduce_quick" if quick else "reproduce", "runs")
    return study.answer(NAME, lambda: compute(parameters(quick), runs), draw, output, redraw)


if __name__ == "__main__":
    study.command_line(main, __doc__.splitlines()[0])
