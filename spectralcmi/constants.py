"""Physical constants, once: Gaussian CGS units, energies in MeV where a name says so.

Values are CODATA 2018 unless a comment names another source. The exact SI values of c, h, e and
k_B fix the reduced Planck constant and the conversions below to all digits of a double.

References
----------
Tiesinga, Mohr, Newell & Taylor, Rev. Mod. Phys. 93, 025010 (2021): CODATA 2018.
Prsa et al., AJ 152, 41 (2016): IAU 2015 Resolution B3, nominal solar mass parameter.
"""

from math import pi

SPEED_OF_LIGHT = 2.99792458e10  # cm/s, exact
PLANCK_CONSTANT = 6.62607015e-27  # erg s, exact
REDUCED_PLANCK_CONSTANT = PLANCK_CONSTANT / (2.0 * pi)  # erg s
ELEMENTARY_CHARGE = 1.602176634e-19 * SPEED_OF_LIGHT / 10.0  # statcoulomb
BOLTZMANN_CONSTANT = 1.380649e-16  # erg/K, exact
GRAVITATIONAL_CONSTANT = 6.67430e-8  # cm^3 g^-1 s^-2
FINE_STRUCTURE_CONSTANT = 7.2973525693e-3

ERG_PER_MEV = 1.602176634e-6  # exact
BOLTZMANN_CONSTANT_MEV = BOLTZMANN_CONSTANT / ERG_PER_MEV  # MeV/K
REDUCED_PLANCK_CONSTANT_MEV = REDUCED_PLANCK_CONSTANT / ERG_PER_MEV  # MeV s
HBAR_C = REDUCED_PLANCK_CONSTANT_MEV * SPEED_OF_LIGHT  # MeV cm

ELECTRON_REST_ENERGY = 0.51099895000  # MeV
NEUTRON_REST_ENERGY = 939.56542052  # MeV
PROTON_REST_ENERGY = 938.27208816  # MeV
ELECTRON_COMPTON_LENGTH = HBAR_C / ELECTRON_REST_ENERGY  # cm, reduced
ELECTRON_TEMPERATURE = ELECTRON_REST_ENERGY / BOLTZMANN_CONSTANT_MEV  # m_e c^2/k_B, K
ATOMIC_MASS_UNIT = 1.66053906660e-24  # g
STEFAN_BOLTZMANN_CONSTANT = (
    pi**2 * BOLTZMANN_CONSTANT**4 / (60.0 * REDUCED_PLANCK_CONSTANT**3 * SPEED_OF_LIGHT**2)
)  # erg cm^-2 s^-1 K^-4

# The nominal (GM)_sun of the IAU is known far better than G: the product must not depend on G.
SOLAR_MASS = 1.3271244e26 / GRAVITATIONAL_CONSTANT  # g

JULIAN_YEAR = 365.25 * 86400.0  # s
KILOMETRE = 1e5  # cm
FERMI = 1e-13  # cm

# Units inside the solver, beside km and yr
FIELD_UNIT = 1e12  # G
