"""Does the field grow as in Fig. 2 of Dehman & Pons (arXiv:2408.05281)?

The paper's run, its poloidal, toroidal and total energy against time, and the same with more radial
polynomials and with more degrees.

Expected: toroidal energy as t^2 at first, equipartition near 50 yr, field as exp(0.15 t) then,
1e15 G near 75 yr, and some 1e16 G from 200 yr on.

Found: t^1.91 over 17 yr, equipartition at 49.0 yr, 0.166 /yr at most from 49 to 65 yr and falling
from then on, 1e15 G at 72.5 yr; the Hall stage begins at 155 yr with 60 degrees, at 140 yr with
120, and at 300 yr the field has 1.8e16 and 1.4e16 G and still grows.

Run time: 15 minutes, 20 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/fig2.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("paper", __doc__, "fig2")
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
