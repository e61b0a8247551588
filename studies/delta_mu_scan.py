"""How long does the field take to 1e15 G, by the deviation from beta equilibrium?

delta_mu/kT = 1, 1e-2, 1e-4, 1e-5, nonlinear, in the star's metric and in flat space, for both
constants C of k5 = C mu5/(hbar c); with layers of nuclides and a hard cutoff for C = 2 alpha/pi.

Expected: 22, 75, 400, 6000 yr in the paper. Linear theory in flat space gives 17 to 56 to 281 to
716 yr for C = 2 alpha/pi and 25 to 86 to 498 to 3749 yr for alpha/(2 pi) on a layered crust, so
that no one constant should give all four.

Found, in years:

    crust, C                              1       1e-2    1e-4    1e-5
    star, layered, hard, 2 alpha/pi       25.2    75.8    373     935
    star, 2 alpha/pi                      27.8    98.3    486     1091
    star, alpha/(2 pi)                    42.3    150     882     4261
    flat, 2 alpha/pi                      22.2    72.4    358     861
    flat, alpha/(2 pi)                    31.2    110     653     3596

The first has the paper's first three to 15 %; the 6000 yr are in reach of none of them.

Run time: 3 minutes, 40 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/delta_mu_scan.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("delta_mu_scan", __doc__)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
