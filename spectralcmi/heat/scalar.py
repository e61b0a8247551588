r"""Scalars on radial elements: piecewise polynomials of the radius, continuous, both ends free.

They are the functions that t = r T of the field is made of, without its boundary conditions. The
weak form of the heat equation needs, for a harmonic of degree l with L = l(l+1) and per unit solid
angle,

    Int c v u dV            volume_weights    e^Lambda r^2 dr
    Int e^(2 Phi) Q v dV    power_weights     e^(2 Phi + Lambda) r^2 dr
    Int e^Phi grad v . K . grad u dV:
      along the radius      radial_weights    e^(Phi - Lambda) r^2 dr       of K_rr u' v'
      along the sphere                        e^(Phi + Lambda) dr           of L K_h u v

so that u' and v' are plain derivatives. The last is formed on the grid, see
`spectralcmi.heat.conduction`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.metric import FLAT, Metric
from spectralcmi.grid.radial import on_points
from spectralcmi.grid.shell import Shell
from spectralcmi.terms.kernels import kernel


@dataclass(frozen=True)
class ScalarBasis:
    """Radial functions of scalars, with the metric in the weights.

    Parameters
    ----------
    basis : ElementBasis
    metric : Metric

    Notes
    -----
    A scalar is a set of slots, shape (slots, columns), one column for each harmonic. The slots
    `INNER` and `OUTER` are its values at the two ends, those of `nodes` its values at the
    breakpoints; all others belong to functions that vanish there.
    """

    basis: ElementBasis
    metric: Metric = FLAT

    #: Slots of the values at the two ends.
    INNER = 0
    OUTER = -1

    @classmethod
    def of(cls, shell: Shell) -> ScalarBasis:
        """Scalars on the elements of a shell.

        Raises
        ------
        ValueError
            If the radial basis of the shell is not made of elements.
        """
        if not isinstance(shell.basis, ElementBasis):
            raise ValueError("scalars need radial elements, not one global expansion")
        return cls(shell.basis, shell.metric)

    @property
    def slots(self) -> int:
        """Number of slots N."""
        return self.basis.toroidal_slots

    @property
    def half_bandwidth(self) -> int:
        """Of matrices of products of functions: slots of one element differ by no more."""
        return self.basis.element_order - 1

    @property
    def radius(self) -> np.ndarray:
        """Quadrature radii [km], shape (points,)."""
        return self.basis.radius

    @cached_property
    def nodes(self) -> np.ndarray:
        """1 for the values at breakpoints, 0 for the others: the slots of the function 1."""
        ones = np.zeros(self.slots)
        ones[:: self.basis.stride] = 1.0
        return ones

    @cached_property
    def tables(self) -> np.ndarray:
        """f and f' of the local functions, shape (elements, 2, points of an element, functions)."""
        return np.ascontiguousarray(self.basis.toroidal_tables.swapaxes(0, 1))

    @cached_property
    def starts(self) -> np.ndarray:
        """First slot of each element."""
        return np.arange(self.basis.elements) * self.basis.stride

    @cached_property
    def bounds(self) -> np.ndarray:
        """First quadrature point of each element, and their number."""
        return np.arange(self.basis.elements + 1) * self.basis.points_per_element

    # Metric --------------------------------------------------------------------------------

    @cached_property
    def lapse(self) -> np.ndarray:
        """e^Phi at the quadrature points, shape (points,): u = e^Phi T."""
        return np.exp(self.metric.potential(self.radius))

    @cached_property
    def end_lapses(self) -> tuple[float, float]:
        """e^Phi at the inner and at the outer radius."""
        ends = np.array([self.basis.inner_radius, self.basis.outer_radius])
        inner, outer = np.exp(self.metric.potential(ends))
        return float(inner), float(outer)

    @cached_property
    def _stretch(self) -> np.ndarray:
        """e^Lambda at the quadrature points."""
        return np.exp(self.metric.radial_potential(self.radius))

    @cached_property
    def volume_weights(self) -> np.ndarray:
        """Of Int c v u dV per solid angle, shape (points,) [km3]."""
        return self.basis.weights * self._stretch * self.radius**2

    @cached_property
    def power_weights(self) -> np.ndarray:
        """Of Int e^(2 Phi) Q v dV per solid angle, shape (points,) [km3]."""
        return self.volume_weights * self.lapse**2

    @cached_property
    def radial_weights(self) -> np.ndarray:
        """Of K_rr u' v', shape (points,) [km3]."""
        return self.basis.weights * self.lapse / self._stretch * self.radius**2

    # Functions and forms -------------------------------------------------------------------

    def on_points(self, slots: np.ndarray) -> np.ndarray:
        """u and u' [1/km] at the quadrature points.

        Parameters
        ----------
        slots : ndarray, shape (slots, columns)

        Returns
        -------
        ndarray, shape (2, points, columns)
        """
        return on_points(self.tables, self.starts, self.bounds, slots)

    def against(self, integrands: np.ndarray) -> np.ndarray:
        """Sums over the points of f g_0 + f' g_1 for every function f.

        Parameters
        ----------
        integrands : ndarray, shape (2, points, columns)
            g_0 and g_1, with their weights.

        Returns
        -------
        ndarray, shape (slots, columns)
        """
        elements, columns = self.basis.elements, integrands.shape[2]
        by_element = integrands.reshape(2, elements, -1, columns).swapaxes(0, 1)
        local = self._tests @ by_element.reshape(elements, -1, columns)
        out = np.zeros((self.slots, columns))
        out[:-1].reshape(elements, -1, columns)[...] = local[:, :-1]
        out[self.basis.stride :: self.basis.stride] += local[:, -1]  # neighbours share a slot
        return out

    @cached_property
    def _tests(self) -> np.ndarray:
        """Transposed tables, shape (elements, functions, 2 points)."""
        flat = self.tables.reshape(self.basis.elements, -1, self.tables.shape[3])
        return np.ascontiguousarray(flat.swapaxes(1, 2))

    def projected_values(self, values: np.ndarray) -> np.ndarray:
        """Slots of the function nearest to values at the quadrature points, element by element.

        Values at a breakpoint are the mean of what its two elements say.

        Parameters
        ----------
        values : ndarray, shape (points, columns)

        Returns
        -------
        ndarray, shape (slots, columns)
        """
        size = self.basis.points_per_element
        inverse = np.linalg.pinv(self.tables[0, 0])
        local = np.einsum("iq,eqc->eic", inverse, values.reshape(-1, size, values.shape[1]))
        out = np.zeros((self.slots, values.shape[1]))
        shares = np.zeros(self.slots)
        for element, start in enumerate(self.starts):
            window = slice(start, start + local.shape[1])
            out[window] += local[element]
            shares[window] += 1.0
        return out / shares[:, None]

    def products(
        self,
        values: np.ndarray | None = None,
        slopes: np.ndarray | None = None,
        mixed: np.ndarray | None = None,
    ) -> np.ndarray:
        """Band of the matrix sum_points a f_i f_j + b f_i' f_j' + c f_i' f_j.

        Parameters
        ----------
        values, slopes, mixed : ndarray, shape (points,), optional
            a, b and c, with their weights; nothing: 0.

        Returns
        -------
        ndarray, shape (3 half_bandwidth + 1, slots), in Fortran's order
            As gbsv of LAPACK takes it: A[i, j] at [2 half_bandwidth + i - j, j], and room for the
            factors in the first half_bandwidth rows.
        """
        zero = np.zeros(self.radius.size)
        values, slopes, mixed = (zero if w is None else w for w in (values, slopes, mixed))
        band = np.zeros((self.slots, 3 * self.half_bandwidth + 1))
        _add_products(self.tables, self.basis.stride, values, slopes, mixed, band)
        return band.T


@kernel(cache=True, fastmath={"contract"})
def _add_products(
    functions: np.ndarray,
    stride: int,
    values: np.ndarray,
    slopes: np.ndarray,
    mixed: np.ndarray,
    band: np.ndarray,
) -> None:
    """`ScalarBasis.products`, transposed: columns are contiguous."""
    count = functions.shape[3]
    for element in range(functions.shape[0]):
        for row in range(functions.shape[2]):
            point = element * functions.shape[2] + row
            f, df = functions[element, 0, row], functions[element, 1, row]
            for j in range(count):
                first = 2 * (count - 1) - j
                column = band[element * stride + j, first : first + count]
                of_value = values[point] * f[j]
                of_slope = slopes[point] * df[j] + mixed[point] * f[j]
                for i in range(count):
                    column[i] += of_value * f[i] + of_slope * df[i]
