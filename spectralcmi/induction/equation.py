"""The induction equation in the free-decay basis, split for implicit-explicit time schemes.

    da/dt = explicit_terms(a) - implicit_rates a

with a the coefficients of the free-decay modes: Hall drift and the chiral term are explicit, Ohmic
decay and angular dissipation are implicit and diagonal.
"""

from __future__ import annotations

import numpy as np

from spectralcmi.induction.boundary import exterior_factor
from spectralcmi.induction.electric_field import ElectricField, LocalCoefficients, ShellSummary
from spectralcmi.induction.ohmic import FreeDecay
from spectralcmi.spectral.shell import Shell
from spectralcmi.state import State
from spectralcmi.threads import Threads

#: Columns of the per-degree products handed to a thread at a time.
COLUMNS_PER_TASK = 240
#: Reading the matrices of a degree takes as long as multiplying this many columns.
COLUMNS_WORTH_A_MATRIX = 16


class InductionEquation:
    """Ohmic decay, Hall drift, chiral magnetic effect and angular dissipation.

    Parameters
    ----------
    shell : Shell
    modes : FreeDecay
    local : LocalCoefficients
    angular_rate : float
        Rate of the angular dissipation at lmax [1/yr]; at degree l it is
        angular_rate (L/L_max)^4 with L = l(l+1).
    threads : Threads, optional

    Attributes
    ----------
    ohmic_rates : ndarray, shape (modes, columns)
        Decay rate of each coefficient [1/yr].
    angular_rates : ndarray, shape (columns,)
        Angular dissipation of each column [1/yr].
    implicit_rates : ndarray, shape (modes, columns)
        Their sum.
    electric_field : ElectricField
    summary : ShellSummary or None
        By-products of the last evaluation of the explicit terms.

    Notes
    -----
    The state is a real array of shape (modes, columns): the poloidal modes of each column above its
    toroidal modes, see `spectralcmi.spectral.shell` for the columns. Its square sum is Int B^2 dV
    over all space [(1e12 G)^2 km3].
    """

    #: Names of the rates that `explicit_terms` returns, in order.
    quadratures = ("ohmic", "chiral", "angular_dissipation", "chiral_energy")

    def __init__(
        self,
        shell: Shell,
        modes: FreeDecay,
        local: LocalCoefficients,
        angular_rate: float = 0.0,
        threads: Threads | None = None,
    ) -> None:
        self.shell = shell
        self.modes = modes
        self.local = local
        self.threads = threads or Threads(1)
        self.electric_field = ElectricField(shell, local, self.threads)
        column_degree = shell.columns.degree
        self.ohmic_rates = np.ascontiguousarray(
            np.hstack([modes.poloidal_rates, modes.toroidal_rates])[column_degree - 1].T
        )
        product = column_degree * (column_degree + 1.0)
        lmax = shell.harmonics.lmax
        self.angular_rates = angular_rate * (product / (lmax * (lmax + 1.0))) ** 4
        self.implicit_rates = self.ohmic_rates + self.angular_rates
        size = (shell.basis.order, shell.columns.count)
        self._poloidal, self._toroidal = np.empty(size), np.empty(size)
        self._tasks = self._degree_tasks()
        self._poloidal_test = self._poloidal_test_matrices()
        self._toroidal_test = modes.toroidal.transpose(0, 2, 1)
        self.summary: ShellSummary | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of a state: (poloidal and toroidal modes, columns)."""
        return self.implicit_rates.shape

    @property
    def has_explicit_terms(self) -> bool:
        """Whether the Hall or the chiral term acts at all."""
        local = self.local
        parts = (local.hall_prefactor, local.chiral_wavenumber, local.anomaly_feedback)
        return any(np.any(part != 0) for part in parts)

    def _degree_tasks(self) -> list[tuple[tuple[int, ...]]]:
        """Degrees grouped so that the tasks of the per-degree products are alike in size."""
        tasks, group, width = [], [], 0
        for degree, columns in enumerate(self.shell.columns.degree_slices, start=1):
            group.append(degree)
            width += max(columns.stop - columns.start, COLUMNS_WORTH_A_MATRIX)
            if width >= COLUMNS_PER_TASK:
                tasks.append((tuple(group),))
                group, width = [], 0
        return [*tasks, (tuple(group),)] if group else tasks

    def _poloidal_test_matrices(self) -> np.ndarray:
        """-L w r q_k on the quadrature points for each degree, shape (lmax, modes, points).

        What turns E_T into -Int E . curl B_k dV for the poloidal modes, q = -(p'' - L p/r^2).
        """
        basis = self.shell.basis
        values, _, second = basis.evaluation
        degree = np.arange(1, self.shell.harmonics.lmax + 1)
        weight = (basis.weights * basis.radius)[:, None]
        matrices = np.empty((degree.size, self.modes.poloidal_modes, basis.points))

        def fill(index: int) -> None:
            product = degree[index] * (degree[index] + 1.0)
            radial = product * weight * (second - product / basis.radius[:, None] ** 2 * values)
            np.matmul(self.modes.poloidal[index].T, radial.T, out=matrices[index])

        self.threads.run(fill, [(index,) for index in range(degree.size)])
        return matrices

    def chebyshev_coefficients(
        self, state: np.ndarray, poloidal: np.ndarray, toroidal: np.ndarray
    ) -> None:
        """Chebyshev coefficients of p and t of a state, written to arrays (order, columns)."""
        split = self.modes.poloidal_modes
        self._by_degree(
            (self.modes.poloidal, state[:split], poloidal),
            (self.modes.toroidal, state[split:], toroidal),
        )

    def project(self, tangential: np.ndarray, toroidal: np.ndarray, out: np.ndarray) -> None:
        """Tendency of the free-decay coefficients from what `ElectricField.evaluate` gives.

        Parameters
        ----------
        tangential : ndarray, shape (points, columns)
        toroidal : ndarray, shape (order, columns)
        out : ndarray, shape `shape`
            Overwritten.
        """
        split = self.modes.poloidal_modes
        self._by_degree(
            (self._poloidal_test, tangential, out[:split]),
            (self._toroidal_test, toroidal, out[split:]),
        )

    def _by_degree(self, *products: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        """For each (matrices, source, target): target = matrix of the degree times source."""
        slices = self.shell.columns.degree_slices

        def multiply(degrees: tuple[int, ...]) -> None:
            for degree in degrees:
                columns = slices[degree - 1]
                for matrices, source, target in products:
                    np.matmul(matrices[degree - 1], source[:, columns], out=target[:, columns])

        self.threads.run(multiply, self._tasks)

    def state(self, coefficients: np.ndarray, time: float = 0.0) -> State:
        """The field with these free-decay coefficients.

        Parameters
        ----------
        coefficients : ndarray, shape `shape`
        time : float
            [yr]

        Returns
        -------
        State
        """
        size = self._poloidal.shape
        poloidal, toroidal = np.empty(size), np.empty(size)
        self.chebyshev_coefficients(coefficients, poloidal, toroidal)
        return State(time, self.shell, poloidal, toroidal)

    def coefficients(self, state: State) -> np.ndarray:
        """Free-decay coefficients of a field, its projection in the energy inner product.

        Parameters
        ----------
        state : State

        Returns
        -------
        ndarray, shape `shape`
        """
        basis = self.shell.basis
        values, slopes, _ = basis.evaluation
        degree = self.shell.columns.degree
        product = degree * (degree + 1.0)
        p, slope, t = state.profiles
        weights = basis.weights[:, None]
        poloidal = values.T @ (product**2 * weights / basis.radius[:, None] ** 2 * p)
        poloidal += slopes.T @ (product * weights * slope)
        surface = product * exterior_factor(basis, degree) * state.surface_poloidal
        poloidal += np.outer(basis.boundary_evaluation[0][1], surface)
        toroidal = values.T @ (product * weights * t)
        out = np.empty(self.shape)
        split = self.modes.poloidal_modes
        self._by_degree(
            (self.modes.poloidal.transpose(0, 2, 1), poloidal, out[:split]),
            (self._toroidal_test, toroidal, out[split:]),
        )
        return out

    def square_integral(self, coefficients: np.ndarray) -> float:
        """Int B^2 dV over the shell [(1e12 G)^2 km3], from free-decay coefficients."""
        degree = self.shell.columns.degree
        rows = self.modes.surface[degree - 1].T
        surface = np.einsum("kc,kc->c", rows, coefficients[: self.modes.poloidal_modes])
        factor = degree * (degree + 1.0) * exterior_factor(self.shell.basis, degree)
        return float(np.vdot(coefficients, coefficients) - factor @ surface**2)

    def summarise(self, coefficients: np.ndarray) -> ShellSummary:
        """Angular integrals of the field and k5 on the shells, computed even if no term acts."""
        self.chebyshev_coefficients(coefficients, self._poloidal, self._toroidal)
        return self.electric_field.evaluate(self._poloidal, self._toroidal, self._toroidal)[1]

    def explicit_terms(self, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Hall and chiral tendency of a state, and the rates of the quadratures.

        Parameters
        ----------
        state : ndarray, shape `shape`
        out : ndarray, shape `shape`
            Overwritten with the tendency [per yr].

        Returns
        -------
        ndarray, shape (4,)
            Rates of `quadratures`, each times 8 pi [(1e12 G)^2 km3/yr]: Ohmic loss (negative), work
            of the chiral term, loss by angular dissipation (negative), chemical energy released
            -(1/4 pi) Int k5 B . cE dV.

        Notes
        -----
        Cost, with M quadrature shells, N polynomials and K columns: that of
        `ElectricField.evaluate` and (6 N^2 + 2 M N) K flops of per-degree products.
        """
        squares = state * state
        ohmic = -2.0 * np.vdot(self.ohmic_rates, squares)
        angular = -2.0 * float(self.angular_rates @ squares.sum(axis=0))
        if not self.has_explicit_terms:
            out[:] = 0.0
            return np.array([ohmic, 0.0, angular, 0.0])
        self.chebyshev_coefficients(state, self._poloidal, self._toroidal)
        tangential, self.summary = self.electric_field.evaluate(
            self._poloidal, self._toroidal, self._toroidal
        )
        self.project(tangential, self._toroidal, out)
        # Hall does no work, so what the explicit terms do is the chiral work alone.
        chiral = 2.0 * np.vdot(state, out)
        released = -2.0 * self.shell.integral(self.summary.chiral_work)
        return np.array([ohmic, chiral, angular, released])
