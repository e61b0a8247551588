"""The induction equation in the free-decay basis, split for implicit-explicit time schemes.

    da/dt = explicit_terms(a) - implicit_rates a

with a the coefficients of the free-decay modes: Hall drift and the chiral term are explicit, Ohmic
decay and angular dissipation are implicit and diagonal.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numba
import numpy as np

from spectralcmi.fields.boundary import exterior_factor
from spectralcmi.fields.state import State
from spectralcmi.grid.products import dgemm_address, multiply_by_degree
from spectralcmi.grid.shell import Shell
from spectralcmi.terms.electric_field import ElectricField, LocalCoefficients, ShellSummary
from spectralcmi.terms.ohmic import FreeDecay
from spectralcmi.threads import Threads

#: Most of the radial matrix products handed to a thread at a time, in columns; their
#: coefficients stay in cache from one product to the next.
COLUMNS_PER_GROUP = 480
MULTIPLE_OF_GROUPS = 4
#: Reading the matrices of a degree takes as long as multiplying this many columns.
COLUMNS_WORTH_A_MATRIX = 16


@numba.njit(nogil=True, cache=True, fastmath={"contract", "reassoc"})
def _sums(ohmic_rates, angular_rate, state, tendency):
    """Sums of ohmic rate s^2, angular rate s^2 and tendency s over the columns of a degree."""
    ohmic = total = work = 0.0
    for mode in range(state.shape[0]):
        square = 0.0
        for c in range(state.shape[1]):
            square += state[mode, c] * state[mode, c]
            work += state[mode, c] * tendency[mode, c]
        ohmic += ohmic_rates[mode] * square
        total += square
    return ohmic, angular_rate * total, work


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
    toroidal modes, see `spectralcmi.grid.shell` for the columns. Its square sum is Int B^2 dV
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
        self._rates = np.hstack([modes.poloidal_rates, modes.toroidal_rates])
        self.ohmic_rates = np.ascontiguousarray(self._rates[column_degree - 1].T)
        product = column_degree * (column_degree + 1.0)
        lmax = shell.harmonics.lmax
        self.angular_rates = angular_rate * (product / (lmax * (lmax + 1.0))) ** 4
        self.implicit_rates = self.ohmic_rates + self.angular_rates
        self._space = threading.local()
        self._groups = self._degree_groups()
        self._dgemm = dgemm_address()
        self._poloidal_test = self._poloidal_test_matrices()
        self._toroidal_test = np.ascontiguousarray(modes.toroidal.transpose(0, 2, 1))
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

    def _degree_groups(self) -> list[tuple[slice, tuple[int, ...]]]:
        """Columns and degrees of groups whose matrix products take about the same time.

        Their number is a multiple of `MULTIPLE_OF_GROUPS`, so that no thread waits for the last.
        """
        slices = self.shell.columns.degree_slices
        widths = [s.stop - s.start for s in slices]
        work = np.cumsum(np.maximum(widths, COLUMNS_WORTH_A_MATRIX))
        rounds = -(-work[-1] // (MULTIPLE_OF_GROUPS * COLUMNS_PER_GROUP))
        target = work[-1] / (rounds * MULTIPLE_OF_GROUPS)
        # the group in which the middle of a degree's work lies
        group = ((work - np.diff(work, prepend=0) / 2) / target).astype(int)
        degrees = [tuple(np.flatnonzero(group == g) + 1) for g in np.unique(group)]
        return [(slice(slices[d[0] - 1].start, slices[d[-1] - 1].stop), d) for d in degrees]

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

    def _for_each_group(self, task: Callable[[slice, tuple[int, ...]], object]) -> None:
        """Call task(columns, degrees) for each group of degrees, on the threads."""
        self.threads.run(task, self._groups)

    def _by_degree(
        self, degrees: tuple[int, ...], *products: tuple[np.ndarray, np.ndarray, np.ndarray]
    ) -> None:
        """For each (matrices, source, target): target = matrix of the degree times source.

        The sources and targets have the columns of these degrees only.
        """
        slices = self.shell.columns.degree_slices[degrees[0] - 1 : degrees[-1]]
        bounds = np.array([s.start for s in slices] + [slices[-1].stop]) - slices[0].start
        for matrices, source, target in products:
            multiply_by_degree(
                self._dgemm, matrices[degrees[0] - 1 : degrees[-1]], bounds, source, target
            )

    def _to_polynomials(
        self,
        degrees: tuple[int, ...],
        coefficients: np.ndarray,
        poloidal: np.ndarray,
        toroidal: np.ndarray,
    ) -> None:
        """Chebyshev coefficients of p and t, all arrays with the columns of these degrees only."""
        split = self.modes.poloidal_modes
        self._by_degree(
            degrees,
            (self.modes.poloidal, coefficients[:split], poloidal),
            (self.modes.toroidal, coefficients[split:], toroidal),
        )

    def _polynomials(self, columns: slice) -> tuple[np.ndarray, np.ndarray]:
        """Space for the Chebyshev coefficients of p and t of a group, one for each thread."""
        if not hasattr(self._space, "polynomials"):
            widest = max(group.stop - group.start for group, _ in self._groups)
            self._space.polynomials = np.empty((2, self.shell.basis.order, widest))
        poloidal, toroidal = self._space.polynomials[:, :, : columns.stop - columns.start]
        return poloidal, toroidal

    def to_shells(self, state: np.ndarray) -> None:
        """First part of `explicit_terms`: p, t and their derivatives on the quadrature shells."""

        def group(columns: slice, degrees: tuple[int, ...]) -> None:
            poloidal, toroidal = self._polynomials(columns)
            self._to_polynomials(degrees, state[:, columns], poloidal, toroidal)
            self.electric_field.to_shells(poloidal, toroidal, columns)

        self._for_each_group(group)

    def to_modes(self, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Last part of `explicit_terms`: the electric field projected on the free-decay modes.

        Returns
        -------
        ndarray, shape (3,)
            What `_quadratic_sums` gives.
        """
        split = self.modes.poloidal_modes
        sums = np.empty((self.shell.harmonics.lmax, 3))

        def group(columns: slice, degrees: tuple[int, ...]) -> None:
            _, toroidal = self._polynomials(columns)
            self.electric_field.to_polynomials(toroidal, columns)
            tangential = self.electric_field.tangential[:, columns]
            self._by_degree(
                degrees,
                (self._poloidal_test, tangential, out[:split, columns]),
                (self._toroidal_test, toroidal, out[split:, columns]),
            )
            # at once, while the tendency is in cache
            self._quadratic_sums(degrees, state, out, sums)

        self._for_each_group(group)
        return sums.sum(axis=0)

    def _quadratic_sums(
        self, degrees: tuple[int, ...], state: np.ndarray, tendency: np.ndarray, sums: np.ndarray
    ) -> None:
        """Write the sums of ohmic rate s^2, angular rate s^2 and tendency s of each degree."""
        for degree in degrees:
            columns = self.shell.columns.degree_slices[degree - 1]
            sums[degree - 1] = _sums(
                self._rates[degree - 1],
                self.angular_rates[columns.start],
                state[:, columns],
                tendency[:, columns],
            )

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
        size = (self.shell.basis.order, self.shell.columns.count)
        poloidal, toroidal = np.empty(size), np.empty(size)

        def group(columns: slice, degrees: tuple[int, ...]) -> None:
            arrays = (array[:, columns] for array in (coefficients, poloidal, toroidal))
            self._to_polynomials(degrees, *arrays)

        self._for_each_group(group)
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
        poloidal_test = np.ascontiguousarray(self.modes.poloidal.transpose(0, 2, 1))
        out = np.empty(self.shape)
        split = self.modes.poloidal_modes

        def group(columns: slice, degrees: tuple[int, ...]) -> None:
            self._by_degree(
                degrees,
                (
                    poloidal_test,
                    poloidal[:, columns],
                    out[:split, columns],
                ),
                (self._toroidal_test, toroidal[:, columns], out[split:, columns]),
            )

        self._for_each_group(group)
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
        self.to_shells(coefficients)
        return self.electric_field.multiply()

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
        `ElectricField` and (6 N^2 + 2 M N) K flops of per-degree products.
        """
        if not self.has_explicit_terms:
            out[:] = 0.0
            sums = np.empty((self.shell.harmonics.lmax, 3))
            self._for_each_group(lambda _, degrees: self._quadratic_sums(degrees, state, out, sums))
            ohmic, angular, _ = 2.0 * sums.sum(axis=0)
            return np.array([-ohmic, 0.0, -angular, 0.0])
        self.to_shells(state)
        self.summary = self.electric_field.multiply()
        ohmic, angular, chiral = 2.0 * self.to_modes(state, out)
        # Hall does no work, so what the explicit terms do is the chiral work alone.
        released = -2.0 * self.shell.integral(self.summary.chiral_work)
        return np.array([-ohmic, chiral, -angular, released])
