"""From parameters to the equation that a run evolves: the one place where terms are composed."""

from __future__ import annotations

import numpy as np
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.grid.chebyshev import radial_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.model import InductionEquation
from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.star.neutron_star import operator_age
from spectralcmi.terms.electric_field import LocalCoefficients
from spectralcmi.terms.ohmic import free_decay
from spectralcmi.threads import Threads


def local_coefficients(parameters: Parameters, crust: xr.Dataset) -> LocalCoefficients:
    """What Ohm's law needs, from radial profiles on the quadrature points.

    Parameters
    ----------
    parameters : Parameters
    crust : Dataset
        See `spectralcmi.star.build_crust`.

    Returns
    -------
    LocalCoefficients
    """
    absent = np.zeros(crust.sizes["radius"])

    def profile(name: str, wanted: bool) -> np.ndarray:
        return crust[name].values if wanted and name in crust else absent

    chiral = parameters.chiral
    return LocalCoefficients(
        magnetic_diffusivity=crust["magnetic_diffusivity"].values,
        hall_prefactor=profile("hall_prefactor", parameters.hall.enabled),
        chiral_wavenumber=profile("chiral_wavenumber", chiral.enabled),
        anomaly_feedback=FIELD_UNIT**2
        * profile("anomaly_feedback", chiral.enabled and chiral.anomaly),
        k5_max=chiral.k5_max,
        smooth_cutoff=chiral.cutoff == "smooth",
    )


def build_equation(
    parameters: Parameters,
    threads: Threads | None = None,
    time: float = 0.0,
    shell: Shell | None = None,
) -> InductionEquation:
    """The induction equation of a case: star, grid and free-decay modes.

    Parameters
    ----------
    parameters : Parameters
    threads : Threads, optional
        Default: all cores available.
    time : float
        A year of the run, which matters only if the star cools. At one at which its operators
        change they are those of before.
    shell : Shell, optional
        That of the parameters, if it is there already.

    Returns
    -------
    InductionEquation
    """
    threads = threads or Threads()
    background = parameters.background
    shell = shell or build_shell(parameters)
    age = operator_age(background, time, parameters.time.end)
    crust = build_crust(background, parameters.chiral, shell.basis.radius, age)
    local = local_coefficients(parameters, crust)
    modes = free_decay(
        shell.basis,
        local.magnetic_diffusivity,
        parameters.resolution.lmax,
        parameters.boundary.inner,
        parameters.boundary.outer,
        threads,
    )
    # without the Hall cascade nothing reaches the highest degrees, and nothing need damp them
    angular_rate = parameters.dissipation.angular_rate if parameters.hall.enabled else 0.0
    return InductionEquation(shell, modes, local, angular_rate, threads)


def build_shell(parameters: Parameters) -> Shell:
    """The shell of a case: radial basis and harmonics."""
    resolution = parameters.resolution
    basis = radial_basis(
        *crust_radii(parameters.background), resolution.radial_order, resolution.map_parameter
    )
    return Shell(basis, Harmonics(resolution.lmax, resolution.mmax, resolution.mres))
