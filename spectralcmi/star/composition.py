"""Composition of the crust: which nuclei, in how large cells, at which baryon density."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import BPoly

Curve = Callable[[ArrayLike], np.ndarray]

COMPOSITIONS = ("smooth", "layered")


@dataclass(frozen=True)
class Composition:
    """The matter at one or many baryon densities; every array has their shape.

    Attributes
    ----------
    charge_number : ndarray
        Z, protons of a Wigner-Seitz cell, all taken to sit in its nucleus.
    electron_fraction : ndarray
        Y_e, electrons per baryon.
    cell_mass_number : ndarray
        A_cell = Z/Y_e, nucleons of a cell.
    mass_number : ndarray
        A_cluster, nucleons bound in the nucleus.
    inner_fraction : ndarray
        0 in the outer crust, 1 where neutrons drip; between them in a smooth transition.
    """

    charge_number: np.ndarray
    electron_fraction: np.ndarray
    cell_mass_number: np.ndarray
    mass_number: np.ndarray
    inner_fraction: np.ndarray


def monotone_interpolant(
    x: ArrayLike, y: ArrayLike, end_slopes: tuple[float | None, float | None] = (None, None)
) -> Curve:
    """Twice continuously differentiable interpolant that never overshoots its points.

    Quintic Hermite pieces. First derivatives are limited harmonic means of the neighbouring
    slopes, second derivatives those of the parabola through three points, clipped to the range
    in which the Bernstein coefficients of both adjacent pieces are monotone. Beyond its ends the
    interpolant goes on as a straight line.

    Parameters
    ----------
    x : array_like, shape (n,)
        Strictly increasing.
    y : array_like, shape (n,)
    end_slopes : pair of float or None
        First derivatives at the two ends; None takes the slope of the adjacent interval.

    Returns
    -------
    callable
        Function of arrays of any shape.

    References
    ----------
    Fritsch & Butland, SIAM J. Sci. Stat. Comput. 5, 300 (1984): the harmonic mean.
    """
    pieces = monotone_pieces(x, y, end_slopes)
    ends = pieces.x[[0, -1]]
    below, above = pieces(ends, 1)

    def interpolant(points: ArrayLike) -> np.ndarray:
        points = np.asarray(points, dtype=float)
        inside = np.clip(points, *ends)
        slope = np.where(points < ends[0], below, above)
        return pieces(inside) + slope * (points - inside)

    return interpolant


def monotone_pieces(
    x: ArrayLike, y: ArrayLike, end_slopes: tuple[float | None, float | None] = (None, None)
) -> BPoly:
    """The polynomials of `monotone_interpolant`, without the straight lines beyond.

    Parameters
    ----------
    x, y, end_slopes
        As there.

    Returns
    -------
    scipy.interpolate.BPoly
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    width, slope = np.diff(x), np.diff(y) / np.diff(x)
    first = _limited_first_derivatives(width, slope, end_slopes)
    second = _limited_second_derivatives(width, slope, first)
    return BPoly.from_derivatives(x, np.column_stack([y, first, second]))


def _limited_first_derivatives(
    width: np.ndarray, slope: np.ndarray, end_slopes: tuple[float | None, float | None]
) -> np.ndarray:
    left, right = slope[:-1], slope[1:]
    weight = (width[:-1] + 2.0 * width[1:]) / (3.0 * (width[:-1] + width[1:]))
    same_sign = left * right > 0.0
    mean = left * right / np.where(same_sign, weight * right + (1.0 - weight) * left, 1.0)
    # Twice 5/4 of the slope is the most that a quintic with straight ends takes monotonically.
    most = 1.25 * np.minimum(np.abs(left), np.abs(right))
    inside = np.where(same_sign, np.sign(left) * np.minimum(np.abs(mean), most), 0.0)
    ends = [
        neighbour if chosen is None else chosen
        for chosen, neighbour in zip(end_slopes, (slope[0], slope[-1]), strict=True)
    ]
    return np.concatenate([[ends[0]], inside, [ends[1]]])


def _limited_second_derivatives(
    width: np.ndarray, slope: np.ndarray, first: np.ndarray
) -> np.ndarray:
    """Parabolic estimates, clipped; zero at both ends, where a straight line continues."""
    left, right = slope[:-1], slope[1:]
    estimate = 2.0 * (right - left) / (width[:-1] + width[1:])
    # In rising data; falling data are mirrored.
    sign = np.where(left + right < 0.0, -1.0, 1.0)
    estimate, left, right = sign * estimate, sign * left, sign * right
    middle = sign * first[1:-1]
    low = np.maximum(-4.0 * middle / width[1:], (8.0 * middle - 10.0 * left) / width[:-1])
    high = np.minimum(4.0 * middle / width[:-1], (10.0 * right - 8.0 * middle) / width[1:])
    turning = left * right <= 0.0
    clipped = np.where(turning, 0.0, np.clip(estimate, low, high))
    return np.concatenate([[0.0], sign * clipped, [0.0]])


@dataclass(frozen=True, eq=False)
class CrustTable:
    """Tabulated composition of a crust.

    Attributes
    ----------
    layer_limit, layer_centre : ndarray, shape (number of layers,)
        ln(n / fm-3) at the inner end and in the middle of every layer of the outer crust, which
        holds one nuclide; may be empty.
    layer_charge, layer_mass : ndarray, same shape
        Z and A of the nuclides.
    inner_density : ndarray, shape (number of points,)
        ln(n / fm-3) of the points of the inner crust, at least two, all beyond the last layer.
    inner_charge, inner_electrons, inner_bound : ndarray, same shape
        Z, Y_e and A_cluster/A_cell.
    """

    layer_limit: np.ndarray
    layer_centre: np.ndarray
    layer_charge: np.ndarray
    layer_mass: np.ndarray
    inner_density: np.ndarray
    inner_charge: np.ndarray
    inner_electrons: np.ndarray
    inner_bound: np.ndarray

    def composition(self, baryon_density: ArrayLike, kind: str = "smooth") -> Composition:
        """Composition at any baryon density.

        Parameters
        ----------
        baryon_density : array_like, any shape
            n [fm-3].
        kind : {"smooth", "layered"}
            "smooth": Z, ln Y_e and ln(A_cluster/A_cell) run through the centres (in ln n) of the
            layers of the outer crust and through every point of the inner crust, twice
            continuously differentiable. "layered": the nuclides of the outer crust keep their
            sharp limits.

        Returns
        -------
        Composition

        Raises
        ------
        ValueError
            If the kind is unknown.

        Notes
        -----
        Beyond the last point ln Y_e and ln(A_cluster/A_cell) go on along their last slopes, and
        Z stays the last one tabulated.
        """
        if kind not in COMPOSITIONS:
            raise ValueError(f"composition={kind!r} is none of {', '.join(COMPOSITIONS)}")
        logarithm = np.log(np.asarray(baryon_density, dtype=float))
        evaluate = self._smooth if kind == "smooth" else self._layered
        charge, electrons, bound, inner_fraction = evaluate(logarithm)
        cell = charge / electrons
        return Composition(charge, electrons, cell, bound * cell, inner_fraction)

    def _smooth(
        self, logarithm: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        charge, electrons, bound = _evaluate(self._smooth_curves, logarithm)
        return charge, electrons, bound, self._inner_fraction(logarithm)

    def _inner_fraction(self, logarithm: np.ndarray) -> np.ndarray:
        """Quintic step with two continuous derivatives from the last layer to the first point."""
        if not len(self.layer_centre):
            return np.ones_like(logarithm)
        low, high = self.layer_centre[-1], self.inner_density[0]
        t = np.clip((logarithm - low) / (high - low), 0.0, 1.0)
        return t**3 * (10.0 - 15.0 * t + 6.0 * t**2)

    def _layered(
        self, logarithm: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        charge, electrons, bound = _evaluate(self._inner_curves, logarithm)
        if not len(self.layer_limit):
            return charge, electrons, bound, np.ones_like(logarithm)
        dripped = logarithm > self.layer_limit[-1]
        last = len(self.layer_limit) - 1
        layer = np.minimum(np.searchsorted(self.layer_limit, logarithm), last)
        fraction = self.layer_charge / self.layer_mass
        return (
            np.where(dripped, charge, self.layer_charge[layer]),
            np.where(dripped, electrons, fraction[layer]),
            np.where(dripped, bound, 1.0),
            dripped.astype(float),
        )

    @cached_property
    def _smooth_curves(self) -> tuple[Curve, Curve, Curve]:
        """Z, ln Y_e and ln(A_cluster/A_cell) against ln n through both crusts."""
        return _curves(
            np.concatenate([self.layer_centre, self.inner_density]),
            np.concatenate([self.layer_charge, self.inner_charge]),
            np.concatenate([self.layer_charge / self.layer_mass, self.inner_electrons]),
            np.concatenate([np.ones_like(self.layer_mass), self.inner_bound]),
            # Above the outermost layer nothing is known: its nuclide goes on.
            outermost_slope=0.0 if len(self.layer_centre) else None,
        )

    @cached_property
    def _inner_curves(self) -> tuple[Curve, Curve, Curve]:
        """The same through the inner crust alone."""
        points = self.inner_density, self.inner_charge, self.inner_electrons, self.inner_bound
        return _curves(*points, outermost_slope=None)


def _curves(
    x: np.ndarray,
    charge: np.ndarray,
    electrons: np.ndarray,
    bound: np.ndarray,
    outermost_slope: float | None,
) -> tuple[Curve, Curve, Curve]:
    return (
        monotone_interpolant(x, charge, (0.0, 0.0)),
        monotone_interpolant(x, np.log(electrons), (outermost_slope, None)),
        monotone_interpolant(x, np.log(bound), (outermost_slope, None)),
    )


def _evaluate(
    curves: tuple[Curve, Curve, Curve], logarithm: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    charge, electrons, bound = (curve(logarithm) for curve in curves)
    return charge, np.exp(electrons), np.exp(bound)


@lru_cache(maxsize=1)
def composition_tables_bsk24() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The two composition tables of BSk24 as dictionaries of read-only columns.

    Returns
    -------
    outer : dict
        Z, A, n_max [fm-3], mu_e [MeV]: nuclides, each present up to its own n_max.
    inner : dict
        n_b [fm-3], Z, Y_e, A_cell, A_cluster, P [MeV fm-3], rho [g cm-3].

    References
    ----------
    Pearson et al., MNRAS 481, 2994 (2018).
    """
    return _read_table("bsk24_outer_crust.csv"), _read_table("bsk24_inner_crust.csv")


def _read_table(name: str) -> dict[str, np.ndarray]:
    text = resources.files("spectralcmi.star").joinpath("data", name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    columns = np.array([line.split(",") for line in lines[1:]], dtype=float).T
    columns.flags.writeable = False
    return dict(zip(lines[0].split(","), columns, strict=True))


@lru_cache(maxsize=1)
def crust_table_bsk24() -> CrustTable:
    """The crust of BSk24.

    Returns
    -------
    CrustTable

    References
    ----------
    Pearson et al., MNRAS 481, 2994 (2018).
    """
    outer, inner = composition_tables_bsk24()
    limit = np.log(outer["n_max"])
    # The outermost layer has no upper side; it is taken as wide as the next one.
    width = np.diff(limit, prepend=2.0 * limit[0] - limit[1])
    return CrustTable(
        layer_limit=limit,
        layer_centre=limit - 0.5 * width,
        layer_charge=outer["Z"],
        layer_mass=outer["A"],
        inner_density=np.log(inner["n_b"]),
        inner_charge=inner["Z"],
        inner_electrons=inner["Y_e"],
        inner_bound=inner["A_cluster"] / inner["A_cell"],
    )


def composition_bsk24(baryon_density: ArrayLike, kind: str = "smooth") -> Composition:
    """Composition of the crust of a BSk24 star; see `CrustTable.composition`.

    Parameters
    ----------
    baryon_density : array_like, any shape
        n [fm-3].
    kind : {"smooth", "layered"}

    Returns
    -------
    Composition
    """
    return crust_table_bsk24().composition(baryon_density, kind)
