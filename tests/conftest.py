"""What all tests share: no window system, hypothesis without a stopwatch, and small shells."""

import matplotlib
import numpy as np
import pytest
from hypothesis import settings

from spectralcmi.case.parameters import Parameters
from spectralcmi.grid.chebyshev import radial_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.model import InductionEquation
from spectralcmi.terms.electric_field import LocalCoefficients
from spectralcmi.terms.ohmic import free_decay
from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import SCHEMES, Integrator

matplotlib.use("Agg")

# the time of an example depends on the machine and on compilers warming up, not on the code; a test
# that fails fails for everybody
settings.register_profile("spectralcmi", deadline=None, derandomize=True)
settings.load_profile("spectralcmi")


@pytest.fixture(scope="session")
def shell_equation():
    """Function that builds the induction equation of a shell from functions of the radius."""
    return build_shell_equation


def build_shell_equation(
    radial_order=24,
    lmax=4,
    mmax=0,
    mres=1,
    *,
    radii=(0.75, 1.0),
    map_parameter="auto",
    diffusivity=np.ones_like,
    hall=np.zeros_like,
    k5=np.zeros_like,
    feedback=np.zeros_like,
    k5_max=np.inf,
    smooth_cutoff=True,
    inner="perfect_conductor",
    angular_rate=0.0,
    threads=1,
):
    """Induction equation of a shell; coefficients are functions of the radius, or constants."""
    basis = radial_basis(*radii, radial_order, map_parameter)
    profiles = [
        f(basis.radius) if callable(f) else np.full(basis.points, float(f))
        for f in (diffusivity, hall, k5, feedback)
    ]
    pool = Threads(threads)
    return InductionEquation(
        Shell(basis, Harmonics(lmax, mmax, mres)),
        free_decay(basis, profiles[0], lmax, inner, "potential", pool),
        LocalCoefficients(*profiles, k5_max, smooth_cutoff),
        angular_rate,
        pool,
    )


@pytest.fixture(scope="session")
def small_case():
    """Function: parameters of a run of thirty steps with all terms, with some keys changed."""

    def case(**changes):
        return Parameters(
            background={
                "kind": "uniform_shell",
                "inner_radius": 9.0,
                "outer_radius": 10.0,
                "magnetic_diffusivity": 1e-3,
                "hall_prefactor": 1e-2,
                "chiral_wavenumber": 2.0,
            },
            resolution={"lmax": 5, "radial_order": 12},
            time={"end": 6.0},
            output={"series_interval": 0.5, "snapshot_times": [0.0, 3.0]},
        ).replace(changes)

    return case


@pytest.fixture(scope="session")
def random_coefficients():
    """Function: a random field in all columns of an equation, smooth in radius, of unit energy."""

    def field(equation, seed, modes=6):
        rng = np.random.default_rng(seed)
        split = equation.modes.poloidal_modes
        out = np.zeros(equation.shape)
        for start in (0, split):
            rows = slice(start, start + modes)
            out[rows] = rng.standard_normal(out[rows].shape) / np.arange(1, modes + 1)[:, None]
        return out / np.linalg.norm(out)

    return field


@pytest.fixture(scope="session")
def evolve():
    """Function: coefficients at a later time, with fixed steps or to a tolerance."""

    def march(equation, coefficients, until, scheme="ark3", **control):
        integrator = Integrator(SCHEMES[scheme], equation, coefficients, **control)
        while integrator.time < until:
            integrator.advance(until)
        return integrator.state

    return march


@pytest.fixture(scope="session")
def linear_operator():
    """Function: dense matrix of the explicit terms acting on the m = 0 column of one degree.

    Built by applying the terms to unit vectors, so it is as independent of the time loop as an
    operator can be that has to describe the same discretisation.
    """

    def matrix(equation, degree):
        columns = equation.shell.columns
        column = int(np.flatnonzero((columns.degree == degree) & (columns.order == 0))[0])
        size = equation.shape[0]
        result, out = np.empty((size, size)), np.empty(equation.shape)
        for k in range(size):
            unit = np.zeros(equation.shape)
            unit[k, column] = 1.0
            equation.explicit_terms(unit, out)
            result[:, k] = out[:, column]
        return result

    return matrix
