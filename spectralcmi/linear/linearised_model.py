"""Small perturbations of a state held fixed, as the time loop would evolve them.

The equation M dy/dt = N(y) - K y about a state y_0 gives, for a small perturbation v,

    M dv/dt = N'(y_0) v - K v,    N'(y_0) v = [N(y_0 + e v) - N(y_0)]/e,

with N and K those of the time loop itself: what is found is how the discretised equation behaves,
resolved or not. The state is frozen, although it changes: growth is meant that is faster than that.
"""

from __future__ import annotations

import numpy as np

from spectralcmi.model import InductionModel

#: Norm of the perturbations over that of the state. A difference to one side takes half the time of
#: a central one. Its error is this number, a thousand times that where the state is so much weaker;
#: round-off is 1e-13 over this number, for the second derivatives of the state.
DIFFERENCE = 1e-7
#: Norm of perturbations of no field, as a uniform field [1e12 G]: there is no round-off.
SMALLEST_DIFFERENCE = 1e-12


class LinearisedModel:
    """Perturbations of a state of a model, themselves a model for time schemes.

    Parameters
    ----------
    model : InductionModel
    state : ndarray, shape `model.shape`
        Held fixed.
    time : float
        Of the coefficients of the model [yr].
    columns : ndarray of bool, shape (columns,), optional
        Columns that perturbations are confined to; default: all. Orders of perturbations of an
        axisymmetric state are independent of each other, and so are the two classes of symmetry
        about the equator if the state has one.
    """

    quadratures: tuple[str, ...] = ()

    def __init__(
        self,
        model: InductionModel,
        state: np.ndarray,
        time: float = 0.0,
        columns: np.ndarray | None = None,
    ) -> None:
        self.model, self.state, self.shape, self.time = model, state, model.shape, time
        self.columns = np.ones(model.shape[1], dtype=bool) if columns is None else columns
        uniform = SMALLEST_DIFFERENCE * np.sqrt(model.shell.volume)
        #: Factor of perturbations of unit norm.
        self.difference = DIFFERENCE * self.norm(state) or uniform
        self._shifted, self._of_state = np.empty((2, *model.shape))
        model.explicit(time, state, self._of_state)

    def explicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write N'(y_0) v; accurate for a norm of v within a few orders of magnitude of 1."""
        np.multiply(state, self.difference, out=self._shifted)
        self._shifted += self.state
        self.model.explicit(self.time, self._shifted, out)
        out -= self._of_state
        out /= self.difference
        out[:, ~self.columns] = 0.0
        return np.zeros(0)

    def implicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write K v."""
        self.model.implicit(self.time, state, out)
        return np.zeros(0)

    def mass(self, state: np.ndarray, out: np.ndarray) -> None:
        """Write M v."""
        self.model.mass(state, out)

    def solve(self, step: float, right: np.ndarray, out: np.ndarray) -> None:
        """Write (M + step K)^-1 right."""
        self.model.solve(step, right, out)

    def norm(self, state: np.ndarray) -> float:
        """Root of the energy Int e^Phi B^2 dV over all space."""
        return float(np.sqrt(np.vdot(state, self.mass_of(state))))

    def mass_of(self, state: np.ndarray) -> np.ndarray:
        """M v, a new array."""
        out = np.empty(self.shape)
        self.model.mass(state, out)
        return out

    def random(self, seed: int) -> np.ndarray:
        """A random field of unit energy in the columns of perturbations."""
        generator, basis = np.random.default_rng(seed), self.model.shell.basis
        poloidal, toroidal = (
            generator.standard_normal((slots, self.shape[1])) * self.columns
            for slots in (basis.poloidal_slots, basis.toroidal_slots)
        )
        right, out = np.empty((2, *self.shape))
        # random work, so that no function is favoured for the size of its coefficient; on slots, as
        # a coefficient may be fixed
        self.model.space.to_rows(poloidal, toroidal, right)
        self.model.solve(0.0, right, out)
        return out / self.norm(out)
