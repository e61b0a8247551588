"""Spectral evolution of the magnetic field in the crust of a neutron star.

Ohmic decay, Hall drift and the chiral magnetic effect, in three dimensions or axisymmetric::

    import spectralcmi as cmi

    parameters = cmi.load_parameters("case.toml")
    dataset = cmi.run(parameters)
    cmi.plot.energies(dataset)
"""

import importlib
import sys
from types import ModuleType

__version__ = "0.1.0"

__all__ = [
    "Parameters",
    "__version__",
    "build_background",
    "eigenmodes",
    "fastest_mode",
    "field",
    "load_parameters",
    "open_run",
    "plot",
    "resume",
    "run",
    "save_vtk",
    "scan",
]

# Names are looked up on first use, so that `import spectralcmi` and `spectralcmi --help` wait for
# no compiler and no transform library. Strings, not import statements: a module that asks the
# package for its version must not appear to import the solver.
_HOMES = {
    "Parameters": "parameters",
    "eigenmodes": "eigenmodes",
    "fastest_mode": "fastest_mode",
    "field": "field",
    "load_parameters": "parameters",
    "open_run": "dataset",
    "resume": "resume",
    "run": "simulate",
    "save_vtk": "paraview",
    "scan": "scan.run",
}


def build_background(parameters, radius=None, time=0.0):
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
    star = importlib.import_module("spectralcmi.star")
    return star.build_crust(parameters.background, parameters.chiral, radius, time)


def __getattr__(name):
    if name == "plot":
        return importlib.import_module("spectralcmi.plotting")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"spectralcmi.{_HOMES[name]}"), name)


def __dir__():
    return sorted(__all__)


class _Package(ModuleType):
    """The package, whose functions are not hidden by the modules of the same name.

    Importing the module ``spectralcmi.eigenmodes`` would bind that name here to the module, and
    ``spectralcmi.eigenmodes(parameters)`` would work or fail by what was imported before.
    """

    def __setattr__(self, name, value):
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
