"""Linear theory: growth rates and radial eigenfunctions of Ohmic decay with the chiral effect.

About zero field the anomaly, quadratic in B, drops out: k5 is the star's own, after the cutoff. The
rates are those of the time loop's own matrix, and independent of the order m. That matrix is in
`spectralcmi.linear.global_problem` for one expansion from end to end, and in
`spectralcmi.linear.element_problem` for radial elements.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr

from spectralcmi import __version__
from spectralcmi.build import build_shell, weak_field_wavenumber
from spectralcmi.case.parameters import Parameters
from spectralcmi.errors import InputError, InsufficientMemoryError
from spectralcmi.fields.boundary import Boundaries
from spectralcmi.grid.chebyshev import ChebyshevBasis
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.radial import RadialBasis
from spectralcmi.grid.shell import Shell
from spectralcmi.grid.stored import basis_attributes
from spectralcmi.linear.eigenvalues import is_dense
from spectralcmi.linear.element_problem import ElementProblem
from spectralcmi.linear.global_problem import GlobalProblem
from spectralcmi.memory import usable_memory
from spectralcmi.profiles.crust import build_crust
from spectralcmi.threads import Threads, available_threads

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
    about half of them are wanted. In a global expansion it does so beyond the
    `LARGEST_DENSE_ORDER` of `spectralcmi.linear.eigenvalues`; up to there all eigenvalues are
    computed and none can be missed.
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


def _problem(
    shell: Shell,
    magnetic_diffusivity: np.ndarray,
    wavenumber: np.ndarray,
    boundaries: Boundaries,
) -> ElementProblem | GlobalProblem:
    if isinstance(shell.basis, ElementBasis):
        return ElementProblem(shell, shell.basis, magnetic_diffusivity, wavenumber, boundaries)
    if isinstance(shell.basis, ChebyshevBasis):
        return GlobalProblem(shell, shell.basis, magnetic_diffusivity, wavenumber, boundaries)
    raise TypeError(f"no eigenmodes on {shell.basis.description}")


# --- memory -----------------------------------------------------------------------------------


def _degrees_at_once(basis: RadialBasis, modes: int | None, degrees: int) -> int:
    """How many degrees to solve at a time: one a thread, or as many as fit into memory."""
    order = float(basis.order)
    count = 2 * basis.order if modes is None else min(modes, 2 * basis.order)
    dense = is_dense(basis, count)
    # two complex eigenfunctions a mode
    shared = 32.0 * degrees * count * order
    if dense or isinstance(basis, ChebyshevBasis):
        shared += SHARED_BYTES * order**2
        each = (DENSE_BYTES if dense else ARNOLDI_BYTES) * order**2
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
