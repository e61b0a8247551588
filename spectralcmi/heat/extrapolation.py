"""Extrapolated temperatures, which get the energy that they have to have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spectralcmi.heat.full import CONSERVED, ITERATIONS, MONOPOLE, FullHeat
from spectralcmi.heat.radial import BUDGET, SIGNS

#: First change of u by which the energy is changed, relative.
RISE = 1e-6


@dataclass(frozen=True, eq=False)
class Extrapolation:
    """What is extrapolated of a heat equation in place of steps, which cost ten times as much.

    Attributes
    ----------
    equation : FullHeat
    """

    equation: FullHeat

    def at_energy(
        self, guess: np.ndarray, before: np.ndarray, time: float, years: float, heat: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """A guess of what a temperature becomes, with the energy that it then has to have.

        Parameters
        ----------
        guess, before : ndarray, shape (slots, columns)
            At the end and at the beginning [K].
        time, years : float
            Of the end, and since the beginning [yr].
        heat : ndarray, shape (slots, columns)
            Of `heat_vector`, constant meanwhile [erg/yr].

        Returns
        -------
        u : ndarray, shape (slots, columns)
            The guess and a constant [K].
        energies : ndarray, shape (6,)
            Of `BUDGET` [erg], by the trapezoidal rule.
        """
        equation, ones = self.equation, self.equation.uniform(1.0)
        first, powers = equation.whole(before, heat)

        def balance(u: np.ndarray) -> tuple[float, np.ndarray]:
            energy, rates = equation.whole(u, heat)
            energies = 0.5 * years * (powers + rates)
            return energy - first - float(SIGNS @ energies), energies

        prescribed = equation.core.prescribed(time)
        if prescribed is not None:
            guess = guess.copy()
            guess[0, 0] = prescribed / MONOPOLE
            supply, energies = balance(guess)
            energies[BUDGET.index("core_supply")] = supply
            return guess, energies
        rise, u = RISE * MONOPOLE * guess[0, 0], guess
        wrong, energies = balance(u)
        for _ in range(ITERATIONS):
            if abs(rise) < CONSERVED * MONOPOLE * u[0, 0]:
                break
            u = u + rise * ones
            still, energies = balance(u)
            rise, wrong = -rise * still / (still - wrong), still
        return u, energies
