"""Additive implicit-explicit Runge-Kutta schemes as tableaux, with their dense output.

For M dy/dt = N(t, y) - K y with a stiff K: N is treated explicitly, K implicitly, and one set of
weights b serves both, so that the order conditions of the schemes hold for every mixture.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scheme:
    """An additive Runge-Kutta scheme.

    Attributes
    ----------
    name : str
    order : int
        Order of accuracy.
    explicit, implicit : tuple of tuples
        Strictly lower and lower triangular tableaux, one row a stage; the first stage is explicit
        and the others have one diagonal coefficient, `gamma`.
    weights : tuple
        b, common to both parts.
    embedded : tuple or None
        b of the embedded scheme of order - 1; None where there is none.
    reference : str
    """

    name: str
    order: int
    explicit: tuple[tuple[float, ...], ...]
    implicit: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    embedded: tuple[float, ...] | None
    reference: str

    @property
    def stages(self) -> int:
        """Number of stages."""
        return len(self.weights)

    @property
    def is_adaptive(self) -> bool:
        """Whether the scheme estimates its error."""
        return self.embedded is not None

    @property
    def gamma(self) -> float:
        """Diagonal of the implicit tableau: one matrix M + h gamma K serves all stages."""
        return self.implicit[1][1]

    @functools.cached_property
    def explicit_matrix(self) -> np.ndarray:
        """A^E, of shape (stages, stages)."""
        return _square(self.explicit)

    @functools.cached_property
    def implicit_matrix(self) -> np.ndarray:
        """A^I, of shape (stages, stages)."""
        return _square(self.implicit)

    @functools.cached_property
    def nodes(self) -> np.ndarray:
        """c, of shape (stages,): times of the stages in units of the step."""
        return self.explicit_matrix.sum(axis=1)

    @property
    def dense_order(self) -> int:
        """Order of the dense output: local errors are of the order h^(dense_order + 1)."""
        return self._dense[0]

    @property
    def dense_coefficients(self) -> np.ndarray:
        r"""beta_ki of the dense output, of shape (dense_order, stages).

        A fraction theta into the step,

            M y = M y_n + h Sum_i b*_i (N_i - K Y_i),   b*_i = Sum_k theta^k beta_ki,   k >= 1.

        Notes
        -----
        The coefficients are the least-norm solution of linear conditions: those of the order (of
        all trees of both parts, at every theta); b* = b at theta = 1; and, for every k,

            beta_k1 = Sum_(i>1) beta_ki (^A^-1 a)_i,   A^I = [0 0; a ^A].

        The last keeps stiff decay bounded. For dy/dt = z y, z = -h lambda, the stages after the
        first are ^Y = (1 - z ^A)^-1 (1 + z a) y_n = -^A^-1 a y_n + O(1/z), so that

            y/y_n = 1 + z (b*_1 + ^b* ^Y) = z (b*_1 - ^b* ^A^-1 a) + O(1),

        where the bracket must vanish; then |y/y_n| <= 1 for all z < 0 (1.04 for ARK4(3)6L[2]SA).
        The published coefficients of ARK3(2)4L[2]SA are another solution of the same conditions.

        References
        ----------
        Kennedy & Carpenter, Appl. Numer. Math. 44, 139 (2003), section 2.7 and appendix.
        """
        return self._dense[1]

    def dense_weights(self, theta: float) -> np.ndarray:
        """b*(theta), of shape (stages,)."""
        powers = theta ** np.arange(1, self.dense_order + 1)
        return powers @ self.dense_coefficients

    @functools.cached_property
    def _dense(self) -> tuple[int, np.ndarray]:
        """Order and coefficients of the dense output of the highest order up to the third."""
        for order in range(min(self.order, 3), 1, -1):
            matrix, right = _dense_conditions(self, order)
            solution = np.linalg.lstsq(matrix, right, rcond=1e-10)[0]
            # Conditions hold to some 1e-15, or are contradictory and miss by some 0.1.
            if np.abs(matrix @ solution - right).max() < 1e-10:
                return order, solution.reshape(order, self.stages)
        raise ValueError(f"{self.name} has no bounded dense output of second order")


def _square(rows: tuple[tuple[float, ...], ...]) -> np.ndarray:
    matrix = np.zeros((len(rows), len(rows)))
    for i, row in enumerate(rows):
        matrix[i, : len(row)] = row
    return matrix


def _dense_conditions(scheme: Scheme, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Matrix and right side of the conditions on the flattened beta_ki, k = 1 ... order."""
    explicit, implicit, nodes = scheme.explicit_matrix, scheme.implicit_matrix, scheme.nodes
    bounded = np.linalg.solve(implicit[1:, 1:], implicit[1:, 0])
    # Sum_i beta_ki v_i = value where k is the power of theta of the exact solution, 0 elsewhere.
    conditions = [
        (np.ones(scheme.stages), 1, 1.0),
        (nodes, 2, 1 / 2),
        (np.concatenate([[-1.0], bounded]), 0, 0.0),
    ]
    if order >= 3:
        conditions += [
            (nodes**2, 3, 1 / 3),
            (explicit @ nodes, 3, 1 / 6),
            (implicit @ nodes, 3, 1 / 6),
        ]
    powers = np.eye(order)
    rows = [np.kron(powers, vector) for vector, _, _ in conditions]
    values = [value * (np.arange(1, order + 1) == power) for _, power, value in conditions]
    rows.append(np.kron(np.ones(order), np.eye(scheme.stages)))
    values.append(np.array(scheme.weights))
    return np.concatenate(rows), np.concatenate(values)


def _ark3() -> Scheme:
    gamma = 1767732205903 / 4055673282236
    weights = (
        1471266399579 / 7840856788654,
        -4482444167858 / 7529755066697,
        11266239266428 / 11593286722821,
        gamma,
    )
    return Scheme(
        name="ARK3(2)4L[2]SA",
        order=3,
        explicit=(
            (),
            (2 * gamma,),
            (5535828885825 / 10492691773637, 788022342437 / 10882634858940),
            (
                6485989280629 / 16251701735622,
                -4246266847089 / 9704473918619,
                10755448449292 / 10357097424841,
            ),
        ),
        implicit=(
            (0.0,),
            (gamma, gamma),
            (2746238789719 / 10658868560708, -640167445237 / 6845629431997, gamma),
            weights,
        ),
        weights=weights,
        embedded=(
            2756255671327 / 12835298489170,
            -10771552573575 / 22201958757719,
            9247589265047 / 10645013368117,
            2193209047091 / 5459859503100,
        ),
        reference="Kennedy & Carpenter, Appl. Numer. Math. 44, 139 (2003)",
    )


def _ark4() -> Scheme:
    weights = (82889 / 524892, 0.0, 15625 / 83664, 69875 / 102672, -2260 / 8211, 1 / 4)
    return Scheme(
        name="ARK4(3)6L[2]SA",
        order=4,
        explicit=(
            (),
            (1 / 2,),
            (13861 / 62500, 6889 / 62500),
            (
                -116923316275 / 2393684061468,
                -2731218467317 / 15368042101831,
                9408046702089 / 11113171139209,
            ),
            (
                -451086348788 / 2902428689909,
                -2682348792572 / 7519795681897,
                12662868775082 / 11960479115383,
                3355817975965 / 11060851509271,
            ),
            (
                647845179188 / 3216320057751,
                73281519250 / 8382639484533,
                552539513391 / 3454668386233,
                3354512671639 / 8306763924573,
                4040 / 17871,
            ),
        ),
        implicit=(
            (0.0,),
            (1 / 4, 1 / 4),
            (8611 / 62500, -1743 / 31250, 1 / 4),
            (5012029 / 34652500, -654441 / 2922500, 174375 / 388108, 1 / 4),
            (
                15267082809 / 155376265600,
                -71443401 / 120774400,
                730878875 / 902184768,
                2285395 / 8070912,
                1 / 4,
            ),
            weights,
        ),
        weights=weights,
        embedded=(
            4586570599 / 29645900160,
            0.0,
            178811875 / 945068544,
            814220225 / 1159782912,
            -3700637 / 11593932,
            61727 / 225920,
        ),
        reference="Kennedy & Carpenter, Appl. Numer. Math. 44, 139 (2003)",
    )


def _ars343() -> Scheme:
    # gamma: middle root of 6 g^3 - 18 g^2 + 9 g - 1
    gamma = 0.4358665215084589994160194
    b1 = -1.5 * gamma**2 + 4 * gamma - 0.25
    b2 = 1.5 * gamma**2 - 5 * gamma + 1.25
    a42 = 0.5529291480359398193611
    a31 = (1 - 4.5 * gamma + 1.5 * gamma**2) * a42
    a31 += (2.75 - 10.5 * gamma + 3.75 * gamma**2) * a42 - 3.5 + 13 * gamma - 4.5 * gamma**2
    a32 = (-1 + 4.5 * gamma - 1.5 * gamma**2) * a42
    a32 += (-2.75 + 10.5 * gamma - 3.75 * gamma**2) * a42 + 4 - 12.5 * gamma + 4.5 * gamma**2
    return Scheme(
        name="ARS(3,4,3)",
        order=3,
        explicit=((), (gamma,), (a31, a32), (1 - 2 * a42, a42, a42)),
        implicit=((0.0,), (0.0, gamma), (0.0, (1 - gamma) / 2, gamma), (0.0, b1, b2, gamma)),
        weights=(0.0, b1, b2, gamma),
        embedded=None,
        reference="Ascher, Ruuth & Spiteri, Appl. Numer. Math. 25, 151 (1997), section 2.7",
    )


def _ars232() -> Scheme:
    gamma = 1 - np.sqrt(0.5)
    delta = -2 * np.sqrt(2) / 3
    return Scheme(
        name="ARS(2,3,2)",
        order=2,
        explicit=((), (gamma,), (delta, 1 - delta)),
        implicit=((0.0,), (0.0, gamma), (0.0, 1 - gamma, gamma)),
        weights=(0.0, 1 - gamma, gamma),
        embedded=None,
        reference="Ascher, Ruuth & Spiteri, Appl. Numer. Math. 25, 151 (1997), section 2.5",
    )


SCHEMES = {"ark3": _ark3(), "ark4": _ark4(), "ars343": _ars343(), "ars232": _ars232()}
