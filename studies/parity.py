"""What becomes of parity with Hall drift, without it, and without the chiral term?

Share of even degrees and of the quadrupole family (the equatorial class that a dipole is not of)
against time: the paper's run, without Hall drift, without the chiral term, and from a start of
mixed parity, in the star's metric; the first three in flat space too.

Expected: the chiral term alone keeps even degrees at round-off, because k5 is even about the
equator. It takes poloidal to toroidal field of the same degree and so leaves the equatorial class
at once; Hall drift alone stays in it. Both together leave nothing: even degrees are a few per mille
of the energy at 70 yr and 20 to 50 per cent from 250 yr on.

Run time: 3 minutes on two cores, 20 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/parity.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("parity", __doc__)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
