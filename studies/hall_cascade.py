"""Does the Hall stage converge with lmax, and which slope has its spectrum?

The paper's run against the highest degree (30 to 480), the angular dissipation at lmax (1, 10,
100 /yr) and the radial order, 40 for the paper's own grid. The onset is when l = 1 falls below 0.8
of the energy, and the peak degree where most of the energy above l = 10 is then; slopes are fitted
between l = 2 and 20 to spectra averaged over 180-200 and 200-300 yr.

Expected: the paper has l^-2. A first trial had spectra that were flat to l = 25, and a Hall stage
that starts the earlier the more degrees there are: at 150 yr for lmax 60, at 135 yr for 120.

Found: neither converges up to lmax 240. The onset comes at 181, 155, 140 and 131 yr for lmax 30,
60, 120 and 240, and the energy appears at l = 15, 32, 63 and 133: always at half of lmax, below
which angular dissipation lets it be. The steps between onsets nearly halve, and point at 122 yr or
so. The slope over l = 2..20 is -0.9 (180-200 yr) and -0.2 (200-300 yr) for lmax 60, -0.3 and -0.25
for lmax 120, -0.4 for lmax 240 (160-183 yr), each to 0.2: nearly flat up to 0.4 lmax, with l^-11
from 0.5 lmax on. No l^-2, and no end of the cascade in sight.
With lmax 480 the highest degrees fill from 94 yr on: l = 400 goes from 2e-12 to 2e-9 of the energy
until 97 yr, the spectrum falling as l^-2.7 between 100 and 480, with 94 % still in the dipole. From
there on Hall waves near the surface hold the steps at 1e-3 yr; that run was not followed further.
Angular dissipation of 1, 10, 100 /yr moves the onset (148, 155, 164 yr) and the peak (43, 32, 23)
but not the late slope (-0.2, -0.2, -0.4). With 40 radial polynomials, as many as the paper has
cells, no Hall stage comes before 300 yr: the field grows at 0.068 /yr, passes 1e15 G at 131 yr and
has 3.2e16 G in the end, 95 % of it in l = 1, hardly any in even degrees; -1.6 +- 0.8 is their
zigzag. A low radial order thus puts the Hall stage off, but is not the paper's run.

Run time: 3 hours, 30 s with --quick; lmax 240 and 480 are most of it.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/hall_cascade.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from pathlib import Path

from spectralcmi.reproduce import cases, figures, study

NAME = "hall_cascade"


def parameters(quick=False):
    """Runs by what differs from the paper's."""
    return cases(quick)["hall_cascade"]


def compute(parameters, folder):
    """Run the cases that `folder` lacks, and sum them up in one dataset."""
    return study.compute_group("hall_cascade", parameters, folder)[NAME]


def draw(dataset):
    """Share of the dipole against time, and the late spectra."""
    return figures.hall_cascade(dataset)


def main(quick=False, output="runs", redraw=None):
    """Compute or reload, save, print and draw."""
    runs = Path(output, "reproduce_quick" if quick else "reproduce", "runs")
    return study.answer(NAME, lambda: compute(parameters(quick), runs), draw, output, redraw)


if __name__ == "__main__":
    study.command_line(main, __doc__.splitlines()[0])
