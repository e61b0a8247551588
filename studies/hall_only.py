"""What does Hall drift make of a dipole without the chiral term, and with which spectrum?

A dipole of 1e14 G under Hall drift and Ohmic decay, in the star's metric and in flat space.

Expected: a poloidal dipole feeds toroidal field of even degree only (to round-off), and the cascade
is steep, near l^-2, in Hall-MHD simulations of the literature.

Found: even degrees alone, up to 0.4 per cent of the energy in the star and 0.7 in flat space. By
300 yr there is no cascade yet: the mean spectrum of 150-300 yr falls as l^(-4.5 ± 0.3) over
l = 2..20 with lmax 40, and steeper with lmax 20.

Run time: 20 s, 5 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/hall_only.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("hall_only", __doc__)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
