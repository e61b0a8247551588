"""Spectral evolution of the magnetic field and the temperature in the crust of a neutron star.

Ohmic decay, Hall drift and the chiral magnetic effect, in three dimensions or axisymmetric::

    import spectralcmi as cmi

    parameters = cmi.load_parameters("case.toml")
    dataset = cmi.run(parameters)
    cmi.plot.energies(dataset)
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike

    from spectralcmi.case.parameters import Parameters

__version__ = "0.2.0"

if sys.platform == "win32":  # its files have no locks of the kind, and SHTns is not built there
    raise ImportError(
        "spectralcmi runs on Linux and macOS; on Windows it does inside WSL: `wsl --install`, and "
        "there as on Ubuntu"
    )

__all__ = [
    "Diagnostic",
    "Parameters",
    "__version__",
    "build_background",
    "cooling",
    "eigenmodes",
    "fastest_mode",
    "field",
    "from_coefficients",
    "from_dataset",
    "from_shtools",
    "initial_field",
    "load_parameters",
    "open_run",
    "plot",
    "resume",
    "run",
    "save_dataset",
    "save_vtk",
    "scan",
    "spectra",
    "spin_down",
    "stability",
    "style",
    "to_shtools",
]

# Names are looked up on first use, so that `import spectralcmi` and `spectralcmi --help` wait for
# no compiler and no transform library. No room below is called by one of these names.
_HOMES = {
    "Diagnostic": "runs.diagnostics",
    "Parameters": "case.parameters",
    "eigenmodes": "linear.eigenmodes",
    "fastest_mode": "linear.fastest_mode",
    "field": "view.field",
    "from_coefficients": "runs.given_field",
    "from_dataset": "runs.given_field",
    "from_shtools": "runs.shtools",
    "initial_field": "runs.given_field",
    "load_parameters": "case.case_file",
    "open_run": "runs.dataset",
    "resume": "runs.session",
    "run": "runs.session",
    "save_dataset": "runs.files",
    "save_vtk": "view.vtk",
    "scan": "scans.run",
    "spectra": "runs.spectra",
    "spin_down": "view.spin_down",
    "stability": "linear.stored_states",
    "style": "view.plotting.style",
    "to_shtools": "runs.shtools",
}


def build_background(
    parameters: Parameters, radius: ArrayLike | None = None, time: float = 0.0
) -> xr.Dataset:
    """Radial profiles of the crust that a run with these parameters evolves.

    Parameters
    ----------
    parameters : Parameters
        Parameters of the run.
    radius : numpy.ndarray, shape (n,), optional
        Radii in km at which the profiles are wanted.
    time : float, optional
        Year of the run, which matters only if the star cools.

    Returns
    -------
    crust : xarray.Dataset
        Profiles along ``radius``, each with its unit.

    Raises
    ------
    ValueError
        Where no star has these parameters.
    """
    crust = importlib.import_module("spectralcmi.profiles.crust")
    return crust.build_crust(
        parameters.background,
        parameters.chiral,
        radius,
        time,
        neutron_gap=parameters.thermal.neutron_gap,
    )


def __getattr__(name: str) -> Any:
    if name == "plot":
        return importlib.import_module("spectralcmi.view.plotting")
    if name == "cooling":
        return importlib.import_module("spectralcmi.heat.cooling").cooling_curve
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"spectralcmi.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
