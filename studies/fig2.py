"""Does the field grow as in Fig. 2 of Dehman & Pons (arXiv:2408.05281)?

The paper's run in the star's metric, its poloidal, toroidal and total energy against time, and the
total with layers of nuclides and a hard cutoff of k5, and in flat space; the table also of finer
radii, degrees and steps.

Expected: toroidal energy as t^2 at first, equipartition near 50 yr, field as exp(0.15 t) then,
1e15 G near 75 yr, and some 1e16 G from 200 yr on.

Found, to 1e15 G:

    crust                  equipartition   rate       1e15 G
    star                   67.2 yr         0.134 /yr  98.3 yr
    star, layered, hard    46.3            0.149      75.8
    flat                   48.9            0.166      72.4
    flat, layered, hard    35.9            0.182      58.4

The paper's 50 yr, 0.15 /yr and 75 yr are those of its metric and of |k5| <= k5_max as it stands.
The Hall stage (l = 1 below 0.8 of the energy) begins in flat space at 184, 199 and 201 yr with 8,
12 and 16 radial functions per wavelength, in the star at 218 and 250 yr with 8 and 12. Until then
radii hardly matter: at 200 yr the field is the same to 1 per cent.

Run time: 10 minutes on two cores, 40 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/fig2.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("paper", __doc__, "fig2")
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
