"""Which process needs the shortest time steps, and where: estimates, for messages.

The step control looks at the error alone and never says why a step is short. Rates of the explicit
terms on each shell tell: that of the fastest Hall wave the resolution holds,

    f_h B k^2,   k^2 = (pi/h)^2 + lmax(lmax+1)/r^2,   h the distance of radial functions there,

(over 1 + f_h a k^2, where the electrons have an inertia a), that of the fastest chiral growth,
eta k5^2/4, which is reached at the wavenumber k5/2, and where eta depends on the angles that of the
part of the Ohmic decay that is not implicit, (eta_max - eta) k^2 with the k above: steps are stable
while theirs times it is below about 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spectralcmi.grid.shell import Shell
from spectralcmi.terms.electric_field import LocalCoefficients, ShellSummary


@dataclass(frozen=True)
class StepLimit:
    """A process and where it is fastest.

    Attributes
    ----------
    process : str
    rate : float
        [1/yr]
    radius : float
        [km]
    """

    process: str
    rate: float
    radius: float

    def __str__(self) -> str:
        return f"{self.process} {self.rate:.2g}/yr at r = {self.radius:.3f} km"


def step_limits(
    shell: Shell, local: LocalCoefficients, summary: ShellSummary, inertia: float = 0.0
) -> tuple[StepLimit, ...]:
    """The explicit processes that act, the fastest first.

    Parameters
    ----------
    shell : Shell
    local : LocalCoefficients
    summary : ShellSummary
        Of the present field.
    inertia : float
        Of the electrons [1e12 G yr].

    Returns
    -------
    tuple of StepLimit
        Without those that do not act, or of a field that is not finite.

    Notes
    -----
    Upper bounds: waves as fine as the grid hold little energy as long as the field is resolved.
    Hall waves at wavenumber k in a field B have the frequency f_h k (k . B), Goldreich &
    Reisenegger, ApJ 395, 250 (1992), eq. 31; the chiral rate is the maximum of eta k (k5 - k) over
    k, Dehman & Pons, arXiv:2408.05281.
    """
    lmax = shell.harmonics.lmax
    square = (np.pi / _spacing(shell)) ** 2 + lmax * (lmax + 1.0) / shell.basis.radius**2
    field = np.sqrt(summary.maximum_square)
    wavenumber, hall = summary.wavenumber / (4 * np.pi), local.hall_prefactor * square
    rates = {
        "Hall drift": hall * field / (1.0 + inertia * hall),
        "chiral growth": local.magnetic_diffusivity * wavenumber**2 / 4,
    }
    if local.on_grid is not None:
        remainder = local.magnetic_diffusivity - local.on_grid[:, 0].min(axis=1)
        rates["explicit Ohmic decay"] = remainder * square
    limits = [
        StepLimit(process, float(rate.max()), float(shell.basis.radius[rate.argmax()]))
        for process, rate in rates.items()
        if np.all(np.isfinite(rate)) and rate.max() > 0
    ]
    return tuple(sorted(limits, key=lambda limit: -limit.rate))


def _spacing(shell: Shell) -> np.ndarray:
    """Distance of radial functions at each shell [km], the mean of its element or block.

    There are two thirds as many functions as quadrature shells.
    """
    basis, bounds = shell.basis, shell.basis.blocks.bounds
    shells = np.diff(bounds)
    return np.repeat(1.5 * np.add.reduceat(basis.weights, bounds[:-1]) / shells, shells)


def described(limits: tuple[StepLimit, ...]) -> str:
    """The limits in words; empty for none."""
    if not limits:
        return ""
    fastest, *others = limits
    text = f"steps are limited by {fastest}"
    return "; ".join([text, *(f"{other}" for other in others)])
