"""Are the spectra those of Fig. 3 of Dehman & Pons (arXiv:2408.05281)?

The paper's run, its energy per degree at 0, 70, 100, 200 and 300 yr.

Expected: 95 % of the energy in l = 1 while the field grows, each degree split evenly between
poloidal and toroidal field, even degrees weak before 100 yr. After 200 yr the paper has l^-2; a
first trial had a flat spectrum to l = 25.

Found: 99.1 % in l = 1 at 70 yr, 94.2 % at 100 yr, split evenly to 6 % up to l = 10; at 200 and
300 yr flat to l = 25 and steep beyond, where angular dissipation acts.

Run time: 15 minutes, 20 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/fig3.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from pathlib import Path

from spectralcmi.paper import cases, figures, study

NAME = "fig3"


def parameters(quick=False):
    """The paper's run and its second resolutions, by name."""
    return cases(quick)["paper"]


def compute(parameters, folder):
    """Run the cases that `folder` lacks, and sum them up in one dataset."""
    return study.compute_group("paper", parameters, folder)[NAME]


def draw(dataset):
    """Energy per degree at the years of Fig. 3."""
    return figures.fig3(dataset)


def main(quick=False, output="runs", redraw=None):
    """Compute or reload, save, print and draw."""
    runs = Path(output, "reproduce_quick" if quick else "reproduce", "runs")
    return study.answer(NAME, lambda: compute(parameters(quick), runs), draw, output, redraw)


if __name__ == "__main__":
    study.command_line(main, __doc__.splitlines()[0])
