"""Does the Hall stage converge with lmax, and which slope has its spectrum?

The paper's run in flat space against the highest degree (30, 60, 90), the radial functions per
wavelength of the fastest waves (8, 12, 16; one expansion of 40 polynomials for the paper's own
grid) and the angular dissipation at lmax (1, 10, 100 /yr). The onset is when l = 1 falls below 0.8
of the energy, and the peak degree where most of the energy above l = 10 is then; slopes are fitted
between l = 2 and 20 to spectra averaged over 210-230 and 250-300 yr.

Expected: the paper has l^-2. The onset should come the later, the finer the radius, and converge;
with one global expansion, below, it did not.

Found, on radial elements: the field at 150 yr agrees to 0.2 % between 8, 12 and 16 functions per
wavelength, and the onset for lmax 60 comes at 184, 199 and 201 yr: it converges in radius. It does
not in degrees: 222, 199 and 189 yr with lmax 30, 60 and 90 and 12 functions (212, 184, 168 with 8),
nor in angular dissipation, 170, 184 and 194 yr with 1, 10 and 100 /yr. The slope is -0.3 to -1.0
over 210-230 yr, with errors of 0.2 to 0.4, 0.1 with 100 /yr, and -0.5 over 250-300 yr.

With version 0.1.0 (one global expansion): they did not stop changing. The onset came, in years,

    radial order    lmax 30     60    120    240
             192        181    155    140    131
             256        209    174    155
             384        223    191    173

earlier with the degrees and later with the radial order. Four fifths of the current's square lay in
a layer of 50 m at 100 yr, of 90 m at 200 yr, half a kilometre deep; from the onset on the highest
radial polynomials held a twentieth to a third of the largest. The energy appeared at l = 29 to 32
for lmax 60, 46 to 63 for 120, 133 for 240: at 0.4 to 0.6 of lmax, where angular dissipation lets it
be. The slope over l = 2..20 of 200-300 yr was -0.1 to -0.7, nearly flat up to 0.4 lmax, with l^-11
from 0.5 lmax on. Angular dissipation of 1, 10, 100 /yr moved the onset (148, 155, 164 yr for lmax
60) and the peak (43, 32, 23) but hardly the slope. With 40 radial polynomials, as many as the paper
has cells, no Hall stage came before 300 yr: the field grew at 0.068 /yr and passed 1e15 G at 131
yr. A low radial order thus is not the paper's run.

Run time: 10 minutes on two cores, 20 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/hall_cascade.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("hall_cascade", __doc__)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
