"""Linear theory: growth rates and radial eigenfunctions of Ohmic decay with the chiral effect.

About zero field the anomaly, quadratic in B, drops out: k5 is the star's own, after the cutoff. In
the free-decay modes B_k of a degree l, of unit energy and rate lambda_k, the electric field
-eta k5 B changes the coefficients by

    da_k/dt = -lambda_k a_k + Sum_j C_kj a_j,      C_kj = Int eta k5 B_j . curl B_k dV,

which couples poloidal and toroidal modes only; the fields and their curls are those of
`spectralcmi.fields.magnetic`. On radial elements the same forms are sparse matrices on the slots,
and the problem a generalised one, (C - K) x = rate M x, with mass M and Ohmic stiffness K.

The rates are those of the time loop's own matrix, and independent of the order m.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import scipy.linalg
import scipy.sparse
import xarray as xr
from scipy.sparse.linalg import LinearOperator, eigs, splu

from spectralcmi import __version__
from spectralcmi.build import build_shell, weak_field_wavenumber
from spectralcmi.case.parameters import Parameters
from spectralcmi.errors import InputError, InsufficientMemoryError
from spectralcmi.fields import magnetic
from spectralcmi.fields.boundary import Boundaries, Condition
from spectralcmi.grid.chebyshev import ChebyshevBasis
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.radial import RadialBasis
from spectralcmi.grid.shell import Shell
from spectralcmi.grid.stored import basis_attributes
from spectralcmi.memory import usable_memory
from spectralcmi.profiles.crust import build_crust
from spectralcmi.terms.ohmic import degree_modes
from spectralcmi.threads import Threads, available_threads

#: Up to this order of a global expansion all eigenvalues are computed even if few are wanted (2 s a
#: degree).
LARGEST_DENSE_ORDER = 512
#: Eigenvalues asked of the Arnoldi iteration beyond those wanted, see `_fastest_eigenpairs`.
SPARE_EIGENVALUES = 10
#: Memory per (radial order)^2, measured at radial orders 256 to 896: shared by all degrees, and of
#: each degree at work with all of its eigenvalues or with the fastest few.
SHARED_BYTES, DENSE_BYTES, ARNOLDI_BYTES = 40, 370, 240
#: Memory per radial function of a degree at work on sparse matrices, most of it Krylov vectors.
SPARSE_BYTES = 8000
CONVENTIONS = (
    "B = curl curl (P r_vec) + curl (T r_vec) times Y_lm exp((growth_rate + i frequency) t), any "
    "order m; orthonormal Y_lm with Condon-Shortley phase; Int |B|^2 dV = 1 G2 km3, field outside "
    "included"
)


def eigenmodes(
    parameters: Parameters, degrees: Iterable[int] = range(1, 61), modes: int | None = 10
) -> xr.Dataset:
    """Fastest growing modes of Ohmic decay with the chiral effect, in a weak field.

    dB/dt = -curl( eta (curl B - k5 B) ) = (growth_rate + i frequency) B

    Parameters
    ----------
    parameters : Parameters
        Background, chiral term, boundaries and the radial resolution are read. Hall drift, being
        quadratic in B, and angular dissipation, a choice of the time loop, are left out.
    degrees : iterable of int
        Spherical-harmonic degrees, any from 1.
    modes : int or None
        How many modes of each degree; None: all.

    Returns
    -------
    Dataset
        Along `degree` and `mode`, fastest growing first: `growth_rate` and `frequency` [1/yr], the
        real and imaginary part of the eigenvalue; the eigenfunctions `poloidal` P(r) [G km] and
        `toroidal` T(r) [G] along `radius`, complex; `truncation`, what share the highest Chebyshev
        coefficients have in them (near 1: not resolved): of p and t, the last eighth of a global
        expansion; of p' and t, the last two of an element.

    Raises
    ------
    ValueError
        If a degree is below 1, or fewer modes exist than are wanted.
    MemoryError
        If the matrices would not fit; the text gives the size needed.

    See Also
    --------
    spectralcmi.fastest_mode : for waves that are too short for any global polynomial.

    Notes
    -----
    Both members of a complex-conjugate pair count as modes, positive frequency first. Real growth
    rates are bounded by max(eta k5^2)/4, the growth rate of the fastest plane wave in uniform
    matter: -Int eta (curl B)^2 + Int eta k5 B . curl B <= Int eta k5^2 B^2/4.

    On radial elements an Arnoldi iteration looks for the eigenvalues nearest to the bound, unless
    about half of them are wanted. In a global expansion it does so beyond `LARGEST_DENSE_ORDER`;
    up to there all eigenvalues are computed and none can be missed.
    """
    degrees = _checked_degrees(degrees)
    shell = build_shell(parameters)
    basis = shell.basis
    threads = Threads(_degrees_at_once(basis, modes, len(degrees)))
    crust = build_crust(parameters.background, parameters.chiral, basis.radius)
    problem = _problem(
        shell,
        crust["magnetic_diffusivity"].values,
        weak_field_wavenumber(parameters.chiral, crust),
        Boundaries(parameters.boundary.inner, parameters.boundary.outer),
    )
    results: list = [None] * len(degrees)

    def solve(place: int) -> None:
        rates, poloidal, toroidal = problem.modes(int(degrees[place]), modes)
        results[place] = (
            rates,
            *problem.stored(poloidal, toroidal),
            problem.truncation(poloidal, toroidal),
        )

    threads.run(solve, [(place,) for place in range(len(degrees))])
    return _dataset(parameters, basis, degrees, [np.array(a) for a in zip(*results, strict=True)])


def _checked_degrees(degrees: Iterable[int]) -> np.ndarray:
    chosen = np.array(list(degrees))
    if chosen.size == 0:
        raise InputError("degrees is empty")
    if not np.issubdtype(chosen.dtype, np.integer):
        raise InputError(f"degrees={chosen.tolist()} are not integers")
    if chosen.min() < 1:
        raise InputError(f"degree={chosen.min()} is below 1")
    return chosen


# --- the eigenvalue problem of a degree -------------------------------------------------------


class _Problem(Protocol):
    """Eigenvalue problems of all degrees in one radial basis; slots have shape (slots, modes)."""

    def modes(self, degree: int, count: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rates, fastest growing first, and slots of p and of t, of unit energy."""

    def stored(self, poloidal: np.ndarray, toroidal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P and T on the storage radii, shape (modes, storage)."""

    def truncation(self, poloidal: np.ndarray, toroidal: np.ndarray) -> np.ndarray:
        """Relative size of the highest Chebyshev coefficients, shape (modes,)."""


def _problem(
    shell: Shell,
    magnetic_diffusivity: np.ndarray,
    wavenumber: np.ndarray,
    boundaries: Boundaries,
) -> _Problem:
    if isinstance(shell.basis, ElementBasis):
        return _ElementProblem(shell, shell.basis, magnetic_diffusivity, wavenumber, boundaries)
    if isinstance(shell.basis, ChebyshevBasis):
        return _GlobalProblem(shell, shell.basis, magnetic_diffusivity, wavenumber, boundaries)
    raise TypeError(f"no eigenmodes on {shell.basis.description}")


class _GlobalProblem:
    """Dense matrices in the free-decay modes of a global expansion."""

    def __init__(
        self,
        shell: Shell,
        basis: ChebyshevBasis,
        magnetic_diffusivity: np.ndarray,
        wavenumber: np.ndarray,
        boundaries: Boundaries,
    ) -> None:
        self.shell, self.basis, self.boundaries = shell, basis, boundaries
        self.magnetic_diffusivity, self.wavenumber = magnetic_diffusivity, wavenumber
        self._to_storage = self.basis.evaluation_at(self.basis.storage_coordinate)[0]
        # cached before threads share them
        shell.blocks.evaluation, self.basis.boundary_evaluation  # noqa: B018

    def modes(self, degree: int, count: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        decay = degree_modes(self.shell, self.magnetic_diffusivity, degree, self.boundaries)
        matrix = evolution_matrix(
            self.shell, self.magnetic_diffusivity, self.wavenumber, degree, decay
        )
        count = _checked_count(count, len(matrix))
        if _is_dense(self.basis, count):
            values, vectors = np.linalg.eig(matrix)
        else:
            values, vectors = self._fastest(matrix, count)
        order = _fastest_first(values)[:count]
        vectors = vectors[:, order]
        vectors = vectors * _phase(np.sum(vectors.astype(complex) ** 2, axis=0))
        split = decay[0].shape[1]
        return values[order], decay[0] @ vectors[:split], decay[2] @ vectors[split:]

    def _fastest(self, matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        shift = _shift(
            self.magnetic_diffusivity, self.wavenumber, float(np.abs(np.diag(matrix)).min())
        )
        factors = scipy.linalg.lu_factor(shift * np.eye(len(matrix)) - matrix, overwrite_a=True)
        inverse = LinearOperator(
            matrix.shape, matvec=lambda v: scipy.linalg.lu_solve(factors, v), dtype=float
        )
        return nearest_eigenpairs(inverse, shift, count + SPARE_EIGENVALUES)

    def stored(self, poloidal: np.ndarray, toroidal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return tuple(
            (self._to_storage @ part).T / self.basis.storage_radius for part in (poloidal, toroidal)
        )

    def truncation(self, poloidal: np.ndarray, toroidal: np.ndarray) -> np.ndarray:
        return np.max([_tail(part) for part in (poloidal, toroidal)], axis=0)


def evolution_matrix(
    shell: Shell,
    magnetic_diffusivity: np.ndarray,
    wavenumber: np.ndarray,
    degree: int,
    modes: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> np.ndarray:
    """Matrix of da/dt = A a for the free-decay coefficients of one degree.

    Parameters
    ----------
    shell : Shell
        With one global expansion as its basis.
    magnetic_diffusivity, wavenumber : ndarray, shape (points,)
        eta [km2/yr] and k5 after the cutoff [1/km] on the quadrature points.
    degree : int
    modes : tuple of ndarray
        See `spectralcmi.terms.ohmic.degree_modes`.

    Returns
    -------
    ndarray, shape (modes, modes)
        [1/yr]; poloidal modes above toroidal ones.
    """
    poloidal, poloidal_rates, toroidal, toroidal_rates = modes

    def on_points(components: magnetic.Components, kind: int, slots: np.ndarray) -> np.ndarray:
        """Components times the root of the quadrature weights, one after the other."""
        product, evaluation = degree * (degree + 1.0), shell.blocks.evaluation[kind]
        return magnetic.square_root(components, shell.power_weights, product, evaluation) @ slots

    def coupling(curl: np.ndarray, field: np.ndarray) -> np.ndarray:
        repeats = len(field) // shell.basis.points
        drive = np.tile(magnetic_diffusivity * wavenumber, repeats)
        return curl.T @ (drive[:, None] * field)

    radius = shell.basis.radius
    to_poloidal = coupling(
        on_points(magnetic.poloidal_curl(radius), 0, poloidal),
        on_points(magnetic.toroidal_field(radius), 1, toroidal),
    )
    to_toroidal = coupling(
        on_points(magnetic.toroidal_curl(radius), 1, toroidal),
        on_points(magnetic.poloidal_field(radius), 0, poloidal),
    )
    return np.block(
        [[-np.diag(poloidal_rates), to_poloidal], [to_toroidal, -np.diag(toroidal_rates)]]
    )


class _ElementProblem:
    """Sparse matrices on the slots of radial elements."""

    def __init__(
        self,
        shell: Shell,
        basis: ElementBasis,
        magnetic_diffusivity: np.ndarray,
        wavenumber: np.ndarray,
        boundaries: Boundaries,
    ) -> None:
        self.shell, self.basis, self.boundaries = shell, basis, boundaries
        self.magnetic_diffusivity, self.wavenumber = magnetic_diffusivity, wavenumber
        self._forms  # noqa: B018  (cached before threads share them)

    @cached_property
    def _forms(self) -> dict[str, dict[float, scipy.sparse.csc_array]]:
        """Matrices of each form by the power of L that multiplies them.

        Mass and Ohmic stiffness of p and t, and the chiral coupling: `pt` is the work on p by t.
        """
        basis, shell = self.basis, self.shell
        radius, mass = basis.radius, shell.energy_weights
        ohmic = shell.power_weights * self.magnetic_diffusivity
        chiral = ohmic * self.wavenumber
        p, t = (part.swapaxes(0, 1) for part in (shell.blocks.poloidal, shell.blocks.toroidal))
        fields = (magnetic.poloidal_field(radius), p), (magnetic.toroidal_field(radius), t)
        curls = (magnetic.poloidal_curl(radius), p), (magnetic.toroidal_curl(radius), t)
        products = {
            "mass_p": (fields[0], fields[0], mass),
            "mass_t": (fields[1], fields[1], mass),
            "ohmic_p": (curls[0], curls[0], ohmic),
            "ohmic_t": (curls[1], curls[1], ohmic),
            "pt": (curls[0], fields[1], chiral),
            "tp": (curls[1], fields[0], chiral),
        }
        return {
            name: {
                power: _assembled(local, basis.stride)
                for power, local in magnetic.element_products(*factors).items()
            }
            for name, factors in products.items()
        }

    def modes(self, degree: int, count: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        mass, evolution, (free_p, free_t) = self._matrices(degree)
        count = _checked_count(count, mass.shape[0])
        if _is_dense(self.basis, count):
            values, vectors = _all_eigenpairs(evolution.toarray(), mass.toarray())
        else:
            values, vectors = self._fastest(evolution, mass, count)
        order = _fastest_first(values)[:count]
        vectors = vectors[:, order].astype(complex)
        images = mass @ vectors
        vectors /= np.sqrt(np.sum(vectors.conj() * images, axis=0).real)
        vectors *= _phase(np.sum(vectors * (mass @ vectors), axis=0))
        split = free_p.shape[1]
        return values[order], free_p @ vectors[:split], free_t @ vectors[split:]

    def _matrices(
        self, degree: int
    ) -> tuple[scipy.sparse.csc_array, scipy.sparse.csc_array, tuple[scipy.sparse.csc_array, ...]]:
        """M and C - K of the free unknowns, p above t, and the slots of p and t from them."""
        basis, product = self.basis, degree * (degree + 1.0)
        conditions = self.boundaries.of(float(self.shell.exterior_factor(degree)))
        free_p, free_t = (
            _free_slots(basis, kind, on)
            for kind, on in zip(("poloidal", "toroidal"), conditions, strict=True)
        )

        def form(
            name: str, test: scipy.sparse.csc_array, trial: scipy.sparse.csc_array
        ) -> scipy.sparse.csc_array:
            parts = (product**power * matrix for power, matrix in self._forms[name].items())
            return test.T @ sum(parts) @ trial

        # p(r_o) is a slot of its own, and free
        outer = free_p[[basis.boundary_slots["poloidal_outer_value"]]]
        exterior = product * self.shell.exterior_energy(degree) * (outer.T @ outer)
        mass = scipy.sparse.block_diag(
            [form("mass_p", free_p, free_p) + exterior, form("mass_t", free_t, free_t)]
        )
        evolution = scipy.sparse.block_array(
            [
                [-form("ohmic_p", free_p, free_p), form("pt", free_p, free_t)],
                [form("tp", free_t, free_p), -form("ohmic_t", free_t, free_t)],
            ]
        )
        return mass.tocsc(), evolution.tocsc(), (free_p, free_t)

    def _fastest(
        self, evolution: scipy.sparse.csc_array, mass: scipy.sparse.csc_array, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        diagonal = mass.diagonal()
        # unit diagonal of M: p and t differ by the length of an element
        scale = scipy.sparse.diags_array(1 / np.sqrt(diagonal))
        slowest = float(np.min(np.abs(evolution.diagonal()) / diagonal))
        shift = _shift(self.magnetic_diffusivity, self.wavenumber, slowest)
        scaled_mass = (scale @ mass @ scale).tocsc()
        factors = splu((shift * scaled_mass - scale @ evolution @ scale).tocsc())
        inverse = LinearOperator(
            mass.shape, matvec=lambda v: factors.solve(scaled_mass @ v), dtype=float
        )
        values, vectors = nearest_eigenpairs(inverse, shift, count + SPARE_EIGENVALUES)
        return values, scale @ vectors

    def stored(self, poloidal: np.ndarray, toroidal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        basis = self.basis
        p = basis.evaluate_poloidal(poloidal, basis.storage_radius)[0]
        t = basis.evaluate_toroidal(toroidal, basis.storage_radius)[0]
        return tuple(part.T / basis.storage_radius for part in (p, t))

    def truncation(self, poloidal: np.ndarray, toroidal: np.ndarray) -> np.ndarray:
        return np.array(
            [
                self.basis.tail(poloidal[:, [mode]], toroidal[:, [mode]])
                for mode in range(poloidal.shape[1])
            ]
        )


def _assembled(local: np.ndarray, stride: int) -> scipy.sparse.csc_array:
    """Sum of element matrices (elements, i, j), element e acting on slots e stride + i and + j."""
    elements, rows, columns = local.shape
    first = stride * np.arange(elements)[:, None, None]
    places = (
        np.broadcast_to(first + np.arange(rows)[:, None], local.shape).ravel(),
        np.broadcast_to(first + np.arange(columns), local.shape).ravel(),
    )
    last = stride * (elements - 1)
    return scipy.sparse.coo_array(
        (local.ravel(), places), shape=(last + rows, last + columns)
    ).tocsc()


def _free_slots(
    basis: ElementBasis, kind: str, conditions: tuple[Condition | None, ...]
) -> scipy.sparse.csc_array:
    """Matrix from free unknowns to the slots of p or t, at the inner and at the outer radius."""
    slots = scipy.sparse.eye_array(getattr(basis, f"{kind}_slots")).tolil()
    kept = np.ones(slots.shape[0], dtype=bool)
    for place, end, condition in zip(("inner", "outer"), (0, -1), conditions, strict=True):
        if condition is None:
            continue
        value = removed = basis.boundary_slots[f"{kind}_{place}_value"]
        if condition.slope != 0:
            removed = basis.boundary_slots[f"{kind}_{place}_slope"]
            ratio = -condition.value / condition.slope
            slots[removed, value] = ratio * basis.slope_scale[end]
        kept[removed] = False
    return slots.tocsc()[:, np.flatnonzero(kept)]


# --- eigenvalues ------------------------------------------------------------------------------


def _checked_count(count: int | None, size: int) -> int:
    count = size if count is None else count
    if not 1 <= count <= size:
        raise InputError(f"modes={count} is not between 1 and {size}, all of a degree")
    return count


def _is_dense(basis: RadialBasis, count: int) -> bool:
    """Whether all eigenvalues are computed; half of them are too many for an iteration."""
    is_small = isinstance(basis, ChebyshevBasis) and basis.order <= LARGEST_DENSE_ORDER
    return is_small or count + SPARE_EIGENVALUES > 0.4 * basis.order


def _fastest_first(values: np.ndarray) -> np.ndarray:
    """Places of eigenvalues by growth; of a pair, equal to the last bit, the positive frequency."""
    return np.lexsort((-values.imag, -values.real))


def _all_eigenpairs(evolution: np.ndarray, mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All eigenvalues of evolution x = value mass x, by the Cholesky factor of the mass."""
    factor = scipy.linalg.cholesky(mass, lower=True)
    half = scipy.linalg.solve_triangular(factor, evolution, lower=True)
    standard = scipy.linalg.solve_triangular(factor, half.T, lower=True).T
    values, vectors = np.linalg.eig(standard)
    return values, scipy.linalg.solve_triangular(factor, vectors, lower=True, trans="T")


def _shift(magnetic_diffusivity: np.ndarray, wavenumber: np.ndarray, slowest: float) -> float:
    """A little above the bound max(eta k5^2)/4 of growth, where the shifted matrix is regular.

    The eigenvalues nearest to the bound and the fastest are the same if they are real. Complex ones
    have frequencies of order d(eta k5)/dr, far below the spread of growth rates; a few more than
    wanted are computed all the same, so that a frequency would have to be as large as the distance
    of the last spare growth rate from the bound for a mode to be missed.
    """
    bound = float(np.max(magnetic_diffusivity * wavenumber**2)) / 4
    return bound + 1e-3 * max(bound, slowest)


def nearest_eigenpairs(
    inverse: LinearOperator, shift: float, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues nearest to a real shift, and their unit eigenvectors in columns.

    Parameters
    ----------
    inverse : LinearOperator
        v -> (shift - A)^-1 v, real.
    shift : float
    count : int

    Returns
    -------
    values : ndarray, complex, shape (count,)
    vectors : ndarray, complex, shape (n, count)
    """
    # a fixed start, so that a result can be repeated to the last bit
    start = np.random.default_rng(0).standard_normal(inverse.shape[0])
    inverted, vectors = eigs(inverse, k=count, which="LM", v0=start, ncv=2 * count + 20)
    return shift - 1.0 / inverted, vectors


# --- memory -----------------------------------------------------------------------------------


def _degrees_at_once(basis: RadialBasis, modes: int | None, degrees: int) -> int:
    """How many degrees to solve at a time: one a thread, or as many as fit into memory."""
    order = float(basis.order)
    count = 2 * basis.order if modes is None else min(modes, 2 * basis.order)
    is_dense = _is_dense(basis, count)
    # two complex eigenfunctions a mode
    shared = 32.0 * degrees * count * order
    if is_dense or isinstance(basis, ChebyshevBasis):
        shared += SHARED_BYTES * order**2
        each = (DENSE_BYTES if is_dense else ARNOLDI_BYTES) * order**2
    else:
        each = SPARSE_BYTES * order
    needed, usable = shared + each, usable_memory()
    if needed > usable:
        raise InsufficientMemoryError(
            f"the eigenvalue problem of {basis.description} needs {needed / 1e9:.1f} GB of "
            f"memory, and {usable / 1e9:.1f} GB are there; fastest_mode (--fastest) needs little"
        )
    at_once = int((usable - shared) // each)
    return max(min(at_once, degrees, available_threads()), 1)


# --- result -----------------------------------------------------------------------------------


def _phase(square: np.ndarray) -> np.ndarray:
    """Factors that make real parts of vectors as large as possible, from their sums of squares.

    1 or -1 for real vectors.
    """
    return np.exp(-0.5j * np.angle(square))


def _tail(coefficients: np.ndarray) -> np.ndarray:
    """Largest of the last eighth of the coefficients of each column, relative to the largest."""
    magnitude = np.abs(coefficients)
    last = magnitude[-max(len(magnitude) // 8, 2) :].max(axis=0)
    return last / np.maximum(magnitude.max(axis=0), np.finfo(float).tiny)


def _dataset(
    parameters: Parameters, basis: RadialBasis, degrees: np.ndarray, results: list[np.ndarray]
) -> xr.Dataset:
    rates, poloidal, toroidal, truncation = results
    along = ("degree", "mode")
    variables = {
        "growth_rate": (along, rates.real, {"units": "julian_year^-1", "long_name": "growth rate"}),
        "frequency": (
            along,
            rates.imag,
            {
                "units": "julian_year^-1",
                "long_name": "angular frequency, imaginary part of the eigenvalue",
            },
        ),
        "truncation": (
            along,
            truncation,
            {"units": "1", "long_name": "relative size of the highest Chebyshev coefficients"},
        ),
        "poloidal": (
            (*along, "radius"),
            poloidal,
            {"units": "gauss km", "long_name": "poloidal scalar P(r)"},
        ),
        "toroidal": (
            (*along, "radius"),
            toroidal,
            {"units": "gauss", "long_name": "toroidal scalar T(r)"},
        ),
    }
    coordinates = {
        "degree": ("degree", degrees, {"units": "1", "long_name": "spherical-harmonic degree"}),
        "mode": (
            "mode",
            np.arange(1, rates.shape[1] + 1),
            {"units": "1", "long_name": "number of the mode, fastest growing first"},
        ),
        "radius": ("radius", basis.storage_radius, {"units": "km", "long_name": "radius"}),
    }
    attributes = attributes_of(parameters, "Growth rates and modes of a neutron-star crust")
    attributes |= basis_attributes(basis)
    return xr.Dataset(variables, coordinates, attributes)


def attributes_of(parameters: Parameters, title: str) -> dict[str, Any]:
    """Attributes of a dataset of linear theory."""
    return {
        "title": title,
        "source": f"spectralcmi {__version__}",
        "Conventions": "CF-1.11",
        "field_conventions": CONVENTIONS,
        "spectralcmi_version": __version__,
        "parameters": parameters.to_json(),
    }
