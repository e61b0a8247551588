"""Does the Hall stage converge with lmax, and which slope has its spectrum?

The paper's run against the highest degree (30 to 480), the angular dissipation at lmax (1, 10,
100 /yr) and the radial order, 40 for the paper's own grid. The onset is when l = 1 falls below 0.8
of the energy, and the peak degree where most of the energy above l = 10 is then; slopes are fitted
between l = 2 and 20 to spectra averaged over 180-200 and 200-300 yr.

Expected: the paper has l^-2. A first trial had spectra that were flat to l = 25, and a Hall stage
that starts the earlier the more degrees there are: at 150 yr for lmax 60, at 135 yr for 120.

Found: they do not stop changing. Up to 110 yr all runs with 192 radial polynomials or more agree to
1e-3 in the field. The onset then comes, in years,

    radial order    lmax 30     60    120    240
             192        181    155    140    131
             256        209    174    155
             384        223    191    173

earlier with the degrees and later with the radial order, by less at each refinement but by no means
settled; doubling both, from 60 and 192, puts it off by 18 years. Four fifths of the current's
square lie in a layer of 50 m at 100 yr, of 90 m at 200 yr, half a kilometre deep; from the onset on
the highest radial polynomials hold a twentieth to a third of the largest: its sheets reach the
finest scale there is. The energy appears at l = 29 to 32 for lmax 60, 46 to 63 for 120, 133 for
240: at 0.4 to 0.6 of lmax, where angular dissipation lets it be.
The slope over l = 2..20 of 200-300 yr is -0.2, -0.4 and -0.1 for lmax 60 with 192, 256 and 384
radial polynomials, -0.3 and -0.7 for lmax 120 with 192 and 256, each to 0.3, and -0.4 for lmax 240
(180-200 yr): nearly flat up to 0.4 lmax, with l^-11 from 0.5 lmax on. Just after the onset, 180-200
yr, it is -1.0 to -1.2 with 256 and 384. No l^-2, and no end of the cascade in sight.
With lmax 480 the highest degrees fill from 94 yr on: l = 400 goes from 2e-12 to 2e-9 of the energy
until 97 yr, the spectrum falling as l^-2.7 between 100 and 480, with 94 % still in the dipole. From
there on Hall waves near the surface hold the steps at 1e-3 yr; that run was not followed further.
Angular dissipation of 1, 10, 100 /yr moves the onset (148, 155, 164 yr for lmax 60, 136, 140, 145
for 120) and the peak (43, 32, 23 and 87, 63, 49) but hardly the late slope (-0.1 to -0.4). With 40
radial polynomials, as many as the paper has cells, no Hall stage comes before 300 yr: the field
grows at 0.068 /yr, passes 1e15 G at 131 yr and has 3.2e16 G in the end, 95 % of it in l = 1, hardly
any in even degrees; -1.6 +- 0.8 is their zigzag. A low radial order thus is not the paper's run.

Run time: 5 hours on one core, 30 s with --quick; lmax 240 and 480 and radial order 384 are most of
it.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/hall_cascade.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("hall_cascade", __doc__)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
