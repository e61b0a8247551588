r"""The heat equation of the crust in three dimensions, u(r, theta, phi), and one step of it.

    c_v u_t = div(e^Phi K . grad u) + e^(2 Phi) (Q - Q_nu)

with the tensor K of `spectralcmi.heat.conduction`, pointwise matter, an isothermal core, where
degrees l > 0 vanish, and the flux law of the envelope at each place of the outer boundary. The
scheme is that of `spectralcmi.heat.radial`, conservative and L-stable, and so are the methods: a
run holds either.

The equations of a stage are solved by a simplified Newton's method: its matrix is that of the
beginning of the step without the slopes of the conductivities with temperature, and so symmetric
but for the Hall part. Corrections fall by an order of magnitude each, which is why they need not be
solved for to more, and they end well below the errors of a step, but for those of the energy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from spectralcmi.constants import JULIAN_YEAR, KILOMETRE
from spectralcmi.grid.shell import Shell
from spectralcmi.heat.advance import HeatEquation
from spectralcmi.heat.anisotropic_solver import Boundary, LinearStep, NotConvergedError
from spectralcmi.heat.conduction import PRECISION, Coefficients, Conduction
from spectralcmi.heat.core import Core, EmptyCore
from spectralcmi.heat.matter_on_grid import CONDUCTION, MatterOnGrid
from spectralcmi.heat.radial import (
    BUDGET,
    CORRECTION,
    DIAGONAL,
    EMBEDDED,
    GAMMA,
    LARGEST_CORRECTION,
    OUTER,
    WEIGHTS,
    HeatStep,
    StepFailedError,
)
from spectralcmi.heat.scalar_grid import ScalarGrid
from spectralcmi.heat.surface import FluxLaw
from spectralcmi.heat.tables import HIGHEST, LOWEST, TemperatureTables
from spectralcmi.threads import Threads

#: erg cm-3 km3, the unit of energies inside, in erg.
UNIT = KILOMETRE**3
#: Value of a scalar whose column of l = 0 is 1.
MONOPOLE = 1 / math.sqrt(4 * math.pi)
#: Corrections are solved to this, the matrix being no more accurate; the error estimate to that.
INEXACTNESS, ESTIMATED = 0.03, 0.1
ITERATIONS = 30
#: A change of u that is the same everywhere conserves the energy; it ends at this share of u.
CONSERVED = 1e-10
#: A correction that exceeds the one before by more than this tells of no solution.
GROWTH = 10.0
#: Until this age [yr] the temperature of a newborn star is spherical, see `FullHeat.newborn`.
NEWBORN = 0.01
#: Relative step of the slope of the surface flux, which only Newton's method needs.
DIFFERENCE = 1e-4


@dataclass(frozen=True, eq=False)
class LocalSurface:
    """What leaves through the outer boundary at each place.

    Parameters
    ----------
    law : FluxLaw
        Fluxes [erg cm-2 s-1] at the surface, through the boundary and radiated, shape (1, grid), of
        temperatures T_b [K], shape (1, grid).
    area : float
        4 pi R^2 e^(2 Phi_s) [cm2].
    """

    law: FluxLaw
    area: float

    def luminosities(self, temperature: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Per solid angle: through the boundary, its derivative by T_b, and radiated.

        Parameters
        ----------
        temperature : ndarray, shape (grid,)
            T_b [K], local.

        Returns
        -------
        through, slope, radiated : ndarray, shape (grid,)
            [erg cm-3 km3/yr], per K, [erg cm-3 km3/yr]
        """
        factor = self.area / (4 * math.pi) * JULIAN_YEAR / UNIT
        through, radiated = (f[0] for f in self.law(temperature[None]))
        above = self.law(temperature[None] * (1 + DIFFERENCE))[0][0]
        slope = (above - through) / (DIFFERENCE * temperature)
        return factor * through, factor * slope, factor * radiated


@dataclass(frozen=True, eq=False)
class _Rates:
    """Content and rate of change at one state [erg cm-3 km3, per yr], powers [erg/yr]."""

    content: np.ndarray
    rate: np.ndarray
    powers: np.ndarray
    surface_slope: np.ndarray
    coefficients: Coefficients | None


class FullHeat:
    """Conduction, sources and losses of a crust, all of them local.

    Parameters
    ----------
    shell : Shell
        On radial elements.
    tables : TemperatureTables
        Of `spectralcmi.heat.tables.QUANTITIES` at its quadrature points.
    core : Core
    surface : LocalSurface
    threads : Threads
    lmax : int, optional
        Largest degree of u; by default that of the shell.
    hall : bool
        Whether the Hall (Righi-Leduc) part of conduction is taken along.
    accuracy : float
        Newton's method ends at this relative correction of u, of which a tenth is left. The energy
        is conserved to `CONSERVED` of the thermal energy whatever it is.
    tolerance : float
        Above this an error estimate is smoothed once more. What is stiff and steps at the beginning
        of an interval, as the heat and the field do there, is damped by the method, while its
        estimate stays (Hairer & Wanner, Solving Ordinary Differential Equations II, section IV.8).

    Attributes
    ----------
    field : ndarray, shape (points, 3, grid)
        B_r, B_theta, B_phi [1e12 G], which a run sets before each step, see `field_on_grid`.
    newborn : HeatEquation, optional
        Spherical equation that steps in the first `NEWBORN` years take instead. Neutrinos cool a
        newborn crust by factors within days, while heat crosses the outer crust in a year, and the
        differences over the sphere that arise meanwhile are soon forgotten: T_b at the poles and at
        the equator of a dipole of 1e14 G differ by 1e-3 at 0.1 yr and by 1e-6 at 1 yr from those
        without, of one of 1e15 G by 1e-3 at 1 yr and by 3e-5 at 3 yr.
    products : int
        Products with the matrix of a step so far, a measure of the cost.

    Notes
    -----
    Memory: six numbers of single precision a point of the grid, 24 bytes, 28 with the Hall part.
    """

    def __init__(
        self,
        shell: Shell,
        tables: TemperatureTables,
        core: Core,
        surface: LocalSurface,
        threads: Threads,
        *,
        lmax: int | None = None,
        hall: bool = False,
        accuracy: float = CORRECTION,
        tolerance: float = math.inf,
    ) -> None:
        self.grid = ScalarGrid(shell, threads, lmax)
        self.core, self.surface = core, surface
        self.newborn: HeatEquation | None = None
        self._accuracy, self._tolerance = accuracy, tolerance
        self._matter = MatterOnGrid(self.grid, tables, hall=hall)
        self._conduction = Conduction(self.grid)
        points, places = self.grid.grid_shape
        self.field = np.zeros((points, 3, places), dtype=PRECISION)
        ends = np.array([shell.basis.inner_radius, shell.basis.outer_radius])
        self._inner_lapse, self._outer_lapse = np.exp(shell.metric.potential(ends))
        self._lapse = np.exp(shell.metric.potential(shell.basis.radius))
        self._ones = self.grid.constant()
        self.products = 0

    # States --------------------------------------------------------------------------------

    def uniform(self, u: float) -> np.ndarray:
        """Slots of the same u [K] everywhere, shape (slots, columns)."""
        return self.grid.constant(u)

    def from_radial(self, u: np.ndarray) -> np.ndarray:
        """Slots of a spherical u, from its slots (slots,) of `spectralcmi.heat.radial`."""
        slots = np.zeros(self.grid.shape)
        slots[:, 0] = u / MONOPOLE
        return slots

    def temperature_on_grid(self, u: np.ndarray) -> np.ndarray:
        """Local temperature at the quadrature points [K], shape (points, grid)."""
        return self.grid.values(u) / self._lapse[:, None]

    def surface_temperature(self, u: np.ndarray) -> np.ndarray:
        """Local temperature T_b at the outer radius [K], shape (grid,)."""
        return self.grid.on_sphere(u[-1]) / self._outer_lapse

    def heat_vector(self, power: np.ndarray) -> np.ndarray:
        """What a heat does to each function.

        Parameters
        ----------
        power : ndarray, shape (points, grid)
            Local heat [erg cm-3 s-1].

        Returns
        -------
        ndarray, shape (slots, columns)
            Int e^(2 Phi) Q v dV [erg/yr].
        """
        return self.grid.against(power * (JULIAN_YEAR * UNIT * self._lapse**2)[:, None])

    def change(self, before: np.ndarray, after: np.ndarray) -> float:
        """Largest |d ln u| of two states."""
        return self._sizes(before, after, before)[1]

    def energy(self, u: np.ndarray) -> float:
        """Thermal energy of crust and core at infinity [erg]."""
        return _dot(self._ones, self.content(u))

    def content(self, u: np.ndarray) -> np.ndarray:
        """Thermal energy of each function at infinity [erg], shape (slots, columns)."""
        return UNIT * self._rates(u, np.zeros(self.grid.shape)).content

    def powers(self, u: np.ndarray, heat: np.ndarray | None = None) -> np.ndarray:
        """Rates of `BUDGET` at infinity [erg/yr], shape (6,); without that of a prescribed core."""
        heat = np.zeros(self.grid.shape) if heat is None else heat
        return self._rates(u, heat / UNIT).powers

    # Steps ---------------------------------------------------------------------------------

    def step(self, u: np.ndarray, time: float, length: float, heat: np.ndarray) -> HeatStep:
        """One step of TR-BDF2.

        Parameters
        ----------
        u : ndarray, shape (slots, columns)
            [K]
        time, length : float
            Where the step begins, and how long it is [yr].
        heat : ndarray, shape (slots, columns)
            Of `heat_vector`, constant over the step [erg/yr].

        Returns
        -------
        HeatStep

        Raises
        ------
        StepFailedError
            If Newton's method does not converge, or the step leaves the tables.
        """
        if self.newborn is not None and time < NEWBORN:
            return self._spherical_step(self.newborn, u, time, length, heat)
        heat = heat / UNIT
        diagonal = DIAGONAL * length
        first = self._rates(u, heat, diagonal)
        matrix = self._matrix(u, first, diagonal)
        base = first.content
        inner, middle = self._solve(
            matrix, u, first, base + diagonal * first.rate, diagonal, time + GAMMA * length, heat
        )
        known = base + OUTER * length * (first.rate + middle.rate)
        guess = u + (inner - u) / GAMMA
        new, last = self._solve(matrix, guess, None, known, diagonal, time + length, heat)
        self.products += matrix.products
        stages = (first, middle, last)
        energies = length * sum(w * s.powers for w, s in zip(WEIGHTS, stages, strict=True))
        if self.core.prescribed(time + length) is not None:
            change = last.content[0, 0] - base[0, 0]
            gained = length * sum(w * s.rate[0, 0] for w, s in zip(WEIGHTS, stages, strict=True))
            energies[BUDGET.index("core_supply")] = (change - gained) * UNIT / MONOPOLE
        weights = length * (WEIGHTS - EMBEDDED)
        residual = sum(w * s.rate for w, s in zip(weights, stages, strict=True))
        error = self._correction(matrix, residual, ESTIMATED)
        sizes = self._sizes(u, new, error)
        if sizes[0] > self._tolerance:
            error = self._correction(matrix, matrix.stored(error), ESTIMATED)
            sizes = self._sizes(u, new, error)
        return HeatStep(new, energies, *sizes)

    def _spherical_step(
        self, equation: HeatEquation, u: np.ndarray, time: float, length: float, heat: np.ndarray
    ) -> HeatStep:
        step = equation.step(MONOPOLE * u[:, 0], time, length, heat[:, 0] / MONOPOLE)
        return replace(step, u=self.from_radial(step.u))

    def _sizes(
        self, before: np.ndarray, after: np.ndarray, error: np.ndarray
    ) -> tuple[float, float]:
        """Largest relative error and largest |d ln u|, on the quadrature shells and both ends."""
        states = before, after, error
        pairs = [self._compared(*(self.grid.on_sphere(s[end]) for s in states)) for end in (0, -1)]

        def some(first: int, last: int) -> None:
            for block in range(first, last):
                values = (self.grid.block_values(s, block, block + 1) for s in states)
                pairs.append(self._compared(*values))

        self.grid.over_blocks(some)
        wrong, changed = (max(pair[i] for pair in pairs) for i in range(2))
        return wrong, changed

    @staticmethod
    def _compared(before: np.ndarray, after: np.ndarray, error: np.ndarray) -> tuple[float, float]:
        return float(np.max(np.abs(error) / after)), float(np.max(np.abs(np.log(after / before))))

    def _matrix(self, u: np.ndarray, rates: _Rates, diagonal: float) -> LinearStep:
        """Content - diagonal rate, linearised, without the slopes of the conductivities."""
        boundary = Boundary(
            not isinstance(self.core, EmptyCore),
            self.core.prescribed(0.0) is not None,
            self._core_capacity(u, diagonal),
            diagonal * rates.surface_slope / self._outer_lapse,
        )
        return LinearStep(self._conduction, rates.coefficients, diagonal * CONDUCTION, boundary)

    def _core_capacity(self, u: np.ndarray, diagonal: float) -> float:
        """What the core adds to the matrix: its heat capacity and the slope of its losses."""
        uniform = MONOPOLE * float(u[0, 0])
        _, slope = self.core.luminosity(uniform)
        capacity = self.core.heat_capacity(uniform) + diagonal * JULIAN_YEAR * slope
        return capacity * MONOPOLE**2 / UNIT

    def _solve(
        self,
        matrix: LinearStep,
        guess: np.ndarray,
        rates: _Rates | None,
        known: np.ndarray,
        diagonal: float,
        time: float,
        heat: np.ndarray,
    ) -> tuple[np.ndarray, _Rates]:
        """u with content(u) - diagonal rate(u) = known, and the rates there.

        `rates` are those of the guess, where they are known. What the last correction leaves of the
        energy goes into a change of u that is the same everywhere.
        """
        u = guess.copy()
        prescribed = self.core.prescribed(time)
        if prescribed is not None:
            u[0, 0] = prescribed / MONOPOLE
        if rates is None or prescribed is not None:
            rates = self._rates(u, heat)
        latest = math.inf
        for _ in range(ITERATIONS):
            residual = matrix.boundary.constrain(known - rates.content + diagonal * rates.rate)
            if latest < self._accuracy:
                rise = matrix.uniform(residual, self._core_capacity(u, diagonal))
                if abs(rise) < CONSERVED * MONOPOLE * u[0, 0]:
                    return u, rates
                u += rise * matrix.constant
            else:
                correction = self._correction(matrix, residual, INEXACTNESS)
                relative = math.sqrt(_dot(correction, correction) / _dot(u, u))
                if not relative < min(LARGEST_CORRECTION, GROWTH * latest):
                    break
                latest = relative
                u += correction
            rates = self._rates(u, heat)
        raise StepFailedError(f"the heat equation has no solution near {time:.6g} yr")

    @staticmethod
    def _correction(matrix: LinearStep, residual: np.ndarray, inexactness: float) -> np.ndarray:
        try:
            return matrix.solve(matrix.boundary.constrain(residual), inexactness)
        except NotConvergedError as failure:
            raise StepFailedError(f"the heat equation: {failure}") from failure

    def _rates(self, u: np.ndarray, heat: np.ndarray, diagonal: float | None = None) -> _Rates:
        """At one state, with the linear forms of a step if its `diagonal` is given."""
        crust, coefficients = self._matter.evaluate(u, self.field, diagonal)
        outer = self.surface_temperature(u)
        if not min(crust.coldest, outer.min()) >= LOWEST:
            raise StepFailedError(f"temperature: falls below {LOWEST:g} K, where its tables begin")
        if not max(crust.hottest, outer.max()) <= HIGHEST:
            raise StepFailedError(f"temperature: exceeds {HIGHEST:g} K, where its tables end")
        uniform = MONOPOLE * float(u[0, 0])
        core, _ = self.core.luminosity(uniform)
        through, slope, radiated = self.surface.luminosities(outer)
        content, rate = crust.content, crust.rate
        content[0, 0] += MONOPOLE * self.core.energy(uniform) / UNIT
        rate += heat
        rate[0, 0] -= MONOPOLE * JULIAN_YEAR * core / UNIT
        leaving = self.grid.against_sphere(through)
        rate[-1] -= leaving
        lost = leaving[0] / MONOPOLE
        photons = self.grid.against_sphere(radiated)[0] / MONOPOLE
        deposited = _dot(self._ones, heat)
        powers = UNIT * np.array([deposited, 0.0, photons, lost - photons, crust.neutrinos, 0.0])
        powers[-1] = JULIAN_YEAR * core
        return _Rates(content, rate, powers, slope, coefficients)


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    """Scalar product; not by BLAS, whose sums depend on its number of threads."""
    return float(np.einsum("ij,ij->", a, b))
