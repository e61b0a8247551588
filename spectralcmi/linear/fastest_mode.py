"""The fastest growing mode where its waves are too short for any global polynomial.

Without a cutoff the fastest waves of the default crust are millimetres long, 1e5 of them between
the core and the surface. They are found with splines on elements as fine as the waves, in the weak
form of `spectralcmi.eigenmodes` and `spectralcmi.terms.ohmic`: with L = l(l+1), p = r P,
t = r T and q = -(p'' - L p/r^2), for all test functions ~p and ~t,

    d/dt [ Int (L p ~p/r^2 + p' ~p') dr + (l/r_o) p ~p |_(r_o) ] = Int eta ~q (k5 t - q) dr,
    d/dt Int t ~t dr = Int eta [ L ~t (k5 p - t)/r^2 + ~t' (k5 p' - t') ] dr.

Growing waves exist where eta k5^2/4 exceeds their growth rate; elsewhere they fall off as

    exp( -Int sqrt(growth_rate/eta - k5^2/4) dr ),

and the rest of the shell, where nothing of them is left, need not be computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg.lapack import dgbtrf, dgbtrs
from scipy.sparse import dia_array
from scipy.sparse.linalg import LinearOperator

from spectralcmi.case.parameters import Parameters
from spectralcmi.errors import InputError, InsufficientMemoryError
from spectralcmi.fields.boundary import Boundaries, constraint_rows
from spectralcmi.grid.metric import Metric, exterior_factor
from spectralcmi.grid.splines import (
    DEGREE,
    ElementTables,
    SplineBasis,
    graded_breakpoints,
)
from spectralcmi.linear.eigenmodes import attributes_of, nearest_eigenpairs
from spectralcmi.memory import usable_memory
from spectralcmi.profiles.crust import build_crust, chosen_metric, crust_radii
from spectralcmi.terms.chiral import cut

#: Eigenvalues computed, to choose the fastest from: conjugate pairs, and some to spare.
EIGENVALUES = 6
#: Bandwidth of the radial operators with p and t interleaved.
BANDWIDTH = 2 * DEGREE + 1
#: Bytes of memory per unknown, measured at 1e6: half of it the matrix and its factors, the rest
#: Krylov vectors.
BYTES_PER_UNKNOWN = 870
#: The scales that the survey of the shell resolves, relative to its thickness.
COARSEST, FINEST = 1 / 4000, 1e-10
#: Elements across the shell at least, for the scales of the profiles themselves. Round-off of modes
#: that need none of them grows with their fourth power.
FEWEST_ELEMENTS = 200

Profiles = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def fastest_mode(
    parameters: Parameters,
    degree: int = 1,
    k5_max: float | None = None,
    *,
    elements_per_wavelength: float = 12.0,
    decay: float = 40.0,
) -> xr.Dataset:
    """Fastest growing mode of Ohmic decay with the chiral effect, for waves of any length.

    Parameters
    ----------
    parameters : Parameters
        Background, chiral term and boundaries are read; not the resolution.
    degree : int
        Spherical-harmonic degree.
    k5_max : float, optional
        Cutoff of k5 [1/km] in place of the parameters' own; `numpy.inf`: none.
    elements_per_wavelength : float
        Elements per wavelength 4 pi/k5 of the fastest local wave. The relative error of the growth
        rate falls as its eighth power; 12 leave 3e-9 of it (measured on the default crust).
    decay : float
        The shell is cut off where the mode has fallen to exp(-decay) of itself; infinite: never.

    Returns
    -------
    Dataset
        Numbers: `growth_rate`, `frequency` [1/yr], `growth_time` [yr]; `local_limit`
        max(eta k5^2)/4 [1/yr], which bounds the growth rate; `location` and `width` [km], mean
        radius and its standard deviation, weighted with B^2; `wavelength` [km], 2 pi over the
        root mean square of |curl B|/|B|; `density` [g cm-3] at the location, if the background
        has one; `unknowns`. Along `radius`, the ends of the elements: the complex eigenfunctions
        `poloidal` P [G km] and `toroidal` T [G], scaled as those of `spectralcmi.eigenmodes`.

    Raises
    ------
    ValueError
        If an argument is out of range.
    MemoryError
        If the problem would not fit; the text gives the size needed.

    Notes
    -----
    Banded shift-invert Arnoldi about the local limit. The cost grows with the number of
    wavelengths in the part of the shell that is kept: 0.3 s for the default crust with or without
    cutoff; for the whole of it without, 32 s and 0.8 GB at 12 elements a wavelength (7e5 unknowns),
    47 s and 1.0 GB at 17 (1e6), with the same growth rate to 1e-10.
    """
    k5_max = parameters.chiral.k5_max if k5_max is None else k5_max
    _check(degree, k5_max, elements_per_wavelength, decay)
    profiles = _profiles(parameters, k5_max)
    survey = _survey(crust_radii(parameters.background), profiles)
    metric = chosen_metric(parameters.background, parameters.metric)
    threshold = survey.threshold()
    while True:
        interval = survey.interval(threshold, decay)
        basis = SplineBasis(
            interval[0], survey.breakpoints(interval, degree, elements_per_wavelength)
        )
        _require_memory(2 * basis.size)
        conditions = _conditions(parameters, degree, basis, survey.ends, metric)
        problem = _assembled(basis, profiles, degree, conditions, metric)
        rate, mode = problem.fastest()
        # a slower mode than the interval was made for reaches further
        if rate.real >= threshold or interval == survey.ends:
            break
        threshold = rate.real - (survey.local_limit - rate.real)
    dataset = _dataset(parameters, degree, basis, rate, mode, metric)
    limit = max(survey.local_limit, problem.bound)
    dataset["local_limit"] = _number(
        limit, "julian_year^-1", "largest local growth rate max(eta k5^2)/4"
    )
    dataset.attrs["k5_max"] = float(k5_max)
    return dataset


def _check(degree: int, k5_max: float, elements_per_wavelength: float, decay: float) -> None:
    if not isinstance(degree, int | np.integer) or degree < 1:
        raise InputError(f"degree={degree} is not an integer from 1")
    for name, value in (
        ("k5_max", k5_max),
        ("elements_per_wavelength", elements_per_wavelength),
        ("decay", decay),
    ):
        if not value > 0:
            raise InputError(f"{name}={value} is not positive")


def _profiles(parameters: Parameters, k5_max: float) -> Profiles:
    """Function from radii to eta and k5 after the cutoff."""
    chiral = parameters.chiral

    def evaluate(radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        crust = build_crust(parameters.background, chiral, radius.ravel())
        wavenumber = np.zeros(radius.size)
        if chiral.enabled and "chiral_wavenumber" in crust:
            wavenumber = cut(crust["chiral_wavenumber"].values, k5_max, chiral.cutoff == "smooth")
        diffusivity = crust["magnetic_diffusivity"].values
        return diffusivity.reshape(radius.shape), wavenumber.reshape(radius.shape)

    return evaluate


def _require_memory(unknowns: int) -> None:
    """Refuse what cannot be stored, with the size it would need."""
    needed = float(BYTES_PER_UNKNOWN) * unknowns
    if needed > usable_memory():
        raise InsufficientMemoryError(
            f"the fastest mode needs {unknowns:.3g} unknowns and {needed / 1e9:.1f} GB of memory, "
            f"and {usable_memory() / 1e9:.1f} GB are there"
        )


# --- where the waves are ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Survey:
    """The profiles on radii that are dense where local growth is fastest.

    Attributes
    ----------
    radius, diffusivity, growth : ndarray, shape (n,)
        Radii from end to end [km], eta [km2/yr], and eta k5^2/4 [1/yr].
    """

    radius: np.ndarray
    diffusivity: np.ndarray
    growth: np.ndarray

    @property
    def ends(self) -> tuple[float, float]:
        """Inner and outer radius of the shell [km]."""
        return float(self.radius[0]), float(self.radius[-1])

    @property
    def local_limit(self) -> float:
        """Largest local growth rate [1/yr]."""
        return float(self.growth.max())

    def _count(self, square: np.ndarray) -> np.ndarray:
        """Running integral of the root of what is positive of square/eta."""
        root = np.sqrt(np.maximum(square, 0.0) / self.diffusivity)
        return np.concatenate([[0.0], np.cumsum(np.diff(self.radius) * (root[1:] + root[:-1]) / 2)])

    def threshold(self) -> float:
        """Growth rate whose waves fit into where they grow with a phase of 4 pi to spare.

        The fastest mode needs about pi, and grows faster.
        """
        low, high = -self.local_limit, self.local_limit
        for _ in range(60):
            middle = (low + high) / 2
            if self._count(self.growth - middle)[-1] > 4 * np.pi:
                low = middle
            else:
                high = middle
        return low

    def interval(self, threshold: float, decay: float) -> tuple[float, float]:
        """Where a mode of a growth rate is above exp(-decay) of itself."""
        inside = np.flatnonzero(self.growth >= threshold)
        attenuation = self._count(threshold - self.growth)
        first = np.searchsorted(attenuation, attenuation[inside[0]] - decay, side="right") - 1
        last = np.searchsorted(attenuation, attenuation[inside[-1]] + decay)
        first, last = max(first, 0), min(last, self.radius.size - 1)
        return float(self.radius[first]), float(self.radius[last])

    def breakpoints(
        self, interval: tuple[float, float], degree: int, per_wavelength: float
    ) -> np.ndarray:
        """Ends of elements as fine as the fastest waves, and as their tails where they fade.

        At a growth rate g and a wave number k, (g/eta + k^2)^2 = k5^2 k^2, whence |k|^2 = g/eta
        both in tails and in the fastest waves themselves.
        """
        thickness = self.radius[-1] - self.radius[0]
        square = self.local_limit / self.diffusivity + degree * (degree + 1) / self.radius**2
        density = np.hypot(
            per_wavelength * np.sqrt(square) / (2 * np.pi), FEWEST_ELEMENTS / thickness
        )
        return graded_breakpoints(self.radius, density, interval)


def _survey(ends: tuple[float, float], profiles: Profiles) -> _Survey:
    """Sample the profiles evenly, then on all scales about the maximum of local growth."""
    thickness = ends[1] - ends[0]
    radius = np.linspace(*ends, round(1 / COARSEST) + 1)
    samples = np.array([radius, *profiles(radius)])
    offsets = thickness * np.geomspace(FINEST, 4 * COARSEST, 800)
    for _ in range(3):  # each time about a better maximum
        radius, diffusivity, wavenumber = samples
        peak = radius[np.argmax(diffusivity * wavenumber**2)]
        near = np.concatenate([peak - offsets, peak + offsets])
        near = near[(near > ends[0]) & (near < ends[1])]
        samples = np.hstack([samples, [near, *profiles(near)]])
    _, order = np.unique(samples[0], return_index=True)
    radius, diffusivity, wavenumber = samples[:, order]
    return _Survey(radius, diffusivity, diffusivity * wavenumber**2 / 4)


# --- boundary conditions ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Conditions:
    """Splines that a field does without.

    Attributes
    ----------
    removed : tuple of int
        Splines whose coefficients are not free.
    ties : tuple of (int, int, float)
        (removed, neighbour, factor): an outermost spline with a coefficient of factor times its
        neighbour's; that of any other removed spline is zero.
    """

    removed: tuple[int, ...] = ()
    ties: tuple[tuple[int, int, float], ...] = ()

    def tie_functions(self, first: int, elements: int, table: np.ndarray) -> None:
        """Add tied splines to their neighbours, in a table of `ElementTables` from an element on.

        An outermost spline is nonzero in the outermost element alone.
        """
        for removed, neighbour, factor in self.ties:
            element = 0 if removed == 0 else elements - 1
            if first <= element < first + len(table):
                functions = table[element - first]
                functions[:, neighbour - element] += factor * functions[:, removed - element]

    def restore(self, coefficients: np.ndarray) -> None:
        """Fill in the coefficients that are not free."""
        coefficients[list(self.removed)] = 0.0
        for removed, neighbour, factor in self.ties:
            coefficients[removed] = factor * coefficients[neighbour]


def _conditions(
    parameters: Parameters,
    degree: int,
    basis: SplineBasis,
    ends: tuple[float, float],
    metric: Metric,
) -> tuple[_Conditions, _Conditions]:
    """Conditions on p and t: the boundaries' own, and p = p' = t = 0 where the shell is cut off."""
    boundaries = Boundaries(parameters.boundary.inner, parameters.boundary.outer)
    kappa = float(exterior_factor(degree, ends[1], metric.schwarzschild_radius))
    on_p, on_t = (constraint_rows(on, basis.boundary_evaluation) for on in boundaries.of(kappa))
    at_end = {0: basis.radius[0] == ends[0], basis.size - 1: basis.radius[-1] == ends[1]}
    return _field_conditions(on_p, at_end, 2), _field_conditions(on_t, at_end, 1)


def _field_conditions(rows: np.ndarray, at_end: dict[int, bool], clamped: int) -> _Conditions:
    """Conditions from boundary rows, each of the two outermost splines of an end at most."""
    removed, ties = [], []
    for end, is_boundary in at_end.items():
        inward = 1 if end == 0 else -1
        if is_boundary:
            for row in rows[rows[:, end] != 0]:
                removed.append(end)
                ties.append((end, end + inward, -row[end + inward] / row[end]))
        else:
            removed.extend(end + inward * k for k in range(clamped))
    return _Conditions(tuple(removed), tuple(ties))


# --- the banded eigenvalue problem ------------------------------------------------------------


@dataclass(frozen=True)
class _Problem:
    """d/dt M x = A x in splines; unknowns 2 j of p and 2 j + 1 of t belong to spline j.

    Attributes
    ----------
    evolution : ndarray, shape (3 BANDWIDTH + 1, unknowns)
        A, in LAPACK's band storage with room for its factors.
    mass : ndarray, shape (2, 2 DEGREE + 1, splines)
        Diagonals of M for p and for t, M_ij at [DEGREE + i - j, j].
    bound : float
        max(eta k5^2)/4 on the quadrature points, which bounds the growth rates of this very matrix.
    conditions : tuple of _Conditions
        Of p and t. What they remove stays as empty rows and columns.
    """

    evolution: np.ndarray
    mass: np.ndarray
    bound: float
    conditions: tuple[_Conditions, _Conditions]

    def fastest(self) -> tuple[complex, np.ndarray]:
        """Fastest growth rate [1/yr], and coefficients (2, splines) of p and t; works once."""
        unknowns = self.evolution.shape[1]
        free = self._free_unknowns()
        diagonal = self.mass[:, DEGREE].T.ravel()
        # unit diagonal of M: p and t differ by the length of an element
        scale = np.where(free, 1 / np.sqrt(np.where(free, diagonal, 1.0)), 0.0)
        solve = self._shifted_solver(scale, free)
        offsets, size = DEGREE - np.arange(2 * DEGREE + 1), unknowns // 2
        mass = [dia_array((part, offsets), shape=(size, size)) for part in self.mass]

        def inverse(vector: np.ndarray) -> np.ndarray:
            scaled, image = scale * vector, np.empty(unknowns)
            image[0::2], image[1::2] = mass[0] @ scaled[0::2], mass[1] @ scaled[1::2]
            return solve(scale * image)

        operator = LinearOperator((unknowns, unknowns), matvec=inverse, dtype=float)
        rates, vectors = nearest_eigenpairs(operator, self.bound, EIGENVALUES)
        best = np.lexsort((-rates.imag, -rates.real))[0]
        coefficients = np.ascontiguousarray((scale * vectors[:, best]).reshape(size, 2).T)
        for field, part in zip(self.conditions, coefficients, strict=True):
            field.restore(part)
        return complex(rates[best]), coefficients

    def _free_unknowns(self) -> np.ndarray:
        free = np.ones(self.evolution.shape[1], dtype=bool)
        for part, field in enumerate(self.conditions):
            free[[2 * spline + part for spline in field.removed]] = False
        return free

    def _shifted_solver(
        self, scale: np.ndarray, free: np.ndarray
    ) -> Callable[[np.ndarray], np.ndarray]:
        """Solver of (bound M - A) x = b, symmetrically scaled; overwrites A."""
        matrix, centre = self.evolution, 2 * BANDWIDTH
        np.negative(matrix, out=matrix)
        for part in range(2):
            diagonals = slice(centre - 2 * DEGREE, centre + 2 * DEGREE + 1, 2)
            matrix[diagonals, part::2] += self.bound * self.mass[part]
        matrix *= scale
        for offset in range(-BANDWIDTH, BANDWIDTH + 1):
            # row i of column j lies on the diagonal i - j
            columns = slice(max(-offset, 0), scale.size - max(offset, 0))
            rows = slice(max(offset, 0), scale.size + min(offset, 0))
            matrix[centre + offset, columns] *= scale[rows]
        matrix[centre, ~free] = 1.0
        factors, pivots, failed = dgbtrf(matrix, BANDWIDTH, BANDWIDTH, overwrite_ab=True)
        if failed:
            raise np.linalg.LinAlgError(f"the shifted matrix is singular in row {failed}")
        return lambda right: dgbtrs(factors, BANDWIDTH, BANDWIDTH, right, pivots)[0]


def _assembled(
    basis: SplineBasis,
    profiles: Profiles,
    degree: int,
    conditions: tuple[_Conditions, _Conditions],
    metric: Metric,
) -> _Problem:
    """Add up the elements."""
    evolution = np.zeros((3 * BANDWIDTH + 1, 2 * basis.size), order="F")
    mass = np.zeros((2, 2 * DEGREE + 1, basis.size))
    bound = 0.0
    for tables in basis.blocks():
        diffusivity, wavenumber = profiles(tables.radius)
        bound = max(bound, float(np.max(diffusivity * wavenumber**2)) / 4)
        energy, power = _weights(tables, metric)
        _add_element_forms(
            evolution,
            mass,
            tables,
            (energy, power * diffusivity, power * diffusivity * wavenumber),
            degree,
            conditions,
            basis.elements,
            metric,
        )
    for tie in conditions[0].ties:
        if tie[0] == basis.size - 1:  # p(r_o) is the coefficient of the last spline
            mass[0, DEGREE, tie[1]] += _exterior_energy(basis, degree, metric) * tie[2] ** 2
    return _Problem(evolution, mass, bound, conditions)


def _add_element_forms(
    evolution: np.ndarray,
    mass: np.ndarray,
    tables: ElementTables,
    weights: tuple[np.ndarray, np.ndarray, np.ndarray],
    degree: int,
    conditions: tuple[_Conditions, _Conditions],
    elements: int,
    metric: Metric,
) -> None:
    """Add a block of elements to A and M; weights of the energy, of Ohmic and of chiral power."""
    inverse_square = (degree * (degree + 1) / tables.radius**2)[..., None]
    functions = np.array([tables.values, tables.slopes, tables.curvatures])
    p, p_slope, p_curvature = functions.copy() if conditions[0].ties else functions
    for table in (p, p_slope, p_curvature):
        conditions[0].tie_functions(tables.first, elements, table)
    t, t_slope, _ = functions
    for table in (t, t_slope):
        conditions[1].tie_functions(tables.first, elements, table)
    radius, (dr, ohmic, chiral) = tables.radius[..., None], weights
    _, p_slope, p_curvature = metric.poloidal_derivatives(radius, p, p_slope, p_curvature)
    _, t_slope = metric.toroidal_derivatives(radius, t, t_slope)
    current = inverse_square * p - p_curvature

    def form(weights: np.ndarray, test: np.ndarray, trial: np.ndarray) -> np.ndarray:
        return np.matmul((weights[..., None] * test).transpose(0, 2, 1), trial)

    blocks = {
        (0, 0): -form(ohmic, current, current),
        (0, 1): form(chiral, current, t),
        (1, 0): form(chiral, inverse_square * t, p) + form(chiral, t_slope, p_slope),
        (1, 1): -form(ohmic, inverse_square * t, t) - form(ohmic, t_slope, t_slope),
    }
    for (row, column), local in blocks.items():
        centre = 2 * BANDWIDTH + row - column
        _add_to_band(evolution[:, column::2], centre, 2, tables.first, local)
    poloidal = form(dr, inverse_square * p, p) + form(dr, p_slope, p_slope)
    for part, local in enumerate((poloidal, form(dr, t, t))):
        _add_to_band(mass[part], DEGREE, 1, tables.first, local)


def _weights(tables: ElementTables, metric: Metric) -> tuple[np.ndarray, np.ndarray]:
    """Quadrature weights of energies and of powers at infinity, as in `grid.shell.Shell`."""
    if metric.is_flat:
        return tables.weights, tables.weights
    lapse = np.exp(metric.potential(tables.radius))
    energy = tables.weights * lapse * np.exp(metric.radial_potential(tables.radius))
    return energy, energy * lapse


def _exterior_energy(basis: SplineBasis, degree: int, metric: Metric) -> float:
    """Energy of the potential field outside over l(l+1) p(r_o)^2, as in `grid.shell.Shell`."""
    outer = float(basis.radius[-1])
    kappa = float(exterior_factor(degree, outer, metric.schwarzschild_radius))
    return kappa * float(np.exp(metric.potential(outer) - metric.radial_potential(outer)))


def _add_to_band(band: np.ndarray, centre: int, stride: int, first: int, local: np.ndarray) -> None:
    """Add element matrices (elements, i, j) to a band whose diagonal i - j is centre + stride."""
    for i in range(DEGREE + 1):
        for j in range(DEGREE + 1):
            columns = slice(first + j, first + j + len(local))
            band[centre + stride * (i - j), columns] += local[:, i, j]


# --- result -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Moments:
    """Integrals over a mode."""

    energy: float
    phase: complex
    location: float
    width: float
    wavenumber: float


def _moments(basis: SplineBasis, degree: int, mode: np.ndarray, metric: Metric) -> _Moments:
    """Energy, direction in the complex plane, place and wave number of a mode.

    Integrals of |B|^2 and |curl B|^2, over the shell but for the energy, which includes the
    potential field outside.
    """
    product = degree * (degree + 1)
    local = [sliding_window_view(part, DEGREE + 1) for part in mode]
    square, sums = 0j, np.zeros(4)
    for tables in basis.blocks():
        elements = slice(tables.first, tables.first + len(tables.radius))
        p, p_slope, p_curvature, t, t_slope = (
            np.einsum("egj,ej->eg", table, local[part][elements])
            for part, table in (
                (0, tables.values),
                (0, tables.slopes),
                (0, tables.curvatures),
                (1, tables.values),
                (1, tables.slopes),
            )
        )
        radius = tables.radius
        _, p_slope, p_curvature = metric.poloidal_derivatives(radius, p, p_slope, p_curvature)
        _, t_slope = metric.toroidal_derivatives(radius, t, t_slope)
        weights, _ = _weights(tables, metric)
        radial, radial_current = (np.sqrt(product) / tables.radius * f for f in (p, t))
        current = np.sqrt(product) / tables.radius * radial - p_curvature
        field = np.array([radial, p_slope, t])
        density = weights * np.sum(np.abs(field) ** 2, axis=0)
        curl = np.abs(np.array([current, radial_current, t_slope])) ** 2
        depth = tables.radius - basis.inner_radius
        square += np.sum(weights * np.sum(field**2, axis=0))
        sums += [
            density.sum(),
            (density * depth).sum(),
            (density * depth**2).sum(),
            (weights * curl.sum(axis=0)).sum(),
        ]
    total, mean, variance = sums[0], sums[1] / sums[0], sums[2] / sums[0]
    exterior = _exterior_energy(basis, degree, metric) * abs(mode[0, -1]) ** 2
    return _Moments(
        energy=product * (total + exterior),
        phase=square / abs(square) if square else 1.0,
        location=basis.inner_radius + mean,
        width=float(np.sqrt(max(variance - mean**2, 0.0))),
        wavenumber=float(np.sqrt(sums[3] / total)),
    )


def _number(value: float, units: str, long_name: str) -> tuple:
    return (), float(value), {"units": units, "long_name": long_name}


def _dataset(
    parameters: Parameters,
    degree: int,
    basis: SplineBasis,
    rate: complex,
    mode: np.ndarray,
    metric: Metric,
) -> xr.Dataset:
    moments = _moments(basis, degree, mode, metric)
    scaled = mode / np.sqrt(moments.phase * moments.energy)
    crust = build_crust(parameters.background, parameters.chiral, [moments.location])
    numbers = {
        "growth_rate": _number(rate.real, "julian_year^-1", "growth rate"),
        "frequency": _number(
            rate.imag, "julian_year^-1", "angular frequency, imaginary part of the eigenvalue"
        ),
        "growth_time": _number(1 / rate.real, "julian_year", "inverse of the growth rate"),
        "location": _number(moments.location, "km", "mean radius of the mode, weighted with B^2"),
        "width": _number(moments.width, "km", "standard deviation of the radius, likewise"),
        "wavelength": _number(
            2 * np.pi / moments.wavenumber, "km", "2 pi over the root mean square of |curl B|/|B|"
        ),
        "unknowns": _number(2 * basis.size, "1", "size of the eigenvalue problem"),
    }
    if "density" in crust:
        numbers["density"] = _number(
            float(crust["density"][0]), "g cm^-3", "mass density at the location"
        )
    radius = basis.radius
    profiles = {
        name: ("radius", basis.interpolate(part) / radius, {"units": units, "long_name": long_name})
        for name, part, units, long_name in (
            ("poloidal", scaled[0], "gauss km", "poloidal scalar P(r)"),
            ("toroidal", scaled[1], "gauss", "toroidal scalar T(r)"),
        )
    }
    coordinates = {
        "radius": ("radius", radius, {"units": "km", "long_name": "radius"}),
        "degree": ((), degree, {"units": "1", "long_name": "spherical-harmonic degree"}),
    }
    attributes = attributes_of(parameters, "Fastest growing mode of a neutron-star crust")
    return xr.Dataset({**numbers, **profiles}, coordinates, attributes)
