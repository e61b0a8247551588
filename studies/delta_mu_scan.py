"""How long does the field take to 1e15 G, by the deviation from beta equilibrium?

delta_mu/kT = 1, 1e-2, 1e-4, 1e-5, for both constants C of k5 = C mu5/(hbar c), nonlinear, at two
radial orders.

Expected: 22, 75, 400, 6000 yr in the paper. Linear theory gives 17 to 56 to 281 to 716 yr for
C = 2 alpha/pi and 25 to 86 to 498 to 3749 yr for alpha/(2 pi) on a layered crust, so that no one
constant should give all four.

Found: 22.3, 72.5, 359 and 863 yr for C = 2 alpha/pi, 31.3, 110, 652 and 3583 yr for alpha/(2 pi).
The first has the paper's first three to 10 %; the 6000 yr are in reach of neither.

Run time: 10 minutes, 30 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/delta_mu_scan.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("delta_mu_scan", __doc__)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
