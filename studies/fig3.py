"""Are the spectra those of Fig. 3 of Dehman & Pons (arXiv:2408.05281)?

The paper's run in the star's metric, its energy per degree at 0, 70, 100, 200 and 300 yr.

Expected: 95 % of the energy in l = 1 while the field grows, each degree split evenly between
poloidal and toroidal field, even degrees weak before 100 yr, l^-2 after 200 yr.

Found: 99.8 % in l = 1 at 70 yr, 98.1 % at 100 yr, 92 % at 200 yr; in flat space, where all is
earlier, 99.1 % at 70 and 94.2 % at 100 yr, split evenly to 6 % up to l = 10. After the onset of the
Hall stage nearly flat to l = 30 and steep beyond, where angular dissipation acts: an exponent of
-0.9 over l = 2..20 at 250-300 yr, and -0.6 in flat space.

Run time: 10 minutes on two cores, 40 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/fig3.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("paper", __doc__, "fig3")
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
