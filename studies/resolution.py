"""Why 0.15 /yr: how does the growth rate depend on the radial resolution?

Growth rate measured in runs, and of linear theory, against the radial order.

Expected: 0.07 /yr for 40 polynomials, 0.163 for 96 and 0.180 from 128 to 192 on: the fastest waves
are 20 m long in a crust of 876 m. Runs stay below linear theory, because E.B slows them before the
fastest mode has outgrown the others. The paper's 0.15 lies between what its 40 cells can resolve
and what is converged.

Found: 0.069, 0.118, 0.158, 0.168 and 0.1685 /yr at most in runs of radial order 40, 64, 96, 128
and 192; nothing changes by more than 3e-5 beyond. 40 polynomials never reach 1e15 G in 120 yr.

Run time: 5 minutes, 20 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/resolution.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("resolution", __doc__)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
