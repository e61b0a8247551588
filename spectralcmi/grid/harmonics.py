"""Spherical harmonics by SHTns: the only module that imports it.

Convention, used throughout the package: orthonormal Y_lm on the unit sphere, Condon-Shortley phase,
real fields with coefficients of orders m >= 0 only. A vector field has spheroidal-toroidal
components (Q, S, T),

    v = Q Y r^ + S grad_1 Y - T r^ x grad_1 Y,      grad_1 the gradient on the unit sphere,

i.e. v_theta = dS/dtheta + (1/sin theta) dT/dphi and v_phi = (1/sin theta) dS/dphi - dT/dtheta.

References
----------
Schaeffer, Geochem. Geophys. Geosyst. 14, 751 (2013): SHTns.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numba
import numpy as np
import threadpoolctl

from spectralcmi.errors import MissingPackageError
from spectralcmi.grid.foreign_calls import call_address

try:
    with contextlib.redirect_stdout(open(os.devnull, "w")) as _banner:  # SHTns prints at import
        import _shtns
        import shtns
except ImportError as error:
    raise MissingPackageError(
        f"SHTns cannot be loaded ({error}); it is compiled with FFTW: apt-get install "
        "libfftw3-dev build-essential, dnf install fftw-devel gcc, or brew install fftw, and then "
        "pip install --force-reinstall --no-cache-dir shtns"
    ) from None
finally:
    _banner.close()


#: SHTns refuses fewer where the processor's vectors hold eight numbers (AVX-512); the same
#: everywhere, so that a case has the same grid on every machine. Fewer would not be faster.
SMALLEST_NLAT = 32

#: Numbers of longitudes, and powers of two beyond. The Fourier transforms are planned without
#: timing, and most other numbers then cost more than the next one of this list: a transform of
#: length 64 or 128 is a single codelet of FFTW, three times as fast as one of 80 or 144.
#: 320, 448 and 640 are missing because 384, 512 and 768 are as fast.
LONGITUDES = (
    (4, 8, 12, 16, 20, 32, 64, 128, 160, 192)
    + (256, 384, 512, 768, 896, 1024, 1280, 1536, 2048)
)  # fmt: skip

#: Numbers of longitudes for which SHTns is faster (by a fifth to a third) with longitude contiguous
#: in memory; for all others by up to a factor of ten with colatitude contiguous.
PHI_CONTIGUOUS = frozenset({160, 192})

#: Which angle is contiguous in a spatial array.
Layout = Literal["theta_contiguous", "phi_contiguous"]


def grid_size(lmax: int, mmax: int, mres: int = 1, dealiasing: int = 3) -> tuple[int, int, Layout]:
    """Angular grid that keeps products of fields free of aliasing, and its layout in memory.

    Parameters
    ----------
    lmax, mmax, mres, dealiasing : int
        As in `Harmonics`.

    Returns
    -------
    nlat, nphi : int
        Numbers of Gauss colatitudes and of longitudes.
    layout : {"theta_contiguous", "phi_contiguous"}
        Which angle is contiguous in memory.

    Notes
    -----
    With K = `dealiasing`, an integrand of degree (K + 1) lmax needs nlat > (K + 1) lmax / 2 and one
    of order (K + 1) mmax needs nphi > (K + 1) mmax / mres. Beyond that the size is the fastest one,
    from measured rules and never by timing: the grid and the round-off of a case are those of every
    machine. The cost of the transforms grows with lmax without a fall of more than a tenth.
    """
    colatitudes = (dealiasing + 1) * lmax // 2 + 1
    if mmax == 0:
        return _next_multiple(4, colatitudes), 1, "theta_contiguous"
    longitudes = _longitudes((dealiasing + 1) * (mmax // mres) + 1)
    layout: Layout = "phi_contiguous" if longitudes in PHI_CONTIGUOUS else "theta_contiguous"
    return _colatitudes(colatitudes), longitudes, layout


def _next_multiple(step: int, needed: int) -> int:
    """Smallest allowed number of colatitudes from `needed` that is a multiple of `step`."""
    return max(step * -(-needed // step), SMALLEST_NLAT)


def _colatitudes(needed: int) -> int:
    """Smallest number of colatitudes whose meridians do not compete for places in the cache."""
    # on large grids, meridians that start with a cache line (8 numbers) save up to a quarter
    step = 4 if needed <= 256 else 8
    count = _next_multiple(step, needed)
    # meridians a multiple of 512 bytes apart fall on few sets of the cache: 1.4 times slower at 64
    # colatitudes, up to 6 times at 128 and 256; odd multiples of 256 bytes still cost 5 %
    return count + step if count > SMALLEST_NLAT and count % 32 == 0 else count


def _longitudes(needed: int) -> int:
    if needed > LONGITUDES[-1]:
        return 1 << (needed - 1).bit_length()
    return next(count for count in LONGITUDES if count >= needed)


@dataclass(frozen=True)
class Harmonics:
    """Spherical harmonics up to lmax and mmax, with a Gauss-Legendre grid.

    The package orders coefficients by degree, then by order (`degree`, `order`), without l = 0;
    SHTns orders them by order, then by degree. `position` maps the first to the second.

    Parameters
    ----------
    lmax, mmax, mres : int
        Largest degree, largest order, and the azimuthal symmetry: orders are multiples of mres.
    dealiasing : {3, 2}
        Products of this many fields are free of aliasing: 2 suffices for (curl B) x B; k5 B needs
        3, because the feedback of E . B on k5 is itself quadratic.

    Raises
    ------
    ValueError
        If no such set of harmonics exists, or `dealiasing` is neither 2 nor 3.
    """

    lmax: int
    mmax: int
    mres: int = 1
    dealiasing: int = 3

    def __post_init__(self) -> None:
        if self.lmax < 1:
            raise ValueError(f"lmax={self.lmax} is below 1")
        if self.mmax > self.lmax:
            raise ValueError(f"mmax={self.mmax} exceeds lmax={self.lmax}")
        if self.mres < 1 or self.mmax % self.mres:
            raise ValueError(f"mmax={self.mmax} is not a multiple of mres={self.mres}")
        if self.dealiasing not in (2, 3):
            raise ValueError(f"dealiasing={self.dealiasing} is neither 2 nor 3")

    @cached_property
    def transform(self) -> shtns.sht:
        """The SHTns object with its grid."""
        # threads that OpenMP keeps are missing in a forked child, which waits for them for ever
        with threadpoolctl.threadpool_limits(1, "openmp"):
            return self._made_transform()

    def _made_transform(self) -> shtns.sht:
        transform = shtns.sht(
            self.lmax, self.mmax // self.mres, self.mres, shtns.sht_orthonormal, 1
        )
        # quick_init: the other modes time algorithms and FFT plans, so that round-off would depend
        # on the load of the machine and a resumed run would differ from the uninterrupted one (and
        # planning takes ten seconds). No polar optimisation: it truncates at 1e-10.
        nlat, nphi, _ = self._grid_size
        layout = (
            shtns.SHT_THETA_CONTIGUOUS if self.is_theta_contiguous else shtns.SHT_PHI_CONTIGUOUS
        )
        transform.set_grid(nlat, nphi, flags=shtns.sht_quick_init | layout, polar_opt=0.0)
        return transform

    @cached_property
    def _grid_size(self) -> tuple[int, int, Layout]:
        return grid_size(self.lmax, self.mmax, self.mres, self.dealiasing)

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        sht_degree, sht_order = np.asarray(self.transform.l), np.asarray(self.transform.m)
        position = np.lexsort((sht_order, sht_degree))
        position = position[sht_degree[position] > 0]
        return sht_degree[position], sht_order[position], position

    @property
    def degree(self) -> np.ndarray:
        """Degree of each coefficient, shape (lm,)."""
        return self._table[0]

    @property
    def order(self) -> np.ndarray:
        """Order of each coefficient, shape (lm,)."""
        return self._table[1]

    @property
    def position(self) -> np.ndarray:
        """Place of each coefficient in an SHTns array, shape (lm,)."""
        return self._table[2]

    @property
    def size(self) -> int:
        """Number of coefficients, l = 0 left out."""
        return self.degree.size

    @cached_property
    def degree_slices(self) -> tuple[slice, ...]:
        """Columns of degree 1, 2, .., lmax."""
        ends = np.searchsorted(self.degree, np.arange(1, self.lmax + 2))
        return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(ends))

    @property
    def grid_shape(self) -> tuple[int, int]:
        """Shape of a spatial array in memory.

        (nphi, nlat) where colatitude is contiguous, (nlat, nphi) where longitude is.
        """
        nlat, nphi = self.transform.nlat, self.transform.nphi
        return (nphi, nlat) if self.is_theta_contiguous else (nlat, nphi)

    @property
    def is_theta_contiguous(self) -> bool:
        """Whether neighbours in memory are neighbours in colatitude, see `grid_shape`."""
        return self._grid_size[2] == "theta_contiguous"

    @cached_property
    def colatitude(self) -> np.ndarray:
        """Gauss points [rad], shape (nlat,)."""
        return np.arccos(self.transform.cos_theta)

    @cached_property
    def longitude(self) -> np.ndarray:
        """Equidistant longitudes [rad] over one azimuthal period, shape (nphi,)."""
        return 2 * np.pi / self.mres * np.arange(self.transform.nphi) / self.transform.nphi

    @cached_property
    def colatitude_weight(self) -> np.ndarray:
        """Quadrature weight of a grid point of each colatitude, shape (nlat,)."""
        half = np.asarray(self.transform.gauss_wts())
        weight = np.concatenate([half, half[::-1]])[: self.transform.nlat]
        return weight * (4 * np.pi / (weight.sum() * self.transform.nphi))

    @cached_property
    def solid_angle(self) -> np.ndarray:
        """Quadrature weight of each grid point, of shape `grid_shape`, with sum 4 pi."""
        colatitude = self.colatitude_weight
        if not self.is_theta_contiguous:
            colatitude = colatitude[:, None]
        return np.ascontiguousarray(np.broadcast_to(colatitude, self.grid_shape))

    def synthesis(
        self, radial: np.ndarray, spheroidal: np.ndarray, toroidal: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Vector components on the grid of one sphere.

        Parameters
        ----------
        radial, spheroidal, toroidal : ndarray, complex, shape (lm,)
            Q, S and T in the package's order.

        Returns
        -------
        v_r, v_theta, v_phi : ndarray, shape (nlat, nphi)
        """
        spectral = [self._to_shtns(c) for c in (radial, spheroidal, toroidal)]
        fields = self.transform.synth(*spectral)
        fields = (np.asarray(field).reshape(self.grid_shape) for field in fields)
        return tuple(field.T if self.is_theta_contiguous else field for field in fields)

    def analysis(
        self, v_r: np.ndarray, v_theta: np.ndarray, v_phi: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Coefficients of a vector field on the grid of one sphere, the inverse of `synthesis`.

        Parameters
        ----------
        v_r, v_theta, v_phi : ndarray, shape (nlat, nphi)

        Returns
        -------
        radial, spheroidal, toroidal : ndarray, complex, shape (lm,)
            Q, S and T in the package's order; that of l = 0 is left out.
        """
        fields = (part.T if self.is_theta_contiguous else part for part in (v_r, v_theta, v_phi))
        fields = (np.array(part, dtype=float, order="C") for part in fields)
        return tuple(np.asarray(c)[self.position] for c in self.transform.analys(*fields))

    def _to_shtns(self, coefficients: np.ndarray) -> np.ndarray:
        spectral = np.zeros(self.transform.nlm, dtype=complex)
        spectral[self.position] = coefficients
        return spectral

    @cached_property
    def addresses(self) -> tuple[int, int | None, int | None]:
        """Addresses of the SHTns configuration, vector synthesis and vector analysis.

        For compiled kernels, which call SHTns without the interpreter lock through
        `call_synthesis` and `call_analysis`; valid as long as this object lives.
        """
        library = ctypes.CDLL(_shtns.__file__)
        synthesis = ctypes.cast(library.SHqst_to_spat, ctypes.c_void_p).value
        analysis = ctypes.cast(library.spat_to_SHqst, ctypes.c_void_p).value
        return int(self.transform.this), synthesis, analysis

    @cached_property
    def scalar_addresses(self) -> tuple[int, int | None, int | None]:
        """As `addresses`, with scalar synthesis and analysis."""
        library = ctypes.CDLL(_shtns.__file__)
        synthesis = ctypes.cast(library.SH_to_spat, ctypes.c_void_p).value
        analysis = ctypes.cast(library.spat_to_SH, ctypes.c_void_p).value
        return int(self.transform.this), synthesis, analysis


@numba.njit(nogil=True)
def call_synthesis(
    function: int, configuration: int, spectral: np.ndarray, spatial: np.ndarray
) -> None:
    """Synthesise one vector field of one sphere inside a compiled kernel.

    Parameters
    ----------
    function, configuration : int
        From `Harmonics.addresses`.
    spectral : ndarray, complex128, shape (3, nlm)
        Q, S, T in SHTns order.
    spatial : ndarray, float64, shape (3, points)
        v_r, v_theta, v_phi, each a flat array of `Harmonics.grid_shape`; overwritten.
    """
    q, s, t = spectral[0].ctypes.data, spectral[1].ctypes.data, spectral[2].ctypes.data
    r, theta, phi = spatial[0].ctypes.data, spatial[1].ctypes.data, spatial[2].ctypes.data
    call_address(function, (configuration, q, s, t, r, theta, phi))


@numba.njit(nogil=True)
def call_analysis(
    function: int, configuration: int, spatial: np.ndarray, spectral: np.ndarray
) -> None:
    """Analyse one vector field of one sphere inside a compiled kernel.

    Parameters
    ----------
    function, configuration : int
        From `Harmonics.addresses`.
    spatial : ndarray, float64, shape (3, points)
        v_r, v_theta, v_phi; destroyed.
    spectral : ndarray, complex128, shape (3, nlm)
        Q, S, T in SHTns order; overwritten.
    """
    r, theta, phi = spatial[0].ctypes.data, spatial[1].ctypes.data, spatial[2].ctypes.data
    q, s, t = spectral[0].ctypes.data, spectral[1].ctypes.data, spectral[2].ctypes.data
    call_address(function, (configuration, r, theta, phi, q, s, t))


@numba.njit(nogil=True)
def call_scalar_synthesis(
    function: int, configuration: int, spectral: np.ndarray, spatial: np.ndarray
) -> None:
    """Synthesise one scalar field of one sphere inside a compiled kernel.

    Parameters
    ----------
    function, configuration : int
        From `Harmonics.scalar_addresses`.
    spectral : ndarray, complex128, shape (nlm,)
        In SHTns order.
    spatial : ndarray, float64, shape (points,)
        A flat array of `Harmonics.grid_shape`; overwritten.
    """
    call_address(function, (configuration, spectral.ctypes.data, spatial.ctypes.data))


@numba.njit(nogil=True)
def call_scalar_analysis(
    function: int, configuration: int, spatial: np.ndarray, spectral: np.ndarray
) -> None:
    """Analyse one scalar field of one sphere inside a compiled kernel.

    Parameters
    ----------
    function, configuration : int
        From `Harmonics.scalar_addresses`.
    spatial : ndarray, float64, shape (points,)
        Destroyed.
    spectral : ndarray, complex128, shape (nlm,)
        In SHTns order; overwritten.
    """
    call_address(function, (configuration, spatial.ctypes.data, spectral.ctypes.data))
