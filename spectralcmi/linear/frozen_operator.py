"""The linearised equation about an axisymmetric state held fixed, as a matrix, element by element.

Perturbations of one order m, exp(i m phi), obey

    s M v = A v,    A = N'(y_0) - K,

with M and K the model's own and N'(y_0) the work of the linearised law of Ohm against the current
of each function, see `spectralcmi.linear.linearised_law`. Quadrature points and weights are those
of `spectralcmi.terms.electric_field`, so that A is the derivative of what the time loop computes,
to round-off, resolved or not.

At each point the electric field is a 3 x 6 matrix times (b, j), which are radial functions times
vector harmonics of the degrees of the order. A thus couples all degrees, but radial functions only
where they share an element.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from spectralcmi.fields.element_space import element_basis
from spectralcmi.linear.linearised_law import (
    RADIAL,
    SPHEROIDAL,
    TOROIDAL,
    linearised_law,
    vector_harmonics,
)
from spectralcmi.model import InductionModel

#: What a harmonic of a perturbation is of: the field or its curl.
_FIELD, _CURRENT = 0, 3


class FrozenOperator:
    """A and M of perturbations of one order about an axisymmetric state, on radial elements.

    Vectors have the shape (rows, degrees) of a state with a column a degree, from max(m, 1) to
    lmax: the complex amplitude of cos(m phi), real for m = 0.

    Parameters
    ----------
    model : InductionModel
        On an `ElementBasis`, its coefficients functions of the radius.
    state : ndarray, shape `model.shape`
        Its columns of order 0 are what perturbations are of.
    order : int
        One of the orders of the model.

    Attributes
    ----------
    shape : (int, int)
        Of vectors.
    size : int
        Functions of an element, those of p and of t.
    inner : int
        Those among them that vanish at both ends of the element. They come first; then p, its slope
        and t at the lower end, and the same at the upper one.
    elements : int
    degree, columns : ndarray of int, shape (degrees,)
        Degrees, and the columns of the model with their real parts.
    dtype : type
        Of the numbers of A: real for m = 0.

    Notes
    -----
    With G colatitudes, K degrees and points q of an element of n functions, a block costs
    36 q G K^2 flops of angular and 10 q n^2 K^2 of radial products, four times that for m > 0. It
    takes (n K)^2 numbers; none is kept.
    """

    def __init__(self, model: InductionModel, state: np.ndarray, order: int) -> None:
        self.model, self.order = model, order
        self._basis, harmonics = element_basis(model.shell), model.shell.harmonics
        chosen = harmonics.order == order
        self.columns = model.shell.columns.real[chosen]
        self.degree = harmonics.degree[chosen]
        self.dtype: type = complex if order else float
        self.elements, self.shape = self._basis.elements, (2 * self._basis.order, self.degree.size)
        count = self._basis.element_order
        self.size, self.inner = 2 * count + 1, 2 * count - 5
        p, t = np.arange(count + 1), count + 1 + np.arange(count)
        #: Places of the functions in the order of `block`.
        self._functions = np.concatenate(
            [p[2:-2], t[1:-1], p[:2], t[:1], p[-2:], t[-1:]]
        )  # fmt: skip
        self._mass, self._stiffness = (
            _bands(apply, model, self.columns, count)
            for apply in (model.mass, lambda y, out: model.implicit(0.0, y, out))
        )
        self._laws = linearised_law(model, state)
        weights = harmonics.colatitude_weight * harmonics.transform.nphi
        self._harmonics, self._parts = vector_harmonics(harmonics, order)
        self._tests = {place: table.conj().T * weights for place, table in self._harmonics.items()}
        to_slots = np.zeros((self._basis.poloidal_slots, model.shape[1]))
        unit = np.zeros(model.shape)
        unit[self._basis.order - 1] = 1.0
        model.space.to_slots(unit, to_slots, np.empty((self._basis.toroidal_slots, unit.shape[1])))
        self._outer_slope = to_slots[-1, self.columns]
        free = model.space.free_modes
        self._is_toroidal_fixed = free["toroidal"] < free["poloidal"]

    @property
    def diagonal(self) -> np.ndarray:
        """Diagonal of M, shape `shape`."""
        return self._mass[:, self._basis.element_order].reshape(self.shape)

    def mass(self, vector: np.ndarray) -> np.ndarray:
        """M v.

        Parameters
        ----------
        vector : ndarray, shape `shape`

        Returns
        -------
        ndarray, shape `shape`
        """
        half, functions = self._basis.element_order, self._basis.order
        padded = np.zeros((2, functions + 2 * half, self.shape[1]), vector.dtype)
        padded[:, half:-half] = vector.reshape(2, functions, -1)
        out = np.zeros((2, functions, self.shape[1]), vector.dtype)
        for k in range(2 * half + 1):
            out += self._mass[:, k] * padded[:, k : k + functions]
        return out.reshape(self.shape)

    def apply(self, vector: np.ndarray) -> np.ndarray:
        """A v; every block is made for it.

        Parameters
        ----------
        vector : ndarray, shape `shape`

        Returns
        -------
        ndarray, shape `shape`
        """
        inner, nodes = self.split(vector.astype(np.result_type(vector, self.dtype), copy=False))
        inner_out, nodes_out = np.zeros_like(inner), np.zeros_like(nodes)
        for element in range(self.elements):
            local = np.concatenate([inner[element], nodes[element], nodes[element + 1]])
            local = -self.block(element, 0.0) @ local
            size = inner.shape[1]
            inner_out[element] = local[:size]
            nodes_out[element] += local[size : size + nodes.shape[1]]
            nodes_out[element + 1] += local[size + nodes.shape[1] :]
        return self.joined(inner_out, nodes_out) * self.free

    @property
    def free(self) -> np.ndarray:
        """Whether a coefficient is free, shape `shape`."""
        free = np.ones(self.shape, dtype=bool)
        free[self._basis.order] = not self._is_toroidal_fixed
        return free

    def split(self, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A vector by element.

        Parameters
        ----------
        vector : ndarray, shape `shape`

        Returns
        -------
        inner : ndarray, shape (elements, inner degrees)
            Of the functions inside each element.
        nodes : ndarray, shape (elements + 1, 3 degrees)
            Of those that neighbours share; zero where the boundary fixes them.
        """
        stride, functions, degrees = self._basis.stride, self._basis.order, self.shape[1]
        slots = np.zeros((2, functions + stride, degrees), vector.dtype)
        slots[0, 1 : functions + 1], slots[1, :functions] = vector[:functions], vector[functions:]
        p, t = slots.reshape(2, self.elements + 1, stride, degrees)
        inner = np.concatenate([p[:-1, 2:], t[:-1, 1:]], axis=1)
        nodes = np.concatenate([p[:, :2], t[:, :1]], axis=1)
        return inner.reshape(self.elements, -1), nodes.reshape(self.elements + 1, -1)

    def joined(self, inner: np.ndarray, nodes: np.ndarray) -> np.ndarray:
        """The vector of the parts that `split` gives."""
        stride, functions, degrees = self._basis.stride, self._basis.order, self.shape[1]
        slots = np.zeros((2, self.elements + 1, stride, degrees), inner.dtype)
        inside = inner.reshape(self.elements, self.inner, degrees)
        slots[0, :-1, 2:] = inside[:, : stride - 2]
        slots[1, :-1, 1:] = inside[:, stride - 2 :]
        ends = nodes.reshape(self.elements + 1, 3, degrees)
        slots[0, :, :2], slots[1, :, :1] = ends[:, :2], ends[:, 2:]
        p, t = slots.reshape(2, functions + stride, degrees)
        return np.concatenate([p[1 : functions + 1], t[:functions]])

    def block(self, element: int, shift: complex) -> np.ndarray:
        """The part of an element in shift M - A.

        Parameters
        ----------
        element : int
        shift : complex or float
            [1/yr]

        Returns
        -------
        ndarray, shape (size degrees, size degrees)
            By function, in the order of `inner`, then by degree. What boundary conditions fix has a
            unit diagonal and nothing else.
        """
        degrees, count = self.degree.size, self._basis.element_order + 1
        dtype = np.result_type(self.dtype, type(shift))
        block = np.empty((self.size, degrees, self.size, degrees), dtype)
        parts = (slice(count), slice(count, self.size))
        for pair, local in zip(
            itertools.product(parts, parts), self._electric_work(element), strict=True
        ):
            np.negative(local.transpose(0, 2, 1, 3), out=block[pair[0], :, pair[1]])
        self._impose(block, element)
        diagonal = np.arange(degrees)
        block[:, diagonal, :, diagonal] += self._implicit(element, shift)
        return block[self._functions][:, :, self._functions].reshape(self.size * degrees, -1)

    def _impose(self, block: np.ndarray, element: int) -> None:
        """Boundary conditions in the explicit part of a block."""
        count = self._basis.element_order + 1
        fixed = []
        if element == self.elements - 1:
            slope = self._outer_slope
            block[count - 2] += slope[:, None, None] * block[count - 1]
            block[:, :, count - 2] += slope * block[:, :, count - 1]
            fixed = [count - 1, self.size - 1]
        if element == 0:
            fixed = [*fixed, 0, count] if self._is_toroidal_fixed else [*fixed, 0]
        block[fixed] = 0.0
        block[:, :, fixed] = 0.0

    def _implicit(self, element: int, shift: complex) -> np.ndarray:
        """Shift M + K in the functions of an element, (degrees, size, size).

        What neighbours share is given to the lower one.
        """
        basis, degrees = self._basis, self.degree.size
        half, order, count = basis.element_order, basis.order, basis.element_order + 1
        out = np.zeros((degrees, self.size, self.size), np.result_type(type(shift), float))
        for part, (functions, shared, first) in enumerate(((count, 2, -1), (count - 1, 1, 0))):
            i, j = np.meshgrid(np.arange(functions), np.arange(functions), indexing="ij")
            rows, others = (element * basis.stride + first + k for k in (i, j))
            inside = (np.minimum(rows, others) >= 0) & (np.maximum(rows, others) < order)
            if element > 0:
                inside &= (i >= shared) | (j >= shared)
            i, j, rows = i[inside], j[inside], rows[inside]
            bands = (matrix[part, half + j - i, rows] for matrix in (self._mass, self._stiffness))
            mass, stiffness = bands
            out[:, part * count + i, part * count + j] = (shift * mass + stiffness).T
        fixed = [0] if element == 0 else []
        if element == self.elements - 1:
            fixed += [count - 1, self.size - 1]
        out[:, fixed, fixed] = 1.0
        return out

    def _electric_work(self, element: int) -> tuple[np.ndarray, ...]:
        """Work on the functions of an element by those of an element.

        On p by p and by t, on t by p and by t; shape (functions, functions, degrees, degrees).
        """
        shell, degrees = self.model.shell, self.degree.size
        blocks = shell.blocks
        points = np.arange(blocks.bounds[element], blocks.bounds[element + 1])
        tables = blocks.poloidal[element], blocks.toroidal[element]
        forms = {
            (a, b): np.empty((points.size, 2, b, degrees, degrees), self.dtype)
            for a, b in itertools.product((3, 2), (3, 2))
        }
        product = self.degree * (self.degree + 1.0)
        for place, point in enumerate(points):
            radius = shell.basis.radius[point]
            weight = shell.power_weights[point] * radius
            angular = self._angular_forms(point)
            by_p, by_t = _by_derivative(angular, radius, product)
            for b, of_trial in ((3, by_p), (2, by_t)):
                # on p and p'', and on t and t'
                radial, slope, curved = (weight * part for part in of_trial)
                forms[3, b][place, 0] = curved * (-product[:, None] / radius**2)
                forms[3, b][place, 1] = curved
                forms[2, b][place, 0] = radial * (-product[:, None] / radius)
                forms[2, b][place, 1] = -slope
        tests = {3: tables[0][::2], 2: tables[1]}
        trials = {3: tables[0], 2: tables[1]}
        return tuple(
            _summed(tests[a][:, : points.size], trials[b][:, : points.size], form)
            for (a, b), form in forms.items()
        )

    def _angular_forms(self, point: int) -> np.ndarray:
        """Integrals over a sphere of e against vector harmonics: (tests, trials, degrees, degrees).

        Tests are Q, S, T; trials those of b, then those of j.
        """
        degrees, colatitudes = self.degree.size, self._laws.shape[-1]
        fields = np.empty((3, colatitudes, 6, degrees), self.dtype)
        for trial in range(6):
            of_field = trial < _CURRENT
            law = self._laws[point, 0 if of_field else 1]
            kind = trial % 3
            fields[:, :, trial] = sum(
                law[:, c, :, None] * self._harmonics[kind, c] for c in self._parts[kind]
            )
        flat = fields.reshape(3, colatitudes, -1)
        forms = np.empty((3, degrees, 6, degrees), self.dtype)
        for kind in range(3):
            forms[kind] = sum(self._tests[kind, c] @ flat[c] for c in self._parts[kind]).reshape(
                degrees, 6, degrees
            )
        return forms.swapaxes(1, 2)


def _by_derivative(
    angular: np.ndarray, radius: float, product: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Angular forms by what multiplies p, p', p'' and t, t': (tests, derivatives, ..) each.

    B: Q = L p/r^2, S = p'/r, T = t/r; curl B: Q = L t/r^2, S = t'/r, T = (L p/r^2 - p'')/r.
    """
    inverse = 1.0 / radius
    field, current = angular[:, _FIELD:_CURRENT], angular[:, _CURRENT:]
    radial = product * inverse**2
    by_p = (
        radial * (field[:, RADIAL] + inverse * current[:, TOROIDAL]),
        inverse * field[:, SPHEROIDAL],
        -inverse * current[:, TOROIDAL],
    )
    by_t = (
        inverse * field[:, TOROIDAL] + radial * current[:, RADIAL],
        inverse * current[:, SPHEROIDAL],
    )
    return np.stack(by_p, axis=1), np.stack(by_t, axis=1)


def _summed(test: np.ndarray, trial: np.ndarray, form: np.ndarray) -> np.ndarray:
    """Sum of test x trial x form over points and derivatives: (functions, functions, K, K)."""
    products = np.einsum("aqi,bqj->ijqab", test, trial, optimize=True)
    degrees = form.shape[-1]
    flat = form.reshape(-1, degrees * degrees).view(float)  # the radius is real
    sums = products.reshape(-1, flat.shape[0]) @ flat
    return sums.view(form.dtype).reshape(*products.shape[:2], degrees, degrees)


def _bands(
    apply: Callable[[np.ndarray, np.ndarray], object],
    model: InductionModel,
    columns: np.ndarray,
    half: int,
) -> np.ndarray:
    """Matrices of p and of t that couple neither them nor columns, from what they do.

    Returns
    -------
    ndarray, shape (2, 2 half + 1, order, columns)
        A[row, row + d] at [part, half + d, row].
    """
    order, width = model.shape[0] // 2, 2 * half + 1
    bands = np.zeros((2, width, order, columns.size))
    rows = np.arange(order)
    for first in range(width):
        unit, out = np.zeros(model.shape), np.empty(model.shape)
        unit.reshape(2, order, -1)[:, first::width] = 1.0
        apply(unit, out)
        # the one function of this set that a row reaches
        place = (first - rows + half) % width
        bands[:, place, rows] = out.reshape(2, order, -1)[:, :, columns]
    return bands
