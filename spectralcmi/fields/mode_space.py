"""Free-decay modes of one global expansion: mass 1, Ohmic decay diagonal, a matrix per degree.

Exact and simple where a few hundred polynomials suffice. Products with the matrices of the degrees
cost 2 (modes) (polynomials) flops a column each way, see `spectralcmi.fields.element_space` for a
banded alternative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from spectralcmi.fields.space import FreeDecay
from spectralcmi.grid.products import dgemm_address, multiply_by_degree
from spectralcmi.grid.shell import Shell
from spectralcmi.threads import Threads

#: Most of the radial matrix products handed to a thread at a time, in columns; their
#: coefficients stay in cache from one product to the next.
COLUMNS_PER_GROUP = 480
MULTIPLE_OF_GROUPS = 4
#: Reading the matrices of a degree takes as long as multiplying this many columns.
COLUMNS_WORTH_A_MATRIX = 16


class ModeSpace:
    """All free-decay modes of a global expansion, see `spectralcmi.fields.space.FieldSpace`.

    Parameters
    ----------
    shell : Shell
    modes : FreeDecay
        All modes of each degree.
    angular_rates : ndarray, shape (lmax,)
        [1/yr]
    threads : Threads
    """

    def __init__(
        self, shell: Shell, modes: FreeDecay, angular_rates: np.ndarray, threads: Threads
    ) -> None:
        self.shell, self.modes, self.angular_rates = shell, modes, angular_rates
        self._threads = threads
        degree = shell.columns.degree
        rates = np.hstack([modes.poloidal_rates, modes.toroidal_rates])
        self.ohmic_rates = np.ascontiguousarray(rates[degree - 1].T)
        self._column_rates = angular_rates[degree - 1]
        self.shape: tuple[int, ...] = self.ohmic_rates.shape
        self._split = modes.poloidal_modes
        self._transposed = tuple(
            np.ascontiguousarray(part.transpose(0, 2, 1))
            for part in (modes.poloidal, modes.toroidal)
        )
        self._surface = np.einsum("n,lnk->lk", shell.basis.outer_poloidal, modes.poloidal)
        self._groups = self._degree_groups()
        self._dgemm = dgemm_address()

    @property
    def free_modes(self) -> dict[str, int]:
        """Number of poloidal and of toroidal modes of a degree."""
        return {"poloidal": self.modes.poloidal_modes, "toroidal": self.modes.toroidal_modes}

    def free_decay(self, count: int, degrees: Iterable[int]) -> FreeDecay:
        """The slowest free-decay modes of some degrees."""
        index, modes = np.array(list(degrees)) - 1, self.modes
        return FreeDecay(
            modes.poloidal[index, :, :count],
            modes.toroidal[index, :, :count],
            modes.poloidal_rates[index, :count],
            modes.toroidal_rates[index, :count],
        )

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
        degrees = [tuple((np.flatnonzero(group == g) + 1).tolist()) for g in np.unique(group)]
        return [(slice(slices[d[0] - 1].start, slices[d[-1] - 1].stop), d) for d in degrees]

    def _for_each_group(self, task: Callable[[slice, tuple[int, ...]], object]) -> None:
        self._threads.run(task, self._groups)

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

    def to_slots(self, state: np.ndarray, poloidal: np.ndarray, toroidal: np.ndarray) -> None:
        """Write the slots of p and t."""

        def group(columns: slice, degrees: tuple[int, ...]) -> None:
            self._by_degree(
                degrees,
                (self.modes.poloidal, state[: self._split, columns], poloidal[:, columns]),
                (self.modes.toroidal, state[self._split :, columns], toroidal[:, columns]),
            )

        self._for_each_group(group)

    def to_rows(self, poloidal: np.ndarray, toroidal: np.ndarray, out: np.ndarray) -> None:
        """Write the work on each coefficient, from that on each slot."""

        def group(columns: slice, degrees: tuple[int, ...]) -> None:
            self._by_degree(
                degrees,
                (self._transposed[0], poloidal[:, columns], out[: self._split, columns]),
                (self._transposed[1], toroidal[:, columns], out[self._split :, columns]),
            )

        self._for_each_group(group)

    def mass(self, state: np.ndarray, out: np.ndarray) -> None:
        """Write M y = y."""
        out[:] = state

    def stiffness(self, state: np.ndarray, out: np.ndarray) -> tuple[float, float]:
        """Write K y; its Ohmic and its angular part of y^T K y."""
        np.multiply(self._column_rates, state, out=out)
        angular = float(np.vdot(out, state))
        ohmic = self.ohmic_rates * state
        out += ohmic
        return float(np.vdot(ohmic, state)), angular

    def solve(self, step: float, right: np.ndarray, out: np.ndarray) -> None:
        """Write (1 + step K)^-1 right."""
        np.divide(right, 1.0 + step * (self.ohmic_rates + self._column_rates), out=out)

    def inertial_square(self, state: np.ndarray) -> float:
        """Part of y^T M y that is not the field's: electrons have no inertia here."""
        return 0.0

    def project(self, right: np.ndarray, out: np.ndarray) -> None:
        """Write the coefficients of a field from its energy products with all modes."""
        out[:] = right

    def surface(self, state: np.ndarray) -> np.ndarray:
        """p at the outer radius, shape (columns,) [1e12 G km2]."""
        rows = self._surface[self.shell.columns.degree - 1].T
        return np.einsum("kc,kc->c", rows, state[: self._split])
