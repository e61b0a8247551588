"""Initial fields: from the parameters' `initial` section to coefficients of free-decay modes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.fields.state import State
from spectralcmi.grid.chebyshev import RadialBasis
from spectralcmi.model import InductionEquation
from spectralcmi.runs.dataset import last_field

#: Radial modes that random fields are made of, slowest first.
RANDOM_RADIAL_MODES = 4


def poloidal_polynomial(basis: RadialBasis, degree: int) -> np.ndarray:
    """Lowest polynomial p(r) that satisfies the boundary conditions, as Chebyshev coefficients.

    p = x - c x^3 with x = r - r_i: p and the current vanish at the inner boundary (p = p'' = 0),
    and p' + (l/r_o) p = 0 at the outer one.

    Parameters
    ----------
    basis : RadialBasis
    degree : int

    Returns
    -------
    ndarray, shape (order,)
    """
    inner, outer = basis.map.inner_radius, basis.map.outer_radius
    gap = outer - inner
    cubic = (1 + degree * gap / outer) / (3 * gap**2 + degree * gap**3 / outer)
    x = basis.storage_radius - inner
    return basis.coefficients_from_storage(x - cubic * x**3)


def toroidal_polynomial(basis: RadialBasis, inner_boundary: str) -> np.ndarray:
    """Lowest polynomial t(r) that satisfies the boundary conditions, as Chebyshev coefficients.

    With x = r - r_i and the gap d: d^2 - x^2 (no tangential electric field inside) on a perfect
    conductor, x (d - x) where t vanishes on both sides.

    Parameters
    ----------
    basis : RadialBasis
    inner_boundary : str

    Returns
    -------
    ndarray, shape (order,)
    """
    gap = basis.map.outer_radius - basis.map.inner_radius
    x = basis.storage_radius - basis.map.inner_radius
    values = gap**2 - x**2 if inner_boundary == "perfect_conductor" else x * (gap - x)
    return basis.coefficients_from_storage(values)


def _single_mode(
    equation: InductionEquation, kind: str, degree: int, order: int, profile: np.ndarray
) -> np.ndarray:
    """Coefficients of the field with one radial profile in the real part of (degree, order)."""
    columns = equation.shell.columns
    column = int(np.flatnonzero((columns.degree == degree) & (columns.order == order))[0])
    parts = {name: np.zeros((profile.size, columns.count)) for name in ("poloidal", "toroidal")}
    parts[kind][:, column] = profile
    return equation.coefficients(State(0.0, equation.shell, **parts))


def _dipole(parameters: Parameters, equation: InductionEquation) -> np.ndarray:
    basis = equation.shell.basis
    profile = poloidal_polynomial(basis, 1)
    surface = basis.boundary_evaluation[0][1] @ profile
    # B_r(pole) = l(l+1) p/r^2 Y_10(0)
    polar = 2 * surface / basis.map.outer_radius**2 * np.sqrt(3 / (4 * np.pi))
    profile *= parameters.initial.polar_field / FIELD_UNIT / polar
    return _single_mode(equation, "poloidal", 1, 0, profile)


def _modes(parameters: Parameters, equation: InductionEquation) -> np.ndarray:
    total = np.zeros(equation.shape)
    for mode in parameters.initial.modes:
        if mode.shape == "polynomial":
            basis = equation.shell.basis
            profile = (
                poloidal_polynomial(basis, mode.degree)
                if mode.kind == "poloidal"
                else toroidal_polynomial(basis, parameters.boundary.inner)
            )
        else:
            family = getattr(equation.modes, mode.kind)
            if mode.index > family.shape[2]:
                raise ParameterError(
                    "initial.modes.index",
                    mode.index,
                    f"exceeds the {family.shape[2]} modes that the radial order gives",
                )
            profile = family[mode.degree - 1][:, mode.index - 1]
        field = _single_mode(equation, mode.kind, mode.degree, mode.order, profile)
        total += mode.amplitude / FIELD_UNIT / _rms(equation, field) * field
    return total


def _rms(equation: InductionEquation, coefficients: np.ndarray) -> float:
    """Root mean square field in the shell [1e12 G]."""
    poloidal, toroidal, _ = equation.state(coefficients).square_integrals
    return float(np.sqrt((poloidal.sum() + toroidal.sum()) / equation.shell.volume))


def random_field(
    equation: InductionEquation,
    seed: int,
    slope: float = 0.0,
    helicity: float = 0.0,
    lmin: int = 1,
    lmax: int | None = None,
) -> np.ndarray:
    """Random field of unit rms whose energy per degree goes as l^slope.

    Parameters
    ----------
    equation : InductionEquation
    seed : int
    slope : float
        Exponent of the spectrum.
    helicity : float
        Correlation of the toroidal with the poloidal coefficients, -1 to 1: 0 is non-helical.
    lmin, lmax : int
        Degrees that carry energy; lmax defaults to the resolution's.

    Returns
    -------
    ndarray, shape `equation.shape`
        Free-decay coefficients.

    Notes
    -----
    Independent Gaussian coefficients of the slowest free-decay modes, damped with their index.
    """
    rng = np.random.default_rng(seed)
    degree = equation.shell.columns.degree
    split = equation.modes.poloidal_modes
    count = RANDOM_RADIAL_MODES
    damping = 1.0 / np.arange(1, count + 1)[:, None]
    # drawn in a fixed order of columns: the same numbers at any radial order
    poloidal = damping * rng.standard_normal((degree.size, count)).T
    independent = damping * rng.standard_normal((degree.size, count)).T
    toroidal = helicity * poloidal + np.sqrt(1 - helicity**2) * independent
    field = np.zeros(equation.shape)
    field[:count], field[split : split + count] = poloidal, toroidal
    energy = np.bincount(degree, (field**2).sum(axis=0))
    field *= np.sqrt(degree**slope / energy[degree])
    field[:, (degree < lmin) | (degree > (lmax or degree.max()))] = 0.0
    return field / _rms(equation, field)


def _random(parameters: Parameters, equation: InductionEquation) -> np.ndarray:
    chosen = parameters.initial
    field = random_field(
        equation, chosen.seed, chosen.slope, chosen.helicity, chosen.lmin, chosen.lmax
    )
    return chosen.rms_field / FIELD_UNIT * field


def _file(parameters: Parameters, equation: InductionEquation) -> np.ndarray:
    return equation.coefficients(last_field(parameters.initial.file, equation.shell))


KINDS: dict[str, Callable[[Parameters, InductionEquation], np.ndarray]] = {
    "dipole": _dipole,
    "modes": _modes,
    "random": _random,
    "file": _file,
}


def initial_field(parameters: Parameters, equation: InductionEquation) -> np.ndarray:
    """Free-decay coefficients of the initial field, with its random perturbation.

    Parameters
    ----------
    parameters : Parameters
    equation : InductionEquation

    Returns
    -------
    ndarray, shape `equation.shape`

    Raises
    ------
    ParameterError
        Where a mode or a file does not fit.
    """
    field = KINDS[parameters.initial.kind](parameters, equation)
    amplitude = parameters.initial.perturbation_amplitude
    if amplitude > 0:
        noise = random_field(equation, parameters.initial.perturbation_seed)
        field = field + amplitude * _rms(equation, field) * noise
    return field
