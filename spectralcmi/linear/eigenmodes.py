"""Linear theory: growth rates and radial eigenfunctions of Ohmic decay with the chiral effect.

About zero field the anomaly, quadratic in B, drops out: k5 is the star's own, after the cutoff. In
the free-decay modes B_k of a degree l, of unit energy and rate lambda_k, the electric field
-eta k5 B changes the coefficients by

    da_k/dt = -lambda_k a_k + Sum_j C_kj a_j,      C_kj = Int eta k5 B_j . curl B_k dV,

which couples poloidal and toroidal modes only. With L = l(l+1), p = r P, t = r T and
q = -(p'' - L p/r^2),

    C_pt = L Int eta k5 q_k t_j dr,
    C_tp = L Int eta k5 (L t_k p_j/r^2 + t_k' p_j') dr.

The rates are those of the time loop's own matrix, and independent of the order m.
"""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import scipy.linalg
import xarray as xr
from scipy.sparse.linalg import LinearOperator, eigs

from spectralcmi import __version__
from spectralcmi.case.parameters import Chiral, Parameters
from spectralcmi.grid.chebyshev import RadialBasis, radial_basis
from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.terms.ohmic import degree_modes
from spectralcmi.threads import Threads, available_threads

#: Up to this radial order all eigenvalues are computed even if few are wanted (2 s a degree).
LARGEST_DENSE_ORDER = 512
#: Eigenvalues asked of the Arnoldi iteration beyond those wanted, see `_fastest_eigenpairs`.
SPARE_EIGENVALUES = 10
#: Memory per (radial order)^2, measured at radial orders 256 to 896: shared by all degrees, and of
#: each degree at work with all of its eigenvalues or with the fastest few.
SHARED_BYTES, DENSE_BYTES, ARNOLDI_BYTES = 40, 370, 240
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
        `toroidal` T(r) [G] along `radius`, complex; `truncation`, what share the highest eighth of
        the Chebyshev coefficients has in them (near 1: not resolved).

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

    Up to `LARGEST_DENSE_ORDER` all eigenvalues are computed and none can be missed. Beyond, unless
    all are wanted, an Arnoldi iteration looks for those nearest to the bound.
    """
    degrees = _checked_degrees(degrees)
    resolution = parameters.resolution
    threads = Threads(_degrees_at_once(resolution.radial_order, modes, len(degrees)))
    basis = radial_basis(
        *crust_radii(parameters.background), resolution.radial_order, resolution.map_parameter
    )
    crust = build_crust(parameters.background, parameters.chiral, basis.radius)
    diffusivity = crust["magnetic_diffusivity"].values
    wavenumber = weak_field_wavenumber(parameters.chiral, crust)
    to_storage = basis.evaluation_at(basis.storage_coordinate)[0]
    results: list = [None] * len(degrees)

    def solve(place: int) -> None:
        degree = degrees[place]
        decay = degree_modes(basis, diffusivity, degree, *_boundaries(parameters))
        matrix = evolution_matrix(basis, diffusivity, wavenumber, degree, decay)
        bound = float(np.max(diffusivity * wavenumber**2)) / 4
        rates, vectors = _eigenpairs(matrix, modes, bound)
        results[place] = rates, *_radial_functions(decay, vectors, to_storage, basis)

    basis.evaluation, basis.boundary_evaluation  # noqa: B018  (cached before threads share them)
    threads.run(solve, [(place,) for place in range(len(degrees))])
    return _dataset(parameters, basis, degrees, [np.array(a) for a in zip(*results, strict=True)])


def weak_field_wavenumber(chiral: Chiral, crust: xr.Dataset) -> np.ndarray:
    """k5 in the limit of no field: the source's, after the cutoff.

    Parameters
    ----------
    chiral : Chiral
        Section of the parameters.
    crust : Dataset
        See `spectralcmi.star.build_crust`.

    Returns
    -------
    ndarray, shape (radius,)
        [1/km]; zero where the chiral term is off.
    """
    if not chiral.enabled or "chiral_wavenumber" not in crust:
        return np.zeros(crust.sizes["radius"])
    return cut(crust["chiral_wavenumber"].values, chiral.k5_max, chiral.cutoff == "smooth")


def cut(wavenumber: np.ndarray, limit: float, smooth: bool) -> np.ndarray:
    """|k5| cut off at a limit: k5/(1 + |k5/limit|^8)^(1/8), or clipped.

    Parameters
    ----------
    wavenumber : ndarray [1/km]
    limit : float
        [1/km]; infinite for none.
    smooth : bool

    Returns
    -------
    ndarray [1/km]
    """
    clipped = np.clip(wavenumber, -limit, limit)
    if not smooth or np.isinf(limit):
        return clipped
    # the smaller over the larger: no power overflows
    magnitude = np.abs(wavenumber)
    ratio = np.minimum(magnitude, limit) / np.maximum(magnitude, limit)
    return clipped / (1.0 + ratio**8) ** 0.125


def evolution_matrix(
    basis: RadialBasis,
    magnetic_diffusivity: np.ndarray,
    wavenumber: np.ndarray,
    degree: int,
    modes: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> np.ndarray:
    """Matrix of da/dt = A a for the free-decay coefficients of one degree.

    Parameters
    ----------
    basis : RadialBasis
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
    values, first, second = basis.evaluation
    product = degree * (degree + 1)
    inverse_square = product / basis.radius[:, None] ** 2
    weight = (product * basis.weights * magnetic_diffusivity * wavenumber)[:, None]
    p, p_slope, t, t_slope = (
        values @ poloidal,
        first @ poloidal,
        values @ toroidal,
        first @ toroidal,
    )
    current = inverse_square * p - second @ poloidal
    to_poloidal = current.T @ (weight * t)
    to_toroidal = t.T @ (weight * inverse_square * p) + t_slope.T @ (weight * p_slope)
    return np.block(
        [[-np.diag(poloidal_rates), to_poloidal], [to_toroidal, -np.diag(toroidal_rates)]]
    )


def _boundaries(parameters: Parameters) -> tuple[str, str]:
    return parameters.boundary.inner, parameters.boundary.outer


def _checked_degrees(degrees: Iterable[int]) -> np.ndarray:
    chosen = np.array(list(degrees))
    if chosen.size == 0:
        raise ValueError("degrees is empty")
    if not np.issubdtype(chosen.dtype, np.integer):
        raise ValueError(f"degrees={chosen.tolist()} are not integers")
    if chosen.min() < 1:
        raise ValueError(f"degree={chosen.min()} is below 1")
    return chosen


# --- eigenvalues ------------------------------------------------------------------------------


def _eigenpairs(
    matrix: np.ndarray, count: int | None, bound: float
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues with the largest real parts, and unit eigenvectors in columns."""
    size = len(matrix)
    count = size if count is None else count
    if not 1 <= count <= size:
        raise ValueError(f"modes={count} is not between 1 and {size}, all of a degree")
    if _is_dense(size, count):
        values, vectors = np.linalg.eig(matrix)
    else:
        values, vectors = _fastest_eigenpairs(matrix, count, bound)
    # the real parts of a pair are equal to the last bit
    order = np.lexsort((-values.imag, -values.real))[:count]
    return values[order], vectors[:, order]


def _is_dense(size: int, count: int) -> bool:
    """Whether all eigenvalues are computed; half of them are too many for an iteration."""
    return size <= 2 * LARGEST_DENSE_ORDER or 2 * (count + SPARE_EIGENVALUES) > size


def _fastest_eigenpairs(
    matrix: np.ndarray, count: int, bound: float
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenpairs nearest to a bound on the real parts, by shift-invert Arnoldi.

    Nearest to the bound and fastest are the same for real eigenvalues. Complex ones have
    frequencies of order d(eta k5)/dr, far below the spread of growth rates; a few more than wanted
    are computed all the same, so that a frequency would have to be as large as the distance of
    the last spare growth rate from the bound for a mode to be missed.
    """
    # strictly above the spectrum, so that the shifted matrix is regular
    shift = bound + 1e-3 * max(bound, float(np.abs(np.diag(matrix)).min()))
    factors = scipy.linalg.lu_factor(shift * np.eye(len(matrix)) - matrix, overwrite_a=True)
    inverse = LinearOperator(
        matrix.shape, matvec=lambda v: scipy.linalg.lu_solve(factors, v), dtype=float
    )
    return nearest_eigenpairs(inverse, shift, count + SPARE_EIGENVALUES)


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


def usable_memory() -> float:
    """Memory that this process may use: what is free, or a limit set for the process [bytes]."""
    limits = [float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")]
    available = re.search(r"MemAvailable:\s+(\d+) kB", _text("/proc/meminfo"))
    if available:
        limits.append(1024.0 * float(available[1]))
    if (container := _text("/sys/fs/cgroup/memory.max").strip()).isdecimal():
        limits.append(float(container))
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        limits.append(float(soft))
    return min(limits)


def _text(path: str) -> str:
    """Text of a file of the system, empty where there is none."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _degrees_at_once(order: int, modes: int | None, degrees: int) -> int:
    """How many degrees to solve at a time: one a thread, or as many as fit into memory."""
    size = 2 * order
    count = size if modes is None else min(modes, size)
    each = DENSE_BYTES if _is_dense(size, count) else ARNOLDI_BYTES
    # two complex eigenfunctions a mode
    fixed = SHARED_BYTES * float(order) ** 2 + 32.0 * degrees * count * order
    needed, usable = fixed + each * float(order) ** 2, usable_memory()
    if needed > usable:
        raise MemoryError(
            f"resolution.radial_order={order}: the dense eigenvalue problem needs "
            f"{needed / 1e9:.1f} GB of memory, and {usable / 1e9:.1f} GB are there; "
            "fastest_mode (--fastest) needs little"
        )
    at_once = int((usable - fixed) // (each * order**2))
    return max(min(at_once, degrees, available_threads()), 1)


# --- result -----------------------------------------------------------------------------------


def _radial_functions(
    decay: tuple[np.ndarray, ...],
    vectors: np.ndarray,
    to_storage: np.ndarray,
    basis: RadialBasis,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P and T of eigenvectors on the storage radii (mode, radius), and their truncation (mode,)."""
    vectors = vectors * _phase(vectors)
    split = decay[0].shape[1]
    coefficients = decay[0] @ vectors[:split], decay[2] @ vectors[split:]
    truncation = np.max([_tail(c) for c in coefficients], axis=0)
    poloidal, toroidal = ((to_storage @ c).T / basis.storage_radius for c in coefficients)
    return poloidal, toroidal, truncation


def _phase(vectors: np.ndarray) -> np.ndarray:
    """Factors that make the real parts of the vectors as large as possible; 1 or -1 for real."""
    square = np.sum(vectors.astype(complex) ** 2, axis=0)
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
        "growth_rate": (along, rates.real, {"units": "1/yr", "long_name": "growth rate"}),
        "frequency": (
            along,
            rates.imag,
            {"units": "1/yr", "long_name": "angular frequency, imaginary part of the eigenvalue"},
        ),
        "truncation": (
            along,
            truncation,
            {"units": "1", "long_name": "relative size of the highest Chebyshev coefficients"},
        ),
        "poloidal": (
            (*along, "radius"),
            poloidal,
            {"units": "G km", "long_name": "poloidal scalar P(r)"},
        ),
        "toroidal": (
            (*along, "radius"),
            toroidal,
            {"units": "G", "long_name": "toroidal scalar T(r)"},
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
    attributes["map_parameter"] = basis.map.map_parameter
    attributes["inner_radius_km"] = basis.map.inner_radius
    attributes["outer_radius_km"] = basis.map.outer_radius
    return xr.Dataset(variables, coordinates, attributes)


def attributes_of(parameters: Parameters, title: str) -> dict[str, str]:
    """Attributes of a dataset of linear theory."""
    return {
        "title": title,
        "source": f"spectralcmi {__version__}",
        "Conventions": "CF-1.11",
        "field_conventions": CONVENTIONS,
        "spectralcmi_version": __version__,
        "parameters": parameters.to_json(),
    }
