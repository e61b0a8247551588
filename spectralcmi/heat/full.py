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
from spectralcmi.heat.crust_totals import crust_totals
from spectralcmi.heat.local_surface import LocalSurface
from spectralcmi.heat.matter_on_grid import CONDUCTION, MatterOnGrid
from spectralcmi.heat.radial import (
    BUDGET,
    CORRECTION,
    DIAGONAL,
    EMBEDDED,
    GAMMA,
    LARGEST_CORRECTION,
    OUTER,
    SIGNS,
    WEIGHTS,
    HeatStep,
    StepFailedError,
)
from spectralcmi.heat.scalar_grid import ScalarGrid
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


@dataclass(frozen=True, eq=False)
class _Rates:
    """Content and rate of change at one state [erg cm-3 km3, per yr], powers [erg/yr]."""

    content: np.ndarray
    rate: np.ndarray
    powers: np.ndarray
    surface_slope: np.ndarray
    coefficients: Coefficients | None


@dataclass(frozen=True, eq=False)
class _Ends:
    """Core: what it holds [erg cm-3 km3] and loses [per yr]. Envelope: what leaves the crust there,
    against each harmonic, the slope of it with T_b at each place, and what is radiated.
    """

    core_energy: float
    core_loss: float
    leaving: np.ndarray
    slope: np.ndarray
    photons: float


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
        self._tables = tables
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
        """Largest |d ln u| of two states, root mean squares over the spheres."""
        return self._sizes(before, after, before)[1]

    def energy(self, u: np.ndarray) -> float:
        """Thermal energy of crust and core at infinity [erg]."""
        return self.whole(u, np.zeros(self.grid.shape))[0]

    def content(self, u: np.ndarray) -> np.ndarray:
        """Thermal energy of each function at infinity [erg], shape (slots, columns)."""
        return UNIT * self._rates(u, np.zeros(self.grid.shape)).content

    def powers(self, u: np.ndarray, heat: np.ndarray | None = None) -> np.ndarray:
        """Rates of `BUDGET` at infinity [erg/yr], shape (6,); without that of a prescribed core."""
        heat = np.zeros(self.grid.shape) if heat is None else heat
        return self.whole(u, heat)[1]

    def whole(self, u: np.ndarray, heat: np.ndarray) -> tuple[float, np.ndarray]:
        """Energy [erg] and rates of `BUDGET` [erg/yr], neither at each function; see `powers`."""
        totals = crust_totals(self.grid, self._tables, u, self.field)
        ends = self._ends(u)
        energy = UNIT * (totals.energy + ends.core_energy)
        return energy, self._powers(heat / UNIT, totals.neutrinos, ends)

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
        known = base + diagonal * first.rate
        inner, middle = self._solve(matrix, u, first, known, diagonal, time + GAMMA * length, heat)
        known = base + OUTER * length * (first.rate + middle.rate)
        guess = u + (inner - u) / GAMMA
        new, last = self._solve(matrix, guess, None, known, diagonal, time + length, heat)
        new, last = self._conserving(matrix, new, last, known, diagonal, heat)
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
        """Largest relative error and |d ln u|, root mean squares over the spheres.

        The change is that of ln u where all of a sphere changes alike.
        """
        states = before, after, error, after - before
        old, new, wrong, changed = (self.grid.root_mean_squares(s) for s in states)
        change = 2 * np.arcsinh(0.5 * changed / np.sqrt(old * new))
        return float(np.max(wrong / new)), float(np.max(change))

    def _matrix(self, u: np.ndarray, rates: _Rates, diagonal: float) -> LinearStep:
        """Content - diagonal rate, linearised, without the slopes of the conductivities."""
        if rates.coefficients is None:
            raise ValueError("rates without coefficients have no matrix")
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

        `rates` are those of the guess, where they are known.
        """
        u = guess.copy()
        prescribed = self.core.prescribed(time)
        if prescribed is not None:
            u[0, 0] = prescribed / MONOPOLE
        if rates is None or prescribed is not None:
            rates = self._rates(u, heat)
        latest = math.inf
        for _ in range(ITERATIONS):
            residual = known - rates.content + diagonal * rates.rate
            correction = self._correction(matrix, residual, INEXACTNESS)
            relative = math.sqrt(_dot(correction, correction) / _dot(u, u))
            if not relative < min(LARGEST_CORRECTION, GROWTH * latest):
                break
            latest = relative
            u += correction
            rates = self._rates(u, heat)
            if latest < self._accuracy:
                return u, rates
        raise StepFailedError(f"the heat equation has no solution near {time:.6g} yr")

    def _conserving(
        self,
        matrix: LinearStep,
        u: np.ndarray,
        rates: _Rates,
        known: np.ndarray,
        diagonal: float,
        heat: np.ndarray,
    ) -> tuple[np.ndarray, _Rates]:
        """A solution of `_solve` and its rates, with the energy that it has to have.

        What corrections leave of the energy goes into a change of u that is the same everywhere.
        """
        for _ in range(ITERATIONS):
            residual = matrix.boundary.constrain(known - rates.content + diagonal * rates.rate)
            rise = matrix.uniform(residual, self._core_capacity(u, diagonal))
            if abs(rise) < CONSERVED * MONOPOLE * u[0, 0]:
                return u, rates
            u = u + rise * matrix.constant
            if matrix.boundary.is_inner_fixed:
                rates = self._rates(u, heat)
            else:
                rates = self._raised(rates, u, heat, matrix.unit_heat)
        raise StepFailedError("the heat equation does not conserve energy")

    def _raised(
        self, rates: _Rates, u: np.ndarray, heat: np.ndarray, unit_heat: np.ndarray
    ) -> _Rates:
        """Rates at u, from those at a u that differs by a constant.

        What they add up to is exact, how it is distributed over the functions, that of the linear
        form.
        """
        totals = crust_totals(self.grid, self._tables, u, self.field)
        ends = self._ends(u)
        energy = totals.energy + ends.core_energy
        powers = self._powers(heat, totals.neutrinos, ends)
        content = rates.content + (energy - _dot(self._ones, rates.content)) * unit_heat
        gain = SIGNS @ powers / UNIT - _dot(self._ones, rates.rate)
        return replace(rates, content=content, rate=rates.rate + gain * unit_heat, powers=powers)

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
        # not at each place: where degrees are too few, some are too cold
        if not (self.grid.root_mean_squares(u)[1:-1] / self._lapse).min() >= LOWEST:
            raise StepFailedError(f"temperature: falls below {LOWEST:g} K, where its tables begin")
        if not max(crust.hottest, outer.max()) <= HIGHEST:
            raise StepFailedError(f"temperature: exceeds {HIGHEST:g} K, where its tables end")
        ends = self._ends(u)
        content, rate = crust.content, crust.rate
        content[0, 0] += MONOPOLE * ends.core_energy
        rate += heat
        rate[0, 0] -= MONOPOLE * ends.core_loss
        rate[-1] -= ends.leaving
        powers = self._powers(heat, crust.neutrinos, ends)
        return _Rates(content, rate, powers, ends.slope, coefficients)

    def _ends(self, u: np.ndarray) -> _Ends:
        """What core and envelope hold and lose at one state."""
        uniform = MONOPOLE * float(u[0, 0])
        core, _ = self.core.luminosity(uniform)
        through, slope, radiated = self.surface.luminosities(
            np.maximum(self.surface_temperature(u), LOWEST)
        )
        return _Ends(
            self.core.energy(uniform) / UNIT,
            JULIAN_YEAR * core / UNIT,
            self.grid.against_sphere(through),
            slope,
            self.grid.against_sphere(radiated)[0] / MONOPOLE,
        )

    def _powers(self, heat: np.ndarray, neutrinos: float, ends: _Ends) -> np.ndarray:
        """Rates of `BUDGET` [erg/yr], without that of a prescribed core."""
        deposited, lost = _dot(self._ones, heat), ends.leaving[0] / MONOPOLE
        envelope = lost - ends.photons
        return UNIT * np.array([deposited, 0.0, ends.photons, envelope, neutrinos, ends.core_loss])


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    """Scalar product; not by BLAS, whose sums depend on its number of threads."""
    return float(np.einsum("ij,ij->", a, b))
