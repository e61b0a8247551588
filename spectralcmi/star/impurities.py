"""Impurities of the crust against the density."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.star.columns import read_columns
from spectralcmi.star.composition import monotone_interpolant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import ArrayLike


def read_impurity_profile(path: str | Path) -> Callable[[ArrayLike], np.ndarray]:
    """Read an impurity profile from a file of two columns.

    Parameters
    ----------
    path : str or Path
        Header and columns ``density [g cm-3], impurity_parameter``.

    Returns
    -------
    callable
        Mass density [g cm-3] -> Q_imp, the mean square deviation of the charge number: monotone
        between the points and twice continuously differentiable in ln rho; beyond the ends of
        the table it keeps the last value.

    Raises
    ------
    ValueError
        If a column is missing, a density is not positive or there twice, or Q_imp is negative.
    OSError
        If the file cannot be read.
    """
    columns = read_columns(path, {"density": "g cm-3", "impurity_parameter": "1"})
    density, impurities = columns["density"], columns["impurity_parameter"]
    if not np.all((density > 0.0) & np.isfinite(density)):
        raise ValueError("column density must hold positive numbers only")
    if not np.all((impurities >= 0.0) & np.isfinite(impurities)):
        raise ValueError("column impurity_parameter must hold numbers from 0 on")
    order = np.argsort(density)
    logarithm = np.log(density[order])
    if len(logarithm) < 2 or np.any(np.diff(logarithm) <= 0.0):
        raise ValueError("column density must hold two different values or more, none twice")
    curve = monotone_interpolant(logarithm, impurities[order], (0.0, 0.0))
    return lambda density: curve(np.log(density))
