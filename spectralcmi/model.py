"""The induction equation as a model for time schemes: M dy/dt = explicit - K y.

Hall drift and the chiral term are explicit, Ohmic decay and angular dissipation implicit. The
state y has the coefficients of a field space; explicit terms are given by their work against each
coefficient, -Int e^(2 Phi) cE . J_k dV with J = e^-Phi curl(e^Phi B), so that what E does on the
quadrature grid is exactly the change of the energy seen from infinity.

Electrons may have an inertia m c/e = a, larger than the true one. With their skin depth d,
d^2 = f_h a, a current that changes needs cE = d^2 dJ/dt beside Ohm's, which adds
Int e^(2 Phi) d^2 J_j . J_k dV to M. Hall waves f_h B k^2/(1 + d^2 k^2) are then no faster than
electrons gyrate, e^Phi B/a, however fine the grid, and the explicit steps no shorter. Slow changes
and fields at rest do not feel it, and as Hall drift still does no work, the energy of the field and
of the electrons together is kept. It is the idea of semi-implicit steps, Harned & Mikic, J. Comput.
Phys. 83, 1 (1989), with the term of electron magnetohydrodynamics, but for the momentum that
electrons carry with them, Gordeev, Kingsep & Rudakov, Phys. Rep. 243, 215 (1994).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from spectralcmi.fields.space import FieldSpace, projected
from spectralcmi.fields.state import Profiles, State
from spectralcmi.terms.electric_field import (
    ElectricField,
    LocalCoefficients,
    ShellMeasures,
    ShellSummary,
)
from spectralcmi.terms.electrons import Electrons
from spectralcmi.threads import Threads, blocks

#: Blocks of rows of a scalar product over a state.
WORK_BLOCKS = 4


class Deposit(Protocol):
    """Where heat goes: what it does to each function that the temperature is made of."""

    @property
    def heats(self) -> int:
        """Number of functions."""

    def __call__(self, joule: np.ndarray, shells: np.ndarray) -> np.ndarray:
        """Integrals of a heat against all functions, shape (heats,) [(1e12 G)^2 km3/yr].

        Parameters
        ----------
        joule : ndarray, shape (points, grid)
            Local heat per volume [(1e12 G)^2/yr].
        shells : ndarray, shape (points,)
            Heat of whole shells, seen from infinity [(1e12 G)^2 km3/yr].
        """


class InductionModel:
    """Ohmic decay, Hall drift, chiral magnetic effect and angular dissipation.

    Parameters
    ----------
    space : FieldSpace
        Where the field lives, with mass and stiffness.
    local : LocalCoefficients
        Coefficients of Ohm's law on the quadrature shells.
    threads : Threads, optional
    heats : bool
        Whether the heat of each quadrature shell is integrated as well, see `quadratures`.
    deposit : Deposit, optional
        What to integrate in its place, where coefficients depend on the angles.

    Attributes
    ----------
    shape : (int, int)
        Shape of a state. Its M-norm squared is Int e^Phi B^2 dV over all space, with the energy of
        the electrons, if they have an inertia [(1e12 G)^2 km3].
    summary : ShellSummary or None
        By-products of the last evaluation of the explicit terms.
    electrons : Electrons or None
        Those of the crust, for what is measured of the source; None where it has no rates.
    quadratures : tuple of str
        Powers whose time integrals are kept, in the order of the rates, each times 8 pi
        [(1e12 G)^2 km3/yr]: `POWERS`, and, with `heats`, heat that is set free in each quadrature
        shell, seen from infinity: Joule's, and that of the angular dissipation.
    has_spin_flip_heat : bool
        Whether the heat of the spin flips of the electrons is among the heats.
    """

    #: Ohmic loss (negative), work of the chiral term, loss by angular dissipation (negative),
    #: chemical energy released -(1/4 pi) Int k5 B . cE dV.
    POWERS = ("ohmic", "chiral", "angular_dissipation", "chiral_energy")

    def __init__(
        self,
        space: FieldSpace,
        local: LocalCoefficients,
        threads: Threads | None = None,
        *,
        heats: bool = False,
        deposit: Deposit | None = None,
    ) -> None:
        self.space, self.local = space, local
        self.shell, self.shape = space.shell, space.shape
        self.threads = threads or Threads(1)
        self.electric_field = ElectricField(self.shell, local, self.threads, space.angular_rates)
        self.summary: ShellSummary | None = None
        self.heats, self._deposit = heats, deposit
        count = self.shell.basis.points if deposit is None else deposit.heats
        self.quadratures = (*self.POWERS, *(("heat",) * count if heats else ()))
        self.electrons: Electrons | None = None
        self.has_spin_flip_heat = False
        basis, count = self.shell.basis, self.shell.columns.count
        self._slots = (
            np.zeros((basis.poloidal_slots, count)),
            np.zeros((basis.toroidal_slots, count)),
        )

    @property
    def has_explicit_terms(self) -> bool:
        """Whether the Hall or the chiral term acts at all."""
        local = self.local
        parts = (local.hall_prefactor, local.chiral_wavenumber, local.anomaly_feedback)
        return local.on_grid is not None or any(np.any(part != 0) for part in parts)

    def explicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write the work of the Hall and the chiral term; return their rates of the quadratures.

        Parameters
        ----------
        time : float
            [yr]
        state, out : ndarray, shape `shape`

        Returns
        -------
        ndarray, shape (quadratures,)

        Notes
        -----
        Cost: that of `ElectricField`, and the conversion to slots and back.
        """
        if not self.has_explicit_terms:
            out[:] = 0.0
            heat = self.heat(state, self.measure(state)) if self.heats else ()
            return np.concatenate([np.zeros(4), heat])
        measures = None
        if self.heats or self.local.on_grid is not None:
            self.summary = measures = self.measure(state)
        else:
            self.summary = self.summarise(state)
        heat = self.heat(state, measures) if self.heats and measures is not None else ()
        self.electric_field.work_on(*self._slots)
        self.space.to_rows(*self._slots, out)
        # Hall does no work, so what the explicit terms do is the chiral work alone.
        chiral, ohmic = 2.0 * self._work(state, out), 0.0
        if self.local.on_grid is not None and measures is not None:
            # but for what the implicit Ohmic term took too much of
            ohmic = -2.0 * float(self.shell.power_integral(measures.ohmic_remainder))
            chiral -= ohmic
        released = -2.0 * self.shell.power_integral(self.summary.chiral_work)
        return np.concatenate([[ohmic, chiral, 0.0, released], heat])

    def heat(self, state: np.ndarray, measures: ShellMeasures) -> np.ndarray:
        """Heat that is set free in each quadrature shell, times 8 pi [(1e12 G)^2 km3/yr].

        Parameters
        ----------
        state : ndarray, shape `shape`
        measures : ShellMeasures
            Of that state.

        Returns
        -------
        ndarray, shape (points,), or that of the deposit
            Seen from infinity. Its sum is the loss of magnetic energy, by Ohmic decay, the chiral
            term and angular dissipation, less what goes to the chirality, to round-off. What the
            angular dissipation takes from the field outside is set free where it acts inside.
        """
        shell, columns = self.shell, self.shell.columns
        area = 2.0 * shell.basis.radius**2
        angular = area * shell.energy_weights * measures.angular_heat
        rates = self.space.angular_rates
        inside = float(angular.sum())
        if inside > 0:
            outside = shell.exterior_weights * rates[columns.degree - 1]
            outside = 2.0 * float(outside @ self.space.surface(state) ** 2)
            angular *= 1.0 + outside / inside
        spread: np.ndarray = angular
        if self.has_spin_flip_heat and self.electrons is not None:
            flips = self.electrons.spin_flip_heat(measures.wavenumber, measures.chiral_work)
            spread = angular + shell.basis.radius**2 * shell.power_weights * flips
        if self._deposit is not None:
            joule = self.electric_field.joule_heat
            assert joule is not None  # a deposit comes with coefficients of each point
            # twice that of halves, for the Joule heat is as large as the grid
            return 2.0 * self._deposit(joule, 0.5 * spread)
        return area * shell.power_weights * measures.joule_heat + spread

    def _work(self, state: np.ndarray, work: np.ndarray) -> float:
        """Sum of state times work, in blocks of rows, so that threads share the reading."""
        bounds = blocks(self.shape[0], -(-self.shape[0] // WORK_BLOCKS))
        sums = np.empty(len(bounds))

        def add(first: int, last: int) -> None:
            sums[first // bounds[0][1]] = np.vdot(state[first:last], work[first:last])

        if self.shell.harmonics.mmax:
            self.threads.run_compiled(add, bounds)
        else:
            for ends in bounds:
                add(*ends)
        return float(sums.sum())

    def implicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write K y; return the rates of Ohmic decay and of angular dissipation."""
        ohmic, angular = self.space.stiffness(state, out)
        rates = np.zeros(len(self.quadratures))
        rates[0], rates[2] = -2.0 * ohmic, -2.0 * angular
        return rates

    def mass(self, state: np.ndarray, out: np.ndarray) -> None:
        """Write M y, with the inertia of the electrons, if they have some."""
        self.space.mass(state, out)

    def inertial_square(self, state: np.ndarray) -> float:
        """Int e^(2 Phi) d^2 J^2 dV, the energy of the electrons times 8 pi [(1e12 G)^2 km3]."""
        return self.space.inertial_square(state)

    def solve(self, step: float, right: np.ndarray, out: np.ndarray) -> None:
        """Write (M + step K)^-1 right."""
        self.space.solve(step, right, out)

    def summarise(self, state: np.ndarray) -> ShellSummary:
        """Angular integrals of the field and k5 on the shells, computed even if no term acts."""
        self.space.to_slots(state, *self._slots)
        return self.electric_field.evaluate(*self._slots)

    def measure(self, state: np.ndarray) -> ShellMeasures:
        """As `summarise`, with all that can be measured on the shells.

        Parameters
        ----------
        state : ndarray, shape `shape`

        Returns
        -------
        ShellMeasures
        """
        self.space.to_slots(state, *self._slots)
        return self.electric_field.measure(*self._slots)

    def state(self, coefficients: np.ndarray, time: float = 0.0) -> State:
        """The field with these coefficients.

        Parameters
        ----------
        coefficients : ndarray, shape `shape`
        time : float
            [yr]

        Returns
        -------
        State
        """
        slots = tuple(np.empty_like(part) for part in self._slots)
        self.space.to_slots(coefficients, *slots)
        return State(time, self.shell, *slots)

    def coefficients(self, field: State | Profiles) -> np.ndarray:
        """Coefficients of a field, its projection in the energy inner product.

        Parameters
        ----------
        field : State or Profiles
            Of the shell of this model.

        Returns
        -------
        ndarray, shape `shape`
        """
        return projected(self.space, field.profiles if isinstance(field, State) else field)

    def square_integral(self, state: np.ndarray, mass_state: np.ndarray | None = None) -> float:
        """Int e^Phi B^2 dV over the shell [(1e12 G)^2 km3].

        Parameters
        ----------
        state : ndarray, shape `shape`
        mass_state : ndarray, shape `shape`, optional
            M y, where it is known.
        """
        if mass_state is None:
            mass_state = np.empty(self.shape)
            self.mass(state, mass_state)
        outside = self.shell.exterior_weights @ self.space.surface(state) ** 2
        return float(np.vdot(state, mass_state) - outside) - self.inertial_square(state)
