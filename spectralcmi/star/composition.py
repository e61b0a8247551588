"""Composition of the crust: which nuclei, in how large cells, at which baryon density."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from scipy.interpolate import BPoly

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


def monotone_interpolant(x, y, end_slopes=(None, None)):
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
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    width, slope = np.diff(x), np.diff(y) / np.diff(x)
    first = _limited_first_derivatives(width, slope, end_slopes)
    second = _limited_second_derivatives(width, slope, first)
    pieces = BPoly.from_derivatives(x, np.column_stack([y, first, second]))

    def interpolant(points):
        points = np.asarray(points, dtype=float)
        inside = np.clip(points, x[0], x[-1])
        beyond = np.where(points < x[0], first[0], first[-1])
        return pieces(inside) + beyond * (points - inside)

    return interpolant


def _limited_first_derivatives(width, slope, end_slopes):
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


def _limited_second_derivatives(width, slope, first):
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


@lru_cache(maxsize=1)
def composition_tables_bsk24():
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


def _read_table(name):
    text = resources.files("spectralcmi.star").joinpath("data", name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    columns = np.array([line.split(",") for line in lines[1:]], dtype=float).T
    columns.flags.writeable = False
    return dict(zip(lines[0].split(","), columns, strict=True))


def composition_bsk24(baryon_density, kind="smooth"):
    """Composition of the crust of a BSk24 star.

    Parameters
    ----------
    baryon_density : array_like, any shape
        n [fm-3].
    kind : {"smooth", "layered"}
        "smooth": Z, ln Y_e and ln(A_cluster/A_cell) run through the centres (in
        ln n) of the layers of the outer crust and through every point of the inner crust, twice
        continuously differentiable. "layered": the nuclides of the outer crust keep their sharp
        limits.

    Returns
    -------
    Composition

    Raises
    ------
    ValueError
        If the kind is unknown.

    Notes
    -----
    The tables end at 0.075 fm-3, the crust at 0.0808: there ln Y_e and
    ln(A_cluster/A_cell) go on along their last slopes, and Z stays the last one tabulated.

    References
    ----------
    Pearson et al., MNRAS 481, 2994 (2018).
    """
    if kind not in COMPOSITIONS:
        raise ValueError(f"composition={kind!r} is none of {', '.join(COMPOSITIONS)}")
    logarithm = np.log(np.asarray(baryon_density, dtype=float))
    if kind == "smooth":
        charge, electrons, bound = _evaluate(_smooth_curves(), logarithm)
        inner_fraction = _smooth_step(logarithm, *_transition())
    else:
        charge, electrons, bound, inner_fraction = _layered(logarithm)
    cell = charge / electrons
    return Composition(charge, electrons, cell, bound * cell, inner_fraction)


def _layer_limits():
    """Logarithms of the baryon densities between the nuclides of the outer crust."""
    return np.log(composition_tables_bsk24()[0]["n_max"])


def _layer_centres():
    limits = _layer_limits()
    # The outermost layer has no upper side; it is taken as wide as the next one.
    return limits - 0.5 * np.diff(limits, prepend=2.0 * limits[0] - limits[1])


def _transition():
    """Logarithms of density between which the outer crust gives way to the inner one."""
    return _layer_centres()[-1], np.log(composition_tables_bsk24()[1]["n_b"][0])


def _smooth_step(x, low, high):
    """Quintic step from 0 to 1 with two continuous derivatives."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t**3 * (10.0 - 15.0 * t + 6.0 * t**2)


@lru_cache(maxsize=1)
def _smooth_curves():
    """Z, ln Y_e and ln(A_cluster/A_cell) against ln n through the outer and the inner crust."""
    outer, inner = composition_tables_bsk24()
    x = np.concatenate([_layer_centres(), np.log(inner["n_b"])])
    charge = np.concatenate([outer["Z"], inner["Z"]])
    electrons = np.concatenate([outer["Z"] / outer["A"], inner["Y_e"]])
    bound = np.concatenate([np.ones_like(outer["A"]), inner["A_cluster"] / inner["A_cell"]])
    return _curves(x, charge, electrons, bound, outermost_slope=0.0)


@lru_cache(maxsize=1)
def _inner_curves():
    """The same through the inner crust alone."""
    inner = composition_tables_bsk24()[1]
    bound = inner["A_cluster"] / inner["A_cell"]
    return _curves(np.log(inner["n_b"]), inner["Z"], inner["Y_e"], bound, outermost_slope=None)


def _curves(x, charge, electrons, bound, outermost_slope):
    return (
        monotone_interpolant(x, charge, (0.0, 0.0)),
        monotone_interpolant(x, np.log(electrons), (outermost_slope, None)),
        monotone_interpolant(x, np.log(bound), (outermost_slope, None)),
    )


def _evaluate(curves, logarithm):
    charge, electrons, bound = (curve(logarithm) for curve in curves)
    return charge, np.exp(electrons), np.exp(bound)


def _layered(logarithm):
    outer = composition_tables_bsk24()[0]
    limits = _layer_limits()
    dripped = logarithm > limits[-1]
    layer = np.minimum(np.searchsorted(limits, logarithm), len(limits) - 1)
    charge, electrons, bound = _evaluate(_inner_curves(), logarithm)
    return (
        np.where(dripped, charge, outer["Z"][layer]),
        np.where(dripped, electrons, outer["Z"][layer] / outer["A"][layer]),
        np.where(dripped, bound, 1.0),
        dripped.astype(float),
    )
