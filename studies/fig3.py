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

from spectralcmi.paper import study

STUDY = study.of_group("paper", __doc__, "fig3")
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
