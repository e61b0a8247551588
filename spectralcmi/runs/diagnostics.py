"""What is measured along a run. Each diagnostic declares its name, dimensions and units itself.

Fields are in 1e12 G and lengths in km inside; results are in CGS units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spectralcmi.constants import FIELD_UNIT, KILOMETRE
from spectralcmi.fields.state import State
from spectralcmi.grid.radial import on_points

#: Int B^2 dV = 1 (1e12 G)^2 km3, as energy in erg.
ENERGY_UNIT = FIELD_UNIT**2 * KILOMETRE**3 / (8 * np.pi)
#: Int A.B dV of 1 (1e12 G)^2 km4, in G2 cm4.
HELICITY_UNIT = FIELD_UNIT**2 * KILOMETRE**4


@dataclass(frozen=True)
class Diagnostic:
    """A measured quantity and its declaration.

    Attributes
    ----------
    name : str
    function : callable
        Takes a State.
    dims : tuple of str
        Dimensions besides time.
    units, long_name : str
    """

    name: str
    function: Callable
    dims: tuple[str, ...]
    units: str
    long_name: str

    def __call__(self, state: State) -> float | np.ndarray:
        """Measure."""
        return self.function(state)


#: All diagnostics of a state by name, in the order of their definition.
DIAGNOSTICS: dict[str, Diagnostic] = {}


def diagnostic(units: str, long_name: str, dims: tuple[str, ...] = ()) -> Callable:
    """Register a function of a state as a diagnostic."""

    def register(function: Callable) -> Callable:
        name = function.__name__
        DIAGNOSTICS[name] = Diagnostic(name, function, dims, units, long_name)
        return function

    return register


@diagnostic("erg", "poloidal magnetic energy in the shell, seen from infinity")
def energy_poloidal(state: State) -> float:
    """Int e^Phi B_pol^2/(8 pi) dV over the shell [erg]."""
    return ENERGY_UNIT * state.square_integrals[0].sum()


@diagnostic("erg", "toroidal magnetic energy in the shell, seen from infinity")
def energy_toroidal(state: State) -> float:
    """Int e^Phi B_tor^2/(8 pi) dV over the shell [erg]."""
    return ENERGY_UNIT * state.square_integrals[1].sum()


@diagnostic("erg", "magnetic energy of the current-free field outside, seen from infinity")
def energy_exterior(state: State) -> float:
    """Int e^Phi B^2/(8 pi) dV outside the shell [erg]."""
    return ENERGY_UNIT * state.square_integrals[2].sum()


def _per_degree(state: State, integrals: np.ndarray) -> np.ndarray:
    degree = state.shell.columns.degree
    lmax = state.shell.harmonics.lmax
    return ENERGY_UNIT * np.bincount(degree, integrals, minlength=lmax + 1)[1:]


@diagnostic(
    "erg", "poloidal magnetic energy in the shell of each degree, seen from infinity", ("degree",)
)
def spectrum_poloidal(state: State) -> np.ndarray:
    """`energy_poloidal` of degrees 1 .. lmax, shape (lmax,) [erg]."""
    return _per_degree(state, state.square_integrals[0])


@diagnostic(
    "erg", "toroidal magnetic energy in the shell of each degree, seen from infinity", ("degree",)
)
def spectrum_toroidal(state: State) -> np.ndarray:
    """`energy_toroidal` of degrees 1 .. lmax, shape (lmax,) [erg]."""
    return _per_degree(state, state.square_integrals[1])


@diagnostic("erg", "magnetic energy in the shell of each order, seen from infinity", ("order",))
def spectrum_order(state: State) -> np.ndarray:
    """Poloidal and toroidal energy of orders 0, mres, .. mmax, shape (orders,) [erg]."""
    harmonics = state.shell.harmonics
    inside = state.square_integrals[0] + state.square_integrals[1]
    index = state.shell.columns.order // harmonics.mres
    return ENERGY_UNIT * np.bincount(index, inside, harmonics.mmax // harmonics.mres + 1)


@diagnostic("erg", "magnetic energy in the shell of odd degrees, seen from infinity")
def energy_odd_degrees(state: State) -> float:
    """Energy of l = 1, 3, 5, .. [erg]."""
    inside = state.square_integrals[0] + state.square_integrals[1]
    return ENERGY_UNIT * inside[state.shell.columns.degree % 2 == 1].sum()


@diagnostic("erg", "magnetic energy in the shell of the dipole family, seen from infinity")
def energy_dipole_family(state: State) -> float:
    """Energy of the class with B_r antisymmetric about the equator [erg].

    Poloidal modes with l - m odd and toroidal modes with l - m even; reflection in the equator
    takes such a field to minus itself, and Hall drift keeps a field within it.
    """
    columns = state.shell.columns
    antisymmetric = (columns.degree - columns.order) % 2 == 1
    poloidal, toroidal, _ = state.square_integrals
    return ENERGY_UNIT * (poloidal[antisymmetric].sum() + toroidal[~antisymmetric].sum())


@diagnostic(
    "erg",
    "magnetic energy in the shell of the dipole family of each degree, seen from infinity",
    ("degree",),
)
def spectrum_dipole_family(state: State) -> np.ndarray:
    """`energy_dipole_family` of degrees 1 .. lmax, shape (lmax,) [erg]."""
    columns = state.shell.columns
    antisymmetric = (columns.degree - columns.order) % 2 == 1
    poloidal, toroidal, _ = state.square_integrals
    return _per_degree(state, np.where(antisymmetric, poloidal, toroidal))


@diagnostic("1", "degree of the largest energy in the shell")
def peak_degree(state: State) -> float:
    """Degree of the largest energy, the lowest of them where several are the same."""
    poloidal, toroidal, _ = state.square_integrals
    return float(np.argmax(_per_degree(state, poloidal + toroidal)) + 1)


@diagnostic("gauss", "root mean square field in the shell, as measured there, over proper volume")
def rms_field(state: State) -> float:
    """(Int B^2 dV / V)^(1/2) over the proper volume of the shell [G]."""
    inside = sum(part.sum() for part in state.proper_square_integrals)
    return FIELD_UNIT * float(np.sqrt(inside / state.shell.volume))


@diagnostic(
    "gauss",
    "root mean square field in the shell of each degree, as measured there, over proper volume",
    ("degree",),
)
def rms_spectrum(state: State) -> np.ndarray:
    """`rms_field` of the parts of degrees 1 .. lmax, shape (lmax,) [G]."""
    lmax = state.shell.harmonics.lmax
    inside = sum(state.proper_square_integrals)
    per_degree = np.bincount(state.shell.columns.degree, inside, minlength=lmax + 1)[1:]
    return FIELD_UNIT * np.sqrt(per_degree / state.shell.volume)


@diagnostic("gauss", "root mean square of the l = 1 field in the shell, over proper volume")
def dipole_rms_field(state: State) -> float:
    """(Int B_1^2 dV/V)^(1/2) of the part of degree 1, inside the shell [G].

    Not what is seen from outside: that is `dipole_field`, which a field of short radial wavelength
    leaves small.
    """
    return float(rms_spectrum(state)[0])


@diagnostic(
    "1",
    "square root of the share of the energy in the shell that the last eighth of the degrees has; "
    "it tells what is resolved up to lmax, not whether anything would grow beyond",
)
def tail_degree(state: State) -> float:
    """(Energy of the highest lmax/8 degrees / energy)^(1/2), of the last degree if lmax < 8 [1].

    Small where the field that there is falls off within the degrees that there are. It says nothing
    of perturbations of higher degrees, which may grow all the same.
    """
    inside = state.square_integrals[0] + state.square_integrals[1]
    lmax = state.shell.harmonics.lmax
    last = state.shell.columns.degree > lmax - max(lmax // 8, 1)
    total = inside.sum()
    return float(np.sqrt(inside[last].sum() / total)) if total > 0 else 0.0


@diagnostic(
    "1",
    "largest of the highest Chebyshev coefficients of p' or t over the largest of all: of the last "
    "two of a radial element, or the last eighth of a global expansion",
)
def tail_radial(state: State) -> float:
    """How large the highest coefficients in radius are, see `RadialBasis.tail` [1]."""
    return state.shell.basis.tail(state.poloidal, state.toroidal)


@diagnostic("gauss", "polar field of the dipole at the outer radius, as measured there")
def dipole_field(state: State) -> float:
    """Largest radial field of the l = 1 part at the outer radius, whatever its axis [G]."""
    dipole = state.surface_poloidal[state.shell.columns.degree == 1]
    # B_r = 2 p/r^2 Y_1m; the sqrt 2 of the real columns is the one of the real harmonics
    amplitude = 2 * np.linalg.norm(dipole) / state.shell.basis.outer_radius**2
    return FIELD_UNIT * float(amplitude * np.sqrt(3 / (4 * np.pi)))


@diagnostic("gauss km^3", "magnetic dipole moment, its size, seen from far away")
def dipole_moment(state: State) -> float:
    """m of the vacuum field outside, whose B_r = 2 m g/r_o^3 at the pole of the dipole [G km3].

    g is `spectralcmi.grid.metric.moment_factor` at the outer radius, 1 in flat space.
    """
    shell = state.shell
    return dipole_field(state) * shell.basis.outer_radius**3 / (2.0 * shell.moment_factor)


@diagnostic(
    "gauss",
    "polar field that timing infers, 2 dipole_moment/R^3, with R the radius of the star, or the "
    "outer radius of the shell where the background has none",
)
def dipole_timing_field(state: State) -> float:
    """2 m/R^3 [G]: what spin-down with the formulas of flat space makes of the moment m."""
    radius = state.shell.stellar_radius or state.shell.basis.outer_radius
    return 2.0 * dipole_moment(state) / radius**3


@diagnostic("gauss^2 cm^4", "magnetic helicity, Int A.B dV over the proper volume")
def magnetic_helicity(state: State) -> float:
    """Int A . B dV = 2 Sum l(l+1) Int p t dr [G2 cm4].

    Gauge-invariant here: the field outside has no toroidal part, and none crosses the inner
    boundary.
    """
    degree = state.shell.columns.degree
    p, t = state.profiles.p, state.profiles.t
    linkage = 2 * (degree * (degree + 1.0)) @ (state.shell.proper_weights @ (p * t))
    return HELICITY_UNIT * float(linkage)


@diagnostic("gauss^2 cm^4", "magnetic helicity of each degree, over the proper volume", ("degree",))
def helicity_spectrum(state: State) -> np.ndarray:
    """`magnetic_helicity` of degrees 1 .. lmax, shape (lmax,) [G2 cm4]."""
    degree, lmax = state.shell.columns.degree, state.shell.harmonics.lmax
    linkage = state.shell.proper_weights @ (state.profiles.p * state.profiles.t)
    values = 2 * degree * (degree + 1.0) * linkage
    return HELICITY_UNIT * np.bincount(degree, values, minlength=lmax + 1)[1:]


def current_helicity(state: State) -> float:
    """Int J.B dV over the proper volume of the shell, J = e^-Phi curl(e^Phi B) [(1e12 G)^2 km2].

    Sum l(l+1) Int (t (2 l(l+1) p/r^2 - p'') + t' p') dr in the poloidal-toroidal form.
    """
    shell, blocks = state.shell, state.shell.blocks
    degree, radius = shell.columns.degree, shell.basis.radius[:, None]
    p, p_slope, p_curvature = on_points(
        blocks.poloidal, blocks.poloidal_start, blocks.bounds, state.poloidal
    )
    t, t_slope = on_points(blocks.toroidal, blocks.toroidal_start, blocks.bounds, state.toroidal)
    product = degree * (degree + 1.0)
    integrand = t * (2.0 * product * p / radius**2 - p_curvature) + t_slope * p_slope
    return float(product @ (shell.proper_weights @ integrand))


@diagnostic(
    "km", "integral scale of the field, (|Int A.B dV|/|Int J.B dV|)^(1/2), 0 without helicity"
)
def integral_scale(state: State) -> float:
    """xi = (|<A.B>|/|<J.B>|)^(1/2), 1/k of a Beltrami field curl B = k B [km].

    References
    ----------
    Dehman & Brandenburg, A&A 694, A39 (2025), arXiv:2408.08819, where both have one sign.
    """
    current = abs(current_helicity(state))
    linkage = abs(magnetic_helicity(state)) / HELICITY_UNIT
    return float(np.sqrt(linkage / current)) if current > 0 else 0.0


@diagnostic("1", "fractional helicity, Int A.B dV over integral_scale Int B^2 dV, signed")
def fractional_helicity(state: State) -> float:
    """chi = <A.B>/(xi <B^2>), with the sign of the helicity; +-1 of a Beltrami field, 0 without.

    References
    ----------
    As of `integral_scale`.
    """
    linkage, current = magnetic_helicity(state) / HELICITY_UNIT, current_helicity(state)
    square = sum(part.sum() for part in state.proper_square_integrals)
    size = np.sqrt(abs(linkage * current))
    return float(np.copysign(size / square, linkage)) if square > 0 and size > 0 else 0.0
