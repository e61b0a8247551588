"""Random initial fields: energy per degree, share of the toroidal field and helicity as asked.

A random field is made of radial functions with Gaussian amplitudes, those of each (l, m) from a
generator of their own, so that they are the same at any resolution. The poloidal field comes first.
With the inner product of the toroidal energy, <s, t> = L Int e^(Phi + Lambda) s t dr, the helicity
of a degree is 2 <q, t>, where q = e^-Phi p: among all toroidal fields of one energy t ~ q has the
largest, 2 |q| |t|. A *partner* of p has the sign of the helicity where it is wanted, q itself if
that is everywhere, and t is the sum of a share of its partner and a random field orthogonal to it.
"""

from __future__ import annotations

import numpy as np

from spectralcmi.case.errors import ParameterError
from spectralcmi.case.sections import RandomField
from spectralcmi.grid.shell import Columns
from spectralcmi.model import InductionModel
from spectralcmi.runs.radial_functions import (
    RADIAL_MODES,
    SlowestModes,
    WindowedWaves,
    require_resolved,
    toroidal_profiles,
)

#: Part of the helicity asked for that the radial functions must reach.
REACHED = 0.99


def random_field(model: InductionModel, chosen: RandomField) -> np.ndarray:
    """Random field of unit root mean square over the proper volume of the shell.

    Parameters
    ----------
    model : InductionModel
    chosen : RandomField
        Its spectrum and helicity; `rms_field` is not used.

    Returns
    -------
    ndarray, shape `model.shape`

    Raises
    ------
    ParameterError
        If the radial functions can't hold the wavenumber, or not the helicity.
    """
    if chosen.helicity_pattern == "legacy":
        return legacy_field(model, chosen)
    start = _Start(model, chosen)
    poloidal = start.poloidal
    toroidal = start.toroidal() if chosen.toroidal_share > 0 else np.zeros(model.shape)
    share = chosen.toroidal_share
    field = np.sqrt(1 - share) * poloidal + np.sqrt(share) * toroidal
    return field / rms(model, field)


def rms(model: InductionModel, coefficients: np.ndarray) -> float:
    """Root mean square field over the proper volume of the shell [1e12 G]."""
    inside = sum(part.sum() for part in model.state(coefficients).proper_square_integrals)
    return float(np.sqrt(inside / model.shell.volume))


class _Start:
    """A random field in the making: energies per degree are l^slope before `rms_field`."""

    def __init__(self, model: InductionModel, chosen: RandomField) -> None:
        self.model, self.chosen = model, chosen
        self.degree = model.shell.columns.degree
        if chosen.radial_wavenumber > 0:
            require_resolved(model, chosen.radial_wavenumber)
            self.functions: WindowedWaves | SlowestModes = WindowedWaves(
                model.shell, chosen.radial_wavenumber
            )
        else:
            self.functions = SlowestModes(model)
        numbers, self.signs = _draw(model.shell.columns, chosen.seed, self.functions.count)
        has_energy = (self.degree >= chosen.lmin) & (self.degree <= chosen.lmax)
        self._amplitudes = np.where(has_energy, numbers, 0.0)
        self.poloidal = self._scaled(
            model.coefficients(self.functions.poloidal(self._amplitudes[0])), part=0
        )

    def _by_degree(self, values: np.ndarray) -> np.ndarray:
        """Sum over the columns of each degree, at each of its columns."""
        return np.bincount(self.degree, values)[self.degree]

    def _scaled(self, field: np.ndarray, part: int) -> np.ndarray:
        """A field with the energies in the shell asked for, all poloidal or toroidal (0, 1)."""
        chosen, degree = self.chosen, self.degree
        wanted = degree**chosen.slope
        wanted = np.where(degree < chosen.damped_below, chosen.damping**2, 1.0) * wanted
        energy = self._by_degree(self.model.state(field).square_integrals[part])
        return field * np.sqrt(np.where(energy > 0, wanted / np.where(energy > 0, energy, 1), 0))

    def _product(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """<one, other> of two t on the quadrature shells, by degree, at each column."""
        product = self.degree * (self.degree + 1.0)
        return self._by_degree(product * (self.model.shell.energy_weights @ (one * other)))

    def _unit(self, t: np.ndarray) -> np.ndarray:
        """t of unit length at each degree; zero stays zero."""
        length = np.sqrt(self._product(t, t))
        return t / np.where(length > 0, length, 1.0)

    def _without(self, t: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """t without its part along a field of unit length."""
        return t - self._product(t, unit) * unit

    def _held(self, t: np.ndarray) -> np.ndarray:
        """The t that the space of the model can hold."""
        return self.model.state(self.model.coefficients(toroidal_profiles(t))).profiles.t

    def toroidal(self) -> np.ndarray:
        """Coefficients of the toroidal field, with its helicity."""
        shell, wanted = self.model.shell, abs(self.chosen.helicity)
        lapse = np.exp(shell.metric.potential(shell.basis.radius))[:, None]
        matching = self.model.state(self.poloidal).profiles.p / lapse
        (along, whole), reached = self._directions(wanted, self._partner(matching), matching)
        own = self._held(self.functions.toroidal(self._amplitudes[1]).t)
        if self.chosen.helicity_pattern == "hemispheric":  # none as a whole
            along, own = self._unit(self._without(along, whole)), self._without(own, whole)
        across = self._unit(self._without(own, along))
        share = np.minimum(wanted / reached, 1.0)
        t = np.sign(self.chosen.helicity) * share * along + np.sqrt(1 - share**2) * across
        return self._scaled(self.model.coefficients(toroidal_profiles(t)), part=1)

    def _partner(self, matching: np.ndarray) -> np.ndarray:
        """The t of largest helicity, of the sign wanted in each place, from e^-Phi p."""
        pattern = self.chosen.helicity_pattern
        if pattern == "random_sign" and self.chosen.helicity != 0:
            return self.signs * matching
        if pattern == "hemispheric":
            beyond = (self.degree < self.chosen.lmin) | (self.degree > self.chosen.lmax)
            return np.where(beyond, 0.0, times_cosine(self.model.shell.columns, matching))
        return matching

    def _directions(
        self, wanted: float, *partners: np.ndarray
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Fields of unit length near some t, and the least fraction of its length that one has.

        Of the radial functions of the start where they have enough, else of all that there are: a
        poloidal field that goes on outside ends in a current sheet then.
        """
        for project in (self.functions.nearest, self._held):
            units, reached = [], np.ones(self.degree.size)
            for partner in partners:
                units.append(self._unit(self._held(project(partner))))
                has_any = (length := np.sqrt(self._product(partner, partner))) > 0
                part = self._product(units[-1], partner) / np.where(has_any, length, 1.0)
                reached = np.where(has_any, np.minimum(reached, part), reached)
            if (least := float(reached.min())) >= wanted:
                break
        if least < REACHED * wanted:
            raise ParameterError(
                "initial.helicity",
                self.chosen.helicity,
                f"exceeds the {least:.3f} that {self.model.shell.basis.order} radial functions "
                "reach; resolution.radial_order has to be larger",
            )
        return units, reached


def _draw(columns: Columns, seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Normal numbers of p and t, shape (2, count, columns), and signs +-1, shape (columns,).

    Each (l, m) has its own generator: they don't depend on what else there is.
    """
    numbers, signs = np.zeros((2, count, columns.count)), np.zeros(columns.count)
    harmonics = columns.harmonics
    places = zip(harmonics.degree, harmonics.order, columns.real, columns.imaginary, strict=True)
    for degree, order, real, imaginary in places:
        rng = np.random.default_rng([seed, int(degree), int(order)])
        sign, drawn = 2.0 * rng.integers(2) - 1.0, rng.standard_normal((2, 2, count))
        numbers[..., real], signs[real] = drawn[0], sign
        if imaginary >= 0:
            numbers[..., imaginary], signs[imaginary] = drawn[1], sign
    return numbers, signs


def times_cosine(columns: Columns, values: np.ndarray) -> np.ndarray:
    """cos(theta) times a scalar, its part of the degrees that there are.

    Parameters
    ----------
    columns : Columns
    values : ndarray, shape (.., columns)

    Returns
    -------
    ndarray, shape (.., columns)

    Notes
    -----
    cos(theta) Y_lm = c_(l+1)m Y_(l+1)m + c_lm Y_(l-1)m, c_lm^2 = (l^2 - m^2)/(4 l^2 - 1).
    """
    coefficients = columns.to_complex(values)
    degree, order = columns.harmonics.degree, columns.harmonics.order
    place = {key: i for i, key in enumerate(zip(degree.tolist(), order.tolist(), strict=True))}
    pairs = [(place[n - 1, m], i) for (n, m), i in place.items() if (n - 1, m) in place]
    lower, upper = np.array(pairs, dtype=int).reshape(-1, 2).T
    factor = np.sqrt((degree**2 - order**2) / (4.0 * degree**2 - 1))[upper]
    out = np.zeros_like(coefficients)
    out[..., upper] += factor * coefficients[..., lower]
    out[..., lower] += factor * coefficients[..., upper]
    return columns.from_complex(out)


def legacy_field(model: InductionModel, chosen: RandomField) -> np.ndarray:
    """Random field of unit rms as before helicity was measured, see `helicity_pattern`.

    Independent Gaussian coefficients of the slowest free-decay modes; the energy with the field
    outside goes as l^slope, and helicity is the correlation of modes of equal index.
    """
    rng = np.random.default_rng(chosen.seed)
    degree = model.shell.columns.degree
    functions = SlowestModes(model)
    damping = 1.0 / np.arange(1, RADIAL_MODES + 1)[:, None]
    poloidal, independent = (rng.standard_normal((degree.size, RADIAL_MODES)).T for _ in range(2))
    toroidal = chosen.helicity * poloidal + np.sqrt(1 - chosen.helicity**2) * independent
    amplitudes = (damping * np.stack([poloidal, toroidal]))[:, : functions.count]
    energy = np.bincount(degree, (amplitudes**2).sum((0, 1)))
    scale = np.sqrt(degree**chosen.slope / energy[degree])
    scale[(degree < chosen.lmin) | (degree > chosen.lmax)] = 0.0
    field = model.coefficients(functions.poloidal(scale * poloidal[: functions.count]))
    field += model.coefficients(functions.toroidal(scale * toroidal[: functions.count]))
    return field / rms(model, field)
