"""Why 0.15 /yr: how does the growth rate depend on the radial resolution?

Growth rate measured in runs, and of linear theory, in the star's metric: against the number of
polynomials of one expansion, which compares with a uniform grid of as many cells, and against the
radial functions per wavelength of the fastest waves on elements.

Expected: the fastest waves are 20 m long in a crust of 876 m (a tenth more in proper length), so
that 40 polynomials are far too few and 128 enough. Runs stay below linear theory, because E.B slows
them before the fastest mode has outgrown the others.

Found: 0.046, 0.082, 0.116, 0.131 and 0.134 /yr in runs with 40, 64, 96, 128 and 192 polynomials,
0.134 /yr with 126 functions on elements, 8 per wavelength, and 0.1471 /yr in linear theory. The
paper's 0.15 /yr are neither its resolution's nor this crust's but those of a hard cutoff of k5:
0.149 /yr, see fig2.py. In flat space linear theory has 0.1798 /yr.

Run time: 1 minute, 10 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/resolution.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("resolution", __doc__)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
