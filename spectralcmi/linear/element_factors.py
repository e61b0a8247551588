"""Factors of shift M - A on radial elements, for the inverse that an iteration needs.

Functions inside an element couple to those at its two ends alone: they are eliminated, each element
by itself, and a block-tridiagonal matrix is left for what neighbouring elements share.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from spectralcmi.linear.frozen_operator import FrozenOperator


class ShiftedFactors:
    """Factors of sigma M - A.

    Parameters
    ----------
    operator : FrozenOperator
    shift : float or complex
        sigma [1/yr]; complex numbers take twice the memory and four times the time.
    """

    def __init__(self, operator: FrozenOperator, shift: complex) -> None:
        self.operator, self._threads = operator, operator.model.threads
        self.dtype = np.result_type(operator.dtype, type(shift))
        elements, degrees = operator.elements, operator.shape[1]
        inner, self._shared = operator.inner * degrees, 3 * degrees
        inside: list = [None] * elements
        rest = np.empty((elements, 2 * self._shared, 2 * self._shared), self.dtype)

        def eliminate(element: int) -> None:
            block = operator.block(element, shift)
            factors = lu_factor(block[:inner, :inner])
            above = lu_solve(factors, block[:inner, inner:])
            below = block[inner:, :inner].copy()
            inside[element] = factors, above, below
            rest[element] = block[inner:, inner:] - below @ above

        self._threads.run(eliminate, [(element,) for element in range(elements)])
        self._inside = inside
        self._nodes = self._node_factors(rest)

    def _node_factors(self, rest: np.ndarray) -> list:
        """Factors of the block-tridiagonal matrix of what elements share."""
        lower, upper = slice(self._shared), slice(self._shared, None)
        nodes, diagonal = [], rest[0, lower, lower]
        for element, matrix in enumerate(rest):
            factors = lu_factor(diagonal)
            above, below = lu_solve(factors, matrix[lower, upper]), matrix[upper, lower]
            nodes.append((factors, above, below))
            diagonal = matrix[upper, upper] - below @ above
            if element + 1 < len(rest):
                diagonal += rest[element + 1, lower, lower]
        return [*nodes, (lu_factor(diagonal), None, None)]

    def solve(self, right: np.ndarray) -> np.ndarray:
        """(sigma M - A)^-1 right.

        Parameters
        ----------
        right : ndarray, of the shape of the operator

        Returns
        -------
        ndarray, the same shape
        """
        inner, nodes = self.operator.split(right.astype(self.dtype, copy=False))
        work = np.empty((len(inner), 2 * self._shared), self.dtype)

        def forward(element: int) -> None:
            factors, _, below = self._inside[element]
            inner[element] = lu_solve(factors, inner[element])
            work[element] = below @ inner[element]

        def backward(element: int) -> None:
            ends = np.concatenate([nodes[element], nodes[element + 1]])
            inner[element] -= self._inside[element][1] @ ends

        elements = [(element,) for element in range(len(inner))]
        self._threads.run(forward, elements)
        nodes[:-1] -= work[:, : self._shared]
        nodes[1:] -= work[:, self._shared :]
        for node, (factors, _, below) in enumerate(self._nodes):
            nodes[node] = lu_solve(factors, nodes[node])
            if below is not None:
                nodes[node + 1] -= below @ nodes[node]
        for node in reversed(range(len(self._nodes) - 1)):
            nodes[node] -= self._nodes[node][1] @ nodes[node + 1]
        self._threads.run(backward, elements)
        return self.operator.joined(inner, nodes)
