r"""The spherical heat equation, u(r, t) = e^Phi T, and one step of it.

    c_v u_t = e^-Lambda r^-2 (r^2 e^(Phi - Lambda) K u')' + e^(2 Phi) (Q - Q_nu)

in its weak form on radial elements, with the isothermal core as a mass at the inner boundary and
the flux law of the envelope at the outer one. What is stepped is the content of each function,

    W_i(u) = Int w(u) v_i dV + delta_i0 E_core(u_0),   w = e^Phi Int c_v dT,

by TR-BDF2, a pair of orders 2 and 3, L-stable: W_i(u_new) = W_i(u_old) + h Sum_j b_j R_i(U_j). The
functions v_i sum to 1, so the change of the thermal energy is what has come and gone, to the
tolerance of Newton's method.

References
----------
Bank et al., IEEE Trans. Electron Devices 32, 1992 (1985): TR-BDF2.
Hosea & Shampine, Appl. Numer. Math. 20, 21 (1996): as a Runge-Kutta pair, and its error estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dgbsv, dgbtrs

from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.errors import InputError
from spectralcmi.heat.averages import FieldAverages, without_field
from spectralcmi.heat.core import Core
from spectralcmi.heat.radial_matter import POWER, RadialMatter, RadialState
from spectralcmi.heat.scalar import ScalarBasis
from spectralcmi.heat.surface import SurfaceLoss
from spectralcmi.heat.tables import HIGHEST, LOWEST, TemperatureTables

#: TR-BDF2: second stage at GAMMA of the step; weights of the first two stages and of the diagonal.
GAMMA = 2 - math.sqrt(2)
DIAGONAL = GAMMA / 2
OUTER = math.sqrt(2) / 4
WEIGHTS = np.array([OUTER, OUTER, DIAGONAL])
EMBEDDED = np.array([(1 - OUTER) / 3, (3 * OUTER + 1) / 3, DIAGONAL / 3])

#: Newton's method ends at this relative correction of u; the one after would be its square.
CORRECTION = 1e-8
LARGEST_CORRECTION = 0.5
ITERATIONS = 12

#: What a step adds up [erg], or a state has [erg/yr]: heat put in, and supplied by a prescribed
#: core; lost by photons, neutrinos of the envelope, of the crust and of the core.
BUDGET = ("heat", "core_supply", "photon", "envelope_neutrino", "crust_neutrino", "core_neutrino")
#: How they count in the thermal energy.
SIGNS = np.array([1.0, 1.0, -1.0, -1.0, -1.0, -1.0])


class StepFailedError(InputError):
    """A step too long for Newton's method or beyond the tables; a shorter one may do."""


@dataclass(frozen=True, eq=False)
class HeatStep:
    """A state at the end of a step.

    Attributes
    ----------
    u : ndarray, shape (slots,)
        e^Phi T [K].
    energies : ndarray, shape (6,)
        Of `BUDGET` over the step [erg].
    error : float
        Largest estimate of the relative error of u.
    change : float
        Largest |d ln u|.
    """

    u: np.ndarray
    energies: np.ndarray
    error: float
    change: float


@dataclass(frozen=True, eq=False)
class _Rates:
    """Content [erg] and rate of change [erg/yr] of each function at one state, and powers.

    `slopes` are what core and surface add to the derivatives of both: of the energy of the core,
    of its luminosity and of that of the surface, by u.
    """

    content: np.ndarray
    rate: np.ndarray
    powers: np.ndarray
    crust: RadialState
    slopes: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class _Factors:
    """Factors of the linear form of a stage."""

    band: np.ndarray
    pivots: np.ndarray

    def solve(self, residual: np.ndarray) -> np.ndarray:
        width = self.band.shape[0] // 3
        return dgbtrs(self.band, width, width, residual, self.pivots)[0]


class RadialHeat:
    """Conduction, sources and losses of a spherical crust.

    Parameters
    ----------
    basis : ScalarBasis
    tables : TemperatureTables
        Of `spectralcmi.heat.tables.QUANTITIES` at its quadrature points.
    core : Core
    surface : SurfaceLoss

    Attributes
    ----------
    averages : FieldAverages
        What the magnetic field does, which a run sets before each step; at first that of none.
    """

    def __init__(
        self,
        basis: ScalarBasis,
        tables: TemperatureTables,
        core: Core,
        surface: SurfaceLoss,
    ) -> None:
        self.basis, self.tables, self.core, self.surface = basis, tables, core, surface
        self.averages: FieldAverages = without_field(basis.radius.size)
        self._matter = RadialMatter(basis, tables)

    # States --------------------------------------------------------------------------------

    def uniform(self, u: float) -> np.ndarray:
        """Slots of the same u [K] everywhere, shape (slots,)."""
        return u * self.basis.nodes

    def temperature(self, u: np.ndarray) -> np.ndarray:
        """Local temperature at the quadrature points [K], shape (points,)."""
        return self.basis.on_points(u[:, None])[0, :, 0] / self.basis.lapse

    def end_temperatures(self, u: np.ndarray) -> tuple[float, float]:
        """Local temperatures at the bottom of the crust and at its outer radius [K]."""
        inner, outer = self.basis.end_lapses
        return float(u[0]) / inner, float(u[-1]) / outer

    def heat_vector(self, power: np.ndarray) -> np.ndarray:
        """What a heat does to each function, from its mean over each quadrature shell.

        Parameters
        ----------
        power : ndarray, shape (points,)
            Local heat [erg cm-3 s-1].

        Returns
        -------
        ndarray, shape (slots,)
            Int e^(2 Phi) Q v dV [erg/yr]; the sum over `basis.nodes` is the power at infinity.
        """
        return self._against(self.basis.power_weights * POWER * power)

    def energy(self, u: np.ndarray) -> float:
        """Thermal energy of crust and core at infinity [erg]."""
        return float(self.basis.nodes @ self.content(u))

    def content(self, u: np.ndarray) -> np.ndarray:
        """Thermal energy of each function at infinity [erg], shape (slots,)."""
        return self._rates(u, np.zeros(self.basis.slots)).content

    def powers(self, u: np.ndarray, heat: np.ndarray | None = None) -> np.ndarray:
        """Rates of `BUDGET` at infinity [erg/yr], shape (6,); without that of a prescribed core."""
        heat = np.zeros(self.basis.slots) if heat is None else heat
        return self._rates(u, heat).powers

    # Steps ---------------------------------------------------------------------------------

    def step(self, u: np.ndarray, time: float, length: float, heat: np.ndarray) -> HeatStep:
        """One step of TR-BDF2.

        Parameters
        ----------
        u : ndarray, shape (slots,)
            [K]
        time, length : float
            Where the step begins, and how long it is [yr].
        heat : ndarray, shape (slots,)
            Of `heat_vector`, constant over the step [erg/yr].

        Returns
        -------
        HeatStep

        Raises
        ------
        StepFailedError
            If Newton's method does not converge, or the step leaves the tables.
        """
        first = self._rates(u, heat)
        base = first.content
        diagonal = DIAGONAL * length
        known = base + diagonal * first.rate
        inner, middle, _ = self._solve(u, known, diagonal, time + GAMMA * length, heat, first)
        known = base + OUTER * length * (first.rate + middle.rate)
        guess = u + (inner - u) / GAMMA
        new, last, factors = self._solve(guess, known, diagonal, time + length, heat)
        stages = (first, middle, last)
        rates = np.array([stage.rate for stage in stages])
        powers = np.array([stage.powers for stage in stages])
        energies = length * (WEIGHTS @ powers)
        residual = length * ((WEIGHTS - EMBEDDED) @ rates)
        if self.core.prescribed(time + length) is not None:
            supply = last.content[0] - base[0] - length * (WEIGHTS @ rates[:, 0])
            energies[BUDGET.index("core_supply")] = supply
            residual[0] = 0.0
        error = self._matter.ratios(factors.solve(residual), new)
        least, most = self._matter.ratios(new, u)
        return HeatStep(new, energies, _largest(error), math.log(max(most, 1 / least)))

    def _solve(
        self,
        guess: np.ndarray,
        known: np.ndarray,
        diagonal: float,
        time: float,
        heat: np.ndarray,
        there: _Rates | None = None,
    ) -> tuple[np.ndarray, _Rates, _Factors]:
        """u with W(u) - diagonal R(u) = known, by Newton's method.

        The rates at the guess are taken from `there`, if they are known. Returned are u, the rates
        there and the factors of the last correction.
        """
        u = guess.copy()
        prescribed = self.core.prescribed(time)
        if prescribed is not None:
            u[0], there = prescribed, None
        rates = self._rates(u, heat) if there is None else there
        for _ in range(ITERATIONS):
            residual = known - rates.content + diagonal * rates.rate
            correction, factors = self._correction(rates, diagonal, residual)
            relative = _largest(self._matter.ratios(correction, u))
            u += correction * min(1.0, LARGEST_CORRECTION / max(relative, 1e-300))
            rates = self._rates(u, heat)
            if relative < CORRECTION:
                return u, rates, factors
        raise StepFailedError(f"the heat equation has no solution near {time:.6g} yr")

    def _correction(
        self, rates: _Rates, diagonal: float, residual: np.ndarray
    ) -> tuple[np.ndarray, _Factors]:
        """(W' - diagonal R')^-1 residual, 0 in a prescribed core, and the factors."""
        width = self.basis.half_bandwidth
        band = self._matter.linear_form(rates.crust, diagonal)
        capacity, core, surface = rates.slopes
        band[2 * width, 0] += capacity + diagonal * core
        band[2 * width, -1] += diagonal * surface
        if self.core.prescribed(0.0) is not None:
            residual[0] = 0.0
            band[2 * width + 1 :, 0] = 0.0
            for j in range(1, width + 1):
                band[2 * width - j, j] = 0.0
        band, pivots, correction, _ = dgbsv(
            width, width, band, residual, overwrite_ab=True, overwrite_b=True
        )
        return correction, _Factors(band, pivots)

    def _against(self, values: np.ndarray) -> np.ndarray:
        return self.basis.against(np.stack([values, np.zeros_like(values)])[..., None])[:, 0]

    def _rates(self, u: np.ndarray, heat: np.ndarray) -> _Rates:
        crust, uniform = self._matter.evaluate(u, self.averages), float(u[0])
        inner, outer = self.end_temperatures(u)
        if not min(crust.coldest, inner, outer) >= LOWEST:
            raise StepFailedError(f"temperature: falls below {LOWEST:g} K, where its tables begin")
        if not max(crust.hottest, inner, outer) <= HIGHEST:
            raise StepFailedError(f"temperature: exceeds {HIGHEST:g} K, where its tables end")
        through, through_slope, radiated = self.surface.luminosities(outer)
        core, core_slope = self.core.luminosity(uniform)
        content, rate = crust.content, crust.rate
        content[0] += self.core.energy(uniform)
        rate += heat
        rate[0] -= JULIAN_YEAR * core
        rate[-1] -= JULIAN_YEAR * through
        lost = JULIAN_YEAR * np.array([radiated, through - radiated])
        deposited = self.basis.nodes @ heat
        powers = np.array([deposited, 0.0, *lost, crust.neutrinos, JULIAN_YEAR * core])
        slopes = (
            self.core.heat_capacity(uniform),
            JULIAN_YEAR * core_slope,
            JULIAN_YEAR * through_slope / self.basis.end_lapses[1],
        )
        return _Rates(content, rate, powers, crust, slopes)


def _largest(ratios: tuple[float, float]) -> float:
    """Largest magnitude between two bounds."""
    return max(-ratios[0], ratios[1])
