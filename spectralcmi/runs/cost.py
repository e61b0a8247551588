"""How much memory a case takes, told from its sizes before anything large is there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spectralcmi.case.parameters import Parameters
from spectralcmi.case.sections import Resolution
from spectralcmi.errors import InputError
from spectralcmi.fields.element_space import FACTORS_KEPT
from spectralcmi.grid.bands import LANES
from spectralcmi.grid.chebyshev import BLOCKS
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.radial import RadialBasis
from spectralcmi.heat.full_star import USUAL_LMAX
from spectralcmi.heat.tables import NODES
from spectralcmi.memory import usable_memory
from spectralcmi.threads import available_threads
from spectralcmi.timestepping.schemes import SCHEMES

#: Memory of the interpreter and the libraries [bytes], measured.
LIBRARIES = 2.7e8


@dataclass(frozen=True)
class AngularSizes:
    """Numbers of angular functions.

    Attributes
    ----------
    coefficients, columns : int
        Complex coefficients of a function on the sphere, and its real columns.
    """

    coefficients: int
    columns: int


def angular_sizes(resolution: Resolution) -> AngularSizes:
    """Numbers of angular functions of a case, without any table of them.

    Parameters
    ----------
    resolution : Resolution

    Returns
    -------
    AngularSizes
    """
    lmax, mmax, mres = resolution.lmax, resolution.mmax, resolution.mres
    # an order has the degrees from itself to lmax, and two real columns for each but m = 0
    orders = mmax // mres
    with_order = orders * (lmax + 1) - mres * orders * (orders + 1) // 2
    return AngularSizes(lmax + with_order, lmax + 2 * with_order)


def unknowns(parameters: Parameters, basis: RadialBasis) -> int:
    """Number of coefficients of the field, poloidal and toroidal."""
    return 2 * basis.order * angular_sizes(parameters.resolution).columns


def memory(parameters: Parameters, basis: RadialBasis) -> float:
    """Memory that a run takes at most [bytes], the libraries' included.

    Parameters
    ----------
    parameters : Parameters
    basis : RadialBasis
        Of the case, see `spectralcmi.build.build_basis`.

    Returns
    -------
    float
    """
    size, lmax = angular_sizes(parameters.resolution), parameters.resolution.lmax
    stages = SCHEMES[parameters.time.scheme].stages
    # N and K y of each stage; y, M y, the new y, three right sides, the field twice as slots
    state = (2 * stages + 8) * unknowns(parameters, basis)
    points = basis.weights.size if isinstance(basis, ElementBasis) else basis.points
    # p, p' and t on the shells while they are measured, and what integrals of them take
    shells = 4 * points * size.columns
    if isinstance(basis, ElementBasis):
        matrices = _element_matrices(basis, lmax, size.columns)
    else:
        matrices = _global_matrices(basis, lmax, size.columns)
    # complex P and T on the storage radii, in the record and in the dataset
    count, radii = len(parameters.snapshot_times()), basis.storage_radius.size
    snapshots = count * 2 * 2 * 2 * radii * size.coefficients
    numbers = state + shells + matrices + snapshots
    if parameters.thermal.enabled and isinstance(basis, ElementBasis):
        numbers += _temperature(parameters, basis, stages)
    return LIBRARIES + 8.0 * (numbers + _buffers(basis, parameters.resolution, size))


def _temperature(parameters: Parameters, basis: ElementBasis, stages: int) -> int:
    """Tables of the matter; where the temperature depends on the angles, what is on the grid."""
    points, resolution, thermal = basis.weights.size, parameters.resolution, parameters.thermal
    tables = 2 * 8 * NODES * points
    if thermal.dimension == "radial":
        # B on the grid in single precision, while it is averaged
        return tables + 8 * stages * points + 3 * points * _places(resolution) // 2
    lmax = min(thermal.lmax or USUAL_LMAX, resolution.lmax)
    mmax = min(resolution.mmax, lmax // resolution.mres * resolution.mres)
    own = resolution.model_copy(update={"lmax": lmax, "mmax": mmax})
    size = angular_sizes(own)
    # the heat of each stage, right sides, stages and corrections of the heat equation
    slots = (stages + 40) * basis.order * (size.columns + 1)
    # in single precision: eta, k5 and feedback on the grid of the field, B and the linear forms on
    # that of the temperature; heat and temperature where eta is
    places = _places(resolution) * (3 + 2 * 3) + _places(own) * (3 + 7)
    return tables + slots + points * places // 2


def _places(resolution: Resolution) -> int:
    """About how many points the grid of a sphere has."""
    longitudes = 4 * (resolution.mmax // resolution.mres) + 1
    return 2 * (resolution.lmax + 1) * longitudes


def _element_matrices(basis: ElementBasis, lmax: int, columns: int) -> int:
    """Mass and stiffness, their factors and those of M + h K, and work against local functions."""
    lanes = LANES * math.ceil(lmax / LANES)
    bands = 0
    for half_bandwidth in (basis.element_order, basis.element_order - 1):
        terms = half_bandwidth + 1
        packed = (basis.order + half_bandwidth) * terms * lanes
        bands += 2 * terms * basis.order * lmax + (3 + FACTORS_KEPT) * packed
    work = basis.elements * (2 * basis.element_order + 1) * columns
    return bands + work


def _global_matrices(basis: RadialBasis, lmax: int, columns: int) -> int:
    """Modes of p and t and their transposes, tables of the polynomials, work of each block."""
    modes = 4 * lmax * basis.order**2
    tables = (3 + 3 + 2 + 4) * basis.points * basis.order
    rates = 2 * 2 * basis.order * columns
    return modes + tables + rates + 2 * BLOCKS * basis.order * columns


def _buffers(basis: RadialBasis, resolution: Resolution, size: AngularSizes) -> int:
    """Fields of a shell and of a block of shells, for each thread."""
    if isinstance(basis, ElementBasis):
        shells = basis.points_per_element
    else:
        shells = math.ceil(basis.points / BLOCKS)
    each = 6 * (2 * size.coefficients + _places(resolution)) + 9 * shells * size.columns
    return available_threads() * each


def require_memory(parameters: Parameters, basis: RadialBasis) -> None:
    """Raise InputError for a case that needs more memory than this process may use.

    Parameters
    ----------
    parameters : Parameters
    basis : RadialBasis
        Of the case.
    """
    needed, usable = memory(parameters, basis), usable_memory()
    if needed > usable:
        resolution = parameters.resolution
        raise InputError(
            f"resolution.lmax = {resolution.lmax}, resolution.mmax = {resolution.mmax}, "
            f"resolution.radial_order = {basis.order}: a run needs {needed / 1e9:.1f} GB of "
            f"memory, and {usable / 1e9:.1f} GB are there"
        )
