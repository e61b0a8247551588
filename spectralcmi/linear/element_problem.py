"""Linear theory on radial elements: sparse matrices on the slots, the forms of the time loop.

The problem is a generalised one, (C - K) x = rate M x, with mass M, Ohmic stiffness K and the
chiral coupling C, in the fields and curls of `spectralcmi.fields.magnetic`.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import LinearOperator, splu

from spectralcmi.fields import magnetic
from spectralcmi.fields.boundary import Boundaries, Condition
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.shell import Shell
from spectralcmi.linear.eigenvalues import (
    SPARE_EIGENVALUES,
    all_eigenpairs,
    arnoldi_shift,
    checked_count,
    fastest_first,
    is_dense,
    nearest_eigenpairs,
    phase_factors,
)


class ElementProblem:
    """Modes of all degrees on radial elements.

    Parameters
    ----------
    shell : Shell
    basis : ElementBasis
        That of the shell.
    magnetic_diffusivity, wavenumber : ndarray, shape (points,)
        eta [km2/yr] and k5 after the cutoff [1/km] on the quadrature points.
    boundaries : Boundaries
    """

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
        """Rates, fastest growing first, and slots of p and of t, shape (slots, modes).

        The modes have unit energy.
        """
        mass, evolution, (free_p, free_t) = self._matrices(degree)
        count = checked_count(count, mass.shape[0])
        if is_dense(self.basis, count):
            values, vectors = all_eigenpairs(evolution.toarray(), mass.toarray())
        else:
            values, vectors = self._fastest(evolution, mass, count)
        order = fastest_first(values)[:count]
        vectors = vectors[:, order].astype(complex)
        images = mass @ vectors
        vectors /= np.sqrt(np.sum(vectors.conj() * images, axis=0).real)
        vectors *= phase_factors(np.sum(vectors * (mass @ vectors), axis=0))
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
        shift = arnoldi_shift(self.magnetic_diffusivity, self.wavenumber, slowest)
        scaled_mass = (scale @ mass @ scale).tocsc()
        factors = splu((shift * scaled_mass - scale @ evolution @ scale).tocsc())
        inverse = LinearOperator(
            mass.shape, matvec=lambda v: factors.solve(scaled_mass @ v), dtype=float
        )
        values, vectors = nearest_eigenpairs(inverse, shift, count + SPARE_EIGENVALUES)
        return values, scale @ vectors

    def stored(self, poloidal: np.ndarray, toroidal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P and T on the storage radii from slots, shape (modes, storage)."""
        basis = self.basis
        p = basis.evaluate_poloidal(poloidal, basis.storage_radius)[0]
        t = basis.evaluate_toroidal(toroidal, basis.storage_radius)[0]
        return tuple(part.T / basis.storage_radius for part in (p, t))

    def truncation(self, poloidal: np.ndarray, toroidal: np.ndarray) -> np.ndarray:
        """Relative size of the highest Chebyshev coefficients, shape (modes,)."""
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
