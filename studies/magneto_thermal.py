"""What do field and crust do to each other in the paper's case if the temperature follows?

The case of arXiv:2408.05281 in the star's metric, whose temperature is not held at 1e9 K: it is
born at e^Phi T = 1e10 K and cools by neutrinos, through its core and by photons, while the field
heats it; the conductivity, the rates and with them k5 follow. With smooth composition and cutoff of
k5, and with layers of nuclides and a hard cutoff. Beside it the light of the same star without a
field.

Expected: 1e9 K at 1e13 g/cm3 is passed at 10 to 25 yr, and 5e8 K at 75 yr, as the heat of a field
of 1e13 G is nothing beside what the crust loses; so that the field grows later than at 1e9 K.

Found, smooth:

    year   B_rms     T at 1e13 g/cm3   L_gamma         nu of the crust   heat of the field
    10     5.4e12 G  1.03e9 K          5.0e34 erg/s    1.2e37 erg/s      1.9e34 erg/s
    25     5.4e12    8.1e8             4.1e34          1.8e36            1.6e34
    50     5.5e12    6.2e8             2.5e34          2.2e35            1.5e34
    75     6.2e12    5.2e8             1.5e34          5.8e34            2.0e34
    100    1.2e13    4.6e8             1.1e34          2.9e34            9.4e34
    150    8.4e14    1.05e9            2.2e34          1.1e38            1.2e38
    200    4.5e15    1.67e9            2.8e34          4.5e38            4.6e38
    300    1.4e16    2.3e9             3.3e34          1.7e40            1.7e40

To hold the crust at 1e9 K at 75 yr takes 3.2e37 erg/s for its neutrinos and 8e36 erg/s for what it
conducts to the core: two thousand times what the field gives then. Equipartition comes at 112 yr
instead of 67, 1e15 G at 153 yr instead of 98; layered and hard, at 86 yr instead of 46, and at 124
instead of 76. The layer that the field then grows in is heated to 1.8e9 K by 150 yr and to 3.2e9 K
at 300 yr, where the matter is only roughly described. It loses all of that by its own neutrinos:
the luminosity, 7.8e33 erg/s by then without a field, is four times that. In the first century it is
lower than without, as 1e12 G at the surface let less through.

Years to 1e15 G by delta_mu/kT, lmax 8, without Hall drift (group cooling_scan of the reproduction),
above those of a crust held at 1e9 K:

    crust, constants                      1       1e-2    1e-4    1e-5
    layered, hard, textbook               21.5    124     1465    5036
        held                              25.2    75.8    373     935
    smooth, textbook                      24.0    153     1585    5081
        held                              27.8    98.3    486     1091
    smooth, dehman_pons                   39.9    342     3155    9045
        held                              42.3    150     882     4261
    smooth, dehman_pons_2025              37.2    253     2328    6811
    smooth, fitted                        27.0    215     1980    5102

The paper's 22 and 6000 yr are near those of a star that cools, its 75 and 400 yr near those of one
that is held at 1e9 K. At 300 yr tails of the spectra in radius reach 0.16: the Hall stage takes
more than 8 functions per wavelength.

Run time: 3 minutes, 15 s with --quick.
What `spectralcmi reproduce` has computed in the same folder is not run again.

    python studies/magneto_thermal.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from spectralcmi.paper import study

STUDY = study.of_group("magneto_thermal", __doc__)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
