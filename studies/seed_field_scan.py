"""Do seeds of 1, 1e3, 1e6 and 1e12 G grow alike and saturate alike?

In the star's metric, with 30 degrees.

Expected: yes. Below the quench by E.B the equation is linear in B, so that a seed weaker by 1e12
is late by ln(1e12)/0.147 = 188 yr, and comes closer to the rate of linear theory, since the fastest
mode has had time to outgrow the others.

Run time: 2 minutes on two cores, 15 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/seed_field_scan.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("seed_field_scan", __doc__)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
