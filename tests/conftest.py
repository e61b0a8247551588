"""What all tests share: no window system, hypothesis without a stopwatch, and small shells."""
# ruff: noqa: E402 - numba learns where its cache is when it is imported

import functools
import os
import signal
from pathlib import Path

# Two processes that compile variants of one kernel at the same moment may give them the same file
# in numba's cache: each process of pytest-xdist has a cache of its own, for its children too.
PACKAGE = Path(__file__).parents[1] / "spectralcmi"
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault(
        "NUMBA_CACHE_DIR", str(PACKAGE / "__pycache__" / os.environ["PYTEST_XDIST_WORKER"])
    )

import matplotlib
import numpy as np
import pytest
from hypothesis import settings

from spectralcmi.case.parameters import Parameters
from spectralcmi.fields.boundary import Boundaries
from spectralcmi.fields.element_space import ElementSpace
from spectralcmi.fields.mode_space import ModeSpace
from spectralcmi.fields.state import State
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.metric import FLAT
from spectralcmi.grid.shell import Shell
from spectralcmi.model import InductionModel
from spectralcmi.terms.dissipation import angular_rates
from spectralcmi.terms.electric_field import LocalCoefficients
from spectralcmi.terms.ohmic import free_decay
from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import Integrator
from spectralcmi.timestepping.schemes import SCHEMES
from tests.grid.metrics import uniform_density

matplotlib.use("Agg")

# shells and nohup start what runs in the background with these ignored, and Python leaves them so
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# the time of an example depends on the machine and on compilers warming up, not on the code; a test
# that fails fails for everybody
settings.register_profile("spectralcmi", deadline=None, derandomize=True)
settings.load_profile("spectralcmi")


@pytest.fixture(scope="session")
def shell_model():
    """Function that builds the induction model of a shell from functions of the radius."""
    return build_shell_model


def build_shell_model(
    radial_order=24,
    lmax=4,
    mmax=0,
    mres=1,
    *,
    radii=(0.75, 1.0),
    elements=0,
    element_order=7,
    map_parameter="auto",
    metric=FLAT,
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
    """Induction model of a shell; coefficients are functions of the radius, or constants.

    On that many equal elements, or on elements whose ends are given in shares of the gap (a tuple
    from 0 to 1), or in one global expansion if there are none.
    """
    if elements:
        shares = np.array(elements) if np.ndim(elements) else np.linspace(0, 1, elements + 1)
        breakpoints = radii[0] * (1 - shares) + radii[1] * shares
        basis = ElementBasis(tuple(breakpoints), element_order)
    else:
        basis = chebyshev_basis(*radii, radial_order, map_parameter)
    profiles = [
        f(basis.radius) if callable(f) else np.full(basis.points, float(f))
        for f in (diffusivity, hall, k5, feedback)
    ]
    pool, shell = Threads(threads), Shell(basis, Harmonics(lmax, mmax, mres), metric)
    boundaries, rates = Boundaries(inner), angular_rates(angular_rate, lmax)
    if elements:
        space = ElementSpace(shell, profiles[0], boundaries, rates, pool)
    else:
        modes = free_decay(shell, profiles[0], boundaries, pool)
        space = ModeSpace(shell, modes, rates, pool)
    return InductionModel(space, LocalCoefficients(*profiles, k5_max, smooth_cutoff), pool)


#: Elements of random sizes, which differ by a factor 8: no symmetry of equal ones helps.
UNEVEN = (0.0, 0.31, 0.35, 0.62, 0.68, 1.0)


@pytest.fixture(params=[0, 4, UNEVEN], ids=["global", "elements", "uneven elements"])
def elements(request):
    """Argument of `shell_model`: one global expansion, equal elements, and uneven ones."""
    return request.param


@pytest.fixture(params=[FLAT, uniform_density(0.4, 0.75, 1.0)], ids=["flat", "star"])
def metric(request):
    """Argument of `shell_model`: flat space, and a star as compact as a neutron star."""
    return request.param


@pytest.fixture(scope="session")
def random_elements():
    """Function: ends of elements of random sizes within a factor 8, in shares of the gap."""

    def shares(seed, count=8):
        sizes = 8 ** np.random.default_rng(seed).uniform(0, 1, count)
        ends = np.concatenate([[0], np.cumsum(sizes)]) / sizes.sum()
        ends[-1] = 1.0
        return tuple(ends)

    return shares


@pytest.fixture(scope="session")
def small_case():
    """Function: parameters of a run of fifty steps with all terms, with some keys changed."""

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
            time={"end": 6.0, "tolerance": 1e-4},
            output={"series_interval": 0.5, "snapshot_times": [0.0, 3.0]},
        ).replace(changes)

    return case


@pytest.fixture(scope="session")
def random_coefficients():
    """Function: a random field in all columns of a model, smooth in radius, of unit energy."""

    def field(model, seed, modes=6):
        rng = np.random.default_rng(seed)
        degree = model.shell.columns.degree
        decay = model.space.free_decay(modes, range(1, degree.max() + 1))
        damping = 1 / np.arange(1, modes + 1)[:, None]
        slots = [
            np.einsum(
                "csk,kc->sc",
                part[degree - 1],
                damping * rng.standard_normal((modes, degree.size)),
            )
            for part in (decay.poloidal, decay.toroidal)
        ]
        out = model.coefficients(State(0.0, model.shell, *slots))
        return out / np.sqrt(np.vdot(out, product(model.mass, out)))

    return field


@pytest.fixture(scope="session")
def applied():
    """Function: what a method that writes its result gives, such as `model.mass`."""
    return product


def product(method, state):
    """Result of method(state, out)."""
    out = np.empty_like(state)
    method(state, out)
    return out


@pytest.fixture(scope="session")
def evolve():
    """Function: coefficients at a later time, with fixed steps or to a tolerance."""

    def march(model, coefficients, until, scheme="ark3", **control):
        integrator = Integrator(SCHEMES[scheme], model, coefficients, **control)
        while integrator.time < until:
            integrator.accept(integrator.attempt(until))
        return integrator.state

    return march


@pytest.fixture(scope="session")
def linear_operator():
    """Function: dense matrix of M^-1 N, or M^-1 (N - K), on the m = 0 column of one degree.

    Built by applying the terms to unit vectors, so it is as independent of the time loop as an
    operator can be that has to describe the same discretisation.
    """

    def matrix(model, degree, implicit=False):
        columns = model.shell.columns
        column = int(np.flatnonzero((columns.degree == degree) & (columns.order == 0))[0])
        size = model.shape[0]
        result, work, out = np.empty((size, size)), np.empty(model.shape), np.empty(model.shape)
        for k in range(size):
            unit = np.zeros(model.shape)
            unit[k, column] = 1.0
            model.explicit(0.0, unit, work)
            if implicit:
                work -= product(functools.partial(model.implicit, 0.0), unit)
            model.solve(0.0, work, out)
            result[:, k] = out[:, column]
        return result

    return matrix
